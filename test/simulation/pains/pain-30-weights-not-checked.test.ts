/** Pain 30: native blue/green shifts traffic without looking at the live weights (containers-roadmap#2853). */
import { expect, test } from '@jest/globals';
import { liveWeights, makeRegion, minute, type Region, registerImage, shift } from '../shift/region.ts';

async function stolen(seed: number, atMs: number, weights: (region: Region) => Record<string, number>) {
  const region = await makeRegion('ecs', { seed });
  registerImage(region, 'v2');
  region.world.loadFaults({
    rules: [],
    events: [
      {
        id: 'other',
        atMs,
        event: { kind: 'set-weights', ruleArn: region.ruleArn, weights: weights(region) },
      },
    ],
  });
  return { region, outputs: (await shift(region)).outputs };
}

test.each([
  ['before the first weight', 40_000],
  ['while a step bakes', 3 * minute],
  ['after the second step', 8 * minute],
] as const)(
  'pain 30: weights that somebody else wrote %s end the shift and are left as they are',
  async (_when, atMs) => {
    const { region, outputs } = await stolen(3000 + atMs, atMs, ({ groups }) => ({
      [groups.a]: 37,
      [groups.b]: 63,
    }));
    expect(outputs['outcome']).toBe('interfered');
    expect(liveWeights(region)).toEqual({ 'api-a': 37, 'api-b': 63 });
  },
);
