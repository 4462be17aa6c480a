/**
 * Pain 31: the old side is torn down before the weights have converged, and users get 5xx (ARGO#3333, #3926, #4595).
 */
import { expect, test } from '@jest/globals';
import { makeRegion, registerImage, serviceNow, settle, shift } from '../shift/region.ts';

test.each([3101, 3102, 3103])(
  'pain 31: blue keeps its tasks until nobody asks it any more, seed %i',
  async (seed) => {
    const region = await makeRegion('ecs', { seed, requestsPerSecond: 200 });
    registerImage(region, 'v2');
    const { world } = region;
    let scaledAt: number | undefined;
    const watch = (): void => {
      if (serviceNow(region, 'api-blue').desiredCount === 0) scaledAt ??= world.kernel.now;
      else world.kernel.after(1000, watch);
    };
    watch();
    const { outputs } = await shift(region, { 'blue-after': 'scale-to-zero' });
    expect(outputs['outcome']).toBe('promoted');
    await settle(region, 120_000);
    const everything = region.states.at(-1)?.weights.findLast((weight) => weight.percent === 100)?.at ?? 0;
    // One closed minute without a request of blue, at least.
    expect((scaledAt ?? 0) - everything).toBeGreaterThan(60_000);
    expect(serviceNow(region, 'api-blue')).toMatchObject({ desiredCount: 0, runningCount: 0 });
    expect(region.traffic.total).toMatchObject({ harmed: 0, dropped: 0 });
  },
);
