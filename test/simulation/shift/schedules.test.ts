/** Scheduled scaling goes with the traffic: green follows blue's schedule, and what is put away stays there. */
import { expect, test } from '@jest/globals';
import { scalable } from './leftovers.ts';
import {
  cluster,
  createService,
  makeRegion,
  minute,
  type Region,
  registerImage,
  serviceNow,
  settle,
  setWeights,
  shift,
} from './region.ts';

const quick = { accept: 'unproven', 'bake-time': '1m', 'probe-count': '0', 'probes-per-step': '0' };
const retiring = { ...quick, 'blue-after': 'scale-to-zero' };

const scaling = (region: Region, operation: string, input: object) =>
  region.world.must('application-autoscaling', operation, {
    ServiceNamespace: 'ecs',
    ScalableDimension: 'ecs:service:DesiredCount',
    ...input,
  });
const resource = (service: string): string => `service/${cluster}/${service}`;

/** Blue scales from 2 to 6, and a schedule wants 4 at least, every ten minutes. */
async function scheduledBlue(seed: number, v2: object = {}): Promise<Region> {
  const region = await makeRegion('ecs', { seed, requestsPerSecond: 50, apps: { v2 } });
  scalable(region);
  schedule(region, 'api-blue', 'api-blue-day', 'rate(10 minutes)');
  registerImage(region, 'v2');
  return region;
}

function schedule(region: Region, service: string, name: string, Schedule: string, more: object = {}): void {
  scaling(region, 'PutScheduledAction', {
    ResourceId: resource(service),
    ScheduledActionName: name,
    Schedule,
    ScalableTargetAction: { MinCapacity: 4, MaxCapacity: 6 },
    ...more,
  });
}

function schedulesOf(region: Region, service: string): readonly string[] {
  const { ScheduledActions } = scaling(region, 'DescribeScheduledActions', { ResourceId: resource(service) });
  return ScheduledActions.map(
    (each: { ScheduledActionName: string; Schedule: string }) =>
      `${each.ScheduledActionName} ${each.Schedule}`,
  );
}

function targetOf(region: Region, service: string): object {
  const [target] = scaling(region, 'DescribeScalableTargets', {
    ResourceIds: [resource(service)],
  }).ScalableTargets;
  return { min: target.MinCapacity, scheduled: target.SuspendedState?.ScheduledScalingSuspended ?? false };
}

test('the twin follows the schedule, and blue that was scaled down no more, until it is green', async () => {
  const region = await scheduledBlue(2201);
  schedule(region, 'api-blue', 'once', 'at(1990-01-01T00:00:00)', { EndTime: new Date(0) });
  const planned = await shift(region, { ...retiring, 'dry-run': 'true' });
  expect(planned.outputs['outcome']).toBe('planned');
  expect(region.log.join('\n')).toContain('scheduled actions api-green-day');
  expect(region.log.join('\n')).toContain('stays suspended once blue is scaled down');
  const first = await shift(region, retiring);
  expect(first.outputs['outcome']).toBe('promoted');
  expect(schedulesOf(region, 'api-green')).toEqual(['api-green-day rate(10 minutes)']);
  await settle(region, 21 * minute);
  expect(targetOf(region, 'api-green')).toEqual({ min: 4, scheduled: false });
  expect(targetOf(region, 'api-blue')).toEqual({ min: 0, scheduled: true });
  expect(serviceNow(region, 'api-blue').desiredCount).toBe(0);

  registerImage(region, 'v3');
  const back = await shift(region, { ...retiring, 'green-target-group': 'api-a' }, { runId: '2' });
  expect([back.outputs['outcome'], back.outputs['green-service']]).toEqual(['promoted', 'api-blue']);
  await settle(region, 21 * minute);
  expect(targetOf(region, 'api-blue')).toEqual({ min: 4, scheduled: false });
  expect(targetOf(region, 'api-green')).toEqual({ min: 0, scheduled: true });
  expect(region.traffic.total.harmed).toBe(0);
}, 30_000);

test('no schedule raises a floor while the shift lasts', async () => {
  const region = await scheduledBlue(2202);
  const seen = new Set<string>();
  const look = (): void => {
    const { ScalableTargets } = scaling(region, 'DescribeScalableTargets', {});
    for (const each of ScalableTargets) {
      if (each.SuspendedState?.DynamicScalingInSuspended) {
        seen.add(`${each.ResourceId} ${each.SuspendedState.ScheduledScalingSuspended}`);
      }
    }
    region.world.kernel.after(1000, look);
  };
  look();
  expect((await shift(region, retiring)).outputs['outcome']).toBe('promoted');
  expect([...seen].sort()).toEqual([`${resource('api-blue')} true`, `${resource('api-green')} true`]);
});

test('a green that was taken back and emptied is not filled again by its schedule', async () => {
  const region = await scheduledBlue(2203, { errorRate: 0.5 });
  expect((await shift(region, retiring)).outputs['outcome']).toBe('rolled-back');
  await settle(region, 21 * minute);
  expect(targetOf(region, 'api-green')).toEqual({ min: 0, scheduled: true });
  expect(serviceNow(region, 'api-green').desiredCount).toBe(0);
  expect(targetOf(region, 'api-blue')).toEqual({ min: 4, scheduled: false });
});

test('a blue that is kept keeps its schedule, and the plan says so', async () => {
  const region = await scheduledBlue(2204);
  expect((await shift(region, quick)).outputs['outcome']).toBe('promoted');
  expect(region.log.join('\n')).toContain('go on changing its size after the shift');
  expect(targetOf(region, 'api-blue')).toMatchObject({ scheduled: false });
  expect(targetOf(region, 'api-green')).toMatchObject({ scheduled: false });
});

test('a green that was there and lacks the schedule is told of', async () => {
  const region = await scheduledBlue(2205);
  expect((await shift(region, quick)).outputs['outcome']).toBe('promoted');
  schedule(region, 'api-green', 'night', 'rate(12 hours)');
  registerImage(region, 'v3');
  await shift(region, { ...quick, 'green-target-group': 'api-a', 'dry-run': 'true' }, { runId: '2' });
  const told = region.log.join('\n');
  expect(told).toContain("Blue's scheduled actions night are none of api-blue");
  expect(told).not.toContain('api-green-day, night are none');
});

test('a schedule that cannot be made is told, and the shift goes on', async () => {
  const region = await scheduledBlue(2206);
  region.world.loadFaults({
    rules: [
      {
        id: 'denied',
        match: { operation: 'PutScheduledAction' },
        effect: { kind: 'access-denied' },
      },
    ],
    events: [],
  });
  const { outputs, report } = await shift(region, retiring);
  expect(outputs['outcome']).toBe('promoted');
  expect(report.remedy).toContain('Scheduled action api-green-day');
});

test('from EC2 instances: a green that was emptied by one shift follows its schedule after the next', async () => {
  const region = await makeRegion('host', {
    seed: 2207,
    requestsPerSecond: 50,
    apps: { v2: { errorRate: 0.5 } },
  });
  setWeights(region, { [region.groups.host]: 1, [region.groups.b]: 0 });
  createService(region, 'api-green', region.groups.b, 0);
  scaling(region, 'RegisterScalableTarget', {
    ResourceId: resource('api-green'),
    MinCapacity: 0,
    MaxCapacity: 6,
  });
  schedule(region, 'api-green', 'day', 'rate(12 hours)');
  registerImage(region, 'v2');
  const wanted = { ...quick, 'green-service': 'api-green', 'desired-count': '3' };
  expect((await shift(region, wanted)).outputs['outcome']).toBe('rolled-back');
  expect(targetOf(region, 'api-green')).toEqual({ min: 0, scheduled: true });
  registerImage(region, 'v3');
  expect((await shift(region, wanted, { runId: '2' })).outputs['outcome']).toBe('promoted');
  expect(targetOf(region, 'api-green')).toEqual({ min: 0, scheduled: false });
});
