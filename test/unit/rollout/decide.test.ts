import { describe, expect, test } from '@jest/globals';
import type { AlarmFact } from '../../../src/aws/alarms.ts';
import { AwsCallError } from '../../../src/aws/call-error.ts';
import type { DecisionContext, Observed } from '../../../src/engine/engine.ts';
import type { CauseCode } from '../../../src/rollout/cause.ts';
import { decideFollow, type FollowDecision, failsFast } from '../../../src/rollout/decide.ts';
import type { Diagnosis } from '../../../src/rollout/diagnosis.ts';
import type { RolloutFacts } from '../../../src/rollout/expected.ts';
import {
  type FollowState,
  type GiveUp,
  initialFollowState,
  defaultFollowOptions as options,
} from '../../../src/rollout/follow-state.ts';
import { began, container, expected, proven, serviceDeployment, task } from './facts.ts';

const arn = expected.serviceDeploymentArn!;
const fresh = initialFollowState(arn, began);
const diagnosis = {
  cause: { code: 'unknown', detail: '', evidence: '', tasks: 0 },
  firstSeenAs: { code: 'unknown', detail: '', evidence: '', tasks: 0 },
  stoppedTasks: [],
  essentialContainers: new Set<string>(),
  events: [],
  unhealthyTargets: [],
  log: undefined,
  gaps: [],
} satisfies Diagnosis;
const context = (change: Partial<DecisionContext> = {}): DecisionContext => ({
  now: began + 60_000,
  startedAt: began,
  deadlineAt: began + options.timeoutMs,
  cancelled: false,
  ...change,
});
const facts = (change: Partial<RolloutFacts>): Observed<RolloutFacts> => ({
  kind: 'facts',
  at: began + 60_000,
  facts: proven(change),
});
const running = facts({ serviceDeployment: serviceDeployment({ status: 'IN_PROGRESS' }) });
const status = (value: string) => facts({ serviceDeployment: serviceDeployment({ status: value }) });
const unreadable = (kind: AwsCallError['kind']): Observed<RolloutFacts> => ({
  kind: 'unreadable',
  at: began + 60_000,
  error: new AwsCallError('ecs:DescribeServiceDeployments', 'Some', 'words', kind),
});
const givenUp = (change: Partial<GiveUp> = {}): FollowState => ({
  ...fresh,
  giveUp: {
    why: 'failed',
    action: 'rollback',
    reason: 'It crashes.',
    missing: [],
    asked: true,
    refusal: undefined,
    rechecked: false,
    deadlineAt: began + 1_000_000,
    ...change,
  },
});
const crashed = (count: number): FollowState => ({
  ...fresh,
  tallies: new Map([
    [
      'key',
      {
        failure: { code: 'container-exited', container: 'app', detail: 'exit code 1', evidence: '' },
        taskIds: Array.from({ length: count }, (_, index) => `t${index}`),
      },
    ],
  ]),
});
const decide = (
  state: FollowState,
  observed: Observed<RolloutFacts>,
  when: Partial<DecisionContext> = {},
  chosen = options,
) => decideFollow(expected, chosen, state, observed, context(when));
const shape = (decision: FollowDecision): unknown =>
  decision.kind === 'finish'
    ? decision.outcome.outcome
    : decision.kind === 'act'
      ? decision.act
      : { waitMs: decision.waitMs };

const rollbackStop = (why: string) => ({
  kind: 'stop',
  why,
  serviceDeploymentArn: arn,
  stopType: 'ROLLBACK',
});

describe('under way', () => {
  test('waits', () => {
    expect(shape(decide(fresh, status('PENDING')))).toEqual({ waitMs: 500 });
    const early = serviceDeployment({
      status: 'IN_PROGRESS',
      sources: [{ arn: 'old', requestedTaskCount: 0, runningTaskCount: 1, pendingTaskCount: 0 }],
    });
    expect(shape(decide(fresh, facts({ serviceDeployment: early })))).toEqual({ waitMs: 5000 });
  });

  test.each([
    [options.timeoutMs - 1, 'wait'],
    [options.timeoutMs, 'act'],
  ])('the deadline: %i ms after the start', (after, kind) => {
    expect(decide(fresh, running, { now: began + after }).kind).toBe(kind);
  });

  test.each([
    [2, 'wait'],
    [3, 'act'],
  ])('%i equal crashes', (count, kind) => {
    expect(decide(crashed(count), running).kind).toBe(kind);
  });

  test.each([
    ['the cause counts', ['container-exited'], 'act'],
    ['another cause counts', ['image-not-found'], 'wait'],
  ] as const)('three crashes where %s', (_name, causes, kind) => {
    const chosen = { ...options, failFastCauses: new Set<CauseCode>(causes) };
    expect(decide(crashed(3), running, {}, chosen).kind).toBe(kind);
  });

  describe('a watched alarm', () => {
    const alarm = (state: AlarmFact['state']) => ({ alarms: [{ name: 'errors', state, reason: '5 > 1' }] });
    const inProgress = { serviceDeployment: serviceDeployment({ status: 'IN_PROGRESS' }) };
    test.each([
      ['OK', 'wait'],
      ['INSUFFICIENT_DATA', 'wait'],
      ['ALARM', 'act'],
    ] as const)('%s under way', (state, kind) => {
      expect(decide(fresh, facts({ ...inProgress, ...alarm(state) })).kind).toBe(kind);
    });

    test('that went off gives the deployment up, and is the cause', () => {
      const decision = decide(fresh, facts({ ...inProgress, ...alarm('ALARM') }));
      expect(shape(decision)).toEqual(rollbackStop('failed'));
      expect(decision.state.giveUp).toMatchObject({
        reason: 'Alarm errors went off: 5 > 1.',
        alarmNames: ['errors'],
      });
    });

    test.each([
      ['OK', 'finish'],
      ['ALARM', 'act'],
      ['missing', 'wait'],
    ] as const)('%s at the end', (state, kind) => {
      expect(decide(fresh, facts(alarm(state))).kind).toBe(kind);
    });

    test('read a look before the end counts at the end', () => {
      const before = { ...fresh, last: alarm('ALARM') };
      expect(decide(before, facts({})).kind).toBe('act');
    });

    test('where ECS has nothing left to be stopped, it ends as failed', () => {
      const first = decide(fresh, facts(alarm('ALARM')));
      expect(shape(first)).toEqual({ kind: 'diagnose', missing: ['alarm errors is in ALARM'] });
      expect(shape(decide({ ...first.state, diagnosis }, facts({})))).toEqual({
        kind: 'failed',
        reason: 'Alarm errors went off: 5 > 1.',
      });
    });
  });

  test('what is asked of ECS, by reason', () => {
    expect(shape(decide(crashed(3), running))).toEqual(rollbackStop('failed'));
    expect(shape(decide(fresh, running, { cancelled: true }))).toEqual(rollbackStop('cancelled'));
    expect(shape(decide(fresh, running, { now: began + options.timeoutMs }))).toEqual(
      rollbackStop('timed-out'),
    );
    expect(shape(decide(crashed(3), running, {}, { ...options, onFailure: 'stop' }))).toEqual({
      ...rollbackStop('failed'),
      stopType: 'ABORT',
    });
  });

  test('leave leaves, after looking for the cause', () => {
    const leave = { ...options, onFailure: 'leave', onCancel: 'leave' } as const;
    const decision = decide(crashed(3), running, {}, leave);
    expect(shape(decision)).toEqual({ kind: 'diagnose', missing: expect.anything() });
    expect(shape(decide({ ...decision.state, diagnosis }, running, {}, leave))).toMatchObject({
      kind: 'failed',
    });
    expect(shape(decide(fresh, running, { cancelled: true }, leave))).toEqual({
      kind: 'cancelled',
      aftermath: 'left',
    });
  });

  describe('cancelled before its service deployment is found', () => {
    const hidden = facts({ serviceDeployment: undefined });
    const looked = (hurriedLooks: number): FollowState => ({
      ...initialFollowState(undefined, began),
      hurriedLooks,
    });
    const left = { kind: 'cancelled', aftermath: 'left' };
    const leave = { ...options, onCancel: 'leave' } as const;
    test.each([
      ['not visible', hidden, 0, options, { waitMs: 400 }],
      ['not visible for the last time', hidden, 5, options, { waitMs: 400 }],
      ['never visible', hidden, 6, options, left],
      ['no answer', unreadable('transient'), 5, options, { waitMs: 400 }],
      ['never an answer', unreadable('throttled'), 6, options, left],
      ['denied', unreadable('access-denied'), 0, options, left],
      ['nothing to be done', hidden, 0, leave, left],
    ])('%s', (_what, observed, looks, chosen, expectation) => {
      expect(shape(decide(looked(looks), observed, { cancelled: true }, chosen))).toEqual(expectation);
    });
  });

  test('a deployment that ECS calls done cannot be stopped', () => {
    const decision = decide({ ...fresh, diagnosis }, facts({ runningTasks: [] }), {
      now: began + options.timeoutMs,
    });
    expect(
      shape(
        decide({ ...decision.state, diagnosis }, facts({ runningTasks: [] }), {
          now: began + options.timeoutMs,
        }),
      ),
    ).toMatchObject({ kind: 'timed-out', aftermath: 'left' });
  });
});

describe("fail fast and the circuit breaker do not get in each other's way", () => {
  const breakerAt = (threshold: number, count: number): FollowState => ({
    ...crashed(count),
    last: { serviceDeployment: serviceDeployment({ circuitBreaker: { failureCount: count, threshold } }) },
  });
  test.each([
    ['no breaker', crashed(3), options, true],
    ['the breaker needs more than were seen', breakerAt(10, 3), options, true],
    ['the breaker is about to act', breakerAt(3, 3), options, false],
    ['the breaker should have acted long ago', breakerAt(3, 6), options, true],
    [
      'with leave the breaker is waited for',
      breakerAt(10, 3),
      { ...options, onFailure: 'leave' as const },
      false,
    ],
    [
      'with leave and no breaker nobody else will',
      crashed(3),
      { ...options, onFailure: 'leave' as const },
      true,
    ],
    ['turned off', crashed(9), { ...options, failFast: false }, false],
  ])('%s', (_name, state, chosen, gives) => {
    expect(failsFast(chosen, state)).toBe(gives);
  });
});

describe('after giving up', () => {
  const known = (change: Partial<GiveUp> = {}): FollowState => ({ ...givenUp(change), diagnosis });
  test.each([
    ['failed', 'ROLLBACK_SUCCESSFUL', { kind: 'rolled-back', by: 'this-run', reason: 'It crashes.' }],
    ['failed', 'ROLLBACK_FAILED', { kind: 'rollback-failed' }],
    ['failed', 'STOPPED', { kind: 'stopped', reason: 'It crashes.' }],
    ['timed-out', 'ROLLBACK_SUCCESSFUL', { kind: 'timed-out', aftermath: 'rolled-back' }],
    ['timed-out', 'ROLLBACK_FAILED', { kind: 'rollback-failed' }],
    ['timed-out', 'SUCCESSFUL', { kind: 'succeeded' }],
    ['cancelled', 'ROLLBACK_SUCCESSFUL', { kind: 'cancelled', aftermath: 'rolled-back' }],
    ['cancelled', 'SUCCESSFUL', { kind: 'succeeded' }],
  ] as const)('%s, then %s', (why, value, outcome) => {
    expect(shape(decide(known({ why }), status(value)))).toMatchObject(outcome);
  });

  test('a cancelled job leaves once ECS is rolling back', () => {
    const state = givenUp({ why: 'cancelled' });
    expect(shape(decide(state, status('ROLLBACK_REQUESTED'), { cancelled: true }))).toEqual({
      kind: 'cancelled',
      aftermath: 'rolling-back',
    });
  });

  test('a rollback that does not end is not waited for without end', () => {
    const wait = decide(known({ deadlineAt: began + 60_001 }), status('ROLLBACK_IN_PROGRESS'));
    expect(wait.kind).toBe('wait');
    expect(
      shape(decide(known({ deadlineAt: began + 60_000 }), status('ROLLBACK_IN_PROGRESS'))),
    ).toMatchObject({ kind: 'timed-out', aftermath: 'rolling-back' });
  });

  test('a refused stop is looked at once more, then told', () => {
    const refusal = new AwsCallError(
      'ecs:StopServiceDeployment',
      'AccessDeniedException',
      'no',
      'access-denied',
    );
    const first = decide(known({ refusal, asked: false }), running);
    expect(shape(first)).toEqual({ waitMs: 500 });
    expect(shape(decide(first.state, running))).toEqual({
      kind: 'rollback-failed',
      reason: 'It crashes. ECS refused the rollback: AccessDeniedException: no',
    });
    expect(shape(decide(first.state, status('SUCCESSFUL')))).toMatchObject({ kind: 'succeeded' });
  });
});

describe("ECS's own end", () => {
  test('is diagnosed once, then told', () => {
    const first = decide(fresh, status('ROLLBACK_SUCCESSFUL'));
    expect(shape(first)).toMatchObject({ kind: 'diagnose' });
    expect(shape(decide({ ...first.state, diagnosis }, status('ROLLBACK_SUCCESSFUL')))).toMatchObject({
      kind: 'rolled-back',
      by: 'someone-else',
    });
  });

  test.each([
    [2, 'someone-else'],
    [3, 'ecs'],
  ])('rolled back with %i of 3 failures: by %s', (failureCount, by) => {
    const record = serviceDeployment({
      status: 'ROLLBACK_SUCCESSFUL',
      circuitBreaker: { failureCount, threshold: 3 },
    });
    expect(shape(decide({ ...fresh, diagnosis }, facts({ serviceDeployment: record })))).toMatchObject({
      by,
    });
  });
});

describe('reads that fail', () => {
  test('throttling slows down and changes no verdict', () => {
    const first = decide(fresh, unreadable('throttled'));
    const second = decide(first.state, unreadable('throttled'));
    expect([shape(first), shape(second)]).toEqual([{ waitMs: 2000 }, { waitMs: 4000 }]);
    expect(shape(decide(second.state, status('SUCCESSFUL')))).toMatchObject({ kind: 'succeeded' });
    expect(first.events).toHaveLength(1);
    expect(second.events).toBeUndefined();
  });

  test.each([
    [
      'access-denied',
      {
        kind: 'unobserved',
        operation: 'ecs:DescribeServiceDeployments',
        errorKind: 'access-denied',
        reason: 'words',
      },
    ],
    [
      'credentials',
      {
        kind: 'unobserved',
        operation: 'ecs:DescribeServiceDeployments',
        errorKind: 'credentials',
        reason: 'words',
      },
    ],
    ['not-found', { kind: 'stopped', reason: 'words' }],
  ] as const)('%s ends the wait', (kind, outcome) => {
    expect(shape(decide(fresh, unreadable(kind)))).toEqual(outcome);
  });

  test('the deadline and a cancellation hold even so', () => {
    expect(shape(decide(fresh, unreadable('throttled'), { now: began + options.timeoutMs }))).toEqual(
      rollbackStop('timed-out'),
    );
    expect(shape(decide(fresh, unreadable('transient'), { cancelled: true }))).toEqual(
      rollbackStop('cancelled'),
    );
  });

  test('an accepted stop is believed when the job is cancelled and AWS is silent', () => {
    expect(
      shape(decide(givenUp({ why: 'cancelled' }), unreadable('transient'), { cancelled: true })),
    ).toEqual({ kind: 'cancelled', aftermath: 'rolling-back' });
  });
});

describe('failures are counted by task', () => {
  const crash = (id: string) =>
    task(id, {
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      containers: [container({ exitCode: 1 })],
    });
  const look = (state: FollowState, ...ids: string[]) =>
    decide(
      state,
      facts({
        serviceDeployment: serviceDeployment({ status: 'IN_PROGRESS' }),
        stoppedTasks: ids.map(crash),
      }),
    ).state;

  test('a task that is seen twice counts once', () => {
    const after = look(look(fresh, 'a', 'b'), 'a', 'b');
    expect([...after.tallies.values()].map((each) => each.taskIds)).toEqual([['a', 'b']]);
    expect([...look(after, 'b', 'c').tallies.values()].map((each) => each.taskIds)).toEqual([
      ['a', 'b', 'c'],
    ]);
  });
});
