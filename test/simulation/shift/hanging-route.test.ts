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
