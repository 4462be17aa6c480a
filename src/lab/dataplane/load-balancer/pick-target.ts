/** Which target of a group gets the next request: healthy ones, or all of them where ELB fails open. */
import type { TargetGroupRoute, TargetRoute } from '../../world/contracts.ts';

/** States in which a target is registered for traffic at all. */
const registered = new Set(['initial', 'healthy', 'unhealthy', 'unavailable']);

/**
 * The targets that may get requests. Healthy ones; with fewer healthy than the group's minimum (one unless
 * told otherwise), every registered one that does not drain.
 */
export function eligibleTargets(
  group: Pick<TargetGroupRoute, 'targets' | 'minimumHealthy'>,
): readonly TargetRoute[] {
  const all = group.targets.filter((target) => registered.has(target.state));
  // `unavailable` is how a target shows whose health checks are off: it is served.
  const healthy = all.filter((target) => target.state === 'healthy' || target.state === 'unavailable');
  const { count = 1, percentage } = group.minimumHealthy ?? {};
  const needed = Math.max(1, count, percentage === undefined ? 0 : (percentage / 100) * all.length);
  return healthy.length >= needed ? healthy : all;
}

/** 0.1 to 1: a target in slow start gets a share that rises linearly with time. */
export function slowStartShare(
  healthySinceMs: number | undefined,
  slowStartMs: number,
  nowMs: number,
): number {
  if (slowStartMs <= 0 || healthySinceMs === undefined) return 1;
  return Math.min(1, Math.max(0.1, (nowMs - healthySinceMs) / slowStartMs));
}

export interface Candidate {
  readonly target: TargetRoute;
  readonly outstanding: number;
  readonly share: number;
}

/** Chooses by round robin (weighted by the slow-start share) or by least outstanding requests. */
export class TargetPicker {
  readonly #credit = new Map<string, number>();

  pick(candidates: readonly Candidate[], algorithm: TargetGroupRoute['algorithm']): TargetRoute | undefined {
    if (candidates.length === 0) return undefined;
    const fewest = Math.min(...candidates.map((candidate) => candidate.outstanding / candidate.share));
    const pool =
      algorithm === 'least_outstanding_requests'
        ? candidates.filter((candidate) => candidate.outstanding / candidate.share === fewest)
        : candidates;
    // Smooth weighted round robin over whoever is in the pool; credits of departed targets are forgotten.
    let total = 0;
    let best: Candidate | undefined;
    let bestCredit = Number.NEGATIVE_INFINITY;
    for (const candidate of pool) {
      const key = targetKey(candidate.target);
      const credit = (this.#credit.get(key) ?? 0) + candidate.share;
      this.#credit.set(key, credit);
      total += candidate.share;
      if (credit > bestCredit) {
        best = candidate;
        bestCredit = credit;
      }
    }
    if (best !== undefined) this.#credit.set(targetKey(best.target), bestCredit - total);
    if (this.#credit.size > 2 * candidates.length) this.#forget(candidates);
    return best?.target;
  }

  #forget(candidates: readonly Candidate[]): void {
    const present = new Set(candidates.map((candidate) => targetKey(candidate.target)));
    for (const key of this.#credit.keys()) if (!present.has(key)) this.#credit.delete(key);
  }
}

export function targetKey(target: Pick<TargetRoute, 'id' | 'port'>): string {
  return `${target.id}:${target.port}`;
}
