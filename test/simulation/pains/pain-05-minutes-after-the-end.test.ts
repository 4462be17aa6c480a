/**
 * Pain 5: minutes of waiting after ECS was done. References stand in the names of the tests (DTD:
 * aws-actions/amazon-ecs-deploy-task-definition, ESP: kayac/ecspresso).
 */
import { expect, test } from '@jest/globals';
import { cluster, deploy, makeRegion, service } from '../rollout/region.ts';

test('pain 5: no minutes of waiting after ECS was done (DTD#872)', async () => {
  const region = await makeRegion();
  const { outputs } = await deploy(region, 'good-2');
  expect(outputs['outcome']).toBe('succeeded');
  const { serviceDeployments } = region.world.must('ecs', 'ListServiceDeployments', { cluster, service });
  expect(region.world.kernel.now - serviceDeployments[0].finishedAt.getTime()).toBeLessThan(1000);
});
