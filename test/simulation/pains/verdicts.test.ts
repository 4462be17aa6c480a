/**
 * Pains of the users of other tools about wrong verdicts: each one a life in the lab that ends well here. The
 * letters before the numbers: DTD aws-actions/amazon-ecs-deploy-task-definition, ESP kayac/ecspresso.
 * What unmodified `aws ecs wait services-stable` says to the same: test/contract/clients/pains.test.ts.
 */
import { expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import {
  cluster,
  definitionOf,
  deploy,
  family,
  makeRegion,
  type Region,
  runningImages,
  secondDeployer,
  service,
  serviceDeploymentStatus,
  settle,
} from '../rollout/region.ts';

const alarm = 'checkout-errors';

/** A service whose deployments ECS watches by an alarm for some minutes after the tasks are up. */
async function watchedRegion(): Promise<Region> {
  const region = await makeRegion();
  region.world.must('cloudwatch', 'PutMetricAlarm', {
    AlarmName: alarm,
    Namespace: 'shop',
    MetricName: 'errors',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
  const alarms = { alarmNames: [alarm], enable: true, rollback: true };
  region.world.must('ecs', 'UpdateService', { cluster, service, deploymentConfiguration: { alarms } });
  return region;
}

test('pain 1: a circuit-breaker rollback is no success (DTD#191, DTD#494)', async () => {
  const region = await makeRegion({
    apps: { bad: badApps.crashAtStart },
    circuitBreaker: { enable: true, rollback: true },
  });
  const { ok, outputs } = await deploy(region, 'bad');
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: false, outcome: 'rolled-back' });
  // All that services-stable asks for is there: one deployment, as many running as desired.
  const [found] = region.world.must('ecs', 'DescribeServices', { cluster, services: [service] }).services;
  expect([found.deployments.length, found.runningCount, found.desiredCount]).toEqual([1, 3, 3]);
  expect(runningImages(region)).toEqual({ 'good-1': 3 });
});

test('pain 3: "stable" is not said while ECS is still at it (DTD#838)', async () => {
  const region = await watchedRegion();
  const { outputs } = await deploy(region, 'good-2');
  expect(outputs['outcome']).toBe('succeeded');
  const { serviceDeployments } = region.world.must('ecs', 'ListServiceDeployments', { cluster, service });
  expect(serviceDeployments[0].status).toBe('SUCCESSFUL');
  expect(region.world.kernel.now).toBeGreaterThanOrEqual(serviceDeployments[0].finishedAt.getTime());
});

test('pain 3: an alarm that rings while ECS is still at it is no success (DTD#838)', async () => {
  const region = await watchedRegion();
  // The new tasks are up and the old ones gone by then: all counts are as services-stable wants them.
  region.world.loadFaults({
    rules: [],
    events: [{ id: 'ring', atMs: 110_000, event: { kind: 'alarm', name: alarm, state: 'ALARM' } }],
  });
  let stableAt: number | undefined;
  const look = async (): Promise<void> => {
    for (let seconds = 0; seconds < 110; seconds++) {
      await region.time.sleep(1000);
      const [found] = region.world.must('ecs', 'DescribeServices', { cluster, services: [service] }).services;
      const newest = found.deployments[0];
      if (found.deployments.length === 1 && found.runningCount === 3 && newest.rolloutState === 'IN_PROGRESS')
        stableAt ??= region.world.kernel.now;
    }
  };
  const looked = look();
  const { ok, outputs } = await deploy(region, 'good-2');
  await region.time.run(looked);
  expect(stableAt).toBeDefined();
  expect({ ok, outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
    ok: false,
    outcome: 'rolled-back',
    cause: 'deployment-alarm',
  });
});

test('pain 4: a concurrent deployment does not pass for this one (DTD#191)', async () => {
  const region = await makeRegion();
  region.world.must('ecs', 'RegisterTaskDefinition', definitionOf('good-2'));
  region.world.loadFaults({ rules: [], events: [secondDeployer(20_000, `${family}:2`)] });
  const { ok, outputs } = await deploy(region, 'good-3');
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: false, outcome: 'superseded' });
  await settle(region, 300_000);
  expect(runningImages(region)).toEqual({ 'good-2': 3 });
});

test('pain 4: scaled to zero in the middle, nothing runs and nothing is proven (DTD#191)', async () => {
  const region = await makeRegion();
  const input = { cluster, service, desiredCount: 0 };
  const event = { kind: 'call', service: 'ecs', operation: 'UpdateService', input } as const;
  region.world.loadFaults({ rules: [], events: [{ id: 'zero', atMs: 15_000, event }] });
  const { ok, outputs } = await deploy(region, 'good-2');
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: false, outcome: 'zero-desired' });
  expect(runningImages(region)).toEqual({});
  expect(serviceDeploymentStatus(region)).toBe('SUCCESSFUL');
});
