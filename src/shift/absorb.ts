/** Takes new facts into the state: probes and minutes become evidence. Pure. */
import type { Baseline } from './baseline.ts';
import { addMinutes, addProbes, type Evidence } from './evidence.ts';
import { isToldOf, type MinutePair } from './minutes.ts';
import { withCheckFacts } from './own-check.ts';
import type { ShiftPlan } from './plan.ts';
import type { ProbeTally } from './prober.ts';
import type { GreenHandle, ShiftFacts, ShiftState } from './state.ts';
import { trafficOf } from './traffic.ts';

export function absorb(
  plan: ShiftPlan,
  baseline: Baseline,
  state: ShiftState,
  facts: ShiftFacts,
  now: number,
): ShiftState {
  let { evidence, emptyGreen, metricsProblem, metricsReadTo, metricsReadAt, blueQuietAt } = state;
  evidence = addProbes(evidence, facts.probes, now);
  if (facts.probeTask?.kind === 'passed' && state.probeTask?.kind !== 'passed') {
    evidence = addTaskProbes(evidence, facts.probeTask, now);
  }
  if (facts.metrics.kind === 'unreadable') metricsProblem = facts.metrics.problem;
  if (facts.metrics.kind === 'minutes') {
    metricsProblem = undefined;
    evidence = addMinutes(evidence, facts.metrics.pairs, baseline, plan, now, state.weights);
    metricsReadTo = facts.metrics.readTo;
    metricsReadAt = now;
    emptyGreen = countEmpty(evidence.minutes, state.weights, baseline);
    const seen = { evidence, metricsReadTo, weights: state.weights };
    blueQuietAt = blueQuiet(facts.metrics, state.weights, trafficOf(baseline, seen) > 0);
  }
  return {
    ...state,
    evidence,
    emptyGreen,
    blueQuietAt,
    metricsProblem,
    metricsReadTo,
    metricsReadAt,
    stillRinging: state.stillRinging.filter((name) =>
      facts.alarms.every((alarm) => alarm.name !== name || alarm.state === 'ALARM'),
    ),
    checks: withCheckFacts(state.checks, facts.checks),
    probeTask: facts.probeTask ?? state.probeTask,
    blindSince: undefined,
    lookAgain: false,
    green: learnServiceDeployment(state.green, facts),
  };
}

/**
 * A task tells at its end what it sent: spread over the minutes that it took, so that it is not taken for users'
 * requests there. All that went wrong is put into the last of them.
 */
function addTaskProbes(
  evidence: Evidence,
  { tally, startedAt }: { readonly tally: ProbeTally; readonly startedAt: number },
  now: number,
): Evidence {
  const minutes = Math.max(1, Math.ceil((now - startedAt) / 60_000));
  const good = Math.floor((tally.sent - tally.bad) / minutes);
  let after = evidence;
  for (let minute = 0; minute < minutes - 1; minute++) {
    after = addProbes(after, { sent: good, bad: 0, reasons: {} }, startedAt + minute * 60_000);
  }
  const told = after.probes.sent - evidence.probes.sent;
  return addProbes(after, { ...tally, sent: tally.sent - told }, now);
}

/** ECS names the service deployment of an update a moment after the update. */
function learnServiceDeployment(green: GreenHandle | undefined, facts: ShiftFacts): GreenHandle | undefined {
  const service = facts.greenService;
  if (green === undefined || green.serviceDeploymentArn !== undefined || service === undefined) return green;
  if (service.deploymentId !== green.deploymentId || service.serviceDeployment === undefined) return green;
  return { ...green, serviceDeploymentArn: service.serviceDeployment.arn };
}

/**
 * Minutes in a row, up to the latest, in which green's share of blue's traffic should have reached it and did
 * not. Counted anew each time: counts of green may arrive after those of blue, and where some of blue's are
 * missing green's may be as late.
 */
function countEmpty(
  minutes: Evidence['minutes'],
  weights: ShiftState['weights'],
  baseline: Baseline,
): ShiftState['emptyGreen'] {
  let [empty, expected] = [0, 0];
  for (const minute of minutes) {
    const percent = weights.findLast((weight) => weight.at <= minute.at)?.percent ?? 0;
    const { blue } = minute.errors;
    const isDue = percent > 0 && percent < 100 && blue > 0 && isToldOf('blue', minute, baseline);
    const isEmpty = isDue && minute.seen.requests === 0;
    empty = isEmpty ? empty + 1 : 0;
    expected = isEmpty ? expected + (blue * percent) / (100 - percent) : 0;
  }
  return { minutes: empty, expected };
}

/** So many minutes without a count on either side say that nobody asks any more. */
const silentMinutes = 5;

/**
 * End of the first of the closed minutes, up to the last that was read, in which green had all the weight
 * and blue had no request. CloudWatch has no count where there was none: that blue has none means something
 * where green has one, or where there is no traffic at all.
 */
function blueQuiet(
  { pairs, readTo }: { readonly pairs: readonly MinutePair[]; readonly readTo: number },
  weights: ShiftState['weights'],
  hasTraffic: boolean,
): number | undefined {
  const last = weights.at(-1);
  if (last?.percent !== 100) return undefined;
  let quietAt: number | undefined;
  let silent = 0;
  for (let at = Math.ceil(last.at / 60_000) * 60_000; at + 60_000 <= readTo; at += 60_000) {
    const pair = pairs.find((candidate) => candidate.at === at);
    const blue = pair?.blue?.requests ?? 0;
    const green = pair?.green?.requests ?? 0;
    silent = blue === 0 && green === 0 ? silent + 1 : 0;
    if (blue > 0) quietAt = undefined;
    else if (green > 0 || !hasTraffic || silent >= silentMinutes) quietAt ??= at + 60_000;
  }
  return quietAt;
}
