/** When the end of a rollout can come: both sides of each boundary. */
import { describe, expect, test } from '@jest/globals';
import {
  balanceOf,
  type Drain,
  dangerOf,
  drainAfter,
  endNotBefore,
  healthNotBefore,
  isShort,
  lastDrainAt,
  outlookOf,
  safeCountOf,
} from '../../../src/rollout/prospect.ts';
import { began, serviceDeployment, serviceFacts } from './facts.ts';

/** [wanted, running, pending] of the new revision and of the old one. */
type Counts = readonly [number, number, number];
const deploymentOf = (target: Counts, source: Counts, watchesAlarms = false) => {
  const revision = (arn: string, [requestedTaskCount, runningTaskCount, pendingTaskCount]: Counts) => ({
    arn,
    requestedTaskCount,
    runningTaskCount,
    pendingTaskCount,
  });
  return serviceDeployment({
    status: 'IN_PROGRESS',
    target: revision('new', target),
    sources: [revision('old', source)],
    watchesAlarms,
  });
};

describe('the balance of tasks', () => {
  const cases: readonly (readonly [Counts, Counts, boolean, number])[] = [
    [[2, 2, 0], [0, 0, 0], true, 0],
    [[2, 2, 0], [0, 1, 0], true, 1],
    [[2, 1, 1], [0, 2, 0], false, 1],
    [[2, 3, 0], [0, 0, 0], true, 1],
    [[2, 2, 1], [0, 0, 0], false, 0],
    // A rollback: the old revision is wanted, by tasks of two deployments.
    [[0, 0, 0], [2, 4, 0], true, 2],
    [[0, 1, 0], [2, 2, 0], true, 1],
    // Nothing is wanted: there is no telling by counts.
    [[0, 0, 0], [0, 0, 0], false, 0],
  ];
  test.each(cases)('new %j, old %j: up %s, %i too many', (target, source, isUp, surplus) => {
    expect(balanceOf(deploymentOf(target, source))).toEqual({ isUp, surplus });
  });
});

describe('the outlook', () => {
  const now = began + 100_000;
  const draining = (begunAt: number, configuredMs: number | undefined, isOver = false): Drain => ({
    eventAt: begunAt,
    begunAt,
    configuredMs,
    isOver,
  });
  const outlook = (old: number, drain: Drain | undefined, upSince = now - 60_000, alarms = false) =>
    outlookOf(deploymentOf([2, 2, 0], [0, old, 0], alarms), { drain, upSince, launches: [] }, now);

  test('tasks that still come up keep it far', () => {
    const nothing = { drain: undefined, upSince: undefined, launches: [] };
    expect(outlookOf(deploymentOf([2, 1, 1], [0, 0, 0]), nothing, now)).toBe('far');
  });

  test.each([
    ['none is left', 0, undefined, 'near'],
    ['none is left, the delay is not over', 0, draining(now - 28_000, 30_001), 'far'],
    ['none is left, the delay is over', 0, draining(now - 32_000, 30_000), 'near'],
    ['none is left, it ended before its time', 0, draining(now - 1, 30_000, true), 'near'],
    ['none is left, the delay may not be read', 0, draining(now - 1, undefined), 'near'],
    ['one is counted and nothing drains', 1, undefined, 'far'],
    ['one is counted, the delay is not over', 1, draining(now - 28_000, 30_000), 'far'],
    ['one is counted, the delay is over', 1, draining(now - 32_000, 30_000), 'near'],
  ] as const)('%s', (_name, old, drain, expected) => {
    expect(outlook(old, drain)).toBe(expected);
  });

  test('those that drained before all were up are not the last', () => {
    const drain = draining(now - 50_000, 30_000);
    expect([outlook(1, drain, now - 49_999), outlook(1, drain, now - 50_000)]).toEqual(['far', 'near']);
  });

  test('alarms are watched when all else is done', () => {
    expect([outlook(1, undefined, now, true), outlook(0, undefined, now, true)]).toEqual(['far', 'baking']);
  });
});

describe('draining', () => {
  test('begins with the newest event about it, of this deployment', () => {
    const event = (at: number, message: string) => ({ id: String(at), at, message });
    const service = serviceFacts({
      events: [
        event(began + 9000, '(service api) has reached a steady state.'),
        event(began + 5000, '(service api) has begun draining connections on 2 tasks.'),
        event(began + 2000, '(service api) has begun draining connections on 1 tasks.'),
      ],
    });
    expect(lastDrainAt(service, began)).toBe(began + 5000);
    expect(lastDrainAt(service, began + 5001)).toBeUndefined();
  });

  test('ends no sooner than after the delay and the stop', () => {
    expect(endNotBefore(undefined)).toBeUndefined();
    expect(
      endNotBefore({ eventAt: 1, begunAt: 1000, configuredMs: undefined, isOver: false }),
    ).toBeUndefined();
    const drain = { eventAt: 1, begunAt: 1000, configuredMs: 30_000 };
    expect(endNotBefore({ ...drain, isOver: false })).toBe(33_000);
    expect(endNotBefore({ ...drain, isOver: true })).toBe(1000);
  });

  test.each([
    ['between the last two looks', 5000, 5000],
    ["before the last look by a clock that is behind the runner's", 3000, 4000],
    ["after now by a clock that is ahead of the runner's", 9000, 8000],
  ])('its time is %s', (_name, eventAt, begunAt) => {
    const seen = { eventAt, delayMs: 30_000, targetsDraining: undefined };
    expect(drainAfter(undefined, seen, 4000, 8000)).toEqual({
      eventAt,
      begunAt,
      configuredMs: 30_000,
      isOver: false,
    });
  });

  test('what is known of it stays; without a draining target it is over', () => {
    const known = { eventAt: 5000, begunAt: 5000, configuredMs: 30_000, isOver: false };
    const again = { eventAt: 5000, delayMs: undefined, targetsDraining: undefined };
    expect(drainAfter(known, undefined, 8000, 9000)).toBe(known);
    expect(drainAfter(known, again, 8000, 9000)).toEqual(known);
    expect(drainAfter(known, { ...again, targetsDraining: 1 }, 8000, 9000)).toEqual(known);
    expect(drainAfter(known, { ...again, targetsDraining: 0 }, 8000, 9000)).toEqual({
      ...known,
      isOver: true,
    });
  });

  test('the next ones drain for as long as is configured, however soon those before were gone', () => {
    const over = { eventAt: 5000, begunAt: 5000, configuredMs: 30_000, isOver: true };
    const next = { eventAt: 60_000, delayMs: undefined, targetsDraining: undefined };
    expect(drainAfter(over, { ...next, eventAt: 5000 }, 8000, 9000)).toEqual(over);
    expect(drainAfter(over, next, 58_000, 61_000)).toEqual({
      eventAt: 60_000,
      begunAt: 60_000,
      configuredMs: 30_000,
      isOver: false,
    });
  });
});

describe('where old tasks go first, the health of the last new ones', () => {
  const at = (seconds: number): number => began + seconds * 1000;
  const drain = (seconds: number): Drain => ({
    eventAt: at(seconds),
    begunAt: at(seconds),
    configuredMs: 0,
    isOver: false,
  });
  const alone = deploymentOf([2, 2, 0], [0, 0, 0]);
  const notBefore = (launches: readonly number[], drained: number | undefined, up = 200) =>
    healthNotBefore(alone, {
      launches: launches.map(at),
      drain: drained === undefined ? undefined : drain(drained),
      upSince: at(up),
    });

  test.each([
    ['takes as long as that of the ones before, less a slack', [50, 200], 150, 200 + 100 - 10],
    ['less a tenth where that is more', [50, 400], 350, 400 + 300 - 30],
    ['is not known where none came before', [200], 150, undefined],
    ['is not known where nothing has drained', [50, 200], undefined, undefined],
    ['is proven where old ones drain after all were up', [50, 200], 200, undefined],
  ] as const)('%s', (_name, launches, drained, seconds) => {
    const expected = seconds === undefined ? undefined : at(seconds);
    expect(notBefore(launches, drained, launches.at(-1))).toBe(expected);
  });

  test('keeps the end far until then', () => {
    const course = { launches: [at(50), at(200)], drain: drain(150), upSince: at(200) };
    expect([289_999, 290_000].map((ms) => outlookOf(alone, course, began + ms))).toEqual(['far', 'near']);
  });

  test('says nothing of a rollback', () => {
    const course = { launches: [at(50), at(200)], drain: drain(150), upSince: at(200) };
    expect(healthNotBefore({ ...alone, status: 'ROLLBACK_IN_PROGRESS' }, course)).toBeUndefined();
    expect(healthNotBefore(undefined, course)).toBeUndefined();
  });
});

describe('new tasks that may fail', () => {
  const now = began + 100_000;
  const service = serviceFacts({ healthCheckGracePeriodSeconds: 60 });
  const nothing = { runningSince: undefined, launchedSince: undefined, safeCount: 0, drain: undefined };
  const since = (seconds: number) => ({
    ...nothing,
    runningSince: now - seconds * 1000,
    launchedSince: now - seconds * 1000,
  });
  const old: Counts = [0, 3, 0];

  test('all that come up', () => {
    expect(dangerOf(deploymentOf([3, 0, 3], old), service, nothing, now)).toEqual({
      tasks: 3,
      when: 'coming',
    });
    expect(dangerOf(deploymentOf([3, 0, 0], old), service, nothing, now)).toEqual({
      tasks: 0,
      when: 'later',
    });
  });

  test.each([
    [14.999, 'coming'],
    [15, 'later'],
    [54.999, 'later'],
    [55, 'judged'],
    [129.999, 'judged'],
    [130, 'later'],
  ] as const)('up for %d s: %s', (seconds, when) => {
    expect(dangerOf(deploymentOf([3, 3, 0], old), service, since(seconds), now)).toEqual({ tasks: 3, when });
  });

  test('not those that ECS has let old ones go for', () => {
    const deployment = deploymentOf([3, 3, 0], old);
    expect(dangerOf(deployment, service, { ...since(5), safeCount: 2 }, now).tasks).toBe(1);
    const drain = { eventAt: now, begunAt: now, configuredMs: 0, isOver: false };
    expect(dangerOf(deployment, service, { ...since(5), drain }, now).tasks).toBe(0);
    const failed = { ...deployment, circuitBreaker: { failureCount: 1, threshold: 3 } };
    expect(dangerOf(failed, service, { ...since(5), drain }, now).tasks).toBe(3);
  });

  test('room is made for healthy ones only', () => {
    const seen = (deployment: ReturnType<typeof deploymentOf>, safeCount = 0) => ({
      safeCount,
      last: { serviceDeployment: deployment },
    });
    const earlier = deploymentOf([3, 1, 0], [0, 3, 0]);
    expect(safeCountOf(deploymentOf([3, 1, 0], [0, 2, 0]), seen(earlier))).toBe(1);
    expect(safeCountOf(deploymentOf([3, 1, 1], [0, 3, 0]), seen(earlier))).toBe(0);
    expect(safeCountOf(deploymentOf([3, 1, 1], [0, 3, 0]), seen(earlier, 1))).toBe(1);
    expect(safeCountOf(deploymentOf([3, 0, 1], [0, 3, 0]), seen(earlier, 1))).toBe(0);
    expect(safeCountOf(earlier, { safeCount: 0, last: {} })).toBe(0);
  });
});

test('a rollback has more to come while its own deployment lacks tasks', () => {
  const [deployment] = serviceFacts().deployments;
  const of = (runningCount: number) =>
    serviceFacts({ deployments: [{ ...deployment!, status: 'PRIMARY', desiredCount: 2, runningCount }] });
  expect([isShort(of(1)), isShort(of(2)), isShort(serviceFacts({ deployments: [] }))]).toEqual([
    true,
    false,
    false,
  ]);
});
