/**
 * The values of one minute, kept small: exact sum, count, minimum and maximum, and the samples themselves. These are
 * rounded to three significant digits and added up once somebody asks for percentiles or trimmed statistics, and
 * summed up once somebody asks for sums: few series are asked for both.
 */
import type { Samples } from '../contracts.ts';

/** In whatever unit: a series has one. */
type Values = Pick<Samples, 'values' | 'counts'>;

/** Every sample comes through here: global look-ups and `**` are slow, in a vm context most of all. */
const { abs, floor, log10, max, min, round } = Math;
const { isInteger } = Number;

/** Values in ascending order, and how often each occurred (which may be 0). */
export interface SortedValues {
  readonly values: readonly number[];
  readonly counts: readonly number[];
  /** Sum of the counts. */
  readonly count: number;
}

interface Summary {
  readonly sum: number;
  readonly count: number;
  readonly minimum: number;
  readonly maximum: number;
}

export interface Bucket {
  /** By `summaryOf`, which sums up what is not in them yet. */
  sum: number;
  count: number;
  minimum: number;
  maximum: number;
  /** So many of `sets` are in these. */
  summed: number;
  /** Undefined where only a summary was put (StatisticValues): no percentiles then. */
  sets: readonly Values[] | undefined;
  /** `sets` added up, while nothing was added since. */
  sorted: SortedValues | undefined;
  /** What was computed of them, by what computed it, while nothing was added since. */
  told: Map<object, number | undefined> | undefined;
  /** When readers see it, epoch ms; Infinity for a minute that got lost. */
  readonly availableAt: number;
}

const noSets: readonly Values[] = [];

export function emptyBucket(availableAt: number): Bucket {
  return {
    sum: 0,
    count: 0,
    minimum: Number.POSITIVE_INFINITY,
    maximum: Number.NEGATIVE_INFINITY,
    summed: 0,
    sets: noSets,
    sorted: undefined,
    told: undefined,
    availableAt,
  };
}

/** A bucket of a busy region gets many sets a minute: beyond this many they are added up. */
const mostSets = 32;

export function addSamples(bucket: Bucket, samples: Values): void {
  bucket.sorted = undefined;
  bucket.told = undefined;
  if (bucket.sets === undefined) {
    sumUp(bucket, samples);
    return;
  }
  bucket.sets = bucket.sets.length === 0 ? [samples] : [...bucket.sets, samples];
  if (bucket.sets.length > mostSets) keepSummed(bucket, bucket.sets);
}

export function addSummary(bucket: Bucket, summary: Summary): void {
  bucket.sorted = undefined;
  bucket.told = undefined;
  const { minimum, maximum, count } = summary;
  const { sets } = bucket;
  const own = { values: [minimum], counts: [count] };
  addTo(bucket, summaryOf(bucket), summary);
  keepSummed(bucket, sets === undefined || minimum !== maximum ? undefined : [...sets, own]);
}

/** Both as one: minutes of a longer period. */
export function mergedBucket(one: Bucket, other: Bucket): Bucket {
  const merged = emptyBucket(max(one.availableAt, other.availableAt));
  addTo(merged, summaryOf(one), summaryOf(other));
  keepSummed(merged, one.sets && other.sets && [...one.sets, ...other.sets]);
  return merged;
}

function addTo(bucket: Bucket, one: Summary, other: Summary): void {
  bucket.sum = one.sum + other.sum;
  bucket.count = one.count + other.count;
  bucket.minimum = min(one.minimum, other.minimum);
  bucket.maximum = max(one.maximum, other.maximum);
}

/** @param sets undefined where they are not known */
function keepSummed(bucket: Bucket, sets: readonly Values[] | undefined): void {
  summaryOf(bucket);
  bucket.sets = sets !== undefined && sets.length > mostSets ? [addUp(sets.map(roundedSamples))] : sets;
  bucket.summed = bucket.sets?.length ?? 0;
}

/** Of all that is in the bucket. */
export function summaryOf(bucket: Bucket): Summary {
  const { sets } = bucket;
  if (sets !== undefined)
    for (; bucket.summed < sets.length; bucket.summed++) sumUp(bucket, sets[bucket.summed]!);
  return bucket;
}

/** A count of 0 is as good as none. */
function sumUp(bucket: Bucket, { values, counts }: Values): void {
  let [sum, count] = [0, 0];
  let { minimum, maximum } = bucket;
  for (let index = 0; index < values.length; index++) {
    const times = counts === undefined ? 1 : (counts[index] ?? 1);
    if (times === 0) continue;
    const value = values[index]!;
    sum += value * times;
    count += times;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  bucket.sum += sum;
  bucket.count += count;
  bucket.minimum = minimum;
  bucket.maximum = maximum;
}

/** All values of a bucket; undefined where a summary hides them. */
export function sortedValues(bucket: Bucket): SortedValues | undefined {
  if (bucket.sets === undefined) return undefined;
  bucket.sorted ??= addUp(bucket.sets.map(roundedSamples));
  return bucket.sorted;
}

function roundedSamples({ values, counts }: Values): Values {
  return { values: rounded(values), counts };
}

/** Frozen lists come again and again: the quantiles of a distribution. */
const roundedLists = new WeakMap<readonly number[], readonly number[]>();

function rounded(values: readonly number[]): readonly number[] {
  let known = roundedLists.get(values);
  if (known === undefined) {
    known = values.map(threeDigits);
    if (Object.isFrozen(values)) roundedLists.set(values, known);
  }
  return known;
}

function addUp(sets: readonly Values[]): SortedValues {
  return addUpAlike(sets) ?? addUpAny(sets);
}

/** Sets over one and the same ascending list: the quantiles of one distribution, minute by minute. */
function addUpAlike(sets: readonly Values[]): SortedValues | undefined {
  const values = sets[0]?.values;
  if (values === undefined || values.length < 2 || !isAscending(values)) return undefined;
  const counts = new Array<number>(values.length).fill(0);
  let count = 0;
  for (const { values: own, counts: times } of sets) {
    if (own !== values || times === undefined) return undefined;
    for (let index = 0; index < counts.length; index++) {
      counts[index]! += times[index]!;
      count += times[index]!;
    }
  }
  return { values, counts, count };
}

function isAscending(values: readonly number[]): boolean {
  for (let index = 1; index < values.length; index++) {
    if (values[index]! < values[index - 1]!) return false;
  }
  return true;
}

function addUpAny(sets: readonly Values[]): SortedValues {
  const merged = new Map<number, number>();
  let count = 0;
  for (const { values, counts } of sets) {
    for (let index = 0; index < values.length; index++) {
      const value = values[index]!;
      const times = counts === undefined ? 1 : (counts[index] ?? 1);
      if (times === 0) continue;
      count += times;
      merged.set(value, (merged.get(value) ?? 0) + times);
    }
  }
  const values = [...merged.keys()].sort((one, other) => one - other);
  return { values, counts: values.map((value) => merged.get(value)!), count };
}

/** 0.12345 to 0.123; integers up to 999 stay as they are. */
export function threeDigits(value: number): number {
  if (value === 0 || (isInteger(value) && abs(value) < 1000)) return value;
  const magnitude = floor(log10(abs(value)));
  if (magnitude >= 2) {
    const step = power(magnitude - 2);
    return round(value / step) * step;
  }
  const scale = power(2 - magnitude);
  return round(value * scale) / scale;
}

const powers = Array.from({ length: 24 }, (_, exponent) => 10 ** exponent);

function power(exponent: number): number {
  return powers[exponent] ?? 10 ** exponent;
}
