/**
 * From what was seen to what it proves: four streams (errors, unanswered and slow requests, probes) feed the judge, and
 * a fifth (answers of 4xx) where it is asked for. Pure; the evidence is plain data.
 */
import { formatCount } from '../report/count.ts';
import type { Baseline } from './baseline.ts';
import { addHarm, type Block, type Bound, type HarmEvidence, harmRatio, noHarmEvidence } from './judge.ts';
import {
  balancerBlock,
  countedOf,
  harmBlock,
  isBlueMissing,
  type JudgedMinute,
  type MetricStream,
  type MinutePair,
  minuteMs,
  type ProbesByMinute,
  probesIn,
  toUsed,
  type UsedMinute,
  type Weights,
} from './minutes.ts';
import { addTally, noProbes, type ProbeTally } from './prober.ts';

export type StreamName = MetricStream | 'probes';
const metricStreams: readonly MetricStream[] = ['errors', 'unanswered', 'slow'];
const with4xx: readonly MetricStream[] = [...metricStreams, 'client-errors'];
const noStreams: readonly MetricStream[] = [];
/** All that there are; of those only the ones that are judged have evidence. */
export const streamNames: readonly StreamName[] = [...with4xx, 'probes'];

/** Latency wanders more than errors do. */
const slowDelta = 0.025;
export const probeBound: Bound = { rho: 0, delta: 0.01 };
const harmDelta = 0.001;
/** Users cause 4xx, too. The most with which one more in a hundred is found within an ordinary ladder (docs/judge.md). */
const clientErrorDelta = 0.0025;
/** What comes beside twice the usual where there is no blue to compare it with. */
const clientErrorMargin = 0.1;

/** The history keeps the last of what was known in each of these spans. */
const historyMs = 10_000;

/** By stream; 4xx only where they are judged. */
type ByStream<T> = Readonly<Record<Exclude<StreamName, 'client-errors'>, T>> &
  Readonly<Partial<Record<StreamName, T | undefined>>>;

/** What the plan says of how green is judged. */
export interface Policy {
  /** What green may fail at least, where there is no blue to compare it with: fraction of requests. */
  readonly maxErrorRate: number;
  /** Answers of 4xx. Absent: ignored. */
  readonly clientErrors?: 'ignore' | 'judge';
}

export interface Evidence {
  readonly harm: ByStream<HarmEvidence>;
  /** The load balancer's own failures against what is usual: the other half of `unanswered`. */
  readonly balancer: HarmEvidence;
  /** All of it as one number for each stream; it is asked for at each look, and changes with each minute. */
  readonly ratios: ByStream<number>;
  /** Every minute as last read, oldest first. Each is one block: what was counted late takes its place in it. */
  readonly minutes: readonly JudgedMinute[];
  /** Probes by the minute in which they were sent: green's metrics hold them, too. */
  readonly probesByMinute: ProbesByMinute;
  readonly probes: ProbeTally;
  /** Evidence of harm over time, oldest first. */
  readonly history: readonly EvidencePoint[];
}

export interface EvidencePoint {
  readonly at: number;
  readonly ratios: ByStream<number>;
}

export const noEvidence: Evidence = {
  harm: {
    errors: noHarmEvidence,
    unanswered: noHarmEvidence,
    slow: noHarmEvidence,
    probes: noHarmEvidence,
    'client-errors': undefined,
  },
  balancer: noHarmEvidence,
  ratios: { errors: 1, unanswered: 1, slow: 1, probes: 1, 'client-errors': undefined },
  minutes: [],
  probesByMinute: [],
  probes: noProbes,
  history: [],
};

/** What green may fail by itself, with no blue beside it: fraction of requests. */
export function allowedAlone(
  stream: Exclude<MetricStream, 'slow'>,
  baseline: Baseline,
  maxErrorRate: number,
): number {
  if (stream === 'client-errors') return 2 * (baseline.clientErrors?.rate ?? 0) + clientErrorMargin;
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
  delta = stream === 'client-errors' ? clientErrorDelta : harmDelta,
): Bound | undefined {
  if (stream === 'slow') return block.blue > 0 ? { rho: 1, delta: slowDelta } : undefined;
  if (block.blue > 0) return { rho: 1, delta };
  return { rho: 0, delta: allowedAlone(stream, baseline, maxErrorRate) };
}

export function addProbes(evidence: Evidence, tally: ProbeTally, at: number): Evidence {
  if (tally.sent === 0) return evidence;
  const minute = Math.floor(at / minuteMs) * minuteMs;
  const before = probesIn(evidence.probesByMinute, minute);
  const clientErrors = (before.clientErrors ?? 0) + (tally.clientErrors ?? 0);
  const block = { greenBad: tally.bad, green: tally.sent, blueBad: 0, blue: 0 };
  return remembered(
    {
      ...evidence,
      probes: addTally(evidence.probes, tally),
      probesByMinute: [
        ...evidence.probesByMinute.filter((each) => each.at !== minute),
        {
          at: minute,
          sent: before.sent + tally.sent,
          bad: before.bad + tally.bad,
          ...(clientErrors > 0 ? { clientErrors } : undefined),
        },
      ],
      harm: { ...evidence.harm, probes: addHarm(evidence.harm.probes, block, probeBound) },
    },
    at,
  );
}

/**
 * Takes minutes in, new ones and ones that are read again. The evidence of harm is made anew from all minutes as last
 * read: in which order and in how many parts their counts have come makes no difference to it. `now`: when they were
 * read.
 */
export function addMinutes(
  evidence: Evidence,
  pairs: readonly MinutePair[],
  baseline: Baseline,
  { maxErrorRate, clientErrors }: Policy,
  now: number,
  weights: Weights = [],
): Evidence {
  if (pairs.length === 0) return evidence;
  const judges4xx = clientErrors === 'judge';
  const used = withPairs(evidence.minutes, pairs, evidence.probesByMinute, judges4xx);
  const harm = {
    errors: noHarmEvidence,
    unanswered: noHarmEvidence,
    slow: noHarmEvidence,
    probes: evidence.harm.probes,
    'client-errors': judges4xx ? noHarmEvidence : undefined,
  };
  const streams = judges4xx ? with4xx : metricStreams;
  let balancer = noHarmEvidence;
  const judging = { now, baseline, weights };
  const minutes: JudgedMinute[] = [];
  for (let index = 0; index < used.length; index++) {
    const read = used[index]!;
    const minute: JudgedMinute = { ...read, counted: countedOf(read, judging) };
    minutes.push(minute);
    const after = used[index + 1];
    const next = after?.at === read.at + minuteMs ? after : undefined;
    const isJudged = minute.counted !== 'too-little';
    for (const stream of isJudged ? streams : noStreams) {
      const block = harmBlock(stream, minute, next, judging);
      if (block === undefined || block.green === 0) continue;
      const bound = boundOf(stream, block, baseline, maxErrorRate);
      if (bound === undefined) continue;
      harm[stream] = addHarm(harm[stream]!, block, bound, dispersionOf(stream, baseline));
    }
    const isMeasured = isJudged || !isBlueMissing(minute, judging);
    const own = balancerBlock(minute, judging);
    if (isMeasured && own.green > 0) {
      balancer = addHarm(balancer, own, balancerBound(own, baseline), baseline.balancerDispersion);
    }
  }
  return remembered({ ...evidence, harm, balancer, minutes }, now);
}

/** What is read again takes the place of what was read before. All are oldest first. */
function withPairs(
  before: readonly UsedMinute[],
  pairs: readonly MinutePair[],
  probesByMinute: ProbesByMinute,
  judges4xx: boolean,
): readonly UsedMinute[] {
  const used: UsedMinute[] = [];
  let kept = 0;
  for (const pair of pairs) {
    while (kept < before.length && before[kept]!.at < pair.at) used.push(before[kept++]!);
    if (before[kept]?.at === pair.at) kept += 1;
    const last = used.at(-1);
    used.push(toUsed(pair, probesByMinute, last?.at === pair.at - minuteMs ? last : undefined, judges4xx));
  }
  used.push(...before.slice(kept));
  return used;
}

/**
 * The load balancer names no group for its own failures. So they are held to blue's in the same minute and a tenth of
 * a point, and to twice what was usual before the shift.
 */
function balancerBound({ green, blue }: Block, baseline: Baseline): Bound {
  const usual = (2 * baseline.balancerRate * (green + blue)) / green;
  return { rho: blue > 0 ? 1 : 0, delta: usual + harmDelta };
}

/** The evidence of harm of one stream, as one number. */
export function ratioOf(evidence: Evidence, stream: StreamName): number {
  return evidence.ratios[stream] ?? 1;
}

/** The stream with the strongest evidence of harm. */
export function worstStream({ ratios }: Evidence): { readonly stream: StreamName; readonly ratio: number } {
  let stream: StreamName = 'errors';
  let highest = ratios.errors;
  for (const each of streamNames) {
    const ratio = ratios[each];
    if (ratio !== undefined && ratio > highest) [stream, highest] = [each, ratio];
  }
  return { stream, ratio: highest };
}

/** Minutes of which everything has been counted that is going to be, oldest first. */
export function wholeMinutes({ minutes }: Evidence): readonly UsedMinute[] {
  return minutes.filter((minute) => minute.counted === 'whole');
}

/** All counts of one stream together. */
export function totalsOf(evidence: Evidence, stream: StreamName): Block {
  if (stream === 'probes') {
    return { greenBad: evidence.probes.bad, green: evidence.probes.sent, blueBad: 0, blue: 0 };
  }
  return sumOf(evidence.minutes.map((minute) => minute[stream] ?? nothing));
}

const nothing: Block = { greenBad: 0, green: 0, blueBad: 0, blue: 0 };

export function sumOf(blocks: readonly Block[]): Block {
  const sum = { greenBad: 0, green: 0, blueBad: 0, blue: 0 };
  for (const block of blocks) {
    sum.greenBad += block.greenBad;
    sum.green += block.green;
    sum.blueBad += block.blueBad;
    sum.blue += block.blue;
  }
  return sum;
}

/** `825`, `4.5`, `0.45`, `1.2e+9`: three digits where they matter. */
export function formatRatio(ratio: number): string {
  if (!Number.isFinite(ratio) || ratio >= 1e9) return 'over 1e+9';
  if (ratio < 0.01) return 'under 0.01';
  if (ratio >= 100) return formatCount(Math.round(ratio));
  return Number(ratio.toPrecision(2)).toString();
}

export function dispersionOf(stream: MetricStream, baseline: Baseline): number {
  if (stream === 'slow') return 1;
  if (stream === 'client-errors') return baseline.clientErrors?.dispersion ?? 1;
  return stream === 'errors' ? baseline.errorDispersion : baseline.unansweredDispersion;
}

/** The evidence with its present ratios, in the history as well. */
function remembered(evidence: Evidence, at: number): Evidence {
  const { harm, balancer } = evidence;
  const ratios = {
    errors: harmRatio(harm.errors),
    // Halves of a mean may each fail: the mean keeps the bound.
    unanswered: (harmRatio(harm.unanswered) + harmRatio(balancer)) / 2,
    slow: harmRatio(harm.slow),
    probes: harmRatio(harm.probes),
    'client-errors': harm['client-errors'] && harmRatio(harm['client-errors']),
  };
  const last = evidence.history.at(-1);
  const sameSpan = last !== undefined && Math.floor(last.at / historyMs) === Math.floor(at / historyMs);
  const kept = sameSpan ? evidence.history.slice(0, -1) : evidence.history;
  return { ...evidence, ratios, history: [...kept, { at, ratios }] };
}
