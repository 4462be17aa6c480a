/**
 * From what was seen to what it proves: four streams (errors, unanswered and slow requests, probes) feed the judge.
 * Pure; the evidence is plain data.
 */
import type { GroupMinute } from '../aws/elb-metrics.ts';
import {
  addHarm,
  type Block,
  type Bound,
  type BoundBlock,
  dispersion,
  type HarmEvidence,
  harmRatio,
  noHarmEvidence,
  safetyRatio,
} from './judge.ts';
import { addTally, noProbes, type ProbeTally } from './prober.ts';

export type StreamName = 'errors' | 'unanswered' | 'slow' | 'probes';
/** Streams made of metrics, by minute. */
type MetricStream = Exclude<StreamName, 'probes'>;
const metricStreams: readonly MetricStream[] = ['errors', 'unanswered', 'slow'];
export const streamNames: readonly StreamName[] = ['errors', 'unanswered', 'slow', 'probes'];

/** One innocent release in a hundred may be taken back, over all streams together. */
const alpha = 0.01;
export const harmLimit = streamNames.length / alpha;
/** Too much evidence to go on, too little to go back: the step is held for more. */
export const suspicionLimit = harmLimit / 10;
/** Evidence that green is no worse by more than half a point. */
export const safetyLimit = 20;
const safetyDelta = 0.005;
/** Latency wanders more than errors do. */
const slowDelta = 0.025;
const probeBound: Bound = { rho: 0, delta: 0.01 };
/** Blue this bursty says nothing about independent failures: its streams may not decide. */
const dispersionLimit = 20;

/** Blue before the shift, from the last hour. */
export interface Baseline {
  readonly requestsPerMinute: number;
  readonly errorRate: number;
  readonly unansweredRate: number;
  readonly errorDispersion: number;
  readonly unansweredDispersion: number;
  /** What takes longer counts as slow, seconds. Undefined where nothing was answered. */
  readonly slowerThanSeconds: number | undefined;
}

export interface MinutePair {
  readonly at: number;
  readonly green: GroupMinute | undefined;
  readonly blue: GroupMinute | undefined;
}

export interface Evidence {
  readonly harm: Readonly<Record<StreamName, HarmEvidence>>;
  /** Every minute as last read, by its start. A minute is used once; what is added later is a block of its own. */
  readonly minutes: Readonly<Record<number, UsedMinute>>;
  /** Probes by the minute in which they were sent: green's metrics hold them, too. */
  readonly probesByMinute: Readonly<Record<number, { readonly sent: number; readonly bad: number }>>;
  readonly probes: ProbeTally;
}

interface UsedMinute extends Readonly<Record<MetricStream, Block>> {
  readonly withProbes: number;
}

export const noEvidence: Evidence = {
  harm: {
    errors: noHarmEvidence,
    unanswered: noHarmEvidence,
    slow: noHarmEvidence,
    probes: noHarmEvidence,
  },
  minutes: {},
  probesByMinute: {},
  probes: noProbes,
};

/**
 * A request is slow beyond blue's usual p95 and a margin that somebody could notice: fresh processes are a
 * few milliseconds slower until they are warm, and that is no reason to take a release back (ADR 5).
 */
export function slowThresholdSeconds(usualP95Seconds: number): number {
  return Math.max(1.25 * usualP95Seconds, usualP95Seconds + 0.05);
}

export function baselineOf(minutes: readonly GroupMinute[], slowerThanSeconds: number | undefined): Baseline {
  const requests = minutes.reduce((sum, minute) => sum + minute.requests, 0);
  const rate = (pick: (minute: GroupMinute) => number): number =>
    requests === 0 ? 0 : minutes.reduce((sum, minute) => sum + pick(minute), 0) / requests;
  const bursts = (pick: (minute: GroupMinute) => number): number =>
    dispersion(minutes.map((minute) => ({ bad: pick(minute), requests: minute.requests })));
  return {
    requestsPerMinute: minutes.length === 0 ? 0 : requests / minutes.length,
    errorRate: rate((minute) => minute.errors),
    unansweredRate: rate((minute) => minute.unanswered),
    errorDispersion: bursts((minute) => minute.errors),
    unansweredDispersion: bursts((minute) => minute.unanswered),
    slowerThanSeconds,
  };
}

/**
 * What a block is held to: blue where blue has traffic, else the absolute rate that is still allowed.
 * Undefined where there is nothing to hold it to: slow has no absolute meaning.
 */
export function boundOf(
  stream: MetricStream,
  block: Block,
  baseline: Baseline,
  maxErrorRate: number,
  delta = 0.001,
): Bound | undefined {
  if (stream === 'slow') return block.blue > 0 ? { rho: 1, delta: slowDelta } : undefined;
  if (block.blue > 0) return { rho: 1, delta };
  const usual = stream === 'errors' ? baseline.errorRate : baseline.unansweredRate;
  return { rho: 0, delta: Math.max(maxErrorRate, 2 * usual + 0.001) };
}

export function addProbes(evidence: Evidence, tally: ProbeTally, at: number): Evidence {
  if (tally.sent === 0) return evidence;
  const minute = Math.floor(at / 60_000) * 60_000;
  const before = evidence.probesByMinute[minute] ?? { sent: 0, bad: 0 };
  const block = { greenBad: tally.bad, green: tally.sent, blueBad: 0, blue: 0 };
  return {
    ...evidence,
    probes: addTally(evidence.probes, tally),
    probesByMinute: {
      ...evidence.probesByMinute,
      [minute]: { sent: before.sent + tally.sent, bad: before.bad + tally.bad },
    },
    harm: { ...evidence.harm, probes: addHarm(evidence.harm.probes, block, probeBound) },
  };
}

/** Minutes seen for the first time are blocks; in minutes seen before, what has come on top is. */
export function addMinutes(
  evidence: Evidence,
  pairs: readonly MinutePair[],
  baseline: Baseline,
  maxErrorRate: number,
): Evidence {
  let { harm } = evidence;
  const minutes: Record<number, UsedMinute> = { ...evidence.minutes };
  for (const pair of pairs) {
    const used = toUsed(pair, evidence);
    const before = minutes[pair.at];
    minutes[pair.at] = used;
    for (const stream of metricStreams) {
      const block = before === undefined ? used[stream] : added(before[stream], used[stream]);
      if (block.green === 0) continue;
      const bound = boundOf(stream, block, baseline, maxErrorRate);
      if (bound === undefined) continue;
      harm = { ...harm, [stream]: addHarm(harm[stream], block, bound, dispersionOf(stream, baseline)) };
    }
  }
  return { ...evidence, harm, minutes };
}

/** The stream with the strongest evidence of harm. */
export function worstStream(evidence: Evidence): { readonly stream: StreamName; readonly ratio: number } {
  return streamNames
    .map((stream) => ({ stream, ratio: harmRatio(evidence.harm[stream]) }))
    .reduce((worst, each) => (each.ratio > worst.ratio ? each : worst));
}

/** All counts of one stream together. */
export function totalsOf(evidence: Evidence, stream: StreamName): Block {
  if (stream === 'probes') {
    return { greenBad: evidence.probes.bad, green: evidence.probes.sent, blueBad: 0, blue: 0 };
  }
  return Object.values(evidence.minutes).reduce<Block>(
    (sum, minute) => ({
      greenBad: sum.greenBad + minute[stream].greenBad,
      green: sum.green + minute[stream].green,
      blueBad: sum.blueBad + minute[stream].blueBad,
      blue: sum.blue + minute[stream].blue,
    }),
    { greenBad: 0, green: 0, blueBad: 0, blue: 0 },
  );
}

export interface SafetyFinding {
  readonly ratio: number;
  readonly proven: boolean;
  /** Why real traffic proves nothing; undefined where it does. */
  readonly lack: string | undefined;
}

/** What real traffic says for green, computed anew from the final counts. */
export function safetyOf(evidence: Evidence, baseline: Baseline, maxErrorRate: number): SafetyFinding {
  const total = totalsOf(evidence, 'errors');
  const probesSeen = Object.values(evidence.minutes).reduce((sum, minute) => sum + minute.withProbes, 0);
  const ratios = (['errors', 'unanswered'] as const).map((stream) => {
    const blocks = Object.values(evidence.minutes).flatMap((minute): BoundBlock[] => {
      const bound = boundOf(stream, minute[stream], baseline, maxErrorRate, safetyDelta);
      return bound === undefined ? [] : [{ block: minute[stream], bound }];
    });
    return safetyRatio(blocks, dispersionOf(stream, baseline));
  });
  const ratio = Math.min(...ratios);
  const lack =
    total.green === 0
      ? 'no request of green has shown in the metrics yet'
      : probesSeen > total.green / 3
        ? 'more than a quarter of green’s requests were probes'
        : Math.max(baseline.errorDispersion, baseline.unansweredDispersion) > dispersionLimit
          ? 'blue’s own failures come in bursts too wild to compare with'
          : ratio < safetyLimit
            ? `${total.green} requests prove ${formatRatio(ratio)}:1, ${safetyLimit}:1 is wanted`
            : undefined;
  return { ratio, proven: lack === undefined, lack };
}

/** `825`, `4.5`, `0.45`, `1.2e+9`: three digits where they matter. */
export function formatRatio(ratio: number): string {
  if (!Number.isFinite(ratio) || ratio >= 1e9) return 'over 1e+9';
  if (ratio < 0.01) return 'under 0.01';
  if (ratio >= 100) return Math.round(ratio).toLocaleString('en-US');
  return Number(ratio.toPrecision(2)).toString();
}

function dispersionOf(stream: MetricStream, baseline: Baseline): number {
  if (stream === 'slow') return 1;
  return stream === 'errors' ? baseline.errorDispersion : baseline.unansweredDispersion;
}

/** The minute with our own probes taken out of green's counts. */
function toUsed(pair: MinutePair, evidence: Evidence): UsedMinute {
  const own = evidence.probesByMinute[pair.at] ?? { sent: 0, bad: 0 };
  const green = Math.max(0, (pair.green?.requests ?? 0) - own.sent);
  const blue = pair.blue?.requests ?? 0;
  const block = (bad: number, ownBad: number, blueBad: number): Block => ({
    greenBad: Math.min(green, Math.max(0, bad - ownBad)),
    green,
    blueBad: Math.min(blue, blueBad),
    blue,
  });
  // A bad probe is in one of the two streams; which one is not known, so it is taken out of both.
  return {
    errors: block(pair.green?.errors ?? 0, own.bad, pair.blue?.errors ?? 0),
    unanswered: block(pair.green?.unanswered ?? 0, own.bad, pair.blue?.unanswered ?? 0),
    slow: block(pair.green?.slow ?? 0, 0, pair.blue?.slow ?? 0),
    withProbes: Math.min(own.sent, pair.green?.requests ?? 0),
  };
}

function added(before: Block, now: Block): Block {
  const greenBad = Math.max(0, now.greenBad - before.greenBad);
  return {
    greenBad,
    // Failures that came late belong to requests that may have been counted in time.
    green: Math.max(greenBad, now.green - before.green, 0),
    blueBad: Math.max(0, now.blueBad - before.blueBad),
    blue: Math.max(0, now.blue - before.blue, now.blueBad - before.blueBad),
  };
}
