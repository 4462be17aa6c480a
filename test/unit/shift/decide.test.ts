import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AwsCallError } from '../../../src/aws/call-error.ts';
import { sameSplit, type WeightSplit } from '../../../src/aws/elb-forward.ts';
import type { Observed } from '../../../src/engine/engine.ts';
import { decide, type ShiftDecision } from '../../../src/shift/decide.ts';
import { worstStream } from '../../../src/shift/evidence.ts';
import { attachedSplit, initialState } from '../../../src/shift/initial-state.ts';
import { isOnLadder, shareOf, splitAt } from '../../../src/shift/ladder.ts';
import { harmLimit, suspicionLimit } from '../../../src/shift/limits.ts';
import { refused } from '../../../src/shift/perform.ts';
import type { ShiftPlan } from '../../../src/shift/plan.ts';
import type { Act, Phase, ShiftFacts, ShiftOutcome, ShiftState } from '../../../src/shift/state.ts';
import { baseline, blueArn, factsOf, former, greenArn, healthy, planOf } from './plan-fixture.ts';

const start = 1_000_000;
/** Blue with hardly any traffic: no minute of the metrics is waited for. */
const quiet = { ...baseline, requestsPerMinute: 1 };
const contextAt = (now: number, cancelled = false) => ({
  now,
  startedAt: start,
  deadlineAt: start + 3_600_000,
  cancelled,
});
const seen = (facts: ShiftFacts, at = start): Observed<ShiftFacts> => ({ kind: 'facts', at, facts });

function stateIn(plan: ShiftPlan, phase: Phase, change: Partial<ShiftState> = {}): ShiftState {
  // A sign of life was given just now, whenever now is: that has a test of its own.
  const notedAt = Number.POSITIVE_INFINITY;
  return { ...initialState(plan, start), testRuleArn: 'rule/test', notedAt, phase, ...change };
}

/** At 10 %, baking since the start; the metrics have been read up to an hour from now. */
function baking(plan: ShiftPlan, change: Partial<ShiftState> = {}): ShiftState {
  const split = splitAt(former, blueArn, greenArn, 10);
  return stateIn(
    plan,
    { kind: 'bake', step: 0, since: start, probesBefore: 0 },
    {
      written: split,
      writtenAt: start,
      earlier: [attachedSplit(plan)],
      weights: [
        { at: start, percent: 0 },
        { at: start, percent: 10 },
      ],
      shifted: true,
      metricsReadTo: start + 3_600_000,
      metricsReadAt: start + 3_600_000,
      ...change,
    },
  );
}
const at10 = factsOf({ live: splitAt(former, blueArn, greenArn, 10) });

function endingKind(decision: ShiftDecision): string {
  return decision.state.phase.kind === 'tail' ? decision.state.phase.ending.kind : decision.state.phase.kind;
}

describe('the order of things', () => {
  const plan = planOf();
  test.each([
    { phase: { kind: 'lock' }, act: 'create-test-rule' },
    { phase: { kind: 'attach' }, act: 'write-split' },
    { phase: { kind: 'shift', step: 0, since: start }, act: 'write-split' },
  ] as const)('$phase.kind leads to $act', ({ phase, act }) => {
    const decision = decide(plan, baseline, stateIn(plan, phase), seen(factsOf()), contextAt(start));
    expect(decision).toMatchObject({ kind: 'act', act: { kind: act } });
  });

  test('scaling is quietened before green is deployed, once', () => {
    const scaling = [
      {
        resourceId: 'service/shop/api-blue',
        arn: undefined,
        minCapacity: 2,
        maxCapacity: 6,
        suspended: { scaleIn: false, scaleOut: false, scheduled: false },
      },
    ];
    const scaled = planOf({
      scaling,
      deploy: { kind: 'update', taskDefinitionArn: 'x/api:2', desiredCount: 3, newRevision: true },
    });
    const first = decide(
      scaled,
      baseline,
      stateIn(scaled, { kind: 'quieten' }),
      seen(factsOf()),
      contextAt(start),
    );
    expect(first).toMatchObject({ kind: 'act', act: { kind: 'quieten-scaling' } });
    const then = decide(
      scaled,
      baseline,
      stateIn(scaled, { kind: 'deploy' }, { scalingQuietened: true }),
      seen(factsOf()),
      contextAt(start),
    );
    expect(then).toMatchObject({ kind: 'act', act: { kind: 'deploy-green' } });
  });

  test('green with one target too few waits; with all of them it is probed', () => {
    const state = stateIn(plan, { kind: 'ready', since: start });
    const few = decide(plan, baseline, state, seen(factsOf({ greenTargets: healthy(2) })), contextAt(start));
    expect(few).toMatchObject({ kind: 'wait', state: { phase: { kind: 'ready' } } });
    const all = decide(plan, baseline, state, seen(factsOf()), contextAt(start));
    expect(all.state.phase.kind).toBe('probe');
  });

  test('a healthy majority is not all targets: an old one that is still sick holds green back', () => {
    const state = stateIn(plan, { kind: 'ready', since: start });
    const sick = { ...healthy(1)[0]!, state: 'unhealthy' };
    const mixed = decide(
      plan,
      baseline,
      state,
      seen(factsOf({ greenTargets: [...healthy(3), sick] })),
      contextAt(start),
    );
    expect(mixed.state.phase.kind).toBe('ready');
    const leaving = { ...sick, state: 'draining' };
    const drained = decide(
      plan,
      baseline,
      state,
      seen(factsOf({ greenTargets: [...healthy(3), leaving] })),
      contextAt(start),
    );
    expect(drained.state.phase.kind).toBe('probe');
  });

  test('a bake ends with its time, not a millisecond before', () => {
    const before = decide(plan, quiet, baking(plan), seen(at10), contextAt(start + 119_999));
    expect(before).toMatchObject({ kind: 'wait', waitMs: 1 });
    const after = decide(plan, quiet, baking(plan), seen(at10), contextAt(start + 120_000));
    expect(after).toMatchObject({
      kind: 'act',
      act: { kind: 'write-split', split: splitAt(former, blueArn, greenArn, 50) },
    });
  });

  test('a wait becomes a sign of life once a minute, and none without the lock', () => {
    const at = (notedAt: number, testRuleArn: string | undefined = 'rule/test') =>
      decide(plan, baseline, baking(plan, { notedAt, testRuleArn }), seen(at10), contextAt(start + 60_000));
    expect(at(start)).toMatchObject({ kind: 'act', act: { kind: 'note' } });
    expect(at(start + 1).kind).toBe('wait');
    const unlocked = baking(plan, { notedAt: start, testRuleArn: undefined });
    expect(decide(plan, baseline, unlocked, seen(at10), contextAt(start + 60_000)).kind).toBe('wait');
  });

  test('unreadable metrics hold the step, however long it has baked', () => {
    const blind = factsOf({ ...at10, metrics: { kind: 'unreadable', problem: 'denied' } });
    const held = decide(plan, quiet, baking(plan), seen(blind), contextAt(start + 600_000));
    expect(held).toMatchObject({ kind: 'wait', events: [{ code: 'gate.held' }] });
  });

  test('suspicion holds a step for three bake times at most', () => {
    const bad = { sent: 20, bad: 3, reasons: { 'HTTP 500 on /': 3 } };
    const suspect = decide(plan, quiet, baking(plan), seen({ ...at10, probes: bad }), contextAt(start + 1));
    expect(suspect.kind).toBe('wait');
    const more = { sent: 60, bad: 3, reasons: { 'HTTP 500 on /': 3 } };
    const again = decide(plan, quiet, suspect.state, seen({ ...at10, probes: more }), contextAt(start + 2));
    const { ratio } = worstStream(again.state.evidence);
    expect(ratio).toBeGreaterThan(suspicionLimit(harmLimit(plan, quiet)));
    expect(ratio).toBeLessThan(harmLimit(plan, quiet));
    const held = decide(plan, quiet, again.state, seen(at10), contextAt(start + 359_999));
    expect(held).toMatchObject({ kind: 'wait', events: [{ code: 'gate.held' }] });
    const free = decide(plan, quiet, again.state, seen(at10), contextAt(start + 360_000));
    expect(free).toMatchObject({ kind: 'act', act: { kind: 'write-split' } });
  });

  test('the last bake ends in a promotion, on probes where traffic proves nothing', () => {
    const state = baking(plan, {
      phase: { kind: 'bake', step: 2, since: start, probesBefore: 0 },
      written: splitAt(former, blueArn, greenArn, 100),
    });
    const probes = { sent: 450, bad: 0, reasons: {} };
    const facts = factsOf({ live: splitAt(former, blueArn, greenArn, 100), probes });
    const done = decide(plan, quiet, state, seen(facts), contextAt(start + 120_000));
    expect(endingKind(done)).toBe('promoted-on-probes');
    expect(done).toMatchObject({ kind: 'act', act: { kind: 'tail', act: { kind: 'delete-test-rule' } } });
  });
});

describe('what speaks against green', () => {
  const plan = planOf();
  const alarm = { name: 'checkout', state: 'ALARM', reason: 'too many errors' } as const;
  test.each([
    { what: 'an alarm', facts: { alarms: [alarm] }, code: 'alarm' },
    { what: 'too few healthy targets', facts: { greenTargets: healthy(2) }, code: 'unhealthy-targets' },
  ])('$what: the weights go back in the same breath', ({ facts, code }) => {
    const decision = decide(
      plan,
      baseline,
      baking(plan),
      seen(factsOf({ ...at10, ...facts })),
      contextAt(start + 1000),
    );
    expect(decision).toMatchObject({
      kind: 'act',
      act: { kind: 'write-split', split: attachedSplit(plan) },
      state: { phase: { kind: 'undo', undo: { ending: 'rolled-back', cause: { code } } } },
    });
  });

  test('failing probes: two dead batches are enough, one is not', () => {
    const dead = factsOf({ ...at10, probes: { sent: 20, bad: 20, reasons: { 'HTTP 500 on /': 20 } } });
    const once = decide(plan, baseline, baking(plan), seen(dead), contextAt(start + 1000));
    expect(once.kind).toBe('wait');
    const twice = decide(plan, baseline, once.state, seen(dead), contextAt(start + 2000));
    expect(twice.state.phase).toMatchObject({ kind: 'undo', undo: { cause: { code: 'probes' } } });
  });

  test('minutes of metrics: a dead green is seen with the second minute; the same minute counts once', () => {
    const pair = (minute: number) => ({
      at: minute * 60_000,
      green: { at: minute * 60_000, requests: 600, errors: 600, unanswered: 0, slow: 0 },
      blue: { at: minute * 60_000, requests: 5400, errors: 5, unanswered: 0, slow: 0 },
    });
    const read = (...minutes: number[]) =>
      seen(factsOf({ ...at10, metrics: { kind: 'minutes', pairs: minutes.map(pair), readTo: 0 } }));
    const first = decide(plan, baseline, baking(plan), read(1), contextAt(start + 1000));
    const again = decide(plan, baseline, first.state, read(1), contextAt(start + 2000));
    expect(again.kind).toBe('wait');
    expect(again.state.evidence.harm).toEqual(first.state.evidence.harm);
    const second = decide(plan, baseline, again.state, read(1, 2), contextAt(start + 3000));
    expect(second.state.phase).toMatchObject({ kind: 'undo', undo: { cause: { code: 'errors' } } });
  });

  test('errors that arrive late in a known minute are a block of their own', () => {
    const pair = (errors: number) => ({
      at: 60_000,
      green: { at: 60_000, requests: 600, errors, unanswered: 0, slow: 0 },
      blue: { at: 60_000, requests: 5400, errors: 5, unanswered: 0, slow: 0 },
    });
    const read = (errors: number) =>
      seen(factsOf({ ...at10, metrics: { kind: 'minutes', pairs: [pair(errors)], readTo: 0 } }));
    const quiet = decide(plan, baseline, baking(plan), read(0), contextAt(start + 1000));
    const late = decide(plan, baseline, quiet.state, read(300), contextAt(start + 2000));
    const { errors } = late.state.evidence.harm;
    expect(Math.max(...errors.wealth)).toBeGreaterThan(10);
  });

  test('no request on green for three minutes, though many should have come', () => {
    const empty = (minute: number, blue: number) => ({
      at: start + minute * 60_000,
      green: undefined,
      blue: { at: start + minute * 60_000, requests: blue, errors: 0, unanswered: 0, slow: 0 },
    });
    const read = (count: number, blue: number) =>
      seen(
        factsOf({
          ...at10,
          metrics: {
            kind: 'minutes',
            pairs: Array.from({ length: count }, (_, minute) => empty(minute + 1, blue)),
            readTo: 0,
          },
        }),
      );
    const phaseAfter = (count: number, blue: number): string => {
      const decision = decide(plan, baseline, baking(plan), read(count, blue), contextAt(start + 1000));
      return decision.state.phase.kind;
    };
    expect(phaseAfter(3, 5400)).toBe('undo');
    expect(phaseAfter(2, 5400)).toBe('bake');
    // With 20 requests of blue a minute an empty green is chance.
    expect(phaseAfter(3, 20)).toBe('bake');
  });
});

describe('a look that has not read everything', () => {
  const plan = planOf();
  const alarm = { name: 'checkout', state: 'ALARM', reason: undefined } as const;
  const part = (facts: Partial<ShiftFacts> = {}): Observed<ShiftFacts> =>
    seen({ ...at10, whole: false, ...facts });

  test('is good for waiting on, and for a sign of life', () => {
    const waits = decide(plan, baseline, baking(plan), part(), contextAt(start + 1000));
    expect(waits).toMatchObject({ kind: 'wait', state: { lookAgain: false } });
    expect(waits).not.toMatchObject({ waitMs: 0 });
    const notes = decide(plan, baseline, baking(plan, { notedAt: start }), part(), contextAt(start + 60_000));
    expect(notes).toMatchObject({ kind: 'act', act: { kind: 'note' } });
  });

  test.each([
    { what: 'an alarm', facts: { alarms: [alarm] }, after: 1000, leadsTo: 'undo' },
    { what: 'a target that is ill', facts: { greenTargets: healthy(2) }, after: 1000, leadsTo: 'undo' },
    {
      what: 'foreign weights',
      facts: { live: splitAt(former, blueArn, greenArn, 30) },
      after: 1000,
      leadsTo: 'interfered',
    },
    { what: 'the end of time', facts: {}, after: 3_600_000, leadsTo: 'undo' },
    { what: 'the end of a bake', facts: {}, after: 120_000, leadsTo: 'shift' },
  ])('$what: the next one decides, at once', ({ facts, after, leadsTo }) => {
    const context = contextAt(start + after);
    const first = decide(plan, quiet, baking(plan), part(facts), context);
    expect(first).toMatchObject({
      kind: 'wait',
      waitMs: 0,
      state: { lookAgain: true, phase: { kind: 'bake' } },
    });
    expect(first.events).toBeUndefined();
    const whole = seen({ ...at10, ...facts });
    const second = decide(plan, quiet, first.state, whole, context);
    expect(second).toMatchObject({ kind: 'act', state: { lookAgain: false } });
    expect(endingKind(second)).toBe(leadsTo);
    // As if there had been this one look.
    expect(second).toEqual(decide(plan, quiet, baking(plan), whole, context));
  });

  test('that showed what was over by the next one leads nowhere', () => {
    const first = decide(
      plan,
      baseline,
      baking(plan),
      part({ greenTargets: healthy(2) }),
      contextAt(start + 1000),
    );
    const second = decide(plan, baseline, first.state, seen(at10), contextAt(start + 1050));
    expect(second).toMatchObject({ kind: 'wait', state: { lookAgain: false, phase: { kind: 'bake' } } });
  });

  test('counts its probes and minutes once', () => {
    const probes = { sent: 20, bad: 20, reasons: { 'HTTP 500 on /': 20 } };
    const once = decide(plan, baseline, baking(plan), part({ probes }), contextAt(start + 1000));
    const twice = decide(plan, baseline, once.state, part({ probes }), contextAt(start + 2000));
    expect(twice.state).toMatchObject({ lookAgain: true, evidence: { probes: { sent: 40, bad: 40 } } });
    const decided = decide(plan, baseline, twice.state, seen(at10), contextAt(start + 2050));
    expect(decided.state.evidence.probes).toMatchObject({ sent: 40, bad: 40 });
    expect(endingKind(decided)).toBe('undo');
  });

  test('is asked for again until one could be read', () => {
    const first = decide(plan, baseline, baking(plan), part({ alarms: [alarm] }), contextAt(start + 1000));
    const error = new AwsCallError('ecs:DescribeServices', 'X', 'no', 'transient');
    const blind = decide(
      plan,
      baseline,
      first.state,
      { kind: 'unreadable', at: start, error },
      contextAt(start + 2000),
    );
    expect(blind).toMatchObject({ kind: 'wait', state: { lookAgain: true } });
  });

  test('raises no weight where the lock was not looked at', () => {
    const state = stateIn(plan, { kind: 'shift', step: 0, since: start });
    for (const whole of [true, false]) {
      const facts = factsOf({ lockIsOurs: undefined, whole });
      const decision = decide(plan, baseline, state, seen(facts), contextAt(start));
      expect(decision).toMatchObject({ kind: 'wait', waitMs: 0, state: { lookAgain: true } });
    }
  });

  test('is enough to see that the weights are as written, and to begin the bake', () => {
    const verifying = baking(plan, { phase: { kind: 'verify', step: 0, since: start } });
    const decision = decide(plan, baseline, verifying, part(), contextAt(start + 50));
    expect(decision).toMatchObject({ kind: 'wait', state: { lookAgain: false, phase: { kind: 'bake' } } });
    expect(decision.events).toMatchObject([{ code: 'shift.weights-verified' }]);
  });

  test('is enough for what comes before green is asked anything', () => {
    const decision = decide(
      plan,
      baseline,
      stateIn(plan, { kind: 'lock' }),
      seen(factsOf({ whole: false, greenTargets: [], blueTargets: [] })),
      contextAt(start),
    );
    expect(decision).toMatchObject({ kind: 'act', act: { kind: 'create-test-rule' } });
  });
});

describe('other hands, cancellation, time, blindness', () => {
  const plan = planOf();
  const stolen = factsOf({ live: splitAt(former, blueArn, greenArn, 30) });

  test('weights that are not ours end the shift and touch nothing', () => {
    const decision = decide(plan, baseline, baking(plan), seen(stolen), contextAt(start + 1000));
    expect(endingKind(decision)).toBe('interfered');
    expect(decision).toMatchObject({ kind: 'act', act: { kind: 'tail', act: { kind: 'delete-test-rule' } } });
  });

  test('a lagging read of our own former split is no theft for a minute', () => {
    const lagging = factsOf({ live: attachedSplit(plan) });
    const early = decide(plan, baseline, baking(plan), seen(lagging), contextAt(start + 59_999));
    expect(early.state.phase.kind).toBe('bake');
    const late = decide(plan, baseline, baking(plan), seen(lagging), contextAt(start + 60_000));
    expect(endingKind(late)).toBe('interfered');
  });

  test('theft goes before cancellation: what is not ours is not taken back', () => {
    const decision = decide(plan, baseline, baking(plan), seen(stolen), contextAt(start + 1000, true));
    expect(endingKind(decision)).toBe('interfered');
  });

  const noRule = new AwsCallError(
    'elasticloadbalancing:AddTags',
    'RuleNotFound',
    'One or more rules not found',
    'not-found',
  );
  test('a sign of life that finds no lock ends the shift and touches nothing', () => {
    const gone = refused(plan, { kind: 'note' }, noRule, baking(plan));
    const decision = decide(plan, baseline, gone, seen(at10), contextAt(start + 1000));
    expect(decision).toMatchObject({
      kind: 'finish',
      outcome: { ending: { kind: 'interfered', what: 'lock' } },
    });
  });

  test('a rest that finds no lock is none', () => {
    const remaining = [{ kind: 'note-rest' }] as const;
    const resting = baking(plan, {
      phase: { kind: 'tail', ending: { kind: 'paused', percent: 10 }, remaining },
    });
    const gone = refused(plan, { kind: 'tail', act: remaining[0] }, noRule, resting);
    const decision = decide(plan, baseline, gone, seen(at10), contextAt(start + 1000));
    expect(decision).toMatchObject({
      kind: 'finish',
      outcome: { ending: { kind: 'interfered', what: 'lock' } },
    });
    const slow = new AwsCallError('elasticloadbalancing:AddTags', 'Throttling', 'Rate exceeded', 'throttled');
    const told = refused(plan, { kind: 'tail', act: remaining[0] }, slow, resting);
    expect(told.phase).toMatchObject({ kind: 'tail', ending: { kind: 'paused' } });
  });

  test.each([
    { onCancel: 'rollback', expected: 'undo' },
    { onCancel: 'leave', expected: 'cancelled' },
  ] as const)('cancelled with $onCancel', ({ onCancel, expected }) => {
    const cancelling = planOf({ onCancel });
    const decision = decide(cancelling, baseline, baking(cancelling), seen(at10), contextAt(start, true));
    expect(endingKind(decision)).toBe(expected);
  });

  test('the deadline rolls back when it comes, not before', () => {
    const state = baking(plan, {
      phase: { kind: 'bake', step: 0, since: start + 3_590_000, probesBefore: 0 },
    });
    const before = decide(plan, baseline, state, seen(at10), contextAt(start + 3_599_999));
    expect(before.kind).toBe('wait');
    const after = decide(plan, baseline, state, seen(at10), contextAt(start + 3_600_000));
    expect(after.state.phase).toMatchObject({ kind: 'undo', undo: { ending: 'timed-out' } });
  });

  const unreadable = (kind: 'transient' | 'credentials'): Observed<ShiftFacts> => ({
    kind: 'unreadable',
    at: start,
    error: new AwsCallError('ecs:DescribeServices', 'X', 'no', kind),
  });
  test('blindness is borne for three minutes; lost credentials are not', () => {
    const first = decide(plan, baseline, baking(plan), unreadable('transient'), contextAt(start + 1000));
    expect(first.kind).toBe('wait');
    const still = decide(plan, baseline, first.state, unreadable('transient'), contextAt(start + 180_999));
    expect(still.kind).toBe('wait');
    const long = decide(plan, baseline, still.state, unreadable('transient'), contextAt(start + 181_000));
    expect(long.state.phase).toMatchObject({ kind: 'undo', undo: { cause: { code: 'cannot-observe' } } });
    const final = decide(plan, baseline, baking(plan), unreadable('credentials'), contextAt(start + 1000));
    expect(final.state.phase.kind).toBe('undo');
  });

  test('blue without a healthy target gets no traffic back', () => {
    const facts = factsOf({
      ...at10,
      blueTargets: [],
      alarms: [{ name: 'checkout', state: 'ALARM', reason: undefined }],
    });
    const decision = decide(plan, baseline, baking(plan), seen(facts), contextAt(start + 1000));
    expect(endingKind(decision)).toBe('rollback-failed');
  });

  test('a way back that AWS refuses is tried again for five minutes, then a person must know', () => {
    const undo = {
      ending: 'rolled-back',
      cause: { code: 'alarm', sentence: 'It rang.' },
      since: start,
    } as const;
    const undoing = baking(plan, { phase: { kind: 'undo', undo } });
    const act: Act = {
      kind: 'write-split',
      split: attachedSplit(plan),
      next: { kind: 'undo-verify', undo, writtenAt: start },
    };
    const failed = refused(
      plan,
      act,
      new AwsCallError('elb', 'ServiceUnavailable', 'no', 'transient'),
      undoing,
    );
    const pause = decide(plan, baseline, failed, seen(at10), contextAt(start + 1000));
    expect(pause.kind).toBe('wait');
    const retry = decide(plan, baseline, pause.state, seen(at10), contextAt(start + 4000));
    expect(retry).toMatchObject({ kind: 'act', act: { kind: 'write-split' } });
    const given = decide(plan, baseline, failed, seen(at10), contextAt(start + 300_000));
    expect(endingKind(given)).toBe('rollback-failed');
  });
});

describe('the way back of a cancelled job', () => {
  const plan = planOf();

  test('waits for a look at blue, and is no way back where there is none in time', () => {
    const blind: Observed<ShiftFacts> = {
      kind: 'unreadable',
      at: start,
      error: new AwsCallError('elb:DescribeTargetHealth', 'Throttling', 'too many', 'throttled'),
    };
    const cancelled = (state: ShiftState, observed: Observed<ShiftFacts>, afterMs: number) =>
      decide(plan, baseline, state, observed, contextAt(start + afterMs, true));
    const first = cancelled(baking(plan), blind, 0);
    // That read may have been cut short by the cancellation.
    expect(first).toMatchObject({ kind: 'wait', waitMs: 0 });
    const still = cancelled(first.state, blind, 3499);
    expect(still).toMatchObject({ kind: 'wait', state: { phase: { kind: 'bake' } } });
    expect(cancelled(still.state, seen(at10), 3499)).toMatchObject({ kind: 'act' });
    const few = factsOf({ ...at10, blueTargets: healthy(2) });
    expect(endingKind(cancelled(still.state, seen(few), 3499))).toBe('cancelled');
    const never = cancelled(still.state, blind, 3500);
    expect(endingKind(never)).toBe('rollback-failed');
    expect(never.events?.[0]?.message).toMatch(/whether blue can take its traffic back .*too many/);
    // Without weight there is nothing to give back.
    const notYet = { ...baking(plan), shifted: false };
    expect(endingKind(cancelled(notYet, blind, 0))).toBe('cancelled');
  });

  const undo = {
    ending: 'cancelled',
    cause: { code: 'cancelled', sentence: 'The job was cancelled.' },
    since: start,
  } as const;

  test.each([
    [3499, 'undo'],
    [3500, 'rollback-failed'],
  ])('is given up before the runner kills it: after %i ms', (afterMs, ending) => {
    const undoing = baking(plan, { phase: { kind: 'undo', undo } });
    const decision = decide(plan, baseline, undoing, seen(at10), contextAt(start + afterMs, true));
    expect(endingKind(decision)).toBe(ending);
  });

  test('that was written and not confirmed says so', () => {
    const undoing = baking(plan, { phase: { kind: 'undo-verify', undo, writtenAt: start } });
    const decision = decide(plan, baseline, undoing, seen(at10), contextAt(start + 3500, true));
    expect(decision.events?.at(-1)?.message).toMatch(/were taken back.*no read confirmed/);
  });
});

describe('laws over any course of events', () => {
  /** A tiny AWS: what is written is what is read. Runs until the shift ends. */
  function play(
    plan: ShiftPlan,
    events: readonly number[],
  ): { outcome: ShiftOutcome; splits: WeightSplit[] } {
    let state = initialState(plan, start);
    let live: WeightSplit = former;
    const splits: WeightSplit[] = [live];
    let now = start;
    for (let tick = 0; tick < 2000; tick++) {
      const luck = events[tick % events.length]!;
      const facts = factsOf({
        live,
        greenTargets: healthy(luck === 1 ? 2 : 3),
        alarms: [{ name: 'checkout', state: luck === 2 ? 'ALARM' : 'OK', reason: undefined }],
        probes:
          state.phase.kind === 'probe' || state.phase.kind === 'bake'
            ? { sent: 20, bad: luck === 3 ? 20 : 0, reasons: {} }
            : { sent: 0, bad: 0, reasons: {} },
      });
      const observed: Observed<ShiftFacts> =
        luck === 4
          ? { kind: 'unreadable', at: now, error: new AwsCallError('x', 'Y', 'no', 'transient') }
          : seen(facts, now);
      const decision = decide(plan, baseline, state, observed, contextAt(now, luck === 5));
      state = decision.state;
      now += 1000;
      if (decision.kind === 'finish') return { outcome: decision.outcome, splits };
      if (decision.kind === 'wait') {
        now += decision.waitMs;
        continue;
      }
      const { act } = decision;
      if (luck === 6 && act.kind !== 'tail') {
        state = refused(plan, act, new AwsCallError('x', 'Y', 'no', 'rejected'), state);
        continue;
      }
      switch (act.kind) {
        case 'create-test-rule':
          state = { ...state, testRuleArn: 'rule/test', phase: { kind: 'attach' } };
          break;
        case 'write-split':
          live = act.split;
          splits.push(live);
          state = {
            ...state,
            written: live,
            writtenAt: now,
            earlier: [state.written],
            shifted: state.shifted || shareOf(live, greenArn) > 0,
            weights: [...state.weights, { at: now, percent: shareOf(live, greenArn) }],
            phase: act.next,
          };
          break;
        case 'note':
          state = { ...state, notedAt: now };
          break;
        case 'tail':
          if (state.phase.kind === 'tail') {
            state = { ...state, phase: { ...state.phase, remaining: state.phase.remaining.slice(1) } };
          }
          break;
        default:
          throw new Error(`not in this plan: ${act.kind}`);
      }
    }
    throw new Error('the shift does not end');
  }

  const luck = fc.array(
    fc.oneof(
      { weight: 30, arbitrary: fc.constant(0) },
      { weight: 2, arbitrary: fc.integer({ min: 1, max: 6 }) },
    ),
    { minLength: 1, maxLength: 120 },
  );

  test('weights never leave the ladder, green only ever climbs until it falls, and a fall ends at the former split', () => {
    const plan = planOf();
    fc.assert(
      fc.property(luck, (events) => {
        const { outcome, splits } = play(plan, events);
        const shares = splits.map((split) => shareOf(split, greenArn));
        for (const split of splits) expect(isOnLadder(split, former, plan.steps)).toBe(true);
        const kind = outcome.ending.kind;
        const promoted = kind === 'promoted' || kind === 'promoted-on-probes';
        const climb = promoted ? shares : shares.slice(0, -1);
        expect([...climb].sort((one, other) => one - other)).toEqual(climb);
        if (promoted) expect(shares.at(-1)).toBe(100);
        else expect(sameSplit(splits.at(-1)!, former)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
