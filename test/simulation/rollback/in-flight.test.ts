/** A deployment is under way when the rollback comes. */
import { describe, expect, test } from '@jest/globals';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import {
  cluster,
  deploy,
  family,
  makeRegion,
  portsOf,
  type Region,
  runningImages,
  service,
  serviceDeploymentStatus,
  settle,
} from '../rollout/region.ts';
import { deployPromoted, markBadByHand, marksOfRevision, promote, revisionArn } from './marks.ts';
import { rollBack } from './request.ts';

/** Revisions 1 and 2 were promoted; 3 crashes and is under way since 10 s. */
async function badUnderWay(): Promise<Region> {
  const region = await makeRegion({ apps: { bad: badApps.crashAtStart } });
  promote(region, 1);
  await deployPromoted(region, 'good-2');
  await deploy(region, 'bad', { wait: false });
  await settle(region, 10_000);
  return region;
}

const summary = (region: Region, { ok, outputs }: Awaited<ReturnType<typeof rollBack>>) => ({
  ok,
  outcome: outputs['outcome'],
  mode: outputs['mode'],
  from: outputs['from'],
  to: outputs['to'],
  running: runningImages(region),
});

describe('the bad revision is under way', () => {
  test('it is stopped with ROLLBACK, its end is awaited and looked at, and it is marked', async () => {
    const region = await badUnderWay();
    const result = await rollBack(region);
    expect(summary(region, result)).toEqual({
      ok: true,
      outcome: 'rolled-back',
      mode: 'stop-in-flight',
      from: revisionArn(3),
      to: revisionArn(2),
      running: { 'good-2': 3 },
    });
    expect(serviceDeploymentStatus(region)).toBe('ROLLBACK_SUCCESSFUL');
    expect(marksOfRevision(region, 3).bad?.reason).toBe('It exports too little.');
  });

  test('where that leads to what was asked for, that is all', async () => {
    const region = await badUnderWay();
    const updates = region.world.callCounts()['ecs:UpdateService'];
    const result = await rollBack(region, { to: { kind: 'revision', name: `${family}:2` } });
    expect(result.outputs['outcome']).toBe('rolled-back');
    expect(region.world.callCounts()['ecs:UpdateService']).toBe(updates);
  });

  test('where it does not, a rollout follows its end', async () => {
    const region = await badUnderWay();
    const result = await rollBack(region, { to: { kind: 'revision', name: `${family}:1` } });
    expect(summary(region, result)).toEqual({
      ok: true,
      outcome: 'succeeded',
      mode: 'rollout',
      from: revisionArn(3),
      to: revisionArn(1),
      running: { 'good-1': 3 },
    });
    const { serviceDeployments } = region.world.must('ecs', 'ListServiceDeployments', { cluster, service });
    expect(serviceDeployments.slice(0, 2).map((each: { status: string }) => each.status)).toEqual([
      'SUCCESSFUL',
      'ROLLBACK_SUCCESSFUL',
    ]);
  });

  test('where what it came from is marked bad, it goes further by itself', async () => {
    const region = await badUnderWay();
    markBadByHand(region, 2, 'wrong totals');
    const result = await rollBack(region);
    expect(summary(region, result)).toMatchObject({ outcome: 'succeeded', to: revisionArn(1) });
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
  });

  test('an unusable target is refused while the deployment still goes on', async () => {
    const region = await badUnderWay();
    const result = await rollBack(region, { to: { kind: 'revision', name: `${family}:9` } });
    expect(result.outputs['outcome']).toBe('refused');
    expect(serviceDeploymentStatus(region)).toBe('IN_PROGRESS');
  });

  test('a dry run says both steps', async () => {
    const region = await badUnderWay();
    const to = { kind: 'revision', name: `${family}:1` } as const;
    const { report } = await rollBack(region, { to, dryRun: true });
    expect(report.sentence).toContain(
      'Stop the deployment of ips-api-task:3 that is under way, with rollback. Then deploy ips-api-task:1, unless it serves by then.',
    );
    expect(serviceDeploymentStatus(region)).toBe('IN_PROGRESS');
  });

  test('named as the target it is followed to its end, not stopped', async () => {
    const region = await makeRegion();
    await deploy(region, 'good-2', { wait: false });
    await settle(region, 5000);
    const result = await rollBack(region, { to: { kind: 'revision', name: `${family}:2` } });
    expect(summary(region, result)).toMatchObject({ ok: true, outcome: 'no-change' });
    expect(runningImages(region)).toEqual({ 'good-2': 3 });
  });
});

test('a rollback of ECS that is under way is awaited, not stopped', async () => {
  const region = await badUnderWay();
  const { serviceDeployments } = region.world.must('ecs', 'ListServiceDeployments', { cluster, service });
  const { serviceDeploymentArn } = serviceDeployments[0];
  region.world.must('ecs', 'StopServiceDeployment', { serviceDeploymentArn, stopType: 'ROLLBACK' });
  await settle(region, 2000);
  const result = await rollBack(region);
  expect(summary(region, result)).toMatchObject({ ok: true, outcome: 'rolled-back', to: revisionArn(2) });
  expect(region.world.callCounts()['ecs:StopServiceDeployment']).toBeUndefined();
});

test.each(['auto', 'previous-good'] as const)(
  'a way back that somebody else began is followed: stopping it would bring the bad one back (%s)',
  async (kind) => {
    const region = await makeRegion();
    promote(region, 1);
    await deployPromoted(region, 'good-2', 'good-3');
    region.world.must('ecs', 'UpdateService', { cluster, service, taskDefinition: `${family}:2` });
    await settle(region, 5000);
    const result = await rollBack(region, { to: { kind } });
    expect(summary(region, result)).toMatchObject({
      ok: true,
      outcome: 'no-change',
      running: { 'good-2': 3 },
    });
    expect(region.world.callCounts()['ecs:StopServiceDeployment']).toBeUndefined();
    expect(marksOfRevision(region, 3).bad?.reason).toBe('It exports too little.');
  },
);

test('unless from says that its target is the bad one', async () => {
  const region = await makeRegion();
  promote(region, 1);
  await deployPromoted(region, 'good-2', 'good-3');
  region.world.must('ecs', 'UpdateService', { cluster, service, taskDefinition: `${family}:2` });
  await settle(region, 5000);
  const result = await rollBack(region, { from: `${family}:2` });
  expect(summary(region, result)).toMatchObject({ outcome: 'rolled-back', running: { 'good-3': 3 } });
});

test('a deployment that ends between the look and the stop is looked at again', async () => {
  const region = await makeRegion();
  promote(region, 1);
  await deploy(region, 'good-2', { wait: false });
  await settle(region, 5000);
  const { aws } = portsOf(region);
  const late: AwsCaller = {
    async call(operation, ...rest) {
      // ECS is at its end by the time the stop arrives.
      if (operation === 'ecs:StopServiceDeployment') await region.time.sleep(200_000);
      return aws.call(operation, ...rest);
    },
  };
  const result = await rollBack(region, {}, { aws: late });
  expect(summary(region, result)).toMatchObject({
    ok: true,
    outcome: 'succeeded',
    mode: 'rollout',
    running: { 'good-1': 3 },
  });
});
