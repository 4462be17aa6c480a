/**
 * Pains of the users of aws-actions/amazon-ecs-deploy-task-definition (DTD) about one-off tasks: what the task
 * before a deployment tells, which exit code decides, and that a migration is never the whole of a deployment.
 */

import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { expect, test } from '@jest/globals';
import type { ActionResult } from '../../../src/engine/action.ts';
import type { PreDeployRequest } from '../../../src/inputs/pre-deploy.ts';
import { type AppModel, badApps } from '../../../src/lab/world/sim/app-model.ts';
import { cluster, definitionOf, deploy, makeRegion, type Region, runningImages } from '../rollout/region.ts';

const preDeploy: PreDeployRequest = { command: ['./migrate'], container: 'ips-api', timeoutMs: 300_000 };
const passes = { crashAfterMs: 20_000, exitCode: 0 } as const;

/** With a second container beside the application. */
const withProxy =
  (essential: boolean) =>
  (image: string): RegisterTaskDefinitionRequest => {
    const definition = definitionOf(image);
    const [app] = definition.containerDefinitions!;
    const proxy = {
      ...app!,
      name: 'proxy',
      image: 'registry.example.com/proxy:proxy',
      portMappings: [],
      essential,
    };
    return { ...definition, containerDefinitions: [app!, proxy] };
  };

async function migrate(
  apps: Readonly<Record<string, Partial<AppModel>>>,
  definition: (image: string) => RegisterTaskDefinitionRequest,
): Promise<{ readonly region: Region; readonly result: ActionResult }> {
  // The proxy of the service itself is good: only the one of the migration ends badly.
  const models: Record<string, Partial<AppModel>> = {};
  const region = await makeRegion({ apps: models, definition });
  Object.assign(models, apps);
  return { region, result: await deploy(region, 'good-2', { preDeploy }, definition) };
}

test('pain 20: a task that ECS does not start is told with its reason, never as [null] (DTD#757)', async () => {
  const region = await makeRegion({ apps: { './migrate': passes } });
  const zones = ['ap-south-1a', 'ap-south-1b', 'ap-south-1c'];
  const events = zones.map((zone) => ({ id: zone, atMs: 1, event: { kind: 'zone-dark', zone } as const }));
  region.world.loadFaults({ rules: [], events });
  const { ok, outputs, report } = await deploy(region, 'good-2', { preDeploy });
  expect({ ok, cause: outputs['cause'] }).toEqual({ ok: false, cause: 'pre-deploy-not-started' });
  expect(report.sentence).toContain(
    'ECS did not start the pre-deploy task: Capacity is unavailable at this time. Please try again later',
  );
  expect(report.sentence).toContain('The service was not changed.');
  expect(report.sentence).not.toContain('null');
});

test('pain 21: a sidecar that ends badly does not fail a migration that passed', async () => {
  const { region, result } = await migrate(
    { './migrate': passes, proxy: { sigtermExitCode: 1, sigtermMs: 4000 } },
    withProxy(true),
  );
  expect(result.outputs['outcome']).toBe('succeeded');
  expect(runningImages(region)).toEqual({ 'good-2': 3 });
});

test('pain 21: nor does a sidecar that ends well hide a migration that failed', async () => {
  const { region, result } = await migrate(
    { './migrate': { ...passes, exitCode: 4 }, proxy: { crashAfterMs: 10_000, exitCode: 0 } },
    withProxy(false),
  );
  expect(result.outputs['cause']).toBe('pre-deploy-failed');
  expect(result.report.sentence).toContain('container ips-api ended with exit code 4');
  expect(runningImages(region)).toEqual({ 'good-1': 3 });
});

test('pain 21: an essential sidecar that ends first is named, not blamed on the migration alone', async () => {
  const { result } = await migrate(
    { './migrate': { ...passes, sigtermExitCode: 143 }, proxy: { crashAfterMs: 5000, exitCode: 9 } },
    withProxy(true),
  );
  expect(result.outputs['cause']).toBe('pre-deploy-failed');
  expect(result.report.sentence).toContain('after container proxy had ended with exit code 9');
});

test('pain 22: after a migration that passed the service is updated, or the outcome says that it was not (DTD#678)', async () => {
  const good = await makeRegion({ apps: { './migrate': passes } });
  const updated = await deploy(good, 'good-2', { preDeploy });
  expect([updated.ok, runningImages(good)]).toEqual([true, { 'good-2': 3 }]);

  const refused = await makeRegion({ apps: { './migrate': passes } });
  const denied = {
    id: 'u',
    match: { operation: 'UpdateService' },
    effect: { kind: 'access-denied' },
  } as const;
  refused.world.loadFaults({ rules: [denied], events: [] });
  const { ok, outputs, report } = await deploy(refused, 'good-2', { preDeploy });
  expect({ ok, outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
    ok: false,
    outcome: 'refused',
    cause: 'access-denied',
  });
  expect(report.sentence).toMatch(
    /^The pre-deploy task [0-9a-f]{32} passed\. ips-api-task:2 was registered\. The service was not changed\. ecs:UpdateService/,
  );
  expect(runningImages(refused)).toEqual({ 'good-1': 3 });
});

test('pain 22: also where the job is cancelled right after the migration', async () => {
  const region = await makeRegion({ apps: { './migrate': passes } });
  const { world } = region;
  let passed = false;
  const watching = world.must.bind(world);
  // Cancelled at the first moment at which the migration has ended.
  void (async () => {
    while (!passed) {
      await region.time.sleep(200);
      const arns = watching('ecs', 'ListTasks', { cluster, desiredStatus: 'STOPPED' }).taskArns;
      passed = arns.length > 0;
    }
    region.cancel.abort();
  })();
  const { ok, outputs, report } = await deploy(region, 'good-2', { preDeploy });
  expect({ ok, outcome: outputs['outcome'], aftermath: outputs['aftermath'] }).toEqual({
    ok: false,
    outcome: 'cancelled',
    aftermath: 'untouched',
  });
  expect(report.sentence).toMatch(
    /The pre-deploy task [0-9a-f]{32} passed\. The service had not been changed\./,
  );
  expect(runningImages(region)).toEqual({ 'good-1': 3 });
});

test('pain 22: a revision that fails after its migration is told as a failed deployment', async () => {
  const region = await makeRegion({ apps: { './migrate': passes, bad: badApps.crashAtStart } });
  const { ok, outputs } = await deploy(region, 'bad', { preDeploy });
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: false, outcome: 'rolled-back' });
});
