/**
 * Pain 23: the desired count works against autoscaling. References stand in the names of the tests (DTD:
 * aws-actions/amazon-ecs-deploy-task-definition, ESP: kayac/ecspresso).
 */
import { expect, test } from '@jest/globals';
import { cluster, deploy, makeRegion, runningImages, service } from '../rollout/region.ts';

test('pain 23: a desired count that autoscaling set is left alone (DTD#499)', async () => {
  const region = await makeRegion();
  region.world.must('ecs', 'UpdateService', { cluster, service, desiredCount: 5 });
  const { ok, outputs } = await deploy(region, 'good-2');
  expect({ ok, outcome: outputs['outcome'], running: outputs['running-count'] }).toEqual({
    ok: true,
    outcome: 'succeeded',
    running: '5',
  });
  expect(runningImages(region)).toEqual({ 'good-2': 5 });
});
