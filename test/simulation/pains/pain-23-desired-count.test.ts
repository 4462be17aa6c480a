/**
 * Pain 23: the desired count works against autoscaling. References stand in the names of the tests (DTD:
 * aws-actions/amazon-ecs-deploy-task-definition, ESP: kayac/ecspresso).
 */
import { expect, test } from '@jest/globals';
import { cluster, deploy, makeRegion, runningImages, service } from '../rollout/region.ts';
import { scalable, scalingNow } from '../shift/leftovers.ts';
import {
  makeRegion as makePair,
  type Region,
  registerImage,
  serviceNow,
  settle,
  shift,
} from '../shift/region.ts';

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

const ofBlue = (region: Region) => scalingNow(region).filter((target) => target['service'] === 'api-blue');

test('pain 23: a shift brings green to the count that autoscaling gave blue, and leaves its limits as they were', async () => {
  const region = await makePair('ecs', { seed: 23 });
  scalable(region);
  region.world.must('ecs', 'UpdateService', { cluster: 'shop', service: 'api-blue', desiredCount: 5 });
  await settle(region, 300_000);
  const before = ofBlue(region);
  registerImage(region, 'v2');
  const { outputs } = await shift(region);
  expect(outputs['outcome']).toBe('promoted');
  expect(serviceNow(region, 'api-green')).toMatchObject({ desiredCount: 5, runningCount: 5 });
  expect(ofBlue(region)).toEqual(before);
});
