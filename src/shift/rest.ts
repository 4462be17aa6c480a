/**
 * `on-interrupted: judge`: a look at a shift that rests with nobody at hand. Users' own requests since the rest
 * began, targets, tasks and alarms speak; nothing is written unless it has to go back. Pure.
 */
import type { WeightSplit } from '../aws/elb-forward.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import { formatDuration } from '../report/duration.ts';
import { absorb } from './absorb.ts';
import type { Baseline } from './baseline.ts';
import { formatRatio, worstStream } from './evidence.ts';
import { askGates } from './gates/index.ts';
import { initialState } from './initial-state.ts';
import type { Lock } from './interrupted.ts';
import { groupName } from './ladder.ts';
import { harmLimit } from './limits.ts';
import type { ShiftPlan } from './plan.ts';
import { healthyCount, type Refusal } from './preflight.ts';
import type { Cause, ShiftFacts, ShiftState } from './state.ts';
import { takeBackRequest } from './take-back-only.ts';

export type RestVerdict =
  /** It may rest on. */
  | { readonly kind: 'rests'; readonly percent: number; readonly sentence: string }
  | { readonly kind: 'take-back'; readonly cause: Cause }
  /** It should go back, and cannot. */
  | { readonly kind: 'stuck'; readonly refusal: Refusal };

/** Older minutes than these say nothing about now. */
const lookBackMs = 3 * 3_600_000;

/**
 * The request with what the test rule tells. Probes are left out, since the value that opens the rule is not known;
 * so are checks of the user's own, which are asked at the end of a bake.
 */
function judgeRequest(request: ShiftRequest, { record }: Lock, cluster: string | undefined): ShiftRequest {
  const steps = record.steps.length === 0 ? [100] : record.steps;
  return {
    ...request,
    cluster,
    taskDefinition: undefined,
    desiredCount: undefined,
    preDeploy: undefined,
    checks: [],
    guard: undefined,
    until: undefined,
    steps,
    bakeTimesMs: steps.map(() => 0),
    exposureBudget: undefined,
    probes: { ...request.probes, count: 0, perStep: 0, task: undefined },
    blueAfter: 'keep',
  };
}

/** What an order about a leftover is carried out with. `cluster`: of the services, as far as it is known. */
export function orderedRequest(request: ShiftRequest, lock: Lock, cluster: string | undefined): ShiftRequest {
  switch (request.onInterrupted) {
    case 'rollback-only':
      return takeBackRequest(request, cluster);
    case 'judge':
      return judgeRequest(request, lock, cluster);
    default:
      return request;
  }
}

/** The state of a bake that has lasted since the rest began. */
export function stateOfRest(plan: ShiftPlan, lock: Lock, live: WeightSplit, now: number): ShiftState {
  const state = initialState(plan, now, live);
  const percent = state.weights[0]?.percent ?? 0;
  const since = Math.max(lock.record.aliveAt, now - lookBackMs);
  const step = plan.steps.findLastIndex((each) => each.percent <= percent);
  return {
    ...state,
    phase: { kind: 'bake', step: Math.max(0, step), since, probesBefore: 0 },
    weights: [{ at: since, percent }],
    writtenAt: since,
    // Nobody has accepted an alarm for the time of the rest.
    stillRinging: [],
    // There is this one look.
    lookAgain: true,
  };
}

export function judgeRest(
  plan: ShiftPlan,
  baseline: Baseline,
  lock: Lock,
  before: ShiftState,
  facts: ShiftFacts,
  restLimitMs: number | undefined,
  now: number,
): RestVerdict {
  const since = before.phase.kind === 'bake' ? before.phase.since : now;
  const ended = (facts.greenService?.stopped ?? []).filter(
    (task) => (task.stoppedAt ?? task.stoppingAt ?? now) < since,
  );
  const state = absorb(plan, baseline, { ...before, knownExits: ended.map((task) => task.arn) }, facts, now);
  const answer = askGates({ plan, baseline, state, facts, now });
  const restedMs = now - lock.record.aliveAt;
  const rested = formatDuration(Math.floor(restedMs / 1000) * 1000);
  const percent = state.weights[0]?.percent ?? 0;
  const green = groupName(lock.greenArn);
  let cause = answer.kind === 'fail' ? answer.cause : undefined;
  if (cause === undefined && restLimitMs !== undefined && restedMs > restLimitMs) {
    const sentence = `${green} has rested at ${percent} % for ${rested}, longer than rest-limit (${formatDuration(restLimitMs)}).`;
    cause = { code: 'rest-limit', sentence };
  }
  if (cause === undefined) {
    const { ratio } = worstStream(state.evidence);
    const evidence = `evidence of harm ${formatRatio(ratio)}:1, limit ${harmLimit(plan, baseline)}:1`;
    const held = answer.kind === 'hold' ? ` It could not go on now: ${answer.sentence}.` : '';
    const sentence = `${green} rests at ${percent} % since ${rested}, and nothing speaks against it (${evidence}).${held}`;
    return { kind: 'rests', percent, sentence };
  }
  if (healthyCount(facts.blueTargets) > 0) return { kind: 'take-back', cause };
  const message = `${cause.sentence} The traffic should go back, and ${plan.blue.groupName} has no healthy target: somebody has to look.`;
  return { kind: 'stuck', refusal: { code: 'blue-unhealthy', message } };
}
