/**
 * Stories whose counts come late one by one, each 1 to 6 minutes after its minute: no cause is told that is not so.
 * SEEDS=n plays n of them.
 */
import { expect, test } from '@jest/globals';
import { failuresText, isReplay, playAll, seedsOf } from '../shard.ts';
import { playStory } from './play.ts';
import { drawStory } from './story.ts';

const late = (seed: number) => playStory({ ...drawStory(seed), metrics: 'revised-late', metricsAtMs: 0 });

/** Once taken back for no reason of their own: slow, errors, or for not being reached. */
const found = [8396, 8647, 25, 131, 778, 928, 1000, 1203, 1328, 1365, 1445];

test('what late counts once took back is not taken back', async () => {
  const { failures } = await playAll(isReplay ? [] : found, late, {});
  expect(failuresText(failures, 'test/simulation/shift/late-counts')).toBe('');
});

test('what is told is what is so, whichever count comes first', async () => {
  const { failures } = await playAll(seedsOf(250, 1, 1), late, {});
  expect(failuresText(failures, 'test/simulation/shift/late-counts')).toBe('');
}, 600_000);
