/** Rollouts under an AWS that throttles, fails, lags, and refuses. */
import { describe, expect, test } from '@jest/globals';
import { cluster, deploy, makeRegion, revisionsOf, runningImages, service, throttleReads } from './region.ts';

describe('AWS does not answer well', () => {
  test('all reads throttled for 60 s change nothing about the verdict', async () => {
    const region = await makeRegion();
    region.world.loadFaults({ rules: [throttleReads(60_000)], events: [] });
    const { outputs } = await deploy(region, 'good-2');
    expect(outputs['outcome']).toBe('succeeded');
    expect(runningImages(region)).toEqual({ 'good-2': 3 });
  });

  test('reads throttled in the middle of the rollout', async () => {
    const region = await makeRegion();
    const rule = { ...throttleReads(80_000), fromMs: 20_000 };
    region.world.loadFaults({ rules: [rule], events: [] });
    expect((await deploy(region, 'good-2')).outputs['outcome']).toBe('succeeded');
  });

  test.each(['UpdateService', 'RegisterTaskDefinition'])('%s throttled ten times', async (operation) => {
    const region = await makeRegion();
    const rule = { id: 'w', match: { operation }, count: 10, effect: { kind: 'throttle' } } as const;
    region.world.loadFaults({ rules: [rule], events: [] });
    expect((await deploy(region, 'good-2')).outputs['outcome']).toBe('succeeded');
    expect(revisionsOf(region)).toBe(2);
  });

  test('the answer of RegisterTaskDefinition is lost: there is one new revision all the same', async () => {
    const region = await makeRegion();
    const match = { operation: 'RegisterTaskDefinition' };
    const rule = { id: 'lost', match, count: 1, effect: { kind: 'reset-after-effect' } } as const;
    region.world.loadFaults({ rules: [rule], events: [] });
    expect((await deploy(region, 'good-2')).outputs['outcome']).toBe('succeeded');
    expect(revisionsOf(region)).toBe(2);
  });

  test.each([false, true])(
    'the answer of UpdateService is lost (force %s): one deployment',
    async (force) => {
      const region = await makeRegion();
      const match = { operation: 'UpdateService' };
      const rule = { id: 'lost', match, count: 1, effect: { kind: 'reset-after-effect' } } as const;
      region.world.loadFaults({ rules: [rule], events: [] });
      const { outputs } = await deploy(region, 'good-2', { forceNewDeployment: force });
      expect(outputs['outcome']).toBe('succeeded');
      const { serviceDeployments } = region.world.must('ecs', 'ListServiceDeployments', { cluster, service });
      expect(serviceDeployments.length).toBe(2);
    },
  );

  test('reads that lag behind by 5 s', async () => {
    const region = await makeRegion();
    const rule = { id: 'lag', match: { mutates: false }, effect: { kind: 'read-lag', ms: 5000 } } as const;
    region.world.loadFaults({ rules: [rule], events: [] });
    expect((await deploy(region, 'good-2')).outputs['outcome']).toBe('succeeded');
    expect(runningImages(region)).toEqual({ 'good-2': 3 });
  });

  test('a permission that is missing while following ends the wait at once, by name', async () => {
    const region = await makeRegion();
    const match = { operation: 'DescribeServiceDeployments' };
    const rule = { id: 'denied', match, effect: { kind: 'access-denied' } } as const;
    region.world.loadFaults({ rules: [rule], events: [] });
    const { ok, outputs, report } = await deploy(region, 'good-2');
    expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: false, outcome: 'unobserved' });
    expect(report.sentence).toContain('ecs:DescribeServiceDeployments');
    expect(Number(outputs['duration-seconds'])).toBeLessThan(5);
  });

  test('a permission that is missing for the update: refused, by name', async () => {
    const region = await makeRegion();
    const rule = {
      id: 'denied',
      match: { operation: 'UpdateService' },
      effect: { kind: 'access-denied' },
    } as const;
    region.world.loadFaults({ rules: [rule], events: [] });
    const { outputs, report } = await deploy(region, 'good-2');
    expect({ outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
      outcome: 'refused',
      cause: 'access-denied',
    });
    expect(report.remedy).toContain('ecs:UpdateService');
  });
});
