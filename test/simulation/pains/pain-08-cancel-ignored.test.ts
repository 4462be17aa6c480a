/**
 * Pain 8: cancelling the job is ignored. References stand in the names of the tests (DTD:
 * aws-actions/amazon-ecs-deploy-task-definition, ESP: kayac/ecspresso).
 */
import { expect, test } from '@jest/globals';
import { deploy, makeRegion, runningImages, serviceDeploymentStatus, settle } from '../rollout/region.ts';

test('pain 8: cancelling the job takes the deployment back (DTD#507)', async () => {
  const region = await makeRegion();
  void region.time.sleep(20_000).then(() => region.cancel.abort());
  const { ok, outputs } = await deploy(region, 'good-2');
  expect({ ok, outcome: outputs['outcome'], aftermath: outputs['aftermath'] }).toEqual({
    ok: false,
    outcome: 'cancelled',
    aftermath: 'rolling-back',
  });
  await settle(region, 300_000);
  expect(runningImages(region)).toEqual({ 'good-1': 3 });
  expect(serviceDeploymentStatus(region)).toBe('ROLLBACK_SUCCESSFUL');
});
