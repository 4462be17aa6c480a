/** How much evidence decides. Pure. */
import type { Baseline } from './baseline.ts';
import type { ShiftPlan } from './plan.ts';

/** One innocent release in a hundred may be taken back, over all streams together. */
const alpha = 0.01;
/** Evidence that green is no worse by more than half a point. */
export const safetyLimit = 20;

/**
 * Evidence of harm at which the weights go back: `streams / alpha`, so that all streams together keep `alpha`.
 * Only streams that can speak count.
 */
export function harmLimit(
  plan: Pick<ShiftPlan, 'objectives'> &
    Partial<Pick<ShiftPlan, 'clientErrors'>> & {
      readonly probes: Pick<ShiftPlan['probes'], 'count' | 'perStep'>;
    },
  baseline: Baseline,
): number {
  const { errorRate, latency } = plan.objectives;
  let speaking = 2; // errors, unanswered
  if (baseline.slowerThanSeconds !== undefined) speaking += 1;
  if (plan.probes.count + plan.probes.perStep > 0) speaking += 1;
  if (plan.clientErrors === 'judge') speaking += 1;
  if (errorRate !== undefined) speaking += 1;
  if (latency !== undefined) speaking += 1;
  return speaking / alpha;
}

/** Too much evidence to go on, too little to go back: the step is held for more. */
export function suspicionLimit(limit: number): number {
  return limit / 10;
}
