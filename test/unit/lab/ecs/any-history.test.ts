import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Behaviour, Region } from './support.ts';

const behaviours: readonly Behaviour[] = [
  {},
  { healthyAfterMs: 60_000 },
  { exits: [{ afterMs: 100, code: 1 }] },
  { unhealthyAfterMs: 20_000 },
  { exits: [{ afterMs: 8_000, code: 1 }] },
  { startFailure: 'CannotPullContainerError: gone' },
  { ignoresStop: true },
];

const comesUp = (behaviour: Behaviour): boolean =>
  behaviour.exits === undefined &&
  behaviour.unhealthyAfterMs === undefined &&
  behaviour.startFailure === undefined;

const step = fc.oneof(
  fc.record({
    kind: fc.constant('update' as const),
    behaviour: fc.integer({ min: 0, max: behaviours.length - 1 }),
  }),
  fc.record({ kind: fc.constant('scale' as const), count: fc.integer({ min: 0, max: 6 }) }),
  fc.record({ kind: fc.constant('stop-deployment' as const) }),
  fc.record({ kind: fc.constant('stop-task' as const), index: fc.nat(5) }),
  fc.record({ kind: fc.constant('alarm' as const) }),
  fc.record({ kind: fc.constant('dark' as const) }),
  fc.record({ kind: fc.constant('capacity' as const) }),
);

const setUp = fc.record({
  seed: fc.nat(10_000),
  enable: fc.boolean(),
  rollback: fc.boolean(),
  minimumHealthyPercent: fc.constantFrom(0, 50, 100),
  maximumPercent: fc.constantFrom(100, 150, 200),
  steps: fc.array(fc.record({ afterMs: fc.constantFrom(500, 5_000, 25_000, 90_000, 400_000), step }), {
    maxLength: 10,
  }),
});

type SetUp = typeof setUp extends fc.Arbitrary<infer T> ? T : never;

const open = new Set([
  'PENDING',
  'IN_PROGRESS',
  'STOP_REQUESTED',
  'ROLLBACK_REQUESTED',
  'ROLLBACK_IN_PROGRESS',
]);

function play({ steps, seed, enable, rollback, ...percents }: SetUp): Region {
  const region = new Region({ seed });
  region.createService(region.register(), {
    deploymentConfiguration: {
      ...percents,
      deploymentCircuitBreaker: { enable, rollback },
      alarms: { alarmNames: ['errors'], enable: true, rollback },
    },
  });
  for (const { afterMs, step } of steps) {
    region.advance(afterMs);
    switch (step.kind) {
      case 'update':
        region.update({ taskDefinition: region.register(behaviours[step.behaviour]!) });
        break;
      case 'scale':
        region.update({ desiredCount: step.count });
        break;
      case 'stop-deployment': {
        const { serviceDeploymentArn, status } = region.serviceDeployments()[0]!;
        if (open.has(status!)) region.call('StopServiceDeployment', { serviceDeploymentArn });
        break;
      }
      case 'stop-task': {
        const task = region.tasks()[step.index];
        if (task !== undefined) region.call('StopTask', { cluster: 'main', task: task.taskArn });
        break;
      }
      case 'alarm':
        region.alarm('errors', 'ALARM');
        region.alarm('errors', 'OK');
        break;
      case 'dark':
        region.ecs.killZone('ap-south-1a');
        region.kernel.after(120_000, () => region.ecs.restoreZone('ap-south-1a'));
        break;
      case 'capacity':
        region.ecs.failCapacity(true);
        region.kernel.after(60_000, () => region.ecs.failCapacity(false));
        break;
    }
    checkNow(region);
  }
  return region;
}

/** What must hold at every moment. */
function checkNow(region: Region): void {
  const service = region.service();
  const [primary, ...older] = service.deployments!;
  expect(primary!.status).toBe('PRIMARY');
  expect(older.every((deployment) => deployment.status === 'ACTIVE' && deployment.desiredCount === 0)).toBe(
    true,
  );
  const [newest, ...past] = region.serviceDeployments();
  // At most one more is open, and only because the newest has just taken its place.
  expect(past.filter((item) => open.has(item.status!) && item.status !== 'STOP_REQUESTED')).toEqual([]);
  if (primary!.rolloutState === 'COMPLETED') expect(newest!.status).toMatch(/SUCCESSFUL$/);
  if (newest!.status === 'SUCCESSFUL') expect(primary!.rolloutState).toBe('COMPLETED');
  expect(service.runningCount).toBe(
    service.deployments!.reduce((sum, deployment) => sum + deployment.runningCount!, 0),
  );
}

test('whatever happens, the service settles, and what it says is so', () => {
  fc.assert(
    fc.property(setUp, (given) => {
      const region = play(given);
      region.advance(3 * 60 * 60_000);
      checkNow(region);
      const service = region.service();
      const newest = region.serviceDeployments()[0]!;
      const live = region.tasks({ desiredStatus: 'RUNNING' });
      const primary = service.deployments![0]!;
      const isSuccessful = newest.status === 'SUCCESSFUL' || newest.status === 'ROLLBACK_SUCCESSFUL';
      if (isSuccessful && !comesUp(region.behaviours.get(service.taskDefinition!)!)) {
        // It completed with no task to run, and was scaled out later.
        expect(primary.rolloutState).toBe('COMPLETED');
      } else if (isSuccessful) {
        const isCurrent = live.filter((task) => task.startedBy === primary.id).length;
        expect([live.length, isCurrent]).toEqual([service.desiredCount, service.desiredCount]);
        expect(service.deployments).toHaveLength(1);
        expect(service.events![0]!.message).toMatch(/has reached a steady state\.$/);
      } else if (open.has(newest.status!)) {
        // Only what cannot come up, or may not begin, is still trying.
        expect(newest.status).toMatch(/^(IN_PROGRESS|ROLLBACK_IN_PROGRESS)$/);
      } else {
        expect(primary.rolloutState).toBe('FAILED');
      }
      const counts = region.targets.healthyCount;
      expect(counts).toBeLessThanOrEqual(live.length);
      for (const task of region.tasks({ desiredStatus: 'STOPPED' })) expect(task.stoppedReason).toBeTruthy();
    }),
    { numRuns: 250 },
  );
});

test('a good service under a good release never falls below the minimum', () => {
  fc.assert(
    fc.property(
      fc.nat(10_000),
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom([100, 200], [50, 200], [50, 100], [0, 100], [67, 134]),
      (seed, desiredCount, [minimumHealthyPercent, maximumPercent]) => {
        const region = new Region({ seed });
        const percents = { minimumHealthyPercent: minimumHealthyPercent!, maximumPercent: maximumPercent! };
        region.createService(region.register(), { desiredCount, deploymentConfiguration: percents });
        region.steady();
        const next = region.register();
        region.update({ taskDefinition: next });
        const least = Math.ceil((desiredCount * minimumHealthyPercent!) / 100);
        const most = Math.floor((desiredCount * maximumPercent!) / 100);
        const canMove = least < desiredCount || most > desiredCount;
        const end = region.kernel.now + 30 * 60_000;
        for (
          let at = region.kernel.nextEventAt;
          at !== undefined && at < end;
          at = region.kernel.nextEventAt
        ) {
          region.kernel.advanceTo(at);
          expect(region.targets.healthyCount).toBeGreaterThanOrEqual(least);
          expect(region.tasks({ desiredStatus: 'RUNNING' }).length).toBeLessThanOrEqual(most);
        }
        expect(region.serviceDeployments()[0]!.status).toBe(canMove ? 'SUCCESSFUL' : 'IN_PROGRESS');
      },
    ),
    { numRuns: 60 },
  );
});
