import { expect, test } from '@jest/globals';
import { playHanging } from './hanging-route.ts';

/** Two closed minutes, 2.2 minutes of CloudWatch's delay, and one that the load balancer waits for each answer. */
const longestMinutes = 2 + 2.2 + 1;

// Seeds are in the name: `playHanging(seed, share, 25)` plays one again.
test.each([0.9, 0.15])('seeds 1 to 60: %d of the requests hang, and 10 %% is never passed', async (share) => {
  for (let seed = 1; seed <= 60; seed++) {
    const { minutes, harmed, ...end } = await playHanging(seed, share, 25);
    expect({ seed, ...end }).toEqual({ seed, outcome: 'rolled-back', cause: 'unanswered', reached: 10 });
    expect(minutes).toBeLessThanOrEqual(longestMinutes);
    const expected = 60 * 25 * 0.1 * share * longestMinutes;
    expect(harmed).toBeLessThanOrEqual(expected + 4 * Math.sqrt(expected));
  }
});

// Nothing counts requests that hang in a load balancer with a long idle time-out: they were taken for good ones.
test.each([1, 5, 8, 15, 66])(
  'a load balancer that waits %d minutes for an answer passes no step either',
  async (waits) => {
    for (let seed = 1; seed <= 5; seed++) {
      const { minutes, harmed: _, ...end } = await playHanging(seed, 0.9, 25, waits);
      expect({ seed, ...end }).toEqual({ seed, outcome: 'rolled-back', cause: 'unanswered', reached: 10 });
      // Three minutes have had their eight, at the latest.
      expect(minutes).toBeLessThanOrEqual(3 + 8 + 1.2);
    }
  },
);

test('a good release is promoted, however long the load balancer would wait', async () => {
  expect(await playHanging(1, 0, 25, 66)).toMatchObject({ outcome: 'promoted', reached: 100 });
});
