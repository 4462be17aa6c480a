/**
 * A blue that is kept smaller than what carries everything (`keep-blue-at`), and its way back: its tasks first, then
 * the weights (ADR 12). Pure.
 */
import type { DecisionContext } from '../engine/engine.ts';
import { formatDuration } from '../report/duration.ts';
import { event, type ShiftDecision, withSignOfLife } from './decide.ts';
import { wholeMinutes } from './evidence.ts';
import type { ShiftPlan } from './plan.ts';
import { healthyCount } from './preflight.ts';
import { pollMs, wait } from './progress-answer.ts';
import type { Refill, ShiftFacts, ShiftState, Undo } from './state.ts';

/** So much of green's latest minute failed: nearly nobody is served. */
const deadRate = 0.9;
const retryMs = 3000;

/**
 * Healthy targets that carry everything: as many as blue had at the start, and no fewer than green has now. Its own
 * scaling allows no more than its limit.
 */
export function neededOfBlue(
  { blue, blueHealthy, lock, scaling }: ShiftPlan,
  greenTargets: ShiftFacts['greenTargets'],
): number {
  const before = blueHealthy > 0 ? blueHealthy : (lock?.record.count ?? 0);
  const limit = scaling.find(({ resourceId }) => resourceId.endsWith(`/${blue.service}`))?.maxCapacity;
  const wanted = Math.max(1, before, healthyCount(greenTargets));
  return Math.min(wanted, Math.max(1, limit ?? wanted));
}

/** Green serves nobody: no target is healthy, or nearly all that it got in its latest known minute failed. */
function isDead({ evidence }: ShiftState, { greenTargets }: ShiftFacts): boolean {
  if (healthyCount(greenTargets) === 0) return true;
  const latest = wholeMinutes(evidence).at(-1);
  if (latest === undefined) return false;
  const failed = [latest.errors, latest.unanswered].map(
    ({ greenBad, green }) => greenBad / Math.max(1, green),
  );
  return Math.max(...failed) >= deadRate;
}

/** Whether a cancelled job may give a small blue everything in its few seconds. */
export function takesAllNow(plan: ShiftPlan, state: ShiftState, facts: ShiftFacts): boolean {
  const [healthy, needed] = [healthyCount(facts.blueTargets), neededOfBlue(plan, facts.greenTargets)];
  return healthy >= needed || (isDead(state, facts) && healthy >= halfOf(needed));
}

function halfOf(needed: number): number {
  return Math.ceil(needed / 2);
}

export type Way =
  /** The weights may go back. */
  | { readonly kind: 'free'; readonly undo: Undo }
  | { readonly kind: 'first'; readonly decision: ShiftDecision }
  /** In words for a person: it cannot be waited for, or was for too long. */
  | { readonly kind: 'barred'; readonly problem: string };

/**
 * What comes before the weights. A load balancer sheds no load: targets that get more than they can take grow slow,
 * fail their checks, and ECS ends them just when they are wanted. So blue gets everything once all that it needs is
 * healthy. From a green that serves nobody it takes over with half of that: twice the load a target is what most are
 * made to bear for minutes, and while it was waited for all the rest nobody would be served. At the end of its time
 * anything is better than a green like that.
 */
export function refillFirst(
  plan: ShiftPlan,
  state: ShiftState,
  undo: Undo,
  facts: ShiftFacts | undefined,
  { now, cancelled }: DecisionContext,
): Way {
  if (state.kept === undefined || state.noReturnAt !== undefined || undo.refill?.done === true) {
    return { kind: 'free', undo };
  }
  const refill: Refill = undo.refill ?? {
    since: now,
    needed: neededOfBlue(plan, facts?.greenTargets ?? []),
    ordered: false,
    done: false,
  };
  const { needed } = refill;
  const healthy = facts === undefined ? 0 : healthyCount(facts.blueTargets);
  const free: Way = { kind: 'free', undo: { ...undo, since: now, refill: { ...refill, done: true } } };
  if (healthy >= needed) return free;
  const isLast = now - refill.since >= plan.readyTimeoutMs || state.refusal?.final === true;
  const enough = isLast ? 1 : halfOf(needed);
  const isHelp = facts !== undefined && isDead(state, facts) && healthy >= enough;
  if (isHelp && (refill.ordered || isLast)) return free;
  const has = `Blue was kept at ${state.kept.tasks} tasks, and has ${facts === undefined ? 'an unknown number of' : healthy} healthy targets of the ${needed} that carry everything`;
  if (plan.blue.service === undefined || plan.cluster === undefined) {
    return { kind: 'barred', problem: `${has}: its service is not known. Scale it up first.` };
  }
  if (isLast || (cancelled && refill.ordered)) {
    const why = state.refusal?.message ?? (cancelled ? 'the job was cancelled' : undefined);
    const waited = `after ${formatDuration(Math.round((now - refill.since) / 1000) * 1000)}`;
    return {
      kind: 'barred',
      problem: `${has} ${waited}${why === undefined ? '' : ` (${why})`}: its traffic was left with green.`,
    };
  }
  const phase = { kind: 'undo', undo: { ...undo, refill } } as const;
  if (state.refusal !== undefined) {
    return {
      kind: 'first',
      decision: { kind: 'wait', waitMs: retryMs, state: { ...state, refusal: undefined, phase } },
    };
  }
  if (!refill.ordered) {
    const told = event(
      now,
      'blue.refilling',
      'warning',
      `${has}: it gets its tasks back, and then its traffic.`,
    );
    return {
      kind: 'first',
      decision: {
        kind: 'act',
        state: { ...state, phase },
        act: { kind: 'refill-blue', undo: phase.undo },
        events: [told],
      },
    };
  }
  const what = `Blue has ${healthy} of ${needed} healthy targets; green keeps the traffic until it has ${facts !== undefined && isDead(state, facts) ? 'half of them' : 'all'}.`;
  return {
    kind: 'first',
    decision: withSignOfLife(wait({ ...state, phase }, now, pollMs.ready, 'blue.progress', what), now),
  };
}

/** What a person has to know of a blue that stays as small as it was kept. */
export function keptLeftover({ blue, cluster, blueAfter }: ShiftPlan, tasks: number, why: string): string {
  const count = blueAfter === 'keep' ? 0 : blueAfter;
  return `${blue.service} stays at ${tasks} tasks: ${why}. To end it: aws ecs update-service --cluster ${cluster} --service ${blue.service} --desired-count ${count}`;
}

/** For a person's shell: blue has its tasks, and its targets are healthy, once all of them have come to their end. */
export function scaleUpCommands(
  cluster: string,
  service: string,
  targetGroupArn: string,
  count: number,
): readonly string[] {
  return [
    `aws ecs update-service --cluster ${cluster} --service ${service} --desired-count ${count}`,
    `aws ecs wait services-stable --cluster ${cluster} --services ${service}`,
    `aws elbv2 wait target-in-service --target-group-arn ${targetGroupArn}`,
  ];
}
