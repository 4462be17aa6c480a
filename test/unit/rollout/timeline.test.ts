import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KitEvent } from '../../../src/report/event.ts';
import { drawTimeline, label, type TimelineInput } from '../../../src/rollout/timeline.ts';
import { began, container, serviceDeployment, task } from './facts.ts';

const event = (code: string, afterSeconds: number): KitEvent => ({
  at: began + afterSeconds * 1000,
  code,
  level: 'info',
  message: 'x',
});
const crashed = (id: string, from: number, to: number) =>
  task(id, {
    createdAt: began + from * 1000,
    stoppedAt: began + to * 1000,
    desiredStatus: 'STOPPED',
    lastStatus: 'STOPPED',
    stopCode: 'EssentialContainerExited',
    containers: [container({ exitCode: 137 }), container({ name: 'agent', exitCode: 0 })],
  });
const input = (change: Partial<TimelineInput> = {}): TimelineInput => ({
  revision: 'api:2',
  outcome: 'rolled-back',
  ok: false,
  events: [event('rollout.task-failed', 31), event('rollout.failed', 62), event('rollout.rolling-back', 63)],
  serviceDeployment: serviceDeployment(),
  essentialContainers: new Set(['app']),
  tasks: [crashed('aaaaaaaabbbb', 2, 30), crashed('ccccccccdddd', 32, 60)],
  startedAt: began - 1000,
  endedAt: began + 121_000,
  ...change,
});

test('a rollout that was taken back, whole', () => {
  expect(drawTimeline(input())).toBe(`gantt
  dateFormat YYYY-MM-DD HH:mm:ss
  axisFormat %M:%S
  tickInterval 30second
  todayMarker off
  section Rollout
    api rev 2 :crit, 2000-01-01 00:00:01, 2000-01-01 00:01:04
    rollback :active, 2000-01-01 00:01:04, 2000-01-01 00:02:02
  section Tasks
    task aaaaaaaa exit 137 :crit, 2000-01-01 00:00:03, 2000-01-01 00:00:31
    task cccccccc exit 137 :crit, 2000-01-01 00:00:33, 2000-01-01 00:01:01
  section Moments
    first failure seen :milestone, crit, 2000-01-01 00:00:32, 0s
    given up :milestone, crit, 2000-01-01 00:01:03, 0s
    ECS rolls back :milestone, crit, 2000-01-01 00:01:04, 0s
    verdict rolled-back :milestone, crit, 2000-01-01 00:02:02, 0s`);
});

test('a task that was stopped for another reason is no failure; other failures have their name', () => {
  const ended = { desiredStatus: 'STOPPED', stoppingAt: began + 9000 };
  const tasks = [
    task('a', { ...ended, stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Scaling activity' }),
    task('b', {
      ...ended,
      stopCode: 'ServiceSchedulerInitiated',
      stoppedReason: 'Task failed ELB health checks in x',
    }),
  ];
  const drawn = drawTimeline(input({ tasks }));
  expect(drawn).toContain('task a stopped :done, 2000-01-01 00:00:01, 2000-01-01 00:00:10');
  expect(drawn).toContain('task b target-health :crit, ');
});

test('a good one: its tasks go on', () => {
  const drawn = drawTimeline(input({ ok: true, outcome: 'succeeded', events: [], tasks: [task('a')] }));
  expect(drawn).toContain('task a running :active, 2000-01-01 00:00:01, 2000-01-01 00:02:02');
  expect(drawn).toContain('verdict succeeded :milestone, done, ');
  expect(drawn).not.toContain('rollback');
});

test.each([
  ['ECS rolls back: the circuit breaker threshold was exceeded.', 'circuit breaker rolls back'],
  ['ECS rolls back: alarm checkout-errors: was in ALARM.', 'alarm rolls back'],
  ['ECS rolls back: a StopServiceDeployment request.', 'ECS rolls back'],
])('who turned it back: %s', (message, shown) => {
  const events = [{ ...event('rollout.rolling-back', 63), message }];
  expect(drawTimeline(input({ events }))).toContain(`    ${shown} :milestone, crit, `);
});

describe('bounds', () => {
  test('of many tasks the first and the last are drawn', () => {
    const tasks = Array.from({ length: 100 }, (_, index) => crashed(`t${index}`, index, index + 1));
    const drawn = drawTimeline(input({ tasks }));
    expect(drawn).toContain('section Tasks (88 more)');
    expect(drawn.match(/^ {4}task/gm)).toHaveLength(12);
    expect(drawn).toContain('task t0 ');
    expect(drawn).toContain('task t99 ');
  });

  test('a clock that is behind draws nothing before the beginning', () => {
    const early = crashed('a', -30, -20);
    expect(drawTimeline(input({ tasks: [early] }))).toContain(
      'task a exit 137 :crit, 2000-01-01 00:00:00, 2000-01-01 00:00:01',
    );
  });

  test.each([
    [40_000, '5second', '%M:%S'],
    [3_599_999, '10minute', '%M:%S'],
    [3_600_000, '10minute', '%H:%M'],
    [30 * 3_600_000, '360minute', '%H:%M'],
  ])('%d ms: ticks of %s', (length, tick, axis) => {
    const drawn = drawTimeline(input({ startedAt: began, endedAt: began + length, events: [], tasks: [] }));
    expect(drawn).toContain(`tickInterval ${tick}`);
    expect(drawn).toContain(`axisFormat ${axis}`);
  });

  test('a second day is another day', () => {
    const drawn = drawTimeline(input({ startedAt: began, endedAt: began + 25 * 3_600_000 }));
    expect(drawn).toContain('2000-01-02 01:00:00');
  });
});

test('no text leaves its label', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...':;#%"`\n\r,{}<>ab '.split('')) }), (text) => {
      expect(label(text)).not.toMatch(/[:;#%"`\n\r,{}<>]/);
      const drawn = drawTimeline(
        input({
          revision: text,
          outcome: text,
          tasks: [task(text, { stopCode: text, desiredStatus: 'STOPPED' })],
        }),
      );
      expect(drawn.split('\n')).toHaveLength(drawTimeline(input({ tasks: [task('a')] })).split('\n').length);
    }),
  );
});
