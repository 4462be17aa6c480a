/** Can the metrics be trusted to say anything? "No data" is never a pass. */
import { formatCount } from '../../report/count.ts';
import { lateMinutes } from '../baseline.ts';
import { minuteMs } from '../minutes.ts';
import type { ShiftState } from '../state.ts';
import { firstWholeMinuteOf, trafficOf } from '../traffic.ts';
import { fail, type Gate, hold, pass, shareNow } from './gate.ts';

/** Two minutes of data in a step: one alone can never decide. */
const minutesOfStep = 2;
/** So many requests should have come before their absence means something. */
const fewest = 20;
const emptyMinutes = 3;
/** Counts that are lost are not lost for so many minutes in a row, of one side, and of its answers alone. */
const untoldMinutes = 3;
/** So long without a request says that nobody asks. */
const silentMs = 300_000;

export const readableGate: Gate = ({ state }) =>
  state.metricsProblem === undefined ? pass : hold(`the metrics cannot be read (${state.metricsProblem})`);

/** Blue has traffic, green's share of it is not small, and yet nothing reaches green. */
export const routingGate: Gate = ({ state }) => {
  const { minutes, expected } = state.emptyGreen;
  return minutes < emptyMinutes || expected < fewest
    ? pass
    : fail(
        'green-not-reached',
        `For ${minutes} minutes no request reached green, though about ${Math.round(expected)} should have.`,
      );
};

/**
 * Green's requests end nowhere, and blue's do. No harm is counted until the load balancer gives up, which its idle time-out
 * may put off for an hour; nor is anything shown for green.
 */
export const toldGate: Gate = ({ state }) => {
  const { minutes } = state.evidence;
  if (minutes.at(-1)?.counted === 'whole') return pass;
  const latest = minutes
    .filter(({ counted }) => counted === 'whole' || counted === 'untold')
    .slice(-untoldMinutes);
  if (latest.length < untoldMinutes || latest.some(({ counted }) => counted === 'whole')) return pass;
  let [open, all] = [0, 0];
  for (const { untold, seen } of latest) {
    open += untold.green.unknown;
    all += seen.requests;
  }
  return open < fewest
    ? pass
    : fail(
        'unanswered',
        `Of green's ${formatCount(all)} requests in ${untoldMinutes} minutes ${formatCount(open)} have no end after ${lateMinutes} minutes, and blue's have.`,
      );
};

/**
 * A step is not passed on minutes of the step before it, nor on counts that were read before its end: late ones
 * arrive. Where there is too little traffic to count, or no bake was asked for, the metrics are not waited for.
 * Where blue has no history, whether there is traffic is seen in the shift's first minutes: they are waited for.
 */
export const freshGate: Gate = ({ plan, baseline, state }) => {
  const { phase } = state;
  if (phase.kind !== 'bake') return pass;
  const { bakeTimeMs } = plan.steps[phase.step]!;
  if (bakeTimeMs === 0) return pass;
  if (
    baseline.requestsPerMinute === 0 &&
    state.metricsReadTo < firstWholeMinuteOf(state) + minutesOfStep * minuteMs
  ) {
    return hold(`blue has no history, and its first ${minutesOfStep} minutes are not in the metrics yet`);
  }
  if (baseline.requestsPerMinute === 0 && areProbesMissing(state, phase)) {
    return hold('the metrics show nothing of this step, not even its own probes');
  }
  const inStep = minutesOfStep * trafficOf(baseline, state);
  if ((inStep * shareNow(state)) / 100 < fewest) return pass;
  // A minute that shows one side only is no measure of the other.
  const hasBlue = (inStep * (100 - shareNow(state))) / 100 >= fewest;
  let counted = 0;
  for (const minute of state.evidence.minutes) {
    if (minute.at < phase.since || minute.counted !== 'whole') continue;
    if (!hasBlue || minute.errors.blue > 0) counted += 1;
  }
  if (counted < minutesOfStep) {
    return nobodyAsks(state, phase.since)
      ? pass
      : hold(`its first ${minutesOfStep} minutes are not in the metrics yet`);
  }
  return state.metricsReadAt < phase.since + bakeTimeMs
    ? hold('its minutes have to be read again at its end')
    : pass;
};

/** Metrics that hold no count of a step in which probes were sent are late or lost: that is not "no traffic". */
function areProbesMissing(
  { evidence }: ShiftState,
  { since, probesBefore }: { readonly since: number; readonly probesBefore: number },
): boolean {
  if (evidence.probes.sent === probesBefore) return false;
  return !evidence.minutes.some(
    ({ at, seen, errors }) => at + minuteMs > since && seen.requests + errors.blue > 0,
  );
}

/** Probes are taken out of the minute in which they were sent; the load balancer may count one in twenty in the next. */
const probesAtEdges = 1 / 20;

/**
 * Metrics that show our own probes and no request of users, for minutes on end: there is no traffic any more, or there
 * was none but the probes of the shift before. Metrics that show nothing at all say nothing.
 */
function nobodyAsks({ evidence, metricsReadTo }: ShiftState, since: number): boolean {
  if (metricsReadTo - since < silentMs) return false;
  let [users, probes] = [0, 0];
  for (const { at, errors, withProbes } of evidence.minutes) {
    if (at < since) continue;
    users += errors.green + errors.blue;
    probes += withProbes;
  }
  return probes > 0 && users <= probes * probesAtEdges;
}
