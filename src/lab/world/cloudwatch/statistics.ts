/**
 * Statistics over buckets: the five plain ones, percentiles, and the trimmed family of the CloudWatch user
 * guide ("CloudWatch statistics definitions"): TM, TC, TS, WM, PR, IQM and their short forms.
 */
import {
  type Bucket,
  mergedBucket,
  type SortedValues,
  sortedValues,
  summaryOf,
  threeDigits,
} from './buckets.ts';
import { minuteMs, type Series } from './metric-store.ts';

/** Undefined where the statistic cannot be told (percentile of a summary). */
export type Statistic = (bucket: Bucket) => number | undefined;

export interface Datapoint {
  /** Start of the period, epoch ms. */
  readonly at: number;
  readonly value: number;
}

const plain: Readonly<Record<string, Statistic>> = {
  Sum: (bucket) => summaryOf(bucket).sum,
  // Whoever asks how many there were asks for percentiles or trimmed counts beside it.
  SampleCount: (bucket) => sortedValues(bucket)?.count ?? summaryOf(bucket).count,
  Average: (bucket) => {
    const { sum, count } = summaryOf(bucket);
    return sum / count;
  },
  Minimum: (bucket) => summaryOf(bucket).minimum,
  Maximum: (bucket) => summaryOf(bucket).maximum,
};

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
  let [count, sum] = [0, 0];
  // From the end: most of what is asked is how many took longer than some time.
  for (let index = values.length - 1; index >= 0 && values[index]! > from; index--) {
    const value = values[index]!;
    if (value > to) continue;
    count += counts[index]!;
    sum += value * counts[index]!;
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
      return values.reduce((clamped, value, index) => clamped + clampedTo(value) * counts[index]!, 0) / all;
  }

  function clampedTo(value: number): number {
    return Math.max(from, Math.min(to, value));
  }
}

function rounded(limit: Limit | undefined | null): number | undefined {
  return limit === undefined || limit === null ? undefined : threeDigits(limit.at);
}

/** What it said of one bucket is remembered: closed minutes are asked for again and again. */
function ofValues(compute: (values: SortedValues) => number | undefined): Statistic {
  return (bucket) => {
    bucket.told ??= new Map();
    let value = bucket.told.get(compute);
    if (value === undefined) {
      const values = sortedValues(bucket);
      value = values === undefined || values.count === 0 ? undefined : compute(values);
      bucket.told.set(compute, value);
    }
    return value;
  };
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
    const bucket = bucketOf(series, period, Math.min(period + width, to), now);
    const value = bucket === undefined ? undefined : statistic(bucket);
    if (value !== undefined) result.push({ at: period, value });
  }
  return result;
}

/** What has been published of the minutes in [`from`, `to`); undefined where there is nothing. */
function bucketOf({ minutes }: Series, from: number, to: number, now: number): Bucket | undefined {
  let all: Bucket | undefined;
  for (let minute = from; minute < to; minute += minuteMs) {
    const bucket = minutes.get(minute / minuteMs);
    if (bucket === undefined || bucket.availableAt > now) continue;
    all = all === undefined ? bucket : mergedBucket(all, bucket);
  }
  return all;
}
