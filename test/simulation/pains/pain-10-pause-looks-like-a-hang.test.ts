/**
 * Pain 10: a pause hook looks like a hang. References stand in the names of the tests (ESP: kayac/ecspresso).
 */
import { expect, test } from '@jest/globals';
import {
  addService,
  cluster,
  definitionOf,
  deploy,
  family,
  makeRegion,
  type Region,
  revisionsOf,
  settle,
} from '../rollout/region.ts';
import { waitServicesStable } from './services-stable.ts';

const worker = 'worker';

/** ECS itself deploys the worker by BLUE_GREEN, and waits at POST_SCALE_UP for somebody to answer. */
async function pausedRegion(): Promise<Region> {
  const region = await makeRegion();
  addService(region, worker, 2);
  await settle(region, 120_000);
  const { world } = region;
  world.must('ecs', 'UpdateService', {
    cluster,
    service: worker,
    deploymentConfiguration: {
      strategy: 'BLUE_GREEN',
      lifecycleHooks: [
        {
          targetType: 'PAUSE',
          lifecycleStages: ['POST_SCALE_UP'],
          timeoutConfiguration: { timeoutInMinutes: 90, action: 'ROLLBACK' },
        },
      ],
    },
  });
  world.must('ecs', 'RegisterTaskDefinition', definitionOf('good-2'));
  world.must('ecs', 'UpdateService', { cluster, service: worker, taskDefinition: `${family}:2` });
  await settle(region, 120_000);
  return region;
}

function waitingHook(region: Region): {
  readonly hookId: string;
  readonly expiresAt: Date;
  readonly arn: string;
} {
  const [{ serviceDeploymentArn: arn }] = region.world.must('ecs', 'ListServiceDeployments', {
    cluster,
    service: worker,
  }).serviceDeployments;
  const [found] = region.world.must('ecs', 'DescribeServiceDeployments', {
    serviceDeploymentArns: [arn],
  }).serviceDeployments;
  expect(found).toMatchObject({ status: 'IN_PROGRESS', lifecycleStage: 'POST_SCALE_UP' });
  return { ...found.lifecycleHookDetails[0], arn };
}

test('pain 10: services-stable waits for ten minutes and has no reason to give (ESP#1068, ESP#1069)', async () => {
  const region = await pausedRegion();
  const { isStable, waitedMs, words } = await waitServicesStable(region, [worker]);
  expect(isStable).toBe(false);
  expect(waitedMs).toBe(39 * 15_000);
  expect(words).not.toMatch(/POST_SCALE_UP|hook|pause/i);
  waitingHook(region);
});

test('pain 10: the same pause is told at once, with who has to answer what by when (ESP#1068, ESP#1069)', async () => {
  const region = await pausedRegion();
  const startedAt = region.world.kernel.now;
  const { ok, outputs, report } = await deploy(region, 'good-3', { service: worker });
  const { hookId, expiresAt, arn } = waitingHook(region);
  expect({ ok, outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
    ok: false,
    outcome: 'refused',
    cause: 'strategy-not-rolling',
  });
  expect(region.world.kernel.now - startedAt).toBeLessThan(2000);
  expect(report.sentence).toContain('BLUE_GREEN');
  expect(report.sentence).toContain(
    `at the stage POST_SCALE_UP, and waits for an answer to its pause hook ${hookId}`,
  );
  const until = expiresAt.toISOString().slice(0, 16).replace('T', ' ');
  expect(report.sentence).toContain(`Without an answer ECS rolls back at ${until} UTC`);
  expect(report.remedy).toContain(`--service-deployment-arn ${arn} --hook-id ${hookId} --action CONTINUE`);
  // Refused before anything was registered.
  expect(revisionsOf(region)).toBe(2);
});

test('pain 10: answered as it was told, the deployment goes on and both see it', async () => {
  const region = await pausedRegion();
  const { remedy } = (await deploy(region, 'good-3', { service: worker })).report;
  const [, serviceDeploymentArn, hookId] = /-arn (\S+) --hook-id (\S+)/.exec(remedy ?? '')!;
  region.world.must('ecs', 'ContinueServiceDeployment', { serviceDeploymentArn, hookId, action: 'CONTINUE' });
  expect((await waitServicesStable(region, [worker])).isStable).toBe(true);
  const { report } = await deploy(region, 'good-3', { service: worker });
  expect(report.sentence).not.toContain('under way');
  expect(report.sentence).not.toContain('pause hook');
});

test('pain 10: where the deployment itself may not be read, the strategy is told all the same', async () => {
  const region = await pausedRegion();
  region.world.loadFaults({
    rules: [
      {
        id: 'denied',
        match: { operation: 'DescribeServiceDeployments' },
        effect: { kind: 'access-denied' },
      },
    ],
    events: [],
  });
  const { outputs, report } = await deploy(region, 'good-3', { service: worker });
  expect(outputs['cause']).toBe('strategy-not-rolling');
  expect(report.sentence).toContain('BLUE_GREEN');
});
