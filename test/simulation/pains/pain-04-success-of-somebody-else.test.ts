/**
 * Pain 4: a concurrent deployment, or a scale to zero, gives false success. References stand in the names of the tests (DTD:
 * aws-actions/amazon-ecs-deploy-task-definition, ESP: kayac/ecspresso).
 */
import { expect, test } from '@jest/globals';
import {
  cluster,
  definitionOf,
  deploy,
  family,
  makeRegion,
  runningImages,
  secondDeployer,
  service,
  serviceDeploymentStatus,
  settle,
} from '../rollout/region.ts';
import { isServicesStable } from './services-stable.ts';

test('pain 4: a concurrent deployment does not pass for this one (DTD#191)', async () => {
  const region = await makeRegion();
  region.world.must('ecs', 'RegisterTaskDefinition', definitionOf('good-2'));
  region.world.loadFaults({ rules: [], events: [secondDeployer(20_000, `${family}:2`)] });
  const { ok, outputs } = await deploy(region, 'good-3');
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: false, outcome: 'superseded' });
  await settle(region, 300_000);
  expect(await isServicesStable(region)).toBe(true);
  expect(runningImages(region)).toEqual({ 'good-2': 3 });
});

test('pain 4: scaled to zero in the middle, nothing runs and nothing is proven (DTD#191)', async () => {
  const region = await makeRegion();
  const input = { cluster, service, desiredCount: 0 };
  const event = { kind: 'call', service: 'ecs', operation: 'UpdateService', input } as const;
  region.world.loadFaults({ rules: [], events: [{ id: 'zero', atMs: 15_000, event }] });
  const { ok, outputs } = await deploy(region, 'good-2');
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: false, outcome: 'zero-desired' });
  expect(await isServicesStable(region)).toBe(true);
  expect(runningImages(region)).toEqual({});
  expect(serviceDeploymentStatus(region)).toBe('SUCCESSFUL');
});
