/** Part 1 of 2 of the simulated rollouts: whatever happens, what is told is what is so. */
import { expect, test } from '@jest/globals';
import { coverageText, failuresText, isReplay, playAll, seedsOf } from '../shard.ts';
import { expected, storyCount } from './coverage.ts';
import { play } from './play.ts';

test('what is told is what is so, and every promise holds', async () => {
  const seeds = seedsOf(storyCount, 1, 2);
  const { failures, coverage } = await playAll(seeds, play, expected);
  expect(failuresText(failures, 'rollout/seeds')).toBe('');
  if (isReplay) return;
  console.log(`${seeds.length} rollouts; how often (at least):\n${coverageText(coverage)}`);
  expect(coverage.filter(({ times, atLeast }) => times < atLeast)).toEqual([]);
}, 600_000);
