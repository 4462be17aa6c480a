import { expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { deploy, makeRegion, runningImages, serviceDeploymentStatus } from './region.ts';

test('a good revision is deployed, and the world agrees', async () => {
  const region = await makeRegion();
  const result = await deploy(region, 'good-2');
  console.log(region.log.join('\n'), JSON.stringify(result.outputs, null, 1), region.world.callCounts());
  expect(runningImages(region)).toEqual({ 'good-2': 3 });
  expect(serviceDeploymentStatus(region)).toBe('SUCCESSFUL');
  expect(result.outputs['outcome']).toBe('succeeded');
});

test('crash', async () => {
  const region = await makeRegion({ apps: { bad: badApps.crashAtStart } });
  const result = await deploy(region, 'bad');
  console.log(region.log.join('\n'), JSON.stringify(result, null, 1), region.world.callCounts());
  expect(runningImages(region)).toEqual({ 'good-1': 3 });
});
