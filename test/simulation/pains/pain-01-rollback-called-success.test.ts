/**
 * Pain 1: success after a circuit-breaker rollback. References stand in the names of the tests (DTD:
 * aws-actions/amazon-ecs-deploy-task-definition, ESP: kayac/ecspresso).
 */
import { expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { deploy, makeRegion, runningImages } from '../rollout/region.ts';
import { isServicesStable } from './services-stable.ts';

test('pain 1: a circuit-breaker rollback is no success (DTD#191, DTD#494)', async () => {
  const region = await makeRegion({
    apps: { bad: badApps.crashAtStart },
    circuitBreaker: { enable: true, rollback: true },
  });
  const { ok, outputs } = await deploy(region, 'bad');
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: false, outcome: 'rolled-back' });
  expect(await isServicesStable(region)).toBe(true);
  expect(runningImages(region)).toEqual({ 'good-1': 3 });
});
