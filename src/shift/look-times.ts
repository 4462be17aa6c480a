/** When the next look is worth its calls. Pure. */
import type { Phase, ShiftState } from './state.ts';

const minuteMs = 60_000;
/** A minute is used once it has been closed for this long: counts arrive late. */
export const metricDelayMs = 120_000;

/** What breaks at a new weight breaks soon. */
const earlyMs = 60_000;
const earlyLookMs = 5000;
const lookMs = 7500;

/** Looks while a step bakes, is held, or blue waits for its end: evenly up to the moment at which something can be decided. */
export function untilNextLook(
  { phase, metricsReadTo }: ShiftState,
  now: number,
  /** End of the bake or of a delay, where it is still to come. */
  endsAt?: number,
): number {
  const periodMs = isEarly(phase, now) ? earlyLookMs : lookMs;
  const minuteAt = metricsReadTo + minuteMs + metricDelayMs;
  const toCome = [minuteAt, endsAt ?? now].filter((at) => at > now);
  const leftMs = Math.min(...toCome) - now;
  return leftMs === Number.POSITIVE_INFINITY ? periodMs : Math.ceil(leftMs / Math.ceil(leftMs / periodMs));
}

function isEarly(phase: Phase, now: number): boolean {
  return phase.kind === 'bake' && now - phase.since < earlyMs;
}
