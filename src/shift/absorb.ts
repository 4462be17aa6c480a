/** Takes new facts into the state: probes and minutes become evidence. Pure. */
import type { Baseline } from './baseline.ts';
import { addMinutes, addProbes, type MinutePair } from './evidence.ts';
import { withCheckFacts } from './own-check.ts';
import type { ShiftPlan } from './plan.ts';
import type { GreenHandle, ShiftFacts, ShiftState } from './state.ts';

export function absorb(
  plan: ShiftPlan,
  baseline: Baseline,
  state: ShiftState,
  facts: ShiftFacts,
  now: number,
): ShiftState {
  let { evidence, emptyGreen, metricsProblem, metricsReadTo, metricsReadAt, blueQuietAt } = state;
  evidence = addProbes(evidence, facts.probes, now);
  if (facts.metrics.kind === 'unreadable') metricsProblem = facts.metrics.problem;
  if (facts.metrics.kind === 'minutes') {
    metricsProblem = undefined;
    evidence = addMinutes(evidence, facts.metrics.pairs, baseline, plan.maxErrorRate, now);
    metricsReadTo = facts.metrics.readTo;
    metricsReadAt = now;
    emptyGreen = countEmpty(emptyGreen, facts.metrics.pairs, state.weights);
    blueQuietAt = blueQuiet(facts.metrics, state.weights, baseline);
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
    blindSince: undefined,
    green: learnServiceDeployment(state.green, facts),
  };
}

/** ECS names the service deployment of an update a moment after the update. */
function learnServiceDeployment(green: GreenHandle | undefined, facts: ShiftFacts): GreenHandle | undefined {
  const service = facts.greenService;
  if (green === undefined || green.serviceDeploymentArn !== undefined || service === undefined) return green;
  if (service.deploymentId !== green.deploymentId || service.serviceDeployment === undefined) return green;
  return { ...green, serviceDeploymentArn: service.serviceDeployment.arn };
}

/** Minutes in a row in which green's share of blue's traffic should have reached it and did not. */
export function countEmpty(
  before: ShiftState['emptyGreen'],
  pairs: readonly MinutePair[],
  weights: ShiftState['weights'],
): ShiftState['emptyGreen'] {
  let count = before;
  for (const pair of pairs) {
    if (pair.at <= count.lastAt) continue;
    const percent = weights.filter((weight) => weight.at <= pair.at).at(-1)?.percent ?? 0;
    const blue = pair.blue?.requests ?? 0;
    const isEmpty = percent > 0 && percent < 100 && blue > 0 && (pair.green?.requests ?? 0) === 0;
    count = isEmpty
      ? {
          minutes: count.minutes + 1,
          expected: count.expected + (blue * percent) / (100 - percent),
          lastAt: pair.at,
        }
      : { minutes: 0, expected: 0, lastAt: pair.at };
  }
  return count;
}

/** So many minutes without a count on either side say that nobody asks any more. */
const silentMinutes = 5;

/**
 * End of the first of the closed minutes, up to the last that was read, in which green had all the weight
 * and blue had no request. CloudWatch has no count where there was none: that blue has none means something
 * where green has one, or where there is no traffic at all.
 */
export function blueQuiet(
  { pairs, readTo }: { readonly pairs: readonly MinutePair[]; readonly readTo: number },
  weights: ShiftState['weights'],
  baseline: Baseline,
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
    else if (green > 0 || baseline.requestsPerMinute === 0 || silent >= silentMinutes)
      quietAt ??= at + 60_000;
  }
  return quietAt;
}
