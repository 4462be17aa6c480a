/**
 * From what was seen to what it proves: four streams (errors, unanswered and slow requests, probes) feed the judge.
 * Pure; the evidence is plain data.
 */
import type { GroupMinute } from '../aws/elb-metrics.ts';
import type { Baseline } from './baseline.ts';
import { addHarm, type Block, type Bound, type HarmEvidence, harmRatio, noHarmEvidence } from './judge.ts';
import { addTally, noProbes, type ProbeTally } from './prober.ts';

export type StreamName = 'errors' | 'unanswered' | 'slow' | 'probes';
/** Streams made of metrics, by minute. */
export type MetricStream = Exclude<StreamName, 'probes'>;
const metricStreams: readonly MetricStream[] = ['errors', 'unanswered', 'slow'];
export const streamNames: readonly StreamName[] = ['errors', 'unanswered', 'slow', 'probes'];

/** Latency wanders more than errors do. */
const slowDelta = 0.025;
export const probeBound: Bound = { rho: 0, delta: 0.01 };
const harmDelta = 0.001;

const minuteMs = 60_000;
/** The history keeps the last of what was known in each of these spans. */
const historyMs = 10_000;

export interface MinutePair {
  readonly at: number;
  readonly green: GroupMinute | undefined;
  readonly blue: GroupMinute | undefined;
  /** The load balancer's own failures that blue is not known for. */
  readonly unexplained?: number;
}

export interface Evidence {
  readonly harm: Readonly<Record<StreamName, HarmEvidence>>;
  /** The load balancer's own failures against what is usual: the other half of `unanswered`. */
  readonly balancer: HarmEvidence;
  /** Every minute as last read, by its start. A minute is used once; what is added later is a block of its own. */
  readonly minutes: Readonly<Record<number, UsedMinute>>;
  /** Probes by the minute in which they were sent: green's metrics hold them, too. */
  readonly probesByMinute: Readonly<Record<number, { readonly sent: number; readonly bad: number }>>;
  readonly probes: ProbeTally;
  /** Evidence of harm over time, oldest first. */
  readonly history: readonly EvidencePoint[];
}

export interface EvidencePoint {
  readonly at: number;
  readonly ratios: Readonly<Record<StreamName, number>>;
}

export interface UsedMinute extends Readonly<Record<MetricStream, Block>> {
  /** Held to the baseline alone: green's count is that of both groups. */
  readonly balancer: Block;
  /** Slower than the objective of the user; absent where there is none. */
  readonly overObjective?: Block;
  readonly withProbes: number;
  /** Green as read, probes included. */
  readonly seen: { readonly requests: number; readonly failed: number };
}

export const noEvidence: Evidence = {
  harm: {
    errors: noHarmEvidence,
    unanswered: noHarmEvidence,
    slow: noHarmEvidence,
    probes: noHarmEvidence,
  },
  balancer: noHarmEvidence,
  minutes: {},
  probesByMinute: {},
  probes: noProbes,
  history: [],
};

/** What green may fail by itself, with no blue beside it: fraction of requests. */
export function allowedAlone(
  stream: 'errors' | 'unanswered',
  baseline: Baseline,
  maxErrorRate: number,
): number {
  const usual = stream === 'errors' ? baseline.errorRate : baseline.unansweredRate;
  return Math.max(maxErrorRate, 2 * usual + harmDelta);
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
  delta = harmDelta,
): Bound | undefined {
  if (stream === 'slow') return block.blue > 0 ? { rho: 1, delta: slowDelta } : undefined;
  if (block.blue > 0) return { rho: 1, delta };
  return { rho: 0, delta: allowedAlone(stream, baseline, maxErrorRate) };
}

export function addProbes(evidence: Evidence, tally: ProbeTally, at: number): Evidence {
  if (tally.sent === 0) return evidence;
  const minute = Math.floor(at / minuteMs) * minuteMs;
  const before = evidence.probesByMinute[minute] ?? { sent: 0, bad: 0 };
  const block = { greenBad: tally.bad, green: tally.sent, blueBad: 0, blue: 0 };
  return remembered(
    {
      ...evidence,
      probes: addTally(evidence.probes, tally),
      probesByMinute: {
        ...evidence.probesByMinute,
        [minute]: { sent: before.sent + tally.sent, bad: before.bad + tally.bad },
      },
      harm: { ...evidence.harm, probes: addHarm(evidence.harm.probes, block, probeBound) },
    },
    at,
  );
}

/** Minutes seen for the first time are blocks; in minutes seen before, what has come on top is. `now`: when they were read. */
export function addMinutes(
  evidence: Evidence,
  pairs: readonly MinutePair[],
  baseline: Baseline,
  maxErrorRate: number,
  now: number,
): Evidence {
  if (pairs.length === 0) return evidence;
  let { harm, balancer } = evidence;
  const minutes: Record<number, UsedMinute> = { ...evidence.minutes };
  for (const pair of pairs) {
    const before = minutes[pair.at];
    const used = toUsed(pair, evidence, minutes[pair.at - minuteMs]);
    minutes[pair.at] = used;
    const fresh = (pick: (minute: UsedMinute) => Block): Block =>
      before === undefined ? pick(used) : added(pick(before), pick(used));
    for (const stream of metricStreams) {
      const block = fresh((minute) => minute[stream]);
      if (block.green === 0) continue;
      const bound = boundOf(stream, block, baseline, maxErrorRate);
      if (bound === undefined) continue;
      harm = { ...harm, [stream]: addHarm(harm[stream], block, bound, dispersionOf(stream, baseline)) };
    }
    const own = fresh((minute) => minute.balancer);
    if (own.green > 0 && used.errors.green + own.greenBad > 0) {
      balancer = addHarm(balancer, own, balancerBound(used, baseline), baseline.balancerDispersion);
    }
  }
  return remembered({ ...evidence, harm, balancer, minutes }, now);
}

/**
 * The load balancer names no group for its own failures. So they are held to what was usual before the shift:
 * twice that, and a tenth of a point of green's share.
 */
function balancerBound(minute: UsedMinute, baseline: Baseline): Bound {
  const share = minute.balancer.green === 0 ? 1 : minute.errors.green / minute.balancer.green;
  return { rho: 0, delta: 2 * baseline.balancerRate + harmDelta * Math.max(share, 0.001) };
}

/** The evidence of harm of one stream, as one number. Halves of a mean may each fail: the mean keeps the bound. */
export function ratioOf(evidence: Evidence, stream: StreamName): number {
  const ratio = harmRatio(evidence.harm[stream]);
  return stream === 'unanswered' ? (ratio + harmRatio(evidence.balancer)) / 2 : ratio;
}

/** The stream with the strongest evidence of harm. */
export function worstStream(evidence: Evidence): { readonly stream: StreamName; readonly ratio: number } {
  return streamNames
    .map((stream) => ({ stream, ratio: ratioOf(evidence, stream) }))
    .reduce((worst, each) => (each.ratio > worst.ratio ? each : worst));
}

/** All counts of one stream together. */
export function totalsOf(evidence: Evidence, stream: StreamName): Block {
  if (stream === 'probes') {
    return { greenBad: evidence.probes.bad, green: evidence.probes.sent, blueBad: 0, blue: 0 };
  }
  return sumOf(Object.values(evidence.minutes).map((minute) => minute[stream]));
}

export function sumOf(blocks: readonly Block[]): Block {
  return blocks.reduce<Block>(
    (sum, block) => ({
      greenBad: sum.greenBad + block.greenBad,
      green: sum.green + block.green,
      blueBad: sum.blueBad + block.blueBad,
      blue: sum.blue + block.blue,
    }),
    { greenBad: 0, green: 0, blueBad: 0, blue: 0 },
  );
}

/** `825`, `4.5`, `0.45`, `1.2e+9`: three digits where they matter. */
export function formatRatio(ratio: number): string {
  if (!Number.isFinite(ratio) || ratio >= 1e9) return 'over 1e+9';
  if (ratio < 0.01) return 'under 0.01';
  if (ratio >= 100) return Math.round(ratio).toLocaleString('en-US');
  return Number(ratio.toPrecision(2)).toString();
}

export function dispersionOf(stream: MetricStream, baseline: Baseline): number {
  if (stream === 'slow') return 1;
  return stream === 'errors' ? baseline.errorDispersion : baseline.unansweredDispersion;
}

/** The evidence with its present ratios in the history. */
function remembered(evidence: Evidence, at: number): Evidence {
  const ratios = Object.fromEntries(
    streamNames.map((stream) => [stream, ratioOf(evidence, stream)]),
  ) as EvidencePoint['ratios'];
  const last = evidence.history.at(-1);
  const sameSpan = last !== undefined && Math.floor(last.at / historyMs) === Math.floor(at / historyMs);
  const kept = sameSpan ? evidence.history.slice(0, -1) : evidence.history;
  return { ...evidence, history: [...kept, { at, ratios }] };
}

/**
 * The minute with our own probes taken out of green's counts. A probe may show in the minute after the one in
 * which it was sent: what the minute before could not hold is taken out here.
 */
function toUsed(pair: MinutePair, evidence: Evidence, previous: UsedMinute | undefined): UsedMinute {
  const own = probesOf(evidence, pair.at, previous);
  const seen = {
    requests: pair.green?.requests ?? 0,
    failed: (pair.green?.errors ?? 0) + (pair.green?.unanswered ?? 0),
  };
  const green = Math.max(0, seen.requests - own.sent);
  const blue = pair.blue?.requests ?? 0;
  const block = (bad: number, ownBad: number, blueBad: number): Block => ({
    greenBad: Math.min(green, Math.max(0, bad - ownBad)),
    green,
    blueBad: Math.min(blue, blueBad),
    blue,
  });
  const slowerOf = (minute: GroupMinute | undefined): number => minute?.slowerThanObjective ?? 0;
  const withObjective = (pair.green ?? pair.blue)?.slowerThanObjective !== undefined;
  const unexplained = Math.max(0, (pair.unexplained ?? 0) - own.bad);
  // A bad probe is in one of the streams; which one is not known, so it is taken out of all.
  return {
    errors: block(pair.green?.errors ?? 0, own.bad, pair.blue?.errors ?? 0),
    unanswered: block(pair.green?.unanswered ?? 0, own.bad, pair.blue?.unanswered ?? 0),
    slow: block(pair.green?.slow ?? 0, 0, pair.blue?.slow ?? 0),
    balancer: { greenBad: unexplained, green: green + blue, blueBad: 0, blue: 0 },
    ...(withObjective ? { overObjective: block(slowerOf(pair.green), 0, slowerOf(pair.blue)) } : {}),
    withProbes: Math.min(own.sent, seen.requests),
    seen,
  };
}

function probesOf(
  evidence: Evidence,
  at: number,
  previous: UsedMinute | undefined,
): { readonly sent: number; readonly bad: number } {
  const none = { sent: 0, bad: 0 };
  const own = evidence.probesByMinute[at] ?? none;
  if (previous === undefined) return own;
  const before = evidence.probesByMinute[at - minuteMs] ?? none;
  return {
    sent: own.sent + Math.max(0, before.sent - previous.seen.requests),
    bad: own.bad + Math.max(0, before.bad - previous.seen.failed),
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
