/**
 * Metric values in buckets of one minute. What AWS itself publishes waits until somebody asks for it, since most of it
 * never is; it is then as it would have been had it been put at once.
 */
import type { Dimensions, Measurements } from '../contracts.ts';
import type { Kernel } from '../kernel.ts';
import { addSamples, type Bucket, emptyBucket } from './buckets.ts';

/** Global look-ups are slow, in a vm context most of all. */
const { floor, imul } = Math;

export const minuteMs = 60_000;
/** One day; CloudWatch keeps 15. A standing region under load would not fit into memory with that. */
const retentionMinutes = 24 * 60;

export interface Series {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Dimensions;
  unit: string;
  /** By the minute's number since the epoch. */
  readonly minutes: Map<number, Bucket>;
  /** Start of the oldest minute, and the time of the newest sample, epoch ms. */
  firstAt: number;
  lastAt: number;
  /** Where the hash of this series' publishing delays begins. */
  readonly hash: number;
  /** So many of its namespace's measurements are in it. */
  entered: number;
}

/** How the metrics that AWS itself publishes arrive. A test or a fault script may change it at any time. */
export interface Publishing {
  /** Delay after a minute closed, drawn evenly per metric and minute. */
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** Share of metric-minutes that never arrive, 0 to 1. */
  readonly lostShare: number;
}

/** Measurements of one moment. */
interface Published {
  readonly at: number;
  readonly publishing: Publishing;
  readonly measurements: Measurements;
}

/** Of one namespace; a region that runs for long must not keep them for ever. */
const mostPublished = 500;

const defaultPublishing: Publishing = { minDelayMs: 60_000, maxDelayMs: 120_000, lostShare: 0 };

export class MetricStore {
  publishing: Publishing = defaultPublishing;
  readonly #kernel: Kernel;
  /** By metric. */
  readonly #series = new Map<string, Series[]>();
  readonly #published = new Map<string, Published[]>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Every series that has samples. */
  all(): Series[] {
    for (const namespace of this.#published.keys()) this.#enterAll(namespace);
    return [...this.#series.values()].flat().filter((series) => series.minutes.size > 0);
  }

  find(namespace: string, metric: string, dimensions: Dimensions): Series | undefined {
    const published = this.#published.get(namespace);
    if (published === undefined) return this.#known(namespace, metric, dimensions);
    const series = this.#seriesFor(namespace, metric, dimensions);
    this.#enter(series, published);
    return series;
  }

  /** The open bucket of the minute `at` lies in; what is in it is seen at once. */
  bucket(namespace: string, metric: string, dimensions: Dimensions, unit: string, at: number): Bucket {
    const series = this.#seriesFor(namespace, metric, dimensions);
    if (series.minutes.size === 0) series.unit = unit;
    return this.#bucketOf(series, at, undefined);
  }

  /** What AWS itself publishes of this moment. */
  publish(namespace: string, measurements: Measurements): void {
    let published = this.#published.get(namespace);
    if (published === undefined) {
      published = [];
      this.#published.set(namespace, published);
    }
    published.push({ at: this.#kernel.now, publishing: this.publishing, measurements });
    if (published.length >= mostPublished) this.#enterAll(namespace);
  }

  /** Puts what waits into a series, in the order in which it came. */
  #enter(series: Series, published: readonly Published[]): void {
    const { metric, dimensions } = series;
    for (; series.entered < published.length; series.entered++) {
      const { at, publishing, measurements } = published[series.entered]!;
      for (const samples of measurements.samples(metric, dimensions)) {
        if (series.minutes.size === 0) series.unit = samples.unit;
        addSamples(this.#bucketOf(series, at, publishing), samples);
      }
    }
  }

  /** Puts everything that waits into its series: nothing waits any more. */
  #enterAll(namespace: string): void {
    const published = this.#published.get(namespace) ?? [];
    for (const { measurements } of published) {
      for (const { metric, dimensions } of measurements.names())
        this.#enter(this.#seriesFor(namespace, metric, dimensions), published);
    }
    published.length = 0;
    for (const list of this.#series.values())
      for (const series of list) if (series.namespace === namespace) series.entered = 0;
  }

  /** `publishing` absent: seen at once. */
  #bucketOf(series: Series, at: number, publishing: Publishing | undefined): Bucket {
    if (at > series.lastAt) series.lastAt = at;
    const minute = floor(at / minuteMs);
    let bucket = series.minutes.get(minute);
    if (bucket !== undefined) return bucket;
    const start = minute * minuteMs;
    if (start < series.firstAt) series.firstAt = start;
    bucket = emptyBucket(
      publishing === undefined ? this.#kernel.now : availableAt(publishing, series, start),
    );
    series.minutes.set(minute, bucket);
    if (series.minutes.size > retentionMinutes) {
      const oldest = series.minutes.keys().next().value!;
      series.minutes.delete(oldest);
      if (series.firstAt === oldest * minuteMs) series.firstAt += minuteMs;
    }
    return bucket;
  }

  #known(namespace: string, metric: string, dimensions: Dimensions): Series | undefined {
    return this.#series
      .get(metric)
      ?.find((each) => each.namespace === namespace && sameDimensions(each.dimensions, dimensions));
  }

  #seriesFor(namespace: string, metric: string, dimensions: Dimensions): Series {
    const known = this.#known(namespace, metric, dimensions);
    if (known !== undefined) return known;
    const series: Series = {
      namespace,
      metric,
      dimensions: { ...dimensions },
      unit: 'None',
      minutes: new Map(),
      firstAt: Number.POSITIVE_INFINITY,
      lastAt: Number.NEGATIVE_INFINITY,
      hash: fnv(`${this.#kernel.config.seed}|${seriesKey(namespace, metric, dimensions)}|`, 0x811c9dc5),
      entered: 0,
    };
    const list = this.#series.get(metric);
    if (list === undefined) this.#series.set(metric, [series]);
    else list.push(series);
    return series;
  }
}

/** Drawn from the metric's name and the minute, so that no other draw can shift it. */
function availableAt(
  { minDelayMs, maxDelayMs, lostShare }: Publishing,
  series: Series,
  start: number,
): number {
  const hash = fnv(textOf(start), series.hash);
  if (lostShare > 0 && fraction(fnv('|lost', hash)) < lostShare) return Number.POSITIVE_INFINITY;
  return start + minuteMs + minDelayMs + floor(fraction(hash) * (maxDelayMs - minDelayMs));
}

/** Every series asks for the same minutes. */
const texts = new Map<number, string>();

function textOf(start: number): string {
  let text = texts.get(start);
  if (text === undefined) {
    text = String(start);
    if (texts.size > 1000) texts.clear();
    texts.set(start, text);
  }
  return text;
}

export function sameDimensions(one: Dimensions, other: Dimensions): boolean {
  for (const name in one) if (one[name] !== other[name]) return false;
  for (const name in other) if (one[name] === undefined) return false;
  return true;
}

function seriesKey(namespace: string, metric: string, dimensions: Dimensions): string {
  const names = Object.keys(dimensions).sort();
  let key = `${namespace}|${metric}`;
  for (const name of names) key += `|${name}=${dimensions[name]}`;
  return key;
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
