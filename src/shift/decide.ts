/**
 * The decisions of a shift: state and facts in, one next thing out. Pure. The order of the questions is the
 * policy: our own end first, then somebody else's hand, cancellation, time, blindness, refusals, gates, and
 * only then progress.
 */
import type { Decision, DecisionContext, Observed } from '../engine/engine.ts';
import type { KitEvent } from '../report/event.ts';
import { absorb } from './absorb.ts';
import type { Baseline } from './baseline.ts';
import { noEvidence } from './evidence.ts';
import { startSplit } from './ladder.ts';
import type { ShiftPlan } from './plan.ts';
import { progress } from './progress.ts';
import { verifySplit } from './router.ts';
import { interference } from './sentences.ts';
import type {
  Act,
  Cause,
  Ending,
  Phase,
  ShiftFacts,
  ShiftOutcome,
  ShiftState,
  TailAct,
  Undo,
} from './state.ts';
import { decideUndo } from './undo.ts';

export type ShiftDecision = Decision<ShiftState, Act, ShiftOutcome>;

/** A read may lag a write by this much before it means that somebody else wrote. */
export const lagMs = 60_000;
/** Without facts for this long, blue gets its traffic back. */
const blindLimitMs = 180_000;

export function initialState(plan: ShiftPlan, now: number): ShiftState {
  return {
    phase: { kind: 'lock' },
    written: plan.former,
    writtenAt: now,
    earlier: [],
    weights: [{ at: now, percent: 0 }],
    shifted: false,
    interferedBy: undefined,
    testRuleArn: undefined,
    lockTaken: false,
    scalingQuietened: false,
    green: undefined,
    knownExits: [],
    failedStarts: 0,
    evidence: noEvidence,
    passed: [],
    emptyGreen: { minutes: 0, expected: 0, lastAt: 0 },
    metricsProblem: undefined,
    metricsReadTo: 0,
    metricsReadAt: 0,
    stillRinging: plan.ringing,
    checks: [],
    blindSince: undefined,
    refusal: undefined,
    leftovers: [],
    said: '',
  };
}

export function decide(
  plan: ShiftPlan,
  baseline: Baseline,
  before: ShiftState,
  observed: Observed<ShiftFacts>,
  context: DecisionContext,
): ShiftDecision {
  const facts = observed.kind === 'facts' ? observed.facts : undefined;
  const state = facts === undefined ? before : absorb(plan, baseline, before, facts, context.now);
  if (state.phase.kind === 'tail') return decideTail(state, state.phase);
  if (state.lockTaken) {
    return end(plan, state, {
      kind: 'refused',
      refusals: [
        {
          code: 'another-shift',
          message: `Priority ${plan.testRule.priority} of the listener was taken while this run made ready: another shift is in progress.`,
        },
      ],
    });
  }
  const foreign = foreignSplit(state, facts, context.now);
  if (foreign !== undefined) {
    const ending: Ending = { kind: 'interfered', live: foreign, expected: state.written };
    return end(plan, state, ending, [event(context.now, 'shift.interfered', 'error', interference(ending))]);
  }
  if (state.phase.kind === 'undo' || state.phase.kind === 'undo-verify') {
    return decideUndo(plan, state, facts, context);
  }
  if (context.cancelled) return decideCancelled(plan, state, facts, context);
  if (context.now >= context.deadlineAt) {
    const cause: Cause = {
      code: 'timeout',
      sentence: `The shift did not end within its time limit (${describePhase(plan, state.phase)}).`,
    };
    return beginUndo(plan, state, facts, context, { ending: 'timed-out', cause, since: context.now });
  }
  const rollback = (cause: Cause): ShiftDecision =>
    beginUndo(plan, state, facts, context, { ending: 'rolled-back', cause, since: context.now });
  if (state.refusal !== undefined) {
    return rollback({ code: 'refused-by-aws', sentence: state.refusal.message });
  }
  if (observed.kind === 'unreadable') {
    const since = state.blindSince ?? context.now;
    const final = observed.error.kind === 'access-denied' || observed.error.kind === 'credentials';
    if (final || context.now - since >= blindLimitMs) {
      return rollback({
        code: 'cannot-observe',
        sentence: `What green does can no longer be read: ${observed.error.message}`,
      });
    }
    return { kind: 'wait', waitMs: 5000, state: { ...state, blindSince: since } };
  }
  const next = progress(plan, baseline, state, observed.facts, context.now);
  switch (next.kind) {
    case 'fail':
      return rollback(next.cause);
    case 'end':
      return end(plan, next.state, next.ending, next.events);
    default:
      return next;
  }
}

/** Somebody else's split, if that is what the rule holds. */
function foreignSplit(
  state: ShiftState,
  facts: ShiftFacts | undefined,
  now: number,
): ShiftState['interferedBy'] {
  if (state.interferedBy !== undefined) return state.interferedBy;
  if (facts === undefined) return undefined;
  // While a write of ours is being confirmed, the phase itself knows how long to wait.
  const confirming = state.phase.kind === 'verify' || state.phase.kind === 'undo-verify';
  const earlier = confirming || now - state.writtenAt < lagMs ? state.earlier : [];
  return verifySplit(facts.live, state.written, earlier) === 'different' ? facts.live : undefined;
}

function decideCancelled(
  plan: ShiftPlan,
  state: ShiftState,
  facts: ShiftFacts | undefined,
  context: DecisionContext,
): ShiftDecision {
  const cause: Cause = {
    code: 'cancelled',
    sentence: `The job was cancelled (${describePhase(plan, state.phase)}).`,
  };
  if (plan.onCancel === 'leave' && state.shifted) {
    return end(plan, state, { kind: 'cancelled', weights: 'left', cause }, [
      event(context.now, 'shift.cancelled', 'warning', `${cause.sentence} The weights are left as they are.`),
    ]);
  }
  return beginUndo(plan, state, facts, context, { ending: 'cancelled', cause, since: context.now });
}

function beginUndo(
  plan: ShiftPlan,
  state: ShiftState,
  facts: ShiftFacts | undefined,
  context: DecisionContext,
  undo: Undo,
): ShiftDecision {
  const told = event(
    context.now,
    undo.ending === 'rolled-back' ? 'gate.failed' : `shift.${undo.ending}`,
    'warning',
    undo.cause.sentence,
    { cause: undo.cause.code, phase: state.phase.kind },
  );
  const undoing: ShiftState = { ...state, refusal: undefined, phase: { kind: 'undo', undo } };
  const decision = decideUndo(plan, undoing, facts, context);
  return { ...decision, events: [told, ...(decision.events ?? [])] };
}

/** Our own things that have to be put away at this ending, in this order. */
export function tailOf(plan: ShiftPlan, state: ShiftState, ending: Ending): readonly TailAct[] {
  const acts: TailAct[] = [];
  if (state.scalingQuietened) acts.push({ kind: 'restore-scaling' });
  const promoted = ending.kind === 'promoted' || ending.kind === 'promoted-on-probes';
  const back =
    ending.kind === 'rolled-back' ||
    ((ending.kind === 'cancelled' || ending.kind === 'timed-out') && ending.weights === 'restored');
  if (promoted && plan.blueAfter === 'scale-to-zero' && plan.blue.service !== undefined) {
    acts.push({ kind: 'scale-to-zero', side: 'blue' });
  }
  if (back && plan.greenAfterRollback === 'scale-to-zero' && state.green !== undefined) {
    acts.push({ kind: 'scale-to-zero', side: 'green' });
  }
  // Last: it is the lock.
  if (state.testRuleArn !== undefined) acts.push({ kind: 'delete-test-rule' });
  return acts;
}

/** Ends the shift by way of putting its own things away. */
export function end(
  plan: ShiftPlan,
  state: ShiftState,
  ending: Ending,
  events: readonly KitEvent[] = [],
): ShiftDecision {
  const phase = { kind: 'tail', ending, remaining: tailOf(plan, state, ending) } as const;
  const decision = decideTail({ ...state, phase, refusal: undefined }, phase);
  return { ...decision, events: [...events, ...(decision.events ?? [])] };
}

function decideTail(state: ShiftState, phase: Phase & { kind: 'tail' }): ShiftDecision {
  const [next] = phase.remaining;
  if (next === undefined) {
    return { kind: 'finish', state, outcome: { ending: phase.ending, state } };
  }
  return { kind: 'act', state, act: { kind: 'tail', act: next } };
}

export function event(
  at: number,
  code: string,
  level: KitEvent['level'],
  message: string,
  data?: KitEvent['data'],
): KitEvent {
  return { at, code, level, message, ...(data === undefined ? {} : { data }) };
}

/** Where the shift stands, in words. */
export function describePhase(plan: ShiftPlan, phase: Phase): string {
  switch (phase.kind) {
    case 'lock':
    case 'attach':
    case 'quieten':
    case 'deploy':
      return 'before green was deployed';
    case 'ready':
      return 'while green was becoming ready';
    case 'probe':
      return 'while green was probed at weight 0';
    case 'shift':
    case 'verify':
      return `while the weight was set to ${plan.steps[phase.step]?.percent} %`;
    case 'bake':
      return `at ${plan.steps[phase.step]?.percent} %`;
    case 'undo':
    case 'undo-verify':
      return 'while the weights were taken back';
    case 'tail':
      return 'while putting things away';
  }
}

/** The rule with green in it at weight 0: where the shift starts from. */
export function attachedSplit(plan: ShiftPlan): ShiftState['written'] {
  return startSplit(plan.former, plan.green.targetGroupArn);
}
