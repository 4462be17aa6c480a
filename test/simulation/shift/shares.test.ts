/** Users who come to green past the weights: what is measured is not the step, and the step goes no further. */
import { expect, test } from '@jest/globals';
import { plainAsks } from './asks.ts';
import { playStory } from './play.ts';
import { drawStory, type Story } from './story.ts';

const drawn = drawStory(1);
const story: Story = {
  ...drawn,
  release: 'good',
  blue: 'ecs',
  requestsPerSecond: 20,
  alarm: 'none',
  scaling: 'none',
  together: false,
  metrics: 'usual',
  rules: [],
  hand: undefined,
  kill: undefined,
  until: undefined,
  cancelAtMs: undefined,
  secondRun: undefined,
  asks: plainAsks,
  request: { ...drawn.request, steps: [10, 50, 100], bakeMs: 120_000, timeoutMs: 1_200_000 },
};
const minuteMs = 60_000;

const played = async (atMs: number, greenPercent: number) => {
  const { outcomes, wrong, log } = await playStory({
    ...story,
    hand: { kind: 'past-the-weights', atMs, greenPercent },
  });
  expect(wrong).toEqual([]);
  return { outcomes, log: log.join('\n') };
};

test.each([40, 60])(
  'a rule before production’s that gives green %i %%: held, and taken back at the end of its time',
  async (percent) => {
    const { outcomes, log } = await played(1.5 * minuteMs, percent);
    expect(outcomes).toEqual(['run-1 timed-out']);
    expect(log).toMatch(
      /Holding at 10 %: green took [\d,]+ of [\d,]+ requests, [\d.]+ %, where its weight says 10 %/,
    );
    expect(log).not.toContain('Green has 50 %');
  },
);

test('without it the same shift is promoted', async () => {
  const { outcomes, wrong } = await playStory(story);
  expect(wrong).toEqual([]);
  expect(outcomes).toEqual(['run-1 promoted']);
});
