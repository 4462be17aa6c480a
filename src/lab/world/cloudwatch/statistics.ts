/**
 * Statistics over buckets: the five plain ones, percentiles, and the trimmed family of the CloudWatch user
 * guide ("CloudWatch statistics definitions"): TM, TC, TS, WM, PR, IQM and their short forms.
 */
import { addUp, type Bucket, type SortedValues, sortedValues, threeDigits } from './buckets.ts';
import { minuteMs, type Series } from './metric-store.ts';

/** Undefined where the statistic cannot be told (percentile of a summary). */
export type Statistic = (buckets: readonly Bucket[]) => number | undefined;

export interface Datapoint {
  /** Start of the period, epoch ms. */
  readonly at: number;
  readonly value: number;
}

const plain: Readonly<Record<string, Statistic>> = {
  Sum: sumOf,
  SampleCount: countOf,
  Average: (buckets) => sumOf(buckets) / countOf(buckets),
  Minimum: (buckets) => Math.min(...buckets.map((bucket) => bucket.minimum)),
  Maximum: (buckets) => Math.max(...buckets.map((bucket) => bucket.maximum)),
};

function sumOf(buckets: readonly Bucket[]): number {
  let sum = 0;
  for (let index = 0; index < buckets.length; index++) sum += buckets[index]!.sum;
  return sum;
}

function countOf(buckets: readonly Bucket[]): number {
  let count = 0;
  for (let index = 0; index < buckets.length; index++) count += buckets[index]!.count;
  return count;
}

/** A limit of a range: a value, or a percentile of the data. */
interface Limit {
  readonly at: number;
  readonly percent: boolean;
}

const parsed = new Map<string, Statistic>();

/** Undefined where the text is no statistic of CloudWatch's. */
export function parseStatistic(text: string): Statistic | undefined {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const statistic = parse(text);
  if (parsed.size > 1000) parsed.clear();
  if (statistic !== undefined) parsed.set(text, statistic);
  return statistic;
}

function parse(text: string): Statistic | undefined {
  if (Object.hasOwn(plain, text)) return plain[text];
  if (text === 'IQM') return trimmed('TM', limit('25%'), limit('75%'));
  const short = /^(p|tm|tc|ts|wm)(\d{1,2}(?:\.\d{1,10})?|100)$/.exec(text);
  if (short !== null) {
    const share = Number(short[2]);
    if (short[1] === 'p') return ofValues((values) => percentile(values, share));
    return trimmed(short[1]!.toUpperCase() as Trimmed, undefined, { at: share, percent: true });
  }
  const range = /^(TM|TC|TS|WM|PR)\(([^:()]*):([^:()]*)\)$/.exec(text);
  if (range === null) return undefined;
  const [, name, from, to] = range;
  const low = limit(from!);
  const high = limit(to!);
  if (low === null || high === null || (low === undefined && high === undefined)) return undefined;
  // Both limits are of one kind, and a percentile rank takes values only.
  if (low !== undefined && high !== undefined && low.percent !== high.percent) return undefined;
  if (name === 'PR' && (low ?? high)!.percent) return undefined;
  return trimmed(name as Trimmed, low, high);
}

function limit(text: string): Limit | undefined | null {
  if (text === '') return undefined;
  const match = /^(-?\d+(?:\.\d+)?)(%?)$/.exec(text);
  if (match === null) return null;
  const at = Number(match[1]);
  const percent = match[2] === '%';
  return percent && (at < 0 || at > 100) ? null : { at, percent };
}

type Trimmed = 'TM' | 'TC' | 'TS' | 'WM' | 'PR';

function trimmed(name: Trimmed, low: Limit | undefined | null, high: Limit | undefined | null): Statistic {
  return ofValues((values) => {
    const from = low?.percent ? (low.at === 0 ? undefined : percentile(values, low.at)) : rounded(low);
    const to = high?.percent ? percentile(values, high.at) : rounded(high);
    return overRange(name, values, from, to);
  });
}

/** Lower limit excluded, upper limit included. */
function overRange(
  name: Trimmed,
  { values, counts, count: all }: SortedValues,
  from = Number.NEGATIVE_INFINITY,
  to = Number.POSITIVE_INFINITY,
): number | undefined {
  let [count, sum, clamped] = [0, 0, 0];
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    const times = counts[index]!;
    clamped += Math.max(from, Math.min(to, value)) * times;
    if (value <= from || value > to) continue;
    count += times;
    sum += value * times;
  }
  switch (name) {
    case 'TC':
      return count;
    case 'TS':
      return sum;
    case 'TM':
      return count === 0 ? undefined : sum / count;
    case 'PR':
      return (count / all) * 100;
    case 'WM':
      return clamped / all;
  }
}

function rounded(limit: Limit | undefined | null): number | undefined {
  return limit === undefined || limit === null ? undefined : threeDigits(limit.at);
}

/** What it said of one bucket is remembered: closed minutes are asked for again and again. */
function ofValues(compute: (values: SortedValues) => number | undefined): Statistic {
  const told = (values: SortedValues | undefined): number | undefined =>
    values === undefined || values.count === 0 ? undefined : compute(values);
  return (buckets) => {
    const [bucket] = buckets;
    if (bucket === undefined) return undefined;
    if (buckets.length > 1) return told(merged(buckets));
    bucket.told ??= new Map();
    let value = bucket.told.get(compute);
    if (value === undefined) {
      value = told(sortedValues(bucket));
      bucket.told.set(compute, value);
    }
    return value;
  };
}

function merged(buckets: readonly Bucket[]): SortedValues | undefined {
  const all: SortedValues[] = [];
  for (const bucket of buckets) {
    const values = sortedValues(bucket);
    if (values === undefined) return undefined;
    all.push(values);
  }
  return addUp(all);
}

/** Nearest rank: the smallest value with at least that share of the samples at or below it. */
function percentile({ values, counts, count }: SortedValues, share: number): number {
  const rank = Math.max(1, Math.ceil((share / 100) * count - 1e-9));
  let seen = 0;
  for (let index = 0; index < values.length; index++) {
    seen += counts[index]!;
    if (seen >= rank) return values[index]!;
  }
  return values[values.length - 1]!;
}

/**
 * Data points of a series, oldest first: one a period that has published data; periods begin at multiples
 * of the period. Minutes from `from` (included, rounded down to its period) to `to` (excluded).
 */
export function datapoints(
  series: Series | undefined,
  statistic: Statistic,
  periodMs: number,
  from: number,
  to: number,
  now: number,
): Datapoint[] {
  if (series === undefined) return [];
  const width = Math.max(periodMs, minuteMs);
  const start = Math.floor(from / width) * width;
  const result: Datapoint[] = [];
  const first = Math.max(start, Math.floor(series.firstAt / width) * width);
  for (let period = first; period < to && period <= series.lastAt; period += width) {
    const buckets: Bucket[] = [];
    for (let minute = period; minute < period + width && minute < to; minute += minuteMs) {
      const bucket = series.minutes.get(minute / minuteMs);
      if (bucket !== undefined && bucket.availableAt <= now) buckets.push(bucket);
    }
    if (buckets.length === 0) continue;
    const value = statistic(buckets);
    if (value !== undefined) result.push({ at: period, value });
  }
  return result;
}
