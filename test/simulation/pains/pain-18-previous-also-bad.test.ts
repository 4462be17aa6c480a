/**
 * Pain 18: the previous revision is bad, too (fabfuel/ecs-deploy#8, #92, kayac/ecspresso#22): counting one back
 * from what runs brings a bad revision again, and the next time the one just left.
 */
import { expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { deployPromoted, marksOfRevision, promote, revisionArn } from '../rollback/marks.ts';
import { makePair, rollBackPair, weightsOf } from '../rollback/pair.ts';
import { rollBack } from '../rollback/request.ts';
import { deploy, makeRegion, runningImages } from '../rollout/region.ts';
import { isServicesStable } from './services-stable.ts';

test('pain 18: a second rollback goes further, and none goes back to what was left', async () => {
  const region = await makeRegion();
  promote(region, 1);
  await deployPromoted(region, 'good-2', 'good-3', 'good-4');
  const ways: (string | undefined)[] = [];
  for (const reason of ['wrong totals', 'wrong totals as well', 'slow']) {
    ways.push((await rollBack(region, { reason })).outputs['to']);
  }
  expect(ways).toEqual([revisionArn(3), revisionArn(2), revisionArn(1)]);
  expect([2, 3, 4].map((revision) => marksOfRevision(region, revision).bad?.reason)).toEqual([
    'slow',
    'wrong totals as well',
    'wrong totals',
  ]);
  const last = await rollBack(region);
  expect([last.ok, last.outputs['cause']]).toEqual([false, 'no-previous-revision']);
  expect(runningImages(region)).toEqual({ 'good-1': 3 });
  // All of them were stable to the waiter, the bad ones, too.
  expect(await isServicesStable(region)).toBe(true);
});

test('pain 18: a previous revision that does not start any more is no proof: it is not called a success', async () => {
  const apps: Record<string, object> = {};
  const region = await makeRegion({ apps });
  promote(region, 1);
  await deployPromoted(region, 'good-2', 'good-3');
  apps['good-2'] = badApps.crashAtStart;
  const first = await rollBack(region);
  expect([first.ok, first.outputs['outcome'], first.outputs['cause']]).toEqual([
    false,
    'failed',
    'container-exited',
  ]);
  expect(marksOfRevision(region, 3).bad).toBeUndefined();
});

test('pain 18: a new release after a rollback that fails goes back to the good one, not to the bad one before it', async () => {
  const region = await makeRegion({ apps: { bad: badApps.crashAtStart } });
  promote(region, 1);
  await deployPromoted(region, 'good-2', 'good-3');
  await rollBack(region, { reason: 'wrong totals' });
  await deployPromoted(region, 'good-4');
  const { outputs } = await rollBack(region, { reason: 'wrong totals again' });
  expect(outputs['to']).toBe(revisionArn(2));
  await deploy(region, 'bad');
  expect(runningImages(region)).toEqual({ 'good-2': 3 });
});

test('pain 18: by weight: no traffic goes by itself to a group whose revision is marked bad', async () => {
  const pair = await makePair();
  await rollBackPair(pair, { reason: 'errors' });
  expect(weightsOf(pair)).toEqual({ blue: 100, green: 0 });
  // Asked of blue, the way back would be green: the one just left.
  const second = await rollBackPair(pair, { service: 'ips-api-service' });
  expect([second.ok, second.outputs['cause']]).toEqual([false, 'no-previous-revision']);
  expect(weightsOf(pair)).toEqual({ blue: 100, green: 0 });
});
