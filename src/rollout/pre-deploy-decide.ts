/** What is done next about the pre-deploy task: pure, from what is remembered and what was just seen. */
import type { AwsCallError } from '../aws/call-error.ts';
import type { TaskFacts } from '../aws/ecs-tasks.ts';
import type { Decision, DecisionContext, Observed } from '../engine/engine.ts';
import { formatDuration } from '../report/duration.ts';
import type { KitEvent } from '../report/event.ts';
import { pauseAfterFailureMs } from './poll.ts';
import { endOfTask } from './pre-deploy-order.ts';

/** Why the task is stopped before its end. */
export interface PreDeployGiveUp {
  readonly why: 'timed-out' | 'cancelled' | 'unobserved';
  /** AWS's words where the task could not be watched. */
  readonly error: AwsCallError | undefined;
  /** The stop was asked for; `refusal` says where AWS did not accept it. */
  readonly asked: boolean;
  readonly refusal: AwsCallError | undefined;
  readonly deadlineAt: number;
}

export interface PreDeployState {
  readonly task: TaskFacts;
  /** Last status that was told. */
  readonly told: string;
  readonly unreadable: number;
  /** Looks in a row that ECS answered without the task. */
  readonly missing: number;
  readonly giveUp: PreDeployGiveUp | undefined;
  /** Containers that went on after the command had ended were stopped, or could not be. */
  readonly tidied: boolean;
  /** Undefined: not looked for yet. */
  readonly log: readonly string[] | undefined;
  readonly logLooks: number;
  /** Why the log could not be read. */
  readonly logGap: string | undefined;
}

export type PreDeployAct = { readonly kind: 'give-up' | 'tidy' | 'read-log' };

export type TaskResult =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed' }
  /** ECS does not know it any more, and nobody saw its end. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'given-up'; readonly giveUp: PreDeployGiveUp };

export interface TaskWatchEnd {
  readonly state: PreDeployState;
  readonly result: TaskResult;
}

export type PreDeployDecision = Decision<PreDeployState, PreDeployAct, TaskWatchEnd>;

export function initialPreDeployState(task: TaskFacts): PreDeployState {
  return {
    task,
    told: '',
    unreadable: 0,
    missing: 0,
    giveUp: undefined,
    tidied: false,
    log: undefined,
    logLooks: 0,
    logGap: undefined,
  };
}

/** Reads of a task that was just started may lag behind by this many looks. */
const missingLimit = 20;
const missingPauseMs = 1000;
/** A container gets up to two minutes to end after SIGTERM. */
const stopWithinMs = 150_000;
const stoppingPollMs = 2000;
/** CloudWatch may take a moment with the last lines. */
const logLooksLimit = 3;
const logPauseMs = 2000;

export function decidePreDeploy(
  container: string,
  timeoutMs: number,
  before: PreDeployState,
  observed: Observed<TaskFacts | undefined>,
  context: DecisionContext,
): PreDeployDecision {
  if (observed.kind === 'unreadable') return decideUnreadable(before, observed.error, context);
  const seen = observed.facts;
  if (seen === undefined) return decideMissing(before, context);
  const state = { ...before, task: seen, unreadable: 0, missing: 0, told: seen.lastStatus };
  const events: KitEvent[] =
    seen.lastStatus === before.told
      ? []
      : [event(context, 'pre-deploy.task', 'info', `Pre-deploy task ${seen.id} is ${seen.lastStatus}.`)];
  return withEvents(events, decideSeen(container, timeoutMs, state, context));
}

function decideSeen(
  container: string,
  timeoutMs: number,
  state: PreDeployState,
  context: DecisionContext,
): PreDeployDecision {
  const { task } = state;
  if (state.giveUp !== undefined) return decideGivenUp(state, state.giveUp, context);
  const end = endOfTask(task, container);
  if (end.kind === 'running') {
    if (context.cancelled) return giveUp(state, 'cancelled', 'the job was cancelled', context);
    if (context.now >= context.deadlineAt) {
      return giveUp(state, 'timed-out', `it did not end within ${formatDuration(timeoutMs)}`, context);
    }
    return wait(state, pollMs(context.now - context.startedAt));
  }
  // The command has ended, and other containers of the task may go on for ever.
  if (task.desiredStatus !== 'STOPPED' && !state.tidied) return { kind: 'act', state, act: { kind: 'tidy' } };
  if (end.kind === 'passed') return finish(state, { kind: 'passed' });
  return withLog(state, { kind: 'failed' }, context);
}

function decideGivenUp(
  state: PreDeployState,
  given: PreDeployGiveUp,
  context: DecisionContext,
): PreDeployDecision {
  const result: TaskResult = { kind: 'given-up', giveUp: given };
  // What stopped it does not matter to a job that has seconds left.
  if (context.cancelled || given.why === 'cancelled') return finish(state, result);
  if (given.refusal !== undefined || state.task.lastStatus === 'STOPPED')
    return withLog(state, result, context);
  return context.now >= given.deadlineAt ? withLog(state, result, context) : wait(state, stoppingPollMs);
}

function decideMissing(before: PreDeployState, context: DecisionContext): PreDeployDecision {
  const state = { ...before, unreadable: 0, missing: before.missing + 1 };
  if (state.giveUp !== undefined) return decideGivenUp(state, state.giveUp, context);
  if (context.cancelled) return giveUp(state, 'cancelled', 'the job was cancelled', context);
  return state.missing >= missingLimit ? finish(state, { kind: 'gone' }) : wait(state, missingPauseMs);
}

function decideUnreadable(
  before: PreDeployState,
  error: AwsCallError,
  context: DecisionContext,
): PreDeployDecision {
  const state = { ...before, unreadable: before.unreadable + 1 };
  if (state.giveUp !== undefined) {
    const final = !error.retryable || context.cancelled || context.now >= state.giveUp.deadlineAt;
    return final
      ? finish(state, { kind: 'given-up', giveUp: state.giveUp })
      : wait(state, pauseAfterFailureMs(error.kind, state.unreadable));
  }
  if (context.cancelled) return giveUp(state, 'cancelled', 'the job was cancelled', context);
  if (!error.retryable) return giveUp(state, 'unobserved', 'it cannot be watched', context, error);
  if (context.now >= context.deadlineAt) {
    return giveUp(state, 'timed-out', 'its time is up and AWS does not answer', context);
  }
  return wait(state, pauseAfterFailureMs(error.kind, state.unreadable));
}

function giveUp(
  state: PreDeployState,
  why: PreDeployGiveUp['why'],
  words: string,
  context: DecisionContext,
  error?: AwsCallError,
): PreDeployDecision {
  const given = { why, error, asked: false, refusal: undefined, deadlineAt: context.now + stopWithinMs };
  const message = `Stopping pre-deploy task ${state.task.id}: ${words}.`;
  return {
    kind: 'act',
    state: { ...state, giveUp: given },
    act: { kind: 'give-up' },
    events: [event(context, 'pre-deploy.give-up', 'warning', message)],
  };
}

/** The last lines belong to a failure: they are looked for a few times, as CloudWatch may be late. */
function withLog(state: PreDeployState, result: TaskResult, context: DecisionContext): PreDeployDecision {
  const found = (state.log?.length ?? 0) > 0;
  if (found || context.cancelled || state.logGap !== undefined || state.logLooks >= logLooksLimit) {
    return finish(state, result);
  }
  if (state.logLooks === 0 || state.log === undefined)
    return { kind: 'act', state, act: { kind: 'read-log' } };
  return wait({ ...state, log: undefined }, logPauseMs);
}

/** A short command is told of soon, a long one costs few calls. */
function pollMs(elapsedMs: number): number {
  return elapsedMs < 60_000 ? 1000 : elapsedMs < 300_000 ? 3000 : 5000;
}

function wait(state: PreDeployState, waitMs: number): PreDeployDecision {
  return { kind: 'wait', state, waitMs };
}

function finish(state: PreDeployState, result: TaskResult): PreDeployDecision {
  return { kind: 'finish', state, outcome: { state, result } };
}

function event(context: DecisionContext, code: string, level: KitEvent['level'], message: string): KitEvent {
  return { at: context.now, code, level, message };
}

function withEvents(events: readonly KitEvent[], decision: PreDeployDecision): PreDeployDecision {
  return events.length === 0 ? decision : { ...decision, events: [...events, ...(decision.events ?? [])] };
}
