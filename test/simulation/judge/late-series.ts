/**
 * Minutes of an innocent green as CloudWatch shows them while their counts come late: what came in is drawn, and so is
 * when each series shows it, with no regard to how the requests ended. Read each minute, as a shift does.
 */
import { type MinuteSeries, toTrafficMinutes } from '../../../src/aws/elb-minutes.ts';
import type { Rng } from '../../../src/lab/world/random.ts';
import { binomial } from '../../../src/lab/world/sim/distributions.ts';
import type { Baseline } from '../../../src/shift/baseline.ts';
import { addMinutes, type Evidence, noEvidence, type Policy } from '../../../src/shift/evidence.ts';
import { toPairs } from '../../../src/shift/minutes.ts';

export const minuteMs = 60_000;

/** How the requests of each side end, as shares of them. */
export interface Nature {
  readonly failing: number;
  readonly unanswered: number;
  readonly slow: number;
  /** Answered with 4xx. Absent: none. */
  readonly refused?: number;
}

export interface Setting {
  readonly requestsPerMinute: number;
  /** Green's share, 0 to 1. */
  readonly share: number;
  readonly blue: Nature;
  readonly green: Nature;
  readonly minutes: number;
}

/** Share of a series that is shown so many minutes after its minute has closed, 0 to 1. */
export type Shown = (minutesLater: number) => number;
/** Drawn once for each minute, and then for each series in it: `g0` is blue, `g1` green. */
export type Lateness = (rng: Rng) => (id: string) => Shown;

/** What one minute's series hold in the end, and how they are shown. */
export interface DrawnMinute {
  readonly at: number;
  readonly series: readonly { readonly id: string; readonly value: number; readonly shown: Shown }[];
}

export function drawMinute(setting: Setting, lateness: Lateness, at: number, rng: Rng): DrawnMinute {
  const { requestsPerMinute, share } = setting;
  const green = binomial(rng, requestsPerMinute, share);
  const values: [string, number][] = [];
  let own = 0;
  for (const [id, requests, nature] of [
    ['g0', requestsPerMinute - green, setting.blue],
    ['g1', green, setting.green],
  ] as const) {
    const unanswered = binomial(rng, requests, nature.unanswered);
    const answered = requests - unanswered;
    const failed = binomial(rng, answered, nature.failing);
    const refused = binomial(rng, answered - failed, nature.refused ?? 0);
    own += unanswered;
    values.push(
      [`${id}_requests`, requests],
      [`${id}_code2`, answered - failed - refused],
      [`${id}_code4`, refused],
      [`${id}_code5`, failed],
      [`${id}_timed`, answered],
      [`${id}_slow`, binomial(rng, answered, nature.slow)],
    );
  }
  values.push(['elb_504', own]);
  const byMetric = new Map<string, Shown>();
  const shownOf = lateness(rng);
  return {
    at,
    series: values
      .filter(([, value]) => value > 0)
      .map(([id, value]) => {
        // A trimmed count is of the same metric as the count of all its samples.
        const metric = id.replace('_slow', '_timed');
        const shown = byMetric.get(metric) ?? shownOf(metric);
        byMetric.set(metric, shown);
        return { id, value, shown };
      }),
  };
}

/** All series as they are shown at `now`, of minutes in [`fromMs`, `toMs`). */
export function seriesAt(
  minutes: readonly DrawnMinute[],
  now: number,
  fromMs: number,
  toMs: number,
): ReadonlyMap<string, MinuteSeries> {
  const all = new Map<string, Map<number, number>>();
  for (const { at, series } of minutes) {
    if (at < fromMs || at >= toMs) continue;
    for (const { id, value, shown } of series) {
      const part = Math.floor(value * shown((now - at - minuteMs) / minuteMs) + 1e-9);
      if (part > 0) all.set(id, (all.get(id) ?? new Map<number, number>()).set(at, part));
    }
  }
  return all;
}

export const usual: Baseline = {
  requestsPerMinute: 1200,
  errorRate: 0,
  unansweredRate: 0,
  balancerRate: 0,
  errorDispersion: 1,
  unansweredDispersion: 1,
  balancerDispersion: 1,
  slowerThanSeconds: 0.1,
};

/** Two minutes after a minute has closed it is read, and again with each of the fourteen after it. */
const delayMs = 2 * minuteMs;
const rereadMs = 15 * minuteMs;

/** Evidence after each reading, until everything has been read that ever comes. */
export function* readings(
  setting: Setting,
  lateness: Lateness,
  rng: Rng,
  baseline: Baseline,
  policy: Policy = { maxErrorRate: 0.005 },
): Generator<Evidence, void> {
  const drawn = Array.from({ length: setting.minutes }, (_, index) =>
    drawMinute(setting, lateness, index * minuteMs, rng),
  );
  const weights = [{ at: -minuteMs, percent: 100 * setting.share }];
  const targetGroupArns = ['blue', 'green'];
  let evidence = noEvidence;
  for (let minute = 3; minute <= setting.minutes + 12; minute++) {
    const now = minute * minuteMs;
    const toMs = now - delayMs;
    const fromMs = Math.max(0, toMs - rereadMs);
    const traffic = toTrafficMinutes(seriesAt(drawn, now, fromMs, toMs), { targetGroupArns });
    const pairs = toPairs(traffic, fromMs, toMs);
    evidence = addMinutes(evidence, pairs, baseline, policy, now, weights);
    yield evidence;
  }
}
