/**
 * How a rollout comes to be as long as it was drawn: by what makes rollouts long in life, a slow start of the
 * application, draining, and tasks that come one after the other. Pure; a test holds it against the lab's own time.
 */
import type { Rng } from '../src/lab/world/random.ts';

export interface RolloutShape {
  /** The new tasks come all at once, or one after the other. */
  readonly rounds: 1 | 3;
  /** From the start of a container to its listening, milliseconds. */
  readonly startMs: number;
  readonly deregistrationDelaySeconds: number;
}

export const taskCount = 3;

/** Of the service and its target group, for every shape. Seconds and counts. */
export const aroundIt = {
  healthCheckIntervalSeconds: 6,
  healthCheckTimeoutSeconds: 5,
  healthyThresholdCount: 2,
  // A slow start is not to be taken for a failure.
  unhealthyThresholdCount: 10,
  healthCheckGracePeriodSeconds: 1800,
  /** Of the container's own check. */
  containerIntervalSeconds: 5,
} as const;

/** Shortest and longest rollout that can be asked for, seconds. */
export const shortestSeconds = 40;
export const longestSeconds = 900;

/**
 * What the lab adds to a round: the scheduler's turn, the ENI, the pull, the first health check that passes, for the
 * slowest of the tasks that come together; then the stop of the old ones, for which the next round waits.
 */
const roundMs: Readonly<Record<RolloutShape['rounds'], number>> = { 1: 28_000, 3: 25_000 };
/** From here on the load balancer has called a task unhealthy, and wants to see two checks pass. */
const unhealthyAfterMs = aroundIt.unhealthyThresholdCount * aroundIt.healthCheckIntervalSeconds * 1000;
const intervalMs = aroundIt.healthCheckIntervalSeconds * 1000;

export function predictedMs({ rounds, startMs, deregistrationDelaySeconds }: RolloutShape): number {
  const secondCheckMs = startMs > unhealthyAfterMs ? intervalMs : 0;
  return rounds * (roundMs[rounds] + startMs + secondCheckMs + deregistrationDelaySeconds * 1000);
}

/** One of the many shapes of that length, seconds. */
export function drawShape(lengthSeconds: number, rng: Rng): RolloutShape {
  const rounds = lengthSeconds >= 150 && rng.chance(0.5) ? 3 : 1;
  const drainShare = rng.pick([0, 0.2, 0.5, 0.8]);
  const spareMs = Math.max(0, (lengthSeconds * 1000) / rounds - roundMs[rounds]);
  const deregistrationDelaySeconds = Math.min(300, Math.round((spareMs * drainShare) / 1000));
  const startMs = Math.max(0, Math.round(spareMs - deregistrationDelaySeconds * 1000));
  const isLong = startMs > unhealthyAfterMs + intervalMs;
  return { rounds, startMs: isLong ? startMs - intervalMs : startMs, deregistrationDelaySeconds };
}

/** So many lengths from the whole range, seconds: each from a part of its own, so that few are spread too. */
export function drawLengths(count: number, rng: Rng): readonly number[] {
  const part = (longestSeconds - shortestSeconds) / count;
  return Array.from({ length: count }, (_, index) =>
    rng.int(Math.round(shortestSeconds + part * index), Math.round(shortestSeconds + part * (index + 1))),
  );
}
