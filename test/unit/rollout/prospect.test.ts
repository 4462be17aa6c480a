/** When the end of a rollout can come: both sides of each boundary. */
import { describe, expect, test } from '@jest/globals';
import {
  balanceOf,
  type Drain,
  drainAfter,
  endNotBefore,
  lastDrainAt,
  outlookOf,
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
  const draining = (begunAt: number, delayMs: number | undefined): Drain => ({
    eventAt: begunAt,
    begunAt,
    delayMs,
  });
  const outlook = (old: number, drain: Drain | undefined, upSince = now - 60_000, alarms = false) =>
    outlookOf(deploymentOf([2, 2, 0], [0, old, 0], alarms), drain, upSince, now);

  test('tasks that still come up keep it far', () => {
    expect(outlookOf(deploymentOf([2, 1, 1], [0, 0, 0]), undefined, undefined, now)).toBe('far');
  });

  test.each([
    ['none is left', 0, undefined, 'near'],
    ['none is left, the delay is not over', 0, draining(now - 28_000, 30_001), 'far'],
    ['none is left, the delay is over', 0, draining(now - 32_000, 30_000), 'near'],
    ['none is left, it ended before its time', 0, draining(now - 1, 0), 'near'],
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
    expect(endNotBefore({ eventAt: 1, begunAt: 1000, delayMs: undefined })).toBeUndefined();
    expect(endNotBefore({ eventAt: 1, begunAt: 1000, delayMs: 30_000 })).toBe(33_000);
    expect(endNotBefore({ eventAt: 1, begunAt: 1000, delayMs: 0 })).toBe(1000);
  });

  test.each([
    ['between the last two looks', 5000, 5000],
    ["before the last look by a clock that is behind the runner's", 3000, 4000],
    ["after now by a clock that is ahead of the runner's", 9000, 8000],
  ])('its time is %s', (_name, eventAt, begunAt) => {
    const seen = { eventAt, delayMs: 30_000, targetsDraining: undefined };
    expect(drainAfter(undefined, seen, 4000, 8000)).toEqual({ eventAt, begunAt, delayMs: 30_000 });
  });

  test('what is known of it stays; without a draining target it is over', () => {
    const known = { eventAt: 5000, begunAt: 5000, delayMs: 30_000 };
    const again = { eventAt: 5000, delayMs: undefined, targetsDraining: undefined };
    expect(drainAfter(known, undefined, 8000, 9000)).toBe(known);
    expect(drainAfter(known, again, 8000, 9000)).toEqual(known);
    expect(drainAfter(known, { ...again, targetsDraining: 1 }, 8000, 9000)).toEqual(known);
    expect(drainAfter(known, { ...again, targetsDraining: 0 }, 8000, 9000)).toEqual({ ...known, delayMs: 0 });
  });
});
