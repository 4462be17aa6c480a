/**
 * Pain 3: "stable" while ECS is still at it. References stand in the names of the tests (DTD:
 * aws-actions/amazon-ecs-deploy-task-definition, ESP: kayac/ecspresso).
 */
import { expect, test } from '@jest/globals';
import { putAlarm } from '../alarm.ts';
import {
  cluster,
  deploy,
  makeRegion,
  type Region,
  service,
  serviceDeploymentStatus,
} from '../rollout/region.ts';
import { isServicesStable } from './services-stable.ts';

const alarm = 'checkout-errors';

/** A service whose deployments ECS watches by an alarm for some minutes after the tasks are up. */
async function watchedRegion(): Promise<Region> {
  const region = await makeRegion();
  putAlarm(region.world, alarm, { TreatMissingData: 'notBreaching' });
  const alarms = { alarmNames: [alarm], enable: true, rollback: true };
  region.world.must('ecs', 'UpdateService', { cluster, service, deploymentConfiguration: { alarms } });
  return region;
}

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
  let calledStable = false;
  const looked = region.time.sleep(105_000).then(async () => {
    expect(serviceDeploymentStatus(region)).toBe('IN_PROGRESS');
    calledStable = await isServicesStable(region);
  });
  const { ok, outputs } = await deploy(region, 'good-2');
  await looked;
  expect(calledStable).toBe(true);
  expect({ ok, outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
    ok: false,
    outcome: 'rolled-back',
    cause: 'deployment-alarm',
  });
});
