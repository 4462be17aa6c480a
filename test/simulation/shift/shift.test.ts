import { expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { liveWeights, makeRegion, registerImage, rulesOfListener, serviceNow, shift } from './region.ts';

test('a good release: blue/green twin is made, probed and promoted', async () => {
  const region = await makeRegion('ecs', { seed: 11 });
  registerImage(region, 'v2');
  const before = region.traffic.total;
  const result = await shift(region, { 'blue-after': 'scale-to-zero' });
  console.log(region.log.join('\n'), JSON.stringify(result.outputs, null, 1));
  expect(result.outputs['outcome']).toBe('promoted');
  expect(liveWeights(region)).toEqual({ 'api-a': 0, 'api-b': 100 });
  expect(region.traffic.total.harmed - before.harmed).toBe(0);
  expect(rulesOfListener(region)).toBe(2);
  expect(serviceNow(region, 'api-blue').desiredCount).toBe(0);
});

test('a bad release: 20 % errors are caught', async () => {
  const region = await makeRegion('ecs', { seed: 12, apps: { v2: badApps.errors } });
  registerImage(region, 'v2');
  const result = await shift(region, { 'probe-count': '0', 'probes-per-step': '0' });
  console.log(region.log.join('\n'), JSON.stringify(result.outputs, null, 1), result.report.sentence);
  expect(result.outputs['outcome']).toBe('rolled-back');
});

test.each([['slow'],['hangs'],['closesConnections'],['bursts'],['crashAtStart'],['neverHealthy'],['outOfMemory'],['pullFails']] as const)('bad %s', async (kind) => {
  const region = await makeRegion('ecs', { seed: 13, apps: { v2: badApps[kind] } });
  registerImage(region, 'v2');
  const result = await shift(region, { });
  console.log(kind, region.log.slice(10).join('\n'), result.report.sentence, result.outputs['cause'], result.outputs['outcome'], result.outputs['harmed']);
  expect(result.outputs['outcome']).toBe('rolled-back');
});
