/**
 * When the end of a rollout can come, from what was seen so far. Pure. Nothing here is a verdict: it only
 * says when looking often is worth its calls. Where a guess is wrong the end is seen a slow look later.
 */
import type { ServiceFacts } from '../aws/ecs-service.ts';
import type { RevisionCounts, ServiceDeploymentFacts } from '../aws/ecs-service-deployments.ts';
import type { RolloutFacts } from './expected.ts';

/** Old tasks on their way out of the load balancer: ECS waits for the deregistration delay, then stops them. */
export interface Drain {
  /** Newest event about it, by ECS's clock. */
  readonly eventAt: number;
  /** By the clock of this run: no earlier than the look before it was seen. */
  readonly begunAt: number;
  /** Longest `deregistration_delay.timeout_seconds` of the service's target groups; undefined: not known. */
  readonly delayMs: number | undefined;
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

const drainEvent = /begun draining connections/;

/** When ECS last said that tasks drain, by its clock; undefined where it has not since `after`. */
export function lastDrainAt(service: ServiceFacts, after: number): number | undefined {
  const times = service.events.filter((each) => each.at >= after && drainEvent.test(each.message));
  return times.length === 0 ? undefined : Math.max(...times.map((each) => each.at));
}

/** No end before that time, by the clock of this run; undefined where nothing is known to drain. */
export function endNotBefore(drain: Drain | undefined): number | undefined {
  if (drain?.delayMs === undefined) return undefined;
  return drain.delayMs === 0 ? drain.begunAt : drain.begunAt + drain.delayMs + stopAtLeastMs;
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
  // Without a connection left it may be over before its time.
  const delayMs = seen.targetsDraining === 0 ? 0 : (seen.delayMs ?? before?.delayMs);
  const begunAt =
    before?.eventAt === seen.eventAt ? before.begunAt : Math.min(now, Math.max(notBefore, seen.eventAt));
  return { eventAt: seen.eventAt, begunAt, delayMs };
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

/** @param upSince since when all wanted tasks have been running, by the clock of this run */
export function outlookOf(
  deployment: ServiceDeploymentFacts,
  drain: Drain | undefined,
  upSince: number | undefined,
  now: number,
): Outlook {
  const { isUp, surplus } = balanceOf(deployment);
  if (!isUp) return 'far';
  const notBefore = endNotBefore(drain);
  if (surplus > 0) {
    // Those that drain may still be counted. They are the last ones if they began once all others were up.
    const isLast = drain !== undefined && upSince !== undefined && drain.begunAt >= upSince;
    return isLast && notBefore !== undefined && now >= notBefore ? 'near' : 'far';
  }
  if (notBefore !== undefined && now < notBefore) return 'far';
  return deployment.watchesAlarms ? 'baking' : 'near';
}
