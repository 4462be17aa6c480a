/**
 * Pain 2: a rollback by the circuit breaker is reported as success, and the revision that runs is deregistered
 * (fabfuel/ecs-deploy#185). Nothing here ever deregisters, and what failed is not called good.
 */
import { expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { deployPromoted, promote } from '../rollback/marks.ts';
import { rollBack } from '../rollback/request.ts';
import { deploy, family, makeRegion, type Region, revisionsOf, runningImages } from '../rollout/region.ts';
import { isServicesStable } from './services-stable.ts';

const statusOf = (region: Region, revision: number): string =>
  region.world.must('ecs', 'DescribeTaskDefinition', { taskDefinition: `${family}:${revision}` })
    .taskDefinition.status;

test('pain 2: after a failed deploy and two rollbacks every revision is ACTIVE still, and none was added', async () => {
  const region = await makeRegion({
    apps: { bad: badApps.crashAtStart },
    circuitBreaker: { enable: true, rollback: true },
  });
  promote(region, 1);
  await deployPromoted(region, 'good-2', 'good-3');

  const failed = await deploy(region, 'bad');
  expect([failed.ok, failed.outputs['outcome']]).toEqual([false, 'rolled-back']);
  expect(runningImages(region)).toEqual({ 'good-3': 3 });
  // To the waiter the failed deployment is a success: one deployment, and as many tasks as are wanted.
  expect(await isServicesStable(region)).toBe(true);

  const from = failed.outputs['task-definition-arn'];
  const stayed = await rollBack(region, { from });
  expect([stayed.ok, stayed.outputs['outcome']]).toEqual([true, 'no-change']);
  const back = await rollBack(region, { from: `${family}:3` });
  expect([back.ok, back.outputs['outcome']]).toEqual([true, 'succeeded']);

  expect(runningImages(region)).toEqual({ 'good-2': 3 });
  expect([1, 2, 3, 4].map((revision) => statusOf(region, revision))).toEqual(Array(4).fill('ACTIVE'));
  expect(revisionsOf(region)).toBe(4);
  expect(region.world.callCounts()['ecs:DeregisterTaskDefinition']).toBeUndefined();
});

test('pain 2: while the deployment still fails the waiter would wait on; the rollback ends it at once', async () => {
  const region = await makeRegion({ apps: { bad: badApps.crashAtStart } });
  await deploy(region, 'bad', { wait: false });
  expect(await isServicesStable(region)).toBe(false);
  const { ok, outputs } = await rollBack(region);
  expect([ok, outputs['outcome'], outputs['mode']]).toEqual([true, 'rolled-back', 'stop-in-flight']);
  expect(Number(outputs['duration-seconds'])).toBeLessThan(120);
});
