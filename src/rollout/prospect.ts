/**
 * When the end of a rollout can come, from what was seen so far. Pure. Nothing here is a verdict: it only
 * says when looking often is worth its calls. Where a guess is wrong the end is seen a slow look later.
 */
import { newestDeployment, type ServiceFacts } from '../aws/ecs-service.ts';
import type { RevisionCounts, ServiceDeploymentFacts } from '../aws/ecs-service-deployments.ts';
import type { RolloutFacts } from './expected.ts';
import type { FollowState } from './follow-state.ts';

/** Old tasks on their way out of the load balancer: ECS waits for the deregistration delay, then stops them. */
export interface Drain {
  /** Newest event about it, by ECS's clock. */
  readonly eventAt: number;
  /** By the clock of this run: no earlier than the look before it was seen. */
  readonly begunAt: number;
  /** Longest `deregistration_delay.timeout_seconds` of the service's target groups; undefined: not known. */
  readonly configuredMs: number | undefined;
  /** No connection was left: it ended before its time. */
  readonly isOver: boolean;
}

/** Tasks of all revisions that a service deployment is about. */
export interface TaskBalance {
  /** All tasks that ECS wants are running, none is on its way. */
  readonly isUp: boolean;
  /** Tasks beyond those: they have to go first. */
  readonly surplus: number;
}

/** Works both ways: in a rollback the wanted revision is one of the sources. */
export function balanceOf(deployment: ServiceDeploymentFacts): TaskBalance {
  const revisions = [deployment.target, ...deployment.sources].filter(
    (each): each is RevisionCounts => each !== undefined,
  );
  const sum = (of: (each: RevisionCounts) => number): number =>
    revisions.reduce((total, each) => total + of(each), 0);
  const wanted = sum((each) => each.requestedTaskCount);
  const isUp =
    wanted > 0 &&
    revisions.every(
      (each) => each.runningTaskCount >= each.requestedTaskCount && each.pendingTaskCount === 0,
    );
  return { isUp, surplus: sum((each) => each.runningTaskCount) - wanted };
}

/** New tasks that old ones have made room for: ECS waits for their health before it lets more old ones go. */
export function safeCountOf(
  now: ServiceDeploymentFacts,
  before: Pick<FollowState, 'safeCount' | 'last'>,
): number {
  const earlier = before.last.serviceDeployment;
  const running = now.target?.runningTaskCount ?? 0;
  const old = (each: ServiceDeploymentFacts): number =>
    each.sources.reduce((sum, { runningTaskCount }) => sum + runningTaskCount, 0);
  const madeRoom = earlier !== undefined && old(now) < old(earlier);
  const safe = madeRoom ? (earlier.target?.runningTaskCount ?? 0) : before.safeCount;
  return Math.min(running, Math.max(safe, before.safeCount));
}

/** Who crashes at all mostly does so soon after its start. */
const soonMs = 15_000;
/** A look may come this much before the end of the grace period. */
const slackMs = 5000;
/** What is unhealthy at the end of the grace period is stopped within that. */
const judgedWithinMs = 70_000;

export interface Danger {
  /** New tasks that are not known to be healthy. */
  readonly tasks: number;
  /** `coming`: they come up, or just did. `judged`: the load balancer's word on them begins to count. */
  readonly when: 'coming' | 'judged' | 'later';
}

/** How many new tasks may fail, and how soon. */
export function dangerOf(
  { target, circuitBreaker }: ServiceDeploymentFacts,
  service: ServiceFacts | undefined,
  {
    runningSince,
    launchedSince,
    safeCount,
    drain,
  }: Pick<FollowState, 'runningSince' | 'launchedSince' | 'safeCount' | 'drain'>,
  now: number,
): Danger {
  const { runningTaskCount = 0, pendingTaskCount = 0 } = target ?? {};
  const tasks = runningTaskCount - safeCount + pendingTaskCount;
  if (launchedSince === undefined) return { tasks, when: pendingTaskCount > 0 ? 'coming' : 'later' };
  // Old tasks go once the new ones are healthy; where some have failed, it may be those that drain.
  const isRelieved = drain !== undefined && drain.begunAt >= launchedSince;
  if (isRelieved && (circuitBreaker?.failureCount ?? 0) === 0) return { tasks: 0, when: 'later' };
  const graceMs = (service?.healthCheckGracePeriodSeconds ?? 0) * 1000;
  const judgedFor = now - (runningSince ?? now) - (graceMs - slackMs);
  if (judgedFor >= 0 && judgedFor < slackMs + judgedWithinMs) return { tasks, when: 'judged' };
  return { tasks, when: now - launchedSince < soonMs ? 'coming' : 'later' };
}

/** Tasks of its newest deployment are missing: in a rollback, where both deployments have one revision. */
export function isShort(service: ServiceFacts): boolean {
  const newest = newestDeployment(service);
  return newest !== undefined && newest.runningCount < newest.desiredCount;
}

const drainEvent = /begun draining connections/;

/** When ECS last said that tasks drain, by its clock; undefined where it has not since `after`. */
export function lastDrainAt(service: ServiceFacts, after: number): number | undefined {
  const times = service.events.filter((each) => each.at >= after && drainEvent.test(each.message));
  return times.length === 0 ? undefined : Math.max(...times.map((each) => each.at));
}

/** No end before that time, by the clock of this run; undefined where nothing is known to drain. */
export function endNotBefore(drain: Drain | undefined): number | undefined {
  if (drain === undefined) return undefined;
  if (drain.isOver) return drain.begunAt;
  return drain.configuredMs === undefined ? undefined : drain.begunAt + drain.configuredMs + stopAtLeastMs;
}

/**
 * Where old tasks go first, nothing drains after the last new ones: what is left is that those become healthy.
 * The ones before them tell how long that takes. Undefined where there were none, or where health is proven.
 *
 * @param launches when new tasks had come up, none being on its way any more, by the clock of this run
 */
export function healthNotBefore(
  deployment: ServiceDeploymentFacts | undefined,
  { launches, drain, upSince }: Pick<FollowState, 'launches' | 'drain' | 'upSince'>,
): number | undefined {
  if (deployment?.status !== 'IN_PROGRESS') return undefined;
  if (drain === undefined || upSince === undefined || drain.eventAt >= upSince) return undefined;
  const before = launches.filter((at) => at < drain.eventAt).at(-1);
  if (before === undefined) return undefined;
  const tookMs = drain.eventAt - before;
  return upSince + tookMs - Math.max(healthSlackMs, tookMs / 10);
}

/**
 * Merges what a look told about draining into what is remembered.
 *
 * @param notBefore when the service was looked at before, by the clock of this run
 */
export function drainAfter(
  before: Drain | undefined,
  seen: RolloutFacts['drain'],
  notBefore: number,
  now: number,
): Drain | undefined {
  if (seen === undefined) return before;
  const isSame = before?.eventAt === seen.eventAt;
  return {
    eventAt: seen.eventAt,
    begunAt: isSame ? before.begunAt : Math.min(now, Math.max(notBefore, seen.eventAt)),
    configuredMs: seen.delayMs ?? before?.configuredMs,
    isOver: (isSame && before.isOver) || seen.targetsDraining === 0,
  };
}

export type Outlook =
  /** Tasks are still to come, to become healthy, or to go. */
  | 'far'
  /** What is left is a matter of moments. */
  | 'near'
  /** Deployment alarms are watched for a time that ECS does not tell. */
  | 'baking';

/** After draining a task still has to be told to stop, to end, and to give back its address. */
const stopAtLeastMs = 2000;

/** Both ends of it are seen by slow looks, and health is checked at intervals. */
const healthSlackMs = 10_000;

export function outlookOf(
  deployment: ServiceDeploymentFacts,
  course: Pick<FollowState, 'launches' | 'drain' | 'upSince'>,
  now: number,
): Outlook {
  const { drain, upSince } = course;
  const { isUp, surplus } = balanceOf(deployment);
  if (!isUp) return 'far';
  const notBefore = endNotBefore(drain);
  if (surplus > 0) {
    // Those that drain may still be counted. They are the last ones if they began once all others were up.
    const isLast = drain !== undefined && upSince !== undefined && drain.begunAt >= upSince;
    return isLast && notBefore !== undefined && now >= notBefore ? 'near' : 'far';
  }
  if (now < Math.max(notBefore ?? 0, healthNotBefore(deployment, course) ?? 0)) return 'far';
  return deployment.watchesAlarms ? 'baking' : 'near';
}
