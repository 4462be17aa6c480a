/**
 * Pain 7: a 90-minute wait dies at 60. References stand in the names of the tests (DTD:
 * aws-actions/amazon-ecs-deploy-task-definition, ESP: kayac/ecspresso).
 */
import { expect, test } from '@jest/globals';
import { deploy, makeRegion, runningImages } from '../rollout/region.ts';

test('pain 7: a wait of 90 minutes is a wait of 90 minutes (DTD#527)', async () => {
  const region = await makeRegion({ apps: { slow: { pullMs: 90 * 60_000 } } });
  const { ok, outputs } = await deploy(region, 'slow', { timeoutMs: 2 * 3_600_000 });
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: true, outcome: 'succeeded' });
  expect(Number(outputs['duration-seconds'])).toBeGreaterThan(90 * 60);
  expect(runningImages(region)).toEqual({ slow: 3 });
});
