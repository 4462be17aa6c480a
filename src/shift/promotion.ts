/** The last question: may green keep everything? Pure. */
import { type Answer, fail, hold, type Question } from './gates/gate.ts';
import { longestHold } from './gates/harm.ts';
import { safetyLimit } from './limits.ts';
import { probeLack, type SafetyFinding, safetyOf } from './safety.ts';
import { trafficOf } from './traffic.ts';

export type Promotion =
  | Exclude<Answer, { kind: 'pass' }>
  | { readonly kind: 'promoted' }
  /** `lack`: why real traffic proves nothing. */
  | { readonly kind: 'promoted-on-probes'; readonly lack: string };

const minuteMs = 60_000;
/** From the end of a minute until it is used, at most. */
const usedAfterMs = 3 * minuteMs;

/** Asked when the bake of the last step is over and no gate holds it. */
export function judgePromotion(question: Question): Promotion {
  const { plan, baseline, state } = question;
  const open = openMinutes(question);
  if (open > 0)
    return hold(`the counts of ${open === 1 ? 'a minute' : `${open} minutes`} are not all there yet`);
  const safety = safetyOf(state.evidence, baseline, plan);
  if (safety.lack === undefined) return { kind: 'promoted' };
  if (moreWillShow(question, safety)) {
    return hold(`${safety.lack}, and enough of them will come within this hold`);
  }
  const lack = probeLack(plan, state.evidence);
  if (lack === undefined) return { kind: 'promoted-on-probes', lack: safety.lack };
  if (plan.acceptUnproven) {
    return { kind: 'promoted-on-probes', lack: `${safety.lack}, and ${lack}; that was accepted (unproven)` };
  }
  return fail('not-proven', `Nothing shows that green is no worse than blue: ${safety.lack}, and ${lack}.`);
}

/** Minutes up to the end of the last bake of which something may still be counted. */
function openMinutes({ plan, state }: Question): number {
  const { phase, evidence } = state;
  if (phase.kind !== 'bake') return 0;
  const end = phase.since + plan.steps[phase.step]!.bakeTimeMs;
  return evidence.minutes.filter(
    ({ at, counted }) => at < end && (counted === 'partly' || counted === 'too-little'),
  ).length;
}

/** Whether the traffic that is still to be counted while the step may be held is enough. */
function moreWillShow({ plan, baseline, state }: Question, safety: SafetyFinding): boolean {
  const { phase } = state;
  if (phase.kind !== 'bake' || !safety.needsMore) return false;
  const missing = safety.requests * (Math.log(safetyLimit) / Math.log(safety.ratio) - 1);
  const share = (state.weights.at(-1)?.percent ?? 0) / 100;
  const needsMs = (missing / (trafficOf(baseline, state) * share)) * minuteMs;
  const holdEnd = phase.since + longestHold * plan.steps[phase.step]!.bakeTimeMs;
  return state.metricsReadTo + needsMs + usedAfterMs <= holdEnd;
}
