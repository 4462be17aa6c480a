/** A service behind no load balancer: nothing but its tasks tells how it is. */
import { expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { addService, deploy, makeRegion, type Region, runningImages, settle } from './region.ts';

const calls = (region: Region): number =>
  Object.values(region.world.callCounts()).reduce((sum, count) => sum + count, 0);

test.each([
  ['at once', badApps.crashAtStart],
  ['after five seconds', { ...badApps.crashAtStart, crashAfterMs: 5000 }],
  ['after half a minute', { ...badApps.crashAtStart, crashAfterMs: 30_000 }],
])('a crash loop %s is given up by fail-fast', async (_name, app) => {
  const region = await makeRegion({ apps: { bad: app } });
  addService(region, 'worker', 2);
  await settle(region, 120_000);
  const { outputs } = await deploy(region, 'bad', { service: 'worker' });
  expect({ outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
    outcome: 'rolled-back',
    cause: 'container-exited',
  });
  expect(Number(outputs['duration-seconds'])).toBeLessThan(200);
  expect(runningImages(region, 'worker')).toEqual({ 'good-1': 2 });
});

test('looking for crashes does not cost more calls than other rollouts', async () => {
  const region = await makeRegion({ apps: { slow: { pullMs: 200_000 } } });
  addService(region, 'worker', 2);
  await settle(region, 120_000);
  const before = calls(region);
  const { outputs } = await deploy(region, 'slow', { service: 'worker' });
  expect(outputs['outcome']).toBe('succeeded');
  const seconds = Number(outputs['duration-seconds']);
  expect(seconds).toBeGreaterThan(226);
  expect(calls(region) - before).toBeLessThanOrEqual((80 * seconds) / 226);
});
