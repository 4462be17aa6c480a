/** The way back: the former weights, confirmed, or the exact words for a person. Pure. */
import { sameSplit } from '../aws/elb-forward.ts';
import type { DecisionContext } from '../engine/engine.ts';
import { formatDuration } from '../report/duration.ts';
import { breakingReason, end, event, lagMs, type ShiftDecision } from './decide.ts';
import { attachedSplit } from './initial-state.ts';
import { refillFirst, type Way } from './kept-blue.ts';
import { describeSplit } from './ladder.ts';
import type { ShiftPlan } from './plan.ts';
import { healthyCount } from './preflight.ts';
import type { Ending, Phase, ShiftFacts, ShiftState, Undo } from './state.ts';
import { undoLimitMs } from './worst-case.ts';

const retryMs = 3000;
/** A cancelled job is killed ten seconds after it was told: a person must know before that. */
export const hurriedUndoLimitMs = 3500;
export const hurriedRetryMs = 700;

export function decideUndo(
  plan: ShiftPlan,
  state: ShiftState,
  facts: ShiftFacts | undefined,
  context: DecisionContext,
): ShiftDecision {
  const { phase } = state;
  if (phase.kind !== 'undo' && phase.kind !== 'undo-verify') {
    throw new Error(`Nothing is being undone in ${phase.kind}.`);
  }
  if (!state.shifted) return end(plan, state, endingOf(phase.undo));
  if (plan.breaking) {
    const problem = `Green keeps its traffic: ${breakingReason}.`;
    const told = event(context.now, 'shift.held-by-schema', 'error', problem);
    return end(plan, state, heldEnding(phase.undo, problem), [told]);
  }
  const target = attachedSplit(plan);
  if (phase.kind === 'undo-verify' && facts !== undefined && sameSplit(facts.live, target)) {
    return end(plan, state, endingOf(phase.undo), [
      event(
        context.now,
        'shift.weights-restored',
        'notice',
        `The weights are back as they were: ${describeSplit(facts.live)}.`,
      ),
    ]);
  }
  const [limitMs, pauseMs] = context.cancelled
    ? [hurriedUndoLimitMs, hurriedRetryMs]
    : [undoLimitMs, retryMs];
  const way: Way =
    phase.kind === 'undo'
      ? refillFirst(plan, state, phase.undo, facts, context)
      : { kind: 'free', undo: phase.undo };
  if (way.kind === 'first') return way.decision;
  const undo = way.kind === 'free' ? way.undo : phase.undo;
  const problem =
    way.kind === 'barred'
      ? way.problem
      : undoProblem(state, { ...phase, undo }, facts, context.now, limitMs, plan.requiredHealthy);
  if (problem !== undefined) {
    return end(plan, state, { kind: 'rollback-failed', cause: undo.cause, problem }, [
      event(context.now, 'shift.rollback-failed', 'error', problem),
    ]);
  }
  if (phase.kind === 'undo-verify' && context.now - phase.writtenAt < lagMs) {
    return { kind: 'wait', waitMs: pauseMs, state };
  }
  if (state.refusal !== undefined) {
    // AWS refused just now: the next try comes after a pause, and knows why it is one.
    const again: Phase = { kind: 'undo', undo: { ...undo, lastProblem: state.refusal.message } };
    return { kind: 'wait', waitMs: pauseMs, state: { ...state, refusal: undefined, phase: again } };
  }
  return {
    kind: 'act',
    state,
    act: {
      kind: 'write-split',
      split: target,
      next: { kind: 'undo-verify', undo, writtenAt: context.now },
    },
  };
}

/** Why the weights cannot go back, or could not for too long. */
function undoProblem(
  state: ShiftState,
  phase: Phase & { kind: 'undo' | 'undo-verify' },
  facts: ShiftFacts | undefined,
  now: number,
  limitMs: number,
  requiredHealthy: number,
): string | undefined {
  if (state.refusal?.final === true) return state.refusal.message;
  if (
    phase.kind === 'undo' &&
    state.noReturnAt !== undefined &&
    facts !== undefined &&
    healthyCount(facts.blueTargets) < requiredHealthy
  ) {
    return `Blue was scaled down at ${new Date(state.noReturnAt).toISOString()}, the point of no return, and has ${healthyCount(facts.blueTargets)} healthy targets: its traffic was left where it is. Scale blue up first.`;
  }
  if (
    phase.kind === 'undo' &&
    facts !== undefined &&
    healthyCount(facts.blueTargets) === 0 &&
    healthyCount(facts.greenTargets) > 0
  ) {
    return 'Blue has no healthy target any more: its traffic was left where it is.';
  }
  if (now - phase.undo.since < limitMs) return undefined;
  if (phase.kind === 'undo-verify') {
    return `The weights were taken back, and within ${formatDuration(limitMs)} no read confirmed it.`;
  }
  const last = state.refusal?.message ?? phase.undo.lastProblem;
  return `For ${formatDuration(limitMs)} the weights could not be taken back${last === undefined ? '' : `: ${last}`}.`;
}

function heldEnding({ ending, cause }: Undo, problem: string): Ending {
  return ending === 'rolled-back'
    ? { kind: 'rollback-failed', cause, problem, held: true }
    : { kind: ending, weights: 'left', cause };
}

function endingOf(undo: Undo): Ending {
  return undo.ending === 'rolled-back'
    ? { kind: 'rolled-back', cause: undo.cause }
    : { kind: undo.ending, weights: 'restored', cause: undo.cause };
}
