/** A ladder made from the budget stays what it was when the shift began, whoever goes on with it. */
import { expect, test } from '@jest/globals';
import { Killed } from './dying.ts';
import { expectTidy } from './leftovers.ts';
import { liveWeights, makeRegion, minute, registerImage, settle, shift } from './region.ts';

const auto = { steps: 'auto', 'exposure-budget': '100', timeout: '3h' };
const rests = { ...auto, unattended: 'accept' };

test('a rest is a step of its own, and the way on from it is the ladder that was begun', async () => {
  const region = await makeRegion('ecs', { seed: 941 });
  registerImage(region, 'v2');
  const paused = await shift(region, { ...rests, until: '50' });
  expect(paused.outputs['outcome']).toBe('paused');
  expect(liveWeights(region)).toEqual({ 'api-a': 50, 'api-b': 50 });
  expect(region.states.at(-1)?.weights.map(({ percent }) => percent)).toEqual([0, 0, 0.3, 1.3, 5.5, 23, 50]);
  // An hour at half of its traffic: blue alone would lead to another ladder now.
  await settle(region, 65 * minute);
  const watched = await shift(region, { ...rests, until: '50' }, { runId: '2' });
  expect(watched.outputs['outcome']).toBe('paused');
  expect(region.states.at(-1)?.weights.map(({ percent }) => percent)).toEqual([50]);
  const later = await shift(region, { ...rests, until: '80' }, { runId: '3' });
  expect(later.outputs['outcome']).toBe('paused');
  expect(liveWeights(region)).toEqual({ 'api-a': 20, 'api-b': 80 });
  const done = await shift(region, auto, { runId: '4' });
  expect(done.outputs['outcome']).toBe('promoted');
  expect(region.states.at(-1)?.weights.map(({ percent }) => percent)).toEqual([80, 100]);
  expectTidy(region);
  expect(region.traffic.total.harmed).toBe(0);
});

test('a run that finds it in the middle goes on from the weight that stands', async () => {
  const region = await makeRegion('ecs', { seed: 942 });
  registerImage(region, 'v2');
  let dead = false;
  const run = shift(region, auto, {
    wrap: (aws) => ({
      call: async (operation, input, signal) => {
        if (dead) throw new Killed(operation);
        const output = await aws.call(operation, input, signal);
        dead = liveWeights(region)['api-b'] === 23;
        return output;
      },
    }),
  });
  await expect(run).rejects.toBeInstanceOf(Killed);
  await settle(region, 40 * minute);
  const next = await shift(region, auto, { runId: '2' });
  expect(next.outputs['outcome']).toBe('promoted');
  expect(region.states.at(-1)?.weights.map(({ percent }) => percent)).toEqual([23, 100]);
  expectTidy(region);
});
