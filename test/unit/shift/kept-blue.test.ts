/** A blue that is kept small: how small, when it may take everything, and what a person is told. */
import { describe, expect, test } from '@jest/globals';
import type { ServiceFacts } from '../../../src/aws/ecs-service.ts';
import type { ScalingFacts } from '../../../src/aws/scaling-targets.ts';
import { parseBlueGreenShift } from '../../../src/inputs/blue-green-shift.ts';
import { tasksKept as tasksKeptField } from '../../../src/inputs/shift-fields.ts';
import { tasksKept } from '../../../src/shift/asked-for.ts';
import { callsToMake } from '../../../src/shift/calls-to-make.ts';
import { initialState } from '../../../src/shift/initial-state.ts';
import type { Lock } from '../../../src/shift/interrupted.ts';
import { neededOfBlue, refillFirst, takesAllNow } from '../../../src/shift/kept-blue.ts';
import type { ShiftPlan } from '../../../src/shift/plan.ts';
import { restoredScaling } from '../../../src/shift/restore-scaling.ts';
import type { Refill, ShiftState, Undo } from '../../../src/shift/state.ts';
import { worstCaseMs } from '../../../src/shift/worst-case.ts';
import { evidenceOf } from './gates/ask.ts';
import { baseline, factsOf, healthy, planOf, ruleArn } from './plan-fixture.ts';

const start = 1_000_000;

describe('the input', () => {
  test.each([
    ['all', 'all'],
    ['100%', 'all'],
    ['1', { tasks: 1 }],
    ['9999', { tasks: 9999 }],
    ['1%', { percent: 1 }],
    ['99%', { percent: 99 }],
  ])('%s is understood', (given, value) => {
    expect(tasksKeptField().parse(given)).toEqual({ ok: true, value });
  });

  test.each(['0', '0%', '101%', '10000', '-1', '1.5', '50 %', 'half', 'keep'])('%s is none', (given) => {
    expect(tasksKeptField().parse(given).ok).toBe(false);
  });

  const good = {
    'listener-rule-arn': ruleArn,
    cluster: 'shop',
    'blue-after': '1',
    'keep-blue-for': '10m',
    'keep-blue-at': '2',
  };
  test.each([
    [{}, []],
    [{ 'keep-blue-at': '1' }, []],
    [{ 'keep-blue-at': '1%' }, []],
    [{ 'keep-blue-for': '' }, ['keep-blue-at']],
    [{ 'blue-after': '3' }, ['keep-blue-at']],
    [{ 'blue-after': 'keep' }, ['keep-blue-for']],
    [{ cluster: '' }, ['cluster']],
    [{ cluster: '', 'keep-blue-at': 'all' }, []],
    [{ 'keep-blue-for': '', 'keep-blue-at': '' }, []],
  ])('with %j: problems in %j', (change, names) => {
    const parsed = parseBlueGreenShift({ ...good, ...change });
    expect(parsed.ok ? [] : parsed.problems.map((problem) => problem.input)).toEqual(names);
  });
});

describe('how many tasks that is', () => {
  const service = (runningCount: number, desiredCount = runningCount) =>
    ({ runningCount, desiredCount }) as ServiceFacts;
  const lockOf = (blueCount: number) => ({ record: { blueCount } }) as Lock;

  test.each([
    ['a number', { tasks: 2 }, 5, 0, 2],
    ['one fewer than blue has', { tasks: 4 }, 5, 0, 4],
    ['as many as blue has', { tasks: 5 }, 5, 0, 'all'],
    ['more than blue has', { tasks: 6 }, 5, 0, 'all'],
    ['a part, rounded up', { percent: 50 }, 5, 0, 3],
    ['the smallest part is one', { percent: 1 }, 5, 0, 1],
    ['a part that is all', { percent: 99 }, 5, 0, 'all'],
    ['a part smaller than what blue-after leaves', { percent: 20 }, 5, 2, 2],
    ['all', 'all', 5, 0, 'all'],
    ['a part, and blue-after keep', { percent: 20 }, 5, 'keep', 'all'],
  ] as const)('%s', (_name, keepBlueAt, running, blueAfter, expected) => {
    const facts = { blueService: service(running), lock: undefined };
    expect(tasksKept(facts, { keepBlueAt, blueAfter })).toBe(expected);
  });

  test('of a shift that is there it is a part of what blue had at its start', () => {
    const ask = { keepBlueAt: { percent: 50 }, blueAfter: 0 } as const;
    expect(tasksKept({ blueService: service(1), lock: lockOf(4) }, ask)).toBe(2);
    // One of a version that noted no count.
    expect(tasksKept({ blueService: service(4), lock: lockOf(0) }, ask)).toBe(2);
    expect(tasksKept({ blueService: undefined, lock: undefined }, ask)).toBe('all');
  });
});

const blueScaling = (change: Partial<ScalingFacts> = {}): ScalingFacts => ({
  resourceId: 'service/shop/api-blue',
  arn: 'arn:blue',
  minCapacity: 2,
  maxCapacity: 6,
  suspended: { scaleIn: false, scaleOut: false, scheduled: false },
  ...change,
});

test.each([
  ['what it had', {}, 3, 3],
  ['as many as green has grown to', {}, 5, 5],
  ['no more than its scaling allows', { scaling: [blueScaling({ maxCapacity: 4 })] }, 5, 4],
  [
    'of a version that noted no count, what green was to have',
    { blueHealthy: 0, lock: { record: { count: 4 } } },
    0,
    4,
  ],
  ['at least one', { blueHealthy: 0 }, 0, 1],
])('blue needs %s', (_name, change, green, expected) => {
  expect(neededOfBlue(planOf(change as Partial<ShiftPlan>), healthy(green))).toBe(expected);
});

const plan = planOf({ keepBlueAt: 1, keepBlueMs: 600_000, blueAfter: 0 });
const kept = { tasks: 1, since: start - 60_000, ordered: true };
const undo: Undo = {
  ending: 'rolled-back',
  cause: { code: 'alarm', sentence: 'It rang.' },
  since: start,
};
const refill: Refill = { since: start, needed: 4, ordered: true, done: false };
const small = (change: Partial<ShiftState> = {}): ShiftState => ({
  ...initialState(plan, start),
  shifted: true,
  notedAt: start + 3_600_000,
  kept,
  ...change,
});
const dead = evidenceOf([{ green: 1000, greenBad: 900, blue: 0 }]);
const ill = evidenceOf([{ green: 1000, greenBad: 890, blue: 0 }]);

function wayOf(
  blue: number | undefined,
  green: number,
  {
    state = small(),
    asked = { ...undo, refill },
    now = start + 1000,
    cancelled = false,
    with: given = plan,
  }: {
    readonly state?: ShiftState;
    readonly asked?: Undo;
    readonly now?: number;
    readonly cancelled?: boolean;
    readonly with?: ShiftPlan;
  } = {},
): string {
  const facts =
    blue === undefined ? undefined : factsOf({ blueTargets: healthy(blue), greenTargets: healthy(green) });
  const way = refillFirst(given, state, asked, facts, {
    now,
    cancelled,
    startedAt: start,
    deadlineAt: start,
  });
  if (way.kind !== 'first') return way.kind;
  const { decision } = way;
  return decision.kind === 'act' ? decision.act.kind : decision.kind;
}

describe('the way back of a small blue', () => {
  const late = start + plan.readyTimeoutMs;

  test.each([
    ['green serves: one short waits', 3, 3, {}, 'wait'],
    ['green serves: all it needs', 4, 3, {}, 'free'],
    ['green has no healthy target: under half waits', 1, 0, {}, 'wait'],
    ['green has no healthy target: half of it', 2, 0, {}, 'free'],
    ['nearly all of green’s requests fail: half of it', 2, 3, { state: small({ evidence: dead }) }, 'free'],
    ['a little fewer fail: all of it', 2, 3, { state: small({ evidence: ill }) }, 'wait'],
    ['blue cannot be looked at', undefined, 0, {}, 'wait'],
    ['a millisecond before its time is over', 3, 3, { now: late - 1 }, 'wait'],
    ['its time is over', 3, 3, { now: late }, 'barred'],
    ['its time is over, and green is dead: anything is better', 1, 0, { now: late }, 'free'],
    ['its time is over, green is dead, and blue as well', 0, 0, { now: late }, 'barred'],
    ['a cancelled job does not wait', 3, 3, { cancelled: true }, 'barred'],
    ['a cancelled job and a dead green: half of it', 2, 0, { cancelled: true }, 'free'],
  ] as const)('%s', (_name, blue, green, how, expected) => {
    expect(wayOf(blue, green, how)).toBe(expected);
  });

  test('begins with its tasks, from a dead green as well, and where nothing could be seen', () => {
    for (const [blue, green] of [
      [1, 3],
      [2, 0],
      [undefined, 0],
    ] as const) {
      expect(wayOf(blue, green, { asked: undo })).toBe('refill-blue');
    }
    expect(wayOf(3, 3, { asked: undo })).toBe('free');
  });

  test('that AWS refuses is tried again after a pause, and not where that is final', () => {
    const refusal = { act: 'refill-blue', message: 'Denied.', final: false } as const;
    const asked = { ...undo, refill: { ...refill, ordered: false } };
    expect(wayOf(1, 3, { asked, state: small({ refusal }) })).toBe('wait');
    expect(wayOf(1, 3, { asked })).toBe('refill-blue');
    const final = small({ refusal: { ...refusal, final: true } });
    expect(wayOf(1, 3, { asked, state: final })).toBe('barred');
    expect(wayOf(1, 0, { asked, state: final })).toBe('free');
  });

  test('is nobody’s business where blue was never made small, is past its end, or was free already', () => {
    expect(wayOf(1, 3, { state: small({ kept: undefined }) })).toBe('free');
    expect(wayOf(1, 3, { state: small({ noReturnAt: start }) })).toBe('free');
    expect(wayOf(1, 3, { asked: { ...undo, refill: { ...refill, done: true } } })).toBe('free');
  });

  test('of a service that is not known is for a person', () => {
    expect(wayOf(1, 3, { asked: undo, with: { ...plan, cluster: undefined } })).toBe('barred');
  });

  test('a wait gives its sign of life', () => {
    expect(wayOf(1, 3, { state: small({ notedAt: start - 60_000, testRuleArn: 'rule/test' }) })).toBe('note');
  });

  test.each([
    [3, 3, true],
    [2, 3, false],
    [2, 0, true],
    [1, 0, false],
  ])(
    'a cancelled job, %i of 3 of blue and %i of green healthy: takes it back is %s',
    (blue, green, expected) => {
      const facts = factsOf({ blueTargets: healthy(blue), greenTargets: healthy(green) });
      expect(takesAllNow(plan, small(), facts)).toBe(expected);
    },
  );
});

test.each([
  ['kept small', { kept }, 1],
  ['kept small, and then ended', { kept, noReturnAt: start }, 0],
  ['whole', { kept: undefined }, 2],
])('blue’s floor after a promotion, %s', (_name, change, min) => {
  const phase = { kind: 'tail', ending: { kind: 'promoted' }, remaining: [] } as const;
  const scaling = [blueScaling()];
  const [blue] = restoredScaling({ ...plan, scaling }, small({ ...change, phase }));
  expect(blue).toMatchObject({ minCapacity: min, suspended: { scaleIn: false } });
});

test('the floor of a small blue that was taken back is as before', () => {
  const ending = { kind: 'rolled-back', cause: undo.cause } as const;
  const phase = { kind: 'tail', ending, remaining: [] } as const;
  const [blue] = restoredScaling({ ...plan, scaling: [blueScaling()] }, small({ phase }));
  expect(blue).toMatchObject({ minCapacity: 2 });
});

test('how long and how many calls: its tasks come before its traffic, and its time after its last connections', () => {
  const inputs = {
    'listener-rule-arn': ruleArn,
    cluster: 'shop',
    'blue-after': 'scale-to-zero',
    'keep-blue-for': '10m',
    'ready-timeout': '7m',
    timeout: '10h',
  };
  const longest = (change: Readonly<Record<string, string>> = {}): number => {
    const parsed = parseBlueGreenShift({ ...inputs, ...change });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return worstCaseMs(parsed.request, 60_000);
  };
  expect(longest({ 'keep-blue-at': '1' }) - longest()).toBe(7 * 60_000);
  const rest = { until: '50', unattended: 'accept' };
  expect(longest({ 'keep-blue-at': '1', ...rest })).toBe(longest(rest));
  const all = (change: Partial<ShiftPlan>): number => callsToMake({ ...plan, ...change }, baseline).all;
  expect(all({})).toBeGreaterThan(all({ keepBlueAt: 'all' }) + 3.5 * 20);
});
