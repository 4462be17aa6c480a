/** Two shifts of one pair that begin at the same moment, by two rules: one at most goes on. */
import { describe, expect, test } from '@jest/globals';
import { plainAsks } from './asks.ts';
import { playStory } from './play.ts';
import { drawStory, type Story } from './story.ts';

const drawn = drawStory(1);
const story: Story = {
  ...drawn,
  asks: plainAsks,
  request: { ...drawn.request, steps: [10, 100], bakeMs: 60_000, timeoutMs: 3_600_000 },
  release: 'good',
  blue: 'ecs',
  together: true,
  requestsPerSecond: 20,
  hand: undefined,
  kill: undefined,
  until: undefined,
  cancelAtMs: undefined,
  rules: [],
  metrics: 'usual',
  alarm: 'none',
};

const outcomesOf = async (atMs: number, change: Partial<Story> = {}) => {
  const { outcomes, wrong } = await playStory({ ...story, ...change, hand: { kind: 'rival-shift', atMs } });
  expect({ atMs, wrong }).toEqual({ atMs, wrong: [] });
  return outcomes;
};

describe('two shifts of one pair', () => {
  test.each([0, 40, 120, 200, 400, 700, 1000, 1500, 2500, 5000])(
    'that begin %i ms apart: one is refused, and one is promoted',
    async (atMs) => {
      const outcomes = await outcomesOf(atMs);
      expect(outcomes.filter((each) => each.endsWith(' refused'))).toHaveLength(1);
      expect(outcomes.filter((each) => each.includes(' promoted'))).toHaveLength(1);
    },
  );

  test.each([2000, 5000, 8000])('whose reads lag by %i ms: both never go on', async (ms) => {
    for (const atMs of [0, 300, 900]) {
      const lag = { id: 'read-lag', match: { mutates: false }, effect: { kind: 'read-lag', ms } } as const;
      const outcomes = await outcomesOf(atMs, { rules: [lag] });
      expect(outcomes.filter((each) => each.includes(' promoted')).length).toBeLessThan(2);
    }
  });
});
