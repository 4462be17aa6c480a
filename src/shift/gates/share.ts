/** Does the load balancer send green the share that its weight says? Counted, not believed. */
import { formatCount } from '../../report/count.ts';
import { formatPercent } from '../../report/percent.ts';
import { type Gate, hold, pass } from './gate.ts';

/** So many standard deviations of a drawn share: chance does not do that. */
const chanceAtMost = 6;
/** And so far off by the factor: load balancers count a request a little sooner or later than they send it. */
const factorAtMost = 1.5;

/**
 * The weight is written and read back; what users meet is the groups' RequestCount in the step's closed minutes. A step
 * whose share is another goes no further: what was measured was not this weight.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html#forward-actions
 */
export const shareGate: Gate = ({ plan, state }) => {
  const { phase } = state;
  if (phase.kind !== 'bake') return pass;
  const weightOf = (arn: string): number =>
    state.written.find((group) => group.targetGroupArn === arn)?.weight ?? 0;
  const [greenWeight, blueWeight] = [weightOf(plan.green.targetGroupArn), weightOf(plan.blue.targetGroupArn)];
  // Requests that a group without weight still gets are those under way.
  if (greenWeight === 0 || blueWeight === 0) return pass;
  const wanted = greenWeight / (greenWeight + blueWeight);
  let [green, all] = [0, 0];
  for (const { at, counted, errors } of state.evidence.minutes) {
    if (at < phase.since || counted !== 'whole') continue;
    // A minute that shows one side only is late or lost, or green is not reached: other gates ask.
    if (errors.green === 0 || errors.blue === 0) continue;
    green += errors.green;
    all += errors.green + errors.blue;
  }
  const off = Math.abs(green - all * wanted);
  const factor = Math.max(green / (all * wanted), (all * wanted) / green);
  if (all === 0 || factor <= factorAtMost || off <= chanceAtMost * Math.sqrt(all * wanted * (1 - wanted)))
    return pass;
  return hold(
    `green took ${formatCount(green)} of ${formatCount(all)} requests, ${formatPercent(green / all)}, where its weight says ${formatPercent(wanted)}`,
  );
};
