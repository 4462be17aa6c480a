/** Part 1 of 2 of the simulated rollouts: whatever happens, what is told is what is so. See shard.ts. */
import { expect, test } from '@jest/globals';
import { coverageText, playAll, seedsOf } from './shard.ts';

test('what is told is what is so, and every promise holds', async () => {
  const seeds = seedsOf(1, 2);
  const { failures, coverage } = await playAll(seeds);
  expect(failures).toEqual([]);
  if (process.env['SEED'] !== undefined) return;
  console.log(`${seeds.length} rollouts; how often (at least):\n${coverageText(coverage)}`);
  expect(coverage.filter(({ times, atLeast }) => times < atLeast)).toEqual([]);
}, 600_000);
