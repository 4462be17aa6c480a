/**
 * The decisions of a shift: state and facts in, one next thing out. Pure. The order of the questions is the
 * policy: our own end first, then somebody else's hand, cancellation, time, blindness, refusals, gates, and
 * only then progress.
 */
import type { Decision, DecisionContext, Observed } from '../engine/engine.ts';
import { formatDuration } from '../report/duration.ts';
import type { KitEvent } from '../report/event.ts';
import { absorb } from './absorb.ts';
import type { Baseline } from './baseline.ts';
import { keptLeftover, neededOfBlue, takesAllNow } from './kept-blue.ts';
import { isBeforeGreen } from './look-needs.ts';
import type { ShiftPlan } from './plan.ts';
import { healthyCount } from './preflight.ts';
import { givenUpTo, progress } from './progress.ts';
import { heartbeatMs } from './record.ts';
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
import { decideUndo, hurriedRetryMs, hurriedUndoLimitMs } from './undo.ts';

export type ShiftDecision = Decision<ShiftState, Act, ShiftOutcome>;

/** A read may lag a write by this much before it means that somebody else wrote. */
export const lagMs = 60_000;
/** Without facts for this long, blue gets its traffic back. */
const blindLimitMs = 180_000;

export function decide(
  plan: ShiftPlan,
  baseline: Baseline,
  before: ShiftState,
  observed: Observed<ShiftFacts>,
  context: DecisionContext,
): ShiftDecision {
  const facts = observed.kind === 'facts' ? observed.facts : undefined;
  const state = facts === undefined ? before : absorb(plan, baseline, before, facts, context.now);
  const decision = decideNext(plan, baseline, state, observed, context);
  // A look that did not read everything is good for waiting on. Whatever else it shows is decided by one that does.
  return facts?.whole === false && !waitsOn(state, decision)
    ? { kind: 'wait', waitMs: 0, state: { ...state, lookAgain: true } }
    : decision;
}

/** Nothing that green or blue do is decided on: all stays as it is, or green is not made yet. */
function waitsOn({ phase }: ShiftState, decision: ShiftDecision): boolean {
  const next = decision.state.phase;
  if (isBeforeGreen(phase)) return isBeforeGreen(next);
  if (decision.kind === 'act') return decision.act.kind === 'note' && decision.act.stage === undefined;
  // The weights are read anew where they are verified, and nothing else is asked for there.
  const isSame = next.kind === phase.kind || (phase.kind === 'verify' && next.kind === 'bake');
  return decision.kind === 'wait' && isSame;
}

function decideNext(
  plan: ShiftPlan,
  baseline: Baseline,
  state: ShiftState,
  observed: Observed<ShiftFacts>,
  context: DecisionContext,
): ShiftDecision {
  const facts = observed.kind === 'facts' ? observed.facts : undefined;
  if (state.phase.kind === 'tail') return decideTail(state, state.phase);
  if (state.lockTaken) {
    return end(
      plan,
      { ...state, testRuleArn: undefined, scalingQuietened: false },
      {
        kind: 'refused',
        refusals: [
          {
            code: 'another-shift',
            message: `Priority ${plan.testRule.priority} of the listener was taken while this run made ready: another shift is in progress.`,
          },
        ],
      },
    );
  }
  const foreign = foreignSplit(state, facts, context.now);
  const lost = hasLostLock(state, facts, context.now);
  // Whose they are is known where another shift of the pair has gone on: its scaling and its green are no more ours.
  const rival = state.shifted || lost ? undefined : facts?.rival;
  if (foreign !== undefined && rival !== undefined && rival !== null) {
    const given = givenUpTo(rival, state);
    return end(plan, given.state, given.ending);
  }
  if (foreign !== undefined || lost) {
    const ending: Ending = {
      kind: 'interfered',
      what: lost ? 'lock' : 'weights',
      live: foreign ?? state.written,
      expected: state.written,
    };
    return end(plan, state, ending, [event(context.now, 'shift.interfered', 'error', interference(ending))]);
  }
  if (state.phase.kind === 'undo' || state.phase.kind === 'undo-verify') {
    return decideUndo(plan, state, facts, context);
  }
  if (context.cancelled) return decideCancelled(plan, state, observed, context);
  if (context.now >= context.deadlineAt && state.phase.kind === 'retire') {
    // Green has proven itself: time is no reason to take it back.
    const leftover =
      state.kept === undefined
        ? `${plan.blue.service} was not scaled down: time ran out before it was without requests.`
        : keptLeftover(plan, state.kept.tasks, 'time ran out before keep-blue-for was over');
    return end(plan, withLeftover(state, leftover), state.phase.ending);
  }
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
    case 'wait':
      return withSignOfLife(next, context.now);
    case 'fail':
      return rollback(next.cause);
    case 'fail-lock':
      return decideNext(plan, baseline, { ...state, lockTaken: true }, observed, context);
    case 'end':
      return end(plan, next.state, next.ending, next.events);
    default:
      return next;
  }
}

/**
 * Asked before a weight is raised: without a lock, too, traffic is taken away from a bad green. A read may lag behind
 * our own taking of the lock; nobody takes it from a holder that young.
 */
function hasLostLock(state: ShiftState, facts: ShiftFacts | undefined, now: number): boolean {
  if (state.lockGone) return true;
  if (facts?.lockIsOurs !== false || state.phase.kind !== 'shift') return false;
  return state.lockedAt === undefined || now - state.lockedAt >= lagMs;
}

/** A wait while the lock is held becomes a sign of life once a minute: a silent holder counts as dead. */
export function withSignOfLife(next: ShiftDecision, now: number): ShiftDecision {
  const { state } = next;
  if (state.testRuleArn === undefined || now - state.notedAt < heartbeatMs) return next;
  return { kind: 'act', act: { kind: 'note' }, state, events: next.events ?? [] };
}

/** What a person has to know, if there is something. */
export function withLeftover(state: ShiftState, leftover: string | undefined): ShiftState {
  return leftover === undefined ? state : { ...state, leftovers: [...state.leftovers, leftover] };
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
  observed: Observed<ShiftFacts>,
  context: DecisionContext,
): ShiftDecision {
  const facts = observed.kind === 'facts' ? observed.facts : undefined;
  const cause: Cause = {
    code: 'cancelled',
    sentence: `The job was cancelled (${describePhase(plan, state.phase)}).`,
  };
  const why = whyLeave(plan, state, facts);
  if (why !== undefined) {
    return end(plan, state, { kind: 'cancelled', weights: 'left', cause }, [
      event(
        context.now,
        'shift.cancelled',
        'warning',
        `${cause.sentence} The weights are left as they are: ${why}.`,
      ),
    ]);
  }
  if (observed.kind === 'unreadable' && state.shifted) {
    return lookAtBlueFirst(plan, state, observed.error.message, context, cause);
  }
  return beginUndo(plan, state, facts, context, { ending: 'cancelled', cause, since: context.now });
}

/** Traffic goes back to a blue that is known to carry it. What the job cannot see in its few seconds, the post step can. */
function lookAtBlueFirst(
  plan: ShiftPlan,
  state: ShiftState,
  why: string,
  { now }: DecisionContext,
  cause: Cause,
): ShiftDecision {
  const since = state.cancelSeenAt ?? now;
  if (now - since < hurriedUndoLimitMs) {
    // The first read may have been cut short by the cancellation itself.
    const waitMs = state.cancelSeenAt === undefined ? 0 : hurriedRetryMs;
    return { kind: 'wait', waitMs, state: { ...state, cancelSeenAt: since } };
  }
  const problem = `The weights are left as they are: whether blue can take its traffic back could not be read within ${formatDuration(hurriedUndoLimitMs)} (${why}).`;
  return end(plan, state, { kind: 'rollback-failed', cause, problem }, [
    event(now, 'shift.rollback-failed', 'error', problem),
  ]);
}

/** Why traffic stays with a green that carries a breaking schema change. */
export const breakingReason =
  'its schema change is breaking, blue could not serve, and nothing goes back past it by itself';

/** Why a cancelled job does not give the traffic back; undefined where it does. */
function whyLeave(plan: ShiftPlan, state: ShiftState, facts: ShiftFacts | undefined): string | undefined {
  if (!state.shifted) return undefined;
  if (plan.onCancel === 'leave') return 'on-cancel says so';
  if (plan.breaking) return breakingReason;
  if (state.noReturnAt !== undefined) {
    return `blue was scaled down at ${new Date(state.noReturnAt).toISOString()}, and that was the point of no return`;
  }
  const healthy = facts === undefined ? undefined : healthyCount(facts.blueTargets);
  if (facts !== undefined && state.kept !== undefined) {
    return takesAllNow(plan, state, facts)
      ? undefined
      : `blue is kept at ${state.kept.tasks} tasks and has ${healthy} healthy targets, ${neededOfBlue(plan, facts.greenTargets)} carry everything, and a cancelled job cannot wait for them`;
  }
  return healthy !== undefined && healthy < plan.blueHealthy
    ? `blue has ${healthy} healthy targets, and had ${plan.blueHealthy} at the start`
    : undefined;
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
function tailOf(plan: ShiftPlan, state: ShiftState, ending: Ending): readonly TailAct[] {
  // Another run has taken over: what is left is its own.
  if (ending.kind === 'interfered' && ending.what === 'lock') return [];
  // Nothing is put away while the weights are where they should not be: the post step or the next run tries on.
  if (ending.kind === 'rollback-failed' && ending.held !== true) return [];
  if (restsAt(ending)) return state.testRuleArn === undefined ? [] : [{ kind: 'note-rest' }];
  const acts: TailAct[] = [];
  if (state.scalingQuietened) acts.push({ kind: 'restore-scaling' });
  const back = ending.kind === 'rolled-back' || ending.kind === 'cancelled' || ending.kind === 'timed-out';
  if (back && plan.greenAfterRollback === 'scale-to-zero' && state.green !== undefined) {
    acts.push({ kind: 'scale-green-to-zero' });
  }
  // Last: it is the lock.
  if (state.testRuleArn !== undefined) acts.push({ kind: 'delete-test-rule' });
  return acts;
}

/** The weights stand in the middle: lock, scaling floors and green stay for the run that goes on. */
function restsAt(ending: Ending): boolean {
  return (
    ending.kind === 'paused' ||
    (ending.kind === 'rollback-failed' && ending.held === true) ||
    ((ending.kind === 'cancelled' || ending.kind === 'timed-out') && ending.weights === 'left')
  );
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
function describePhase(plan: ShiftPlan, phase: Phase): string {
  switch (phase.kind) {
    case 'lock':
    case 'lock-check':
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
    case 'retire':
      return 'while blue waited for its end';
    case 'undo':
    case 'undo-verify':
      return 'while the weights were taken back';
    case 'tail':
      return 'while putting things away';
  }
}
