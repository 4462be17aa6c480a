/** How much users ask for: what was usual before the shift, and what its minutes show. Pure. */
import type { Baseline } from './baseline.ts';
import { minuteMs } from './minutes.ts';
import type { ShiftState } from './state.ts';

/** What users do now is read off so many of the latest minutes. */
const latestMs = 5 * minuteMs;

type Seen = Pick<ShiftState, 'evidence' | 'metricsReadTo' | 'weights'>;

/** Start of the first whole minute in which green had a share, epoch milliseconds; infinite before any weight. */
export function firstWholeMinuteOf({ weights }: Pick<ShiftState, 'weights'>): number {
  const first = weights.find(({ percent }) => percent > 0)?.at;
  return first === undefined ? Number.POSITIVE_INFINITY : Math.ceil(first / minuteMs) * minuteMs;
}

/**
 * Requests of users a minute, of both sides: the usual ones or those of the latest minutes, whichever are more. A
 * service that is young, or was idle for an hour, has no usual ones.
 */
export function trafficOf(baseline: Baseline, seen: Seen): number {
  return Math.max(baseline.requestsPerMinute, seenPerMinute(seen));
}

function seenPerMinute(seen: Seen): number {
  const to = seen.metricsReadTo;
  const from = Math.max(firstWholeMinuteOf(seen), to - latestMs);
  if (to <= from) return 0;
  let users = 0;
  for (const { at, errors } of seen.evidence.minutes) {
    if (at >= from && at < to) users += errors.green + errors.blue;
  }
  return (users * minuteMs) / (to - from);
}
