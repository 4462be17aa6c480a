/** What the follower does next: pure, from what it remembers and what it just saw. */
import type { AwsCallError } from '../aws/call-error.ts';
import type { Decision, DecisionContext, Observed } from '../engine/engine.ts';
import { formatDuration } from '../report/duration.ts';
import type { KitEvent } from '../report/event.ts';
import { absorb } from './absorb.ts';
import { alarmDefects, ringingAlarms } from './alarm-watch.ts';
import { spareCalls } from './call-budget.ts';
import { causeSentence } from './diagnosis.ts';
import { endOf, endOfRefusal, endWithAftermath, unobserved } from './ends.ts';
import type { ExpectedRollout, RolloutFacts } from './expected.ts';
import {
  type FollowOptions,
  type FollowState,
  type GiveUp,
  type GiveUpAction,
  leadingFailure,
} from './follow-state.ts';
import type { FollowOutcome } from './outcome.ts';
import { pauseAfterFailureMs, pollDelayMs } from './poll.ts';
import { endNotBefore, healthNotBefore } from './prospect.ts';
import { type Verdict, verdict } from './verdict.ts';

export type FollowAct =
  | {
      readonly kind: 'stop';
      readonly why: GiveUp['why'];
      readonly serviceDeploymentArn: string;
      readonly stopType: 'ROLLBACK' | 'ABORT';
    }
  | { readonly kind: 'diagnose'; readonly missing: readonly string[] };

export interface FollowEnd {
  readonly state: FollowState;
  readonly outcome: FollowOutcome;
}

export type FollowDecision = Decision<FollowState, FollowAct, FollowEnd>;

/** Between a refused stop and the look that decides: ECS's records may lag behind its refusals. */
const recheckMs = 500;
const giveUpPollMs = 1000;
/** A cancelled job has seconds to find the deployment that it is to stop. */
const hurriedLooksLimit = 6;
const hurriedLookMs = 400;
/** Reads in a row that may fail before a deployment that is left is left unseen. */
const lastLooks = 8;

export function decideFollow(
  expected: ExpectedRollout,
  options: FollowOptions,
  before: FollowState,
  observed: Observed<RolloutFacts>,
  context: DecisionContext,
): FollowDecision {
  if (observed.kind === 'unreadable') {
    return decideUnreadable(expected, options, before, observed.error, context);
  }
  const seen = heldToAlarms(verdict(expected, observed.facts), before, observed.facts);
  const { state, events } = absorb(expected, before, observed.facts, seen, context.now);
  return withEvents(events, decideSeen(expected, options, state, seen, context));
}

/** A success is none while a watched alarm speaks against it; what was read before the end counts, too. */
function heldToAlarms(seen: Verdict, before: FollowState, facts: RolloutFacts): Verdict {
  if (seen.kind !== 'succeeded') return seen;
  const missing = alarmDefects(facts.alarms ?? before.last.alarms);
  return missing.length === 0 ? seen : { kind: 'unproven', missing };
}

function decideSeen(
  expected: ExpectedRollout,
  options: FollowOptions,
  state: FollowState,
  seen: Verdict,
  context: DecisionContext,
): FollowDecision {
  switch (seen.kind) {
    case 'succeeded':
    case 'zero-desired':
    case 'superseded':
      return finish(state, seen);
    case 'rolled-back':
    case 'rollback-failed':
    case 'stopped':
      if (state.diagnosis === undefined && !context.cancelled) return diagnose(state, [seen.reason]);
      return finish(state, endOf(state, seen, context));
    case 'rolling-back':
      return decideRollingBack(options, state, seen.reason, context);
    case 'in-progress':
    case 'unproven':
      return state.giveUp === undefined
        ? decideUnderWay(expected, options, state, seen, context)
        : decideGivingUp(options, state, state.giveUp, seen, context);
  }
}

function decideUnderWay(
  expected: ExpectedRollout,
  options: FollowOptions,
  state: FollowState,
  seen: Extract<Verdict, { kind: 'in-progress' | 'unproven' }>,
  context: DecisionContext,
): FollowDecision {
  const { missing } = seen;
  const stoppable = seen.kind === 'in-progress' && expected.mode === 'rollout';
  const action = (wanted: GiveUpAction): GiveUpAction => (stoppable ? wanted : 'leave');
  if (context.cancelled) {
    if (stoppable && mayStillFind(options, state)) return lookInHurry(state);
    return giveUp(
      options,
      state,
      'cancelled',
      action(options.onCancel),
      'The job was cancelled.',
      missing,
      context,
    );
  }
  if (context.now >= context.deadlineAt) {
    const reason = `Not done within ${formatDuration(options.timeoutMs)}: ${missing.join('; ')}.`;
    return giveUp(options, state, 'timed-out', action(options.onFailure), reason, missing, context);
  }
  const ringing = ringingAlarms(state.last.alarms);
  if (ringing.length > 0) {
    const alarmNames = ringing.map((each) => each.name);
    const words = ringing.map(
      (each) => `Alarm ${each.name} went off${each.reason ? `: ${each.reason}` : ''}`,
    );
    const decision = giveUp(
      options,
      state,
      'failed',
      action(options.onFailure),
      `${words.join('; ').replace(/[.\s]+$/, '')}.`,
      alarmDefects(state.last.alarms),
      context,
    );
    const given = decision.state.giveUp!;
    return { ...decision, state: { ...decision.state, giveUp: { ...given, alarmNames } } };
  }
  if (failsFast(options, state)) {
    const { failure, taskIds } = leadingFailure(countedFailures(options, state))!;
    const reason = causeSentence({ ...failure, tasks: taskIds.length });
    return giveUp(options, state, 'failed', action(options.onFailure), reason, missing, context);
  }
  return wait(state, pollDelayMs(options.pollInterval, momentOf(state, context)));
}

/**
 * The same start failure in enough tasks. Where ECS's own breaker is about to act on it, ECS goes first: a
 * stop on top of its rollback would be one hand too many. With `leave` a breaker that is on is waited for.
 */
export function failsFast(options: FollowOptions, state: FollowState): boolean {
  const count = leadingFailure(countedFailures(options, state))?.taskIds.length ?? 0;
  if (!options.failFast || count < options.failFastTasks) return false;
  const breaker = state.last.serviceDeployment?.circuitBreaker;
  if (breaker === undefined) return true;
  if (options.onFailure === 'leave') return false;
  return count < breaker.threshold || count >= breaker.threshold + options.failFastTasks;
}

/** Failures of the causes that fail-fast is about. */
function countedFailures(options: FollowOptions, state: FollowState): FollowState['tallies'] {
  const causes = options.failFastCauses;
  if (causes === undefined) return state.tallies;
  return new Map([...state.tallies].filter(([, { failure }]) => causes.has(failure.code)));
}

function decideRollingBack(
  options: FollowOptions,
  state: FollowState,
  reason: string,
  context: DecisionContext,
): FollowDecision {
  if (context.cancelled) return finish(state, { kind: 'cancelled', aftermath: 'rolling-back' });
  if (state.diagnosis === undefined) return diagnose(state, [reason]);
  const latest = state.giveUp?.deadlineAt ?? context.deadlineAt + options.recoveryTimeoutMs;
  if (context.now >= latest) {
    return finish(state, {
      kind: 'timed-out',
      waitedMs: context.now - context.startedAt,
      missing: [`the rollback has not ended: ${reason}`],
      aftermath: 'rolling-back',
    });
  }
  return wait(state, pollDelayMs(options.pollInterval, momentOf(state, context)));
}

/** The deployment was given up and is not (yet) seen to roll back. */
function decideGivingUp(
  options: FollowOptions,
  state: FollowState,
  given: GiveUp,
  seen: Extract<Verdict, { kind: 'in-progress' | 'unproven' }>,
  context: DecisionContext,
): FollowDecision {
  if (given.refusal !== undefined && seen.kind === 'unproven') {
    // Done in ECS's eyes, so nothing is left to be stopped: what is missing stays missing.
    const left: GiveUp = { ...given, action: 'leave', refusal: undefined, missing: seen.missing };
    return decideGivingUp(options, { ...state, giveUp: left }, left, seen, context);
  }
  if (context.cancelled && given.why !== 'cancelled' && !given.asked) {
    return giveUp(
      options,
      state,
      'cancelled',
      options.onCancel,
      'The job was cancelled.',
      given.missing,
      context,
    );
  }
  if (given.refusal !== undefined) {
    if (!given.rechecked) {
      return wait({ ...state, giveUp: { ...given, rechecked: true } }, recheckMs);
    }
    if (state.diagnosis === undefined && !context.cancelled) return diagnose(state, given.missing);
    return finish(state, endOfRefusal(given, given.refusal, context));
  }
  if (given.action === 'leave') {
    if (state.diagnosis === undefined && !context.cancelled) return diagnose(state, given.missing);
    return finish(state, endWithAftermath(given, 'left', context));
  }
  if (context.cancelled || context.now >= given.deadlineAt) {
    return finish(
      state,
      endWithAftermath(given, given.action === 'stop' ? 'stopped' : 'rolling-back', context),
    );
  }
  return wait(state, giveUpPollMs);
}

function decideUnreadable(
  expected: ExpectedRollout,
  options: FollowOptions,
  before: FollowState,
  error: AwsCallError,
  context: DecisionContext,
): FollowDecision {
  const state = { ...before, unreadable: before.unreadable + 1 };
  const given = state.giveUp;
  const events: KitEvent[] = [];
  if (state.unreadable === 1 && !context.cancelled) {
    events.push({
      at: context.now,
      code: 'rollout.unreadable',
      level: error.retryable ? 'info' : 'warning',
      message: `AWS does not answer (${error.operation}: ${error.code}): ${error.retryable ? 'looking less often; the verdict does not change' : error.reason}`,
    });
  }
  const decide = (): FollowDecision => {
    if (given !== undefined && (given.asked || given.refusal !== undefined || given.action === 'leave')) {
      if (given.refusal !== undefined) {
        // Refused for its state: it may have come to its end, good or bad, and only a look can tell.
        const endedPerhaps = given.refusal.kind === 'rejected' || given.refusal.kind === 'not-found';
        if (endedPerhaps && error.retryable && !context.cancelled && context.now < given.deadlineAt) {
          return wait(state, pauseAfterFailureMs(error.kind, state.unreadable));
        }
        return finish(state, endOfRefusal(given, given.refusal, context));
      }
      if (given.action === 'leave') {
        // What is told last should be what is so: a few more looks, unless the job has no time for them.
        if (error.retryable && !context.cancelled && state.unreadable < lastLooks) {
          return wait(state, pauseAfterFailureMs(error.kind, state.unreadable));
        }
        return finish(state, endWithAftermath(given, 'left', context));
      }
      if (given.why === 'failed' && !error.retryable && !context.cancelled) {
        return finish(state, unobserved(error));
      }
      if (context.cancelled || context.now >= given.deadlineAt || !error.retryable) {
        return finish(
          state,
          endWithAftermath(given, given.action === 'stop' ? 'stopped' : 'rolling-back', context),
        );
      }
      return wait(state, pauseAfterFailureMs(error.kind, state.unreadable));
    }
    const stop = (action: GiveUpAction): GiveUpAction =>
      expected.mode === 'rollout' && state.serviceDeploymentArn !== undefined ? action : 'leave';
    const missing = [`AWS does not answer: ${error.operation}: ${error.code}`];
    if (context.cancelled && state.lastVerdict?.kind === 'rolling-back') {
      return finish(state, { kind: 'cancelled', aftermath: 'rolling-back' });
    }
    if (context.cancelled) {
      if (expected.mode === 'rollout' && error.retryable && mayStillFind(options, state)) {
        return lookInHurry(state);
      }
      return giveUp(
        options,
        state,
        'cancelled',
        stop(options.onCancel),
        'The job was cancelled.',
        missing,
        context,
      );
    }
    if (error.kind === 'not-found') {
      return finish(state, { kind: 'stopped', reason: error.reason });
    }
    if (!error.retryable) return finish(state, unobserved(error));
    if (context.now >= context.deadlineAt) {
      const reason = `Not done within ${formatDuration(options.timeoutMs)}, and AWS does not answer.`;
      return giveUp(options, state, 'timed-out', stop(options.onFailure), reason, missing, context);
    }
    return wait(state, pauseAfterFailureMs(error.kind, state.unreadable));
  };
  return withEvents(events, decide());
}

function mayStillFind(options: FollowOptions, state: FollowState): boolean {
  return (
    state.serviceDeploymentArn === undefined &&
    options.onCancel !== 'leave' &&
    state.hurriedLooks < hurriedLooksLimit
  );
}

function lookInHurry(state: FollowState): FollowDecision {
  return wait({ ...state, hurriedLooks: state.hurriedLooks + 1 }, hurriedLookMs);
}

function giveUp(
  options: FollowOptions,
  state: FollowState,
  why: GiveUp['why'],
  action: GiveUpAction,
  reason: string,
  missing: readonly string[],
  context: DecisionContext,
): FollowDecision {
  const arn = state.serviceDeploymentArn;
  const effective = arn === undefined ? 'leave' : action;
  const given: GiveUp = {
    why,
    action: effective,
    reason,
    missing,
    asked: false,
    refusal: undefined,
    rechecked: false,
    deadlineAt: context.now + options.recoveryTimeoutMs,
  };
  const next = { ...state, giveUp: given };
  const does: Record<GiveUpAction, string> = {
    rollback: 'asking ECS to roll back',
    stop: 'asking ECS to stop the deployment',
    leave: 'leaving the deployment as it is',
  };
  const event: KitEvent = {
    at: context.now,
    code: `rollout.${why}`,
    level: 'warning',
    message: `${reason.replace(/[.\s]+$/, '')}: ${does[effective]}.`,
  };
  if (effective === 'leave' || arn === undefined) {
    const rest: FollowDecision =
      why === 'cancelled' ? finish(next, endWithAftermath(given, 'left', context)) : diagnose(next, missing);
    return withEvents([event], rest);
  }
  const stopType = effective === 'rollback' ? 'ROLLBACK' : 'ABORT';
  return {
    kind: 'act',
    state: next,
    act: { kind: 'stop', why, serviceDeploymentArn: arn, stopType },
    events: [event],
  };
}

function momentOf(state: FollowState, context: DecisionContext) {
  const { serviceDeployment } = state.last;
  const ends = [endNotBefore(state.drain), healthNotBefore(serviceDeployment, state)];
  const notBefore = Math.max(...ends.map((each) => each ?? 0)) || undefined;
  return {
    phase: state.phase,
    inPhaseMs: context.now - state.phaseSince,
    ...spareCalls(state.calls, context.now - context.startedAt),
    endsInMs: notBefore === undefined ? undefined : notBefore - context.now,
  };
}

function diagnose(state: FollowState, missing: readonly string[]): FollowDecision {
  return { kind: 'act', state, act: { kind: 'diagnose', missing } };
}

function wait(state: FollowState, waitMs: number): FollowDecision {
  return { kind: 'wait', state, waitMs };
}

function finish(state: FollowState, outcome: FollowOutcome): FollowDecision {
  return { kind: 'finish', state, outcome: { state, outcome } };
}

function withEvents(events: readonly KitEvent[], decision: FollowDecision): FollowDecision {
  return events.length === 0 ? decision : { ...decision, events: [...events, ...(decision.events ?? [])] };
}
