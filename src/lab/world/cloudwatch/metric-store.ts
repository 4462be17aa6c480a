/**
 * Metric values in buckets of one minute, kept small: exact sum, count, minimum and maximum, and the values
 * themselves as value -> count, rounded to three significant digits, for percentiles and trimmed statistics.
 * Values are added up when somebody asks for those: most series are only ever asked for sums.
 */
import type { Kernel } from '../kernel.ts';

/** Every sample comes through here: global look-ups and `**` are slow, in a vm context most of all. */
const { abs, floor, imul, log10, round } = Math;
const { isInteger } = Number;

export const minuteMs = 60_000;
/** One day; CloudWatch keeps 15. A standing region under load would not fit into memory with that. */
const retentionMinutes = 24 * 60;

/** Samples that belong together, read-only: several buckets may hold the same ones. */
export interface SampleSet {
  readonly sum: number;
  readonly count: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Rounded to three significant digits, and how often each occurred. */
  readonly values: readonly number[];
  readonly counts: ArrayLike<number> | undefined;
}

/** Values in ascending order, and how often each occurred (which may be 0). */
export interface SortedValues {
  readonly values: readonly number[];
  readonly counts: readonly number[];
  /** Sum of the counts. */
  readonly count: number;
}

export interface Bucket {
  sum: number;
  count: number;
  minimum: number;
  maximum: number;
  /** Undefined where only a summary was put (StatisticValues): no percentiles then. */
  sets: SampleSet[] | undefined;
  /** `sets` added up, while nothing was added since. */
  sorted: SortedValues | undefined;
  /** Statistics that were asked for, while nothing was added since. */
  told: Map<object, number | undefined> | undefined;
  /** When readers see it, epoch ms; Infinity for a minute that got lost. */
  readonly availableAt: number;
}

export interface Series {
  readonly key: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly unit: string;
  /** By the minute's start, epoch ms. */
  readonly minutes: Map<number, Bucket>;
  /** Start of the oldest minute, and the time of the newest sample, epoch ms. */
  firstAt: number;
  lastAt: number;
  /** Where the hash of this series' publishing delays begins. */
  readonly hash: number;
}

/** How the metrics that AWS itself publishes arrive. A test or a fault script may change it at any time. */
export interface Publishing {
  /** Delay after a minute closed, drawn evenly per metric and minute. */
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** Share of metric-minutes that never arrive, 0 to 1. */
  readonly lostShare: number;
}

/** Samples that nobody has asked for yet. */
interface Waiting {
  readonly namespace: string;
  readonly everywhere: readonly Readonly<Record<string, string>>[];
  readonly unit: string;
  readonly at: number;
  readonly publishing: Publishing;
  readonly set: SampleSet;
}

/** Of one metric; a region that runs for long must not keep them for ever. */
const mostWaiting = 500;

interface SeriesList {
  readonly namespace: string;
  readonly all: readonly Series[];
}

const defaultPublishing: Publishing = { minDelayMs: 60_000, maxDelayMs: 120_000, lostShare: 0 };

export class MetricStore {
  publishing: Publishing = defaultPublishing;
  readonly #kernel: Kernel;
  readonly #series = new Map<string, Series>();
  /** Series by the identity of frozen dimensions, then by metric: spares whoever keeps them the long key. */
  readonly #known = new WeakMap<object, Map<string, Series>>();
  /** The same for frozen lists of them. */
  readonly #lists = new WeakMap<object, Map<string, SeriesList>>();
  /** By metric: most of what AWS publishes is never read. */
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  all(): IterableIterator<Series> {
    for (const metric of this.#waiting.keys()) this.#enter(metric);
    return this.#series.values();
  }

  find(namespace: string, metric: string, dimensions: Readonly<Record<string, string>>): Series | undefined {
    this.#enter(metric);
    return this.#series.get(seriesKey(namespace, metric, dimensions));
  }

  /** The open bucket of the minute `at` lies in. `delayed`: as AWS's own metrics; else seen at once. */
  bucket(
    namespace: string,
    metric: string,
    dimensions: Readonly<Record<string, string>>,
    unit: string,
    at: number,
    delayed: boolean,
  ): Bucket {
    this.#enter(metric);
    const series = this.#seriesFor(namespace, metric, dimensions, unit, at);
    return this.#bucketOf(series, at, delayed ? this.publishing : undefined);
  }

  /** Samples of one metric under several combinations of dimensions, published as AWS's own. */
  addEverywhere(
    namespace: string,
    metric: string,
    everywhere: readonly Readonly<Record<string, string>>[],
    unit: string,
    set: SampleSet,
  ): void {
    let waiting = this.#waiting.get(metric);
    if (waiting === undefined) {
      waiting = [];
      this.#waiting.set(metric, waiting);
    }
    const { publishing } = this;
    waiting.push({ namespace, everywhere, unit, at: this.#kernel.now, publishing, set });
    if (waiting.length >= mostWaiting) this.#enter(metric);
  }

  /** Puts what waits into its series, in the order in which it came, and as it would have been then. */
  #enter(metric: string): void {
    const waiting = this.#waiting.get(metric);
    if (waiting === undefined || waiting.length === 0) return;
    this.#waiting.delete(metric);
    for (const each of waiting) this.#add(metric, each);
  }

  #add(metric: string, { namespace, everywhere, unit, at, publishing, set }: Waiting): void {
    let known = this.#lists.get(everywhere)?.get(metric);
    if (known === undefined || known.namespace !== namespace) {
      const all = everywhere.map((dimensions) => this.#seriesFor(namespace, metric, dimensions, unit, at));
      known = { namespace, all };
      if (Object.isFrozen(everywhere)) {
        const metrics = this.#lists.get(everywhere) ?? new Map<string, SeriesList>();
        this.#lists.set(everywhere, metrics.set(metric, known));
      }
    }
    for (const series of known.all) addSamples(this.#bucketOf(series, at, publishing), set);
  }

  /** `publishing` absent: seen at once. */
  #bucketOf(series: Series, at: number, publishing: Publishing | undefined): Bucket {
    if (at > series.lastAt) series.lastAt = at;
    const start = floor(at / minuteMs) * minuteMs;
    if (start < series.firstAt) series.firstAt = start;
    let bucket = series.minutes.get(start);
    if (bucket === undefined) {
      bucket = {
        sum: 0,
        count: 0,
        minimum: Number.POSITIVE_INFINITY,
        maximum: Number.NEGATIVE_INFINITY,
        sets: [],
        sorted: undefined,
        told: undefined,
        availableAt: publishing === undefined ? this.#kernel.now : availableAt(publishing, series, start),
      };
      series.minutes.set(start, bucket);
      if (series.minutes.size > retentionMinutes) {
        const oldest = series.minutes.keys().next().value;
        if (oldest !== undefined) {
          series.minutes.delete(oldest);
          if (series.firstAt === oldest) series.firstAt = oldest + minuteMs;
        }
      }
    }
    return bucket;
  }

  #seriesFor(
    namespace: string,
    metric: string,
    dimensions: Readonly<Record<string, string>>,
    unit: string,
    at: number,
  ): Series {
    const known = this.#known.get(dimensions)?.get(metric);
    if (known?.namespace === namespace) return known;
    const key = seriesKey(namespace, metric, dimensions);
    let series = this.#series.get(key);
    if (series === undefined) {
      const copy = { ...dimensions };
      series = {
        key,
        namespace,
        metric,
        dimensions: copy,
        unit,
        minutes: new Map(),
        firstAt: at,
        lastAt: at,
        hash: fnv(`${this.#kernel.config.seed}|${key}|`, 0x811c9dc5),
      };
      this.#series.set(key, series);
    }
    if (Object.isFrozen(dimensions)) {
      const metrics = this.#known.get(dimensions) ?? new Map<string, Series>();
      this.#known.set(dimensions, metrics.set(metric, series));
    }
    return series;
  }
}

/** Drawn from the metric's name and the minute, so that no other draw can shift it. */
function availableAt(
  { minDelayMs, maxDelayMs, lostShare }: Publishing,
  series: Series,
  start: number,
): number {
  const hash = fnv(`${start}`, series.hash);
  if (lostShare > 0 && fraction(fnv('|lost', hash)) < lostShare) return Number.POSITIVE_INFINITY;
  return start + minuteMs + minDelayMs + floor(fraction(hash) * (maxDelayMs - minDelayMs));
}

/** Samples in the shape they are kept in. `counts` absent: once each; a count of 0 is as good as none. */
export function sampleSet(values: readonly number[], counts?: ArrayLike<number>): SampleSet {
  let sum = 0;
  let count = 0;
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    const times = counts === undefined ? 1 : (counts[index] ?? 1);
    if (times === 0) continue;
    sum += value * times;
    count += times;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  return { sum, count, minimum, maximum, values: rounded(values), counts };
}

/** Frozen lists come again and again: the quantiles of a distribution. */
const roundedLists = new WeakMap<readonly number[], readonly number[]>();

function rounded(values: readonly number[]): readonly number[] {
  if (values.length === 1) return values[0] === 1 ? values : [threeDigits(values[0]!)];
  let known = roundedLists.get(values);
  if (known === undefined) {
    known = values.map(threeDigits);
    if (Object.isFrozen(values)) roundedLists.set(values, known);
  }
  return known;
}

/** A bucket of a busy region gets many sets a minute: beyond this many they are added up. */
const mostSets = 32;

export function addSamples(bucket: Bucket, set: SampleSet): void {
  bucket.sum += set.sum;
  bucket.count += set.count;
  if (set.minimum < bucket.minimum) bucket.minimum = set.minimum;
  if (set.maximum > bucket.maximum) bucket.maximum = set.maximum;
  bucket.sorted = undefined;
  bucket.told = undefined;
  const { sets } = bucket;
  if (sets === undefined) return;
  sets.push(set);
  if (sets.length <= mostSets) return;
  bucket.sets = [{ sum: 0, minimum: 0, maximum: 0, ...addUp(sets) }];
}

export function addSummary(
  bucket: Bucket,
  summary: {
    readonly sum: number;
    readonly count: number;
    readonly minimum: number;
    readonly maximum: number;
  },
): void {
  const { minimum, maximum, count } = summary;
  const isOneValue = minimum === maximum;
  addSamples(bucket, {
    ...summary,
    values: isOneValue ? [threeDigits(minimum)] : [],
    counts: isOneValue ? [count] : [],
  });
  if (!isOneValue) bucket.sets = undefined;
}

/** All values of a bucket; undefined where a summary hides them. */
export function sortedValues(bucket: Bucket): SortedValues | undefined {
  if (bucket.sets === undefined) return undefined;
  bucket.sorted ??= addUp(bucket.sets);
  return bucket.sorted;
}

export function addUp(sets: readonly Pick<SampleSet, 'values' | 'counts'>[]): SortedValues {
  return addUpAlike(sets) ?? addUpAny(sets);
}

/** Sets over one and the same ascending list: the quantiles of one distribution, minute by minute. */
function addUpAlike(sets: readonly Pick<SampleSet, 'values' | 'counts'>[]): SortedValues | undefined {
  const values = sets[0]?.values;
  if (values === undefined || values.length < 2 || !isAscending(values)) return undefined;
  const counts = new Array<number>(values.length).fill(0);
  let count = 0;
  for (const set of sets) {
    if (set.values !== values || set.counts === undefined) return undefined;
    for (let index = 0; index < counts.length; index++) {
      counts[index]! += set.counts[index]!;
      count += set.counts[index]!;
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

function addUpAny(sets: readonly Pick<SampleSet, 'values' | 'counts'>[]): SortedValues {
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

export function seriesKey(
  namespace: string,
  metric: string,
  dimensions: Readonly<Record<string, string>>,
): string {
  const names = Object.keys(dimensions).sort();
  let key = `${namespace}|${metric}`;
  for (const name of names) key += `|${name}=${dimensions[name]}`;
  return key;
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

/** FNV-1a over the text, going on from `hash`. */
function fnv(text: string, hash: number): number {
  let result = hash;
  for (let index = 0; index < text.length; index++)
    result = imul(result ^ text.charCodeAt(index), 0x01000193);
  return result;
}

/** A final mix (murmur3), as a number in [0, 1). */
function fraction(given: number): number {
  let hash = imul(given ^ (given >>> 16), 0x85ebca6b);
  hash = imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
