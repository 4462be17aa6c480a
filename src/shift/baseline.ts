/** Blue before the shift: what is usual, from the last hour. Pure. */
import type { BalancerMinute, GroupMinute } from '../aws/elb-minutes.ts';
import { dispersion } from './judge.ts';

/** What has not come so many minutes after its own closed does not come any more. */
export const lateMinutes = 8;

export interface Baseline {
  readonly requestsPerMinute: number;
  readonly errorRate: number;
  readonly unansweredRate: number;
  /** The load balancer's own 502, 503 and 504 that blue is not known for, for each request of blue. */
  readonly balancerRate: number;
  readonly errorDispersion: number;
  readonly unansweredDispersion: number;
  readonly balancerDispersion: number;
  /** Answers of 4xx. Absent: none. */
  readonly clientErrors?: { readonly rate: number; readonly dispersion: number };
  /** Share of requests whose end is in no count for good, and of those without a response time. Absent: none. */
  readonly unknownShare?: number;
  readonly untimedShare?: number;
  /** The load balancer's own 4xx, for each request of blue. Absent: none. */
  readonly own4xxRate?: number;
  /** What takes longer counts as slow, seconds. Undefined where nothing was answered. */
  readonly slowerThanSeconds: number | undefined;
}

/**
 * A request is slow beyond blue's usual p95 and a margin that somebody could notice: fresh processes are a
 * few milliseconds slower until they are warm, and that is no reason to take a release back (ADR 5).
 */
export function slowThresholdSeconds(usualP95Seconds: number): number {
  return Math.max(1.25 * usualP95Seconds, usualP95Seconds + 0.05);
}

export function baselineOf(
  read: readonly GroupMinute[],
  balancer: readonly BalancerMinute[],
  slowerThanSeconds: number | undefined,
): Baseline {
  // Failures without the count of all requests are no rate: the latest minutes may not have it yet.
  const minutes = read.filter((minute) => minute.uncounted === undefined);
  const made = new Map(balancer.map((minute) => [minute.at, minute]));
  let requests = 0;
  for (const minute of minutes) requests += minute.requests;
  const summary = (pick: (minute: GroupMinute) => number): { rate: number; dispersion: number } => {
    let bad = 0;
    for (const minute of minutes) bad += pick(minute);
    if (bad === 0) return { rate: 0, dispersion: 1 };
    const counted = minutes.map((minute) => ({ bad: pick(minute), requests: minute.requests }));
    return { rate: requests === 0 ? 0 : bad / requests, dispersion: dispersion(counted) };
  };
  const errors = summary((minute) => minute.errors);
  const unanswered = summary((minute) => minute.unanswered);
  const own = summary((minute) => made.get(minute.at)?.unexplained ?? 0);
  return {
    requestsPerMinute: minutes.length === 0 ? 0 : requests / minutes.length,
    errorRate: errors.rate,
    unansweredRate: unanswered.rate,
    balancerRate: own.rate,
    errorDispersion: errors.dispersion,
    unansweredDispersion: unanswered.dispersion,
    balancerDispersion: own.dispersion,
    ...(minutes.some((minute) => minute.clientErrors !== undefined)
      ? { clientErrors: summary((minute) => minute.clientErrors ?? 0) }
      : undefined),
    unknownShare: usualShare(minutes, (minute) => minute.unknown ?? 0),
    untimedShare: usualShare(minutes, (minute) => minute.untimed ?? 0),
    own4xxRate: summary((minute) => made.get(minute.at)?.own4xx ?? 0).rate,
    slowerThanSeconds,
  };
}

/** What four minutes in five do not exceed, without the latest: they may not have been counted in full. */
function usualShare(minutes: readonly GroupMinute[], pick: (minute: GroupMinute) => number): number {
  const shares = minutes
    .slice(0, -lateMinutes)
    .filter((minute) => minute.requests > 0)
    .map((minute) => pick(minute) / minute.requests)
    .sort((one, other) => one - other);
  return shares[Math.floor(0.8 * shares.length)] ?? 0;
}
