/** MetricDataQuery lists, as GetMetricData and alarms on metric math use them. */
import type { Dimension, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../aws-error.ts';
import {
  type Expression,
  evaluate,
  MetricMathError,
  parseExpression,
  type TimeSeries,
} from './metric-math.ts';
import { type MetricStore, minuteMs } from './metric-store.ts';
import { type Datapoint, datapoints, parseStatistic, type Statistic } from './statistics.ts';

export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

/** A query that was understood. */
export interface CompiledQuery {
  readonly id: string;
  readonly label: string;
  readonly returnData: boolean;
  readonly periodSeconds: number;
  readonly source:
    | {
        readonly kind: 'metric';
        readonly namespace: string;
        readonly metric: string;
        readonly dimensions: Readonly<Record<string, string>>;
        readonly statistic: Statistic;
        readonly unit: string | undefined;
      }
    | { readonly kind: 'expression'; readonly expression: Expression };
}

export function dimensionRecord(dimensions: readonly Dimension[] | undefined): Record<string, string> {
  const record: Record<string, string> = {};
  for (const dimension of dimensions ?? []) record[dimension.Name ?? ''] = dimension.Value ?? '';
  return record;
}

/** 1, 5, 10, 20, 30 or a multiple of 60 seconds. */
export function checkPeriod(period: number | undefined): number {
  if (period === undefined || !Number.isInteger(period) || period < 1) {
    throw validationError(`The period '${period}' must be 1, 5, 10, 20, 30 or a multiple of 60`);
  }
  if (![1, 5, 10, 20, 30].includes(period) && period % 60 !== 0) {
    throw validationError(`The period '${period}' must be 1, 5, 10, 20, 30 or a multiple of 60`);
  }
  return period;
}

/** Throws ValidationError for the first query that is wrong. */
export function compileQueries(queries: readonly MetricDataQuery[]): CompiledQuery[] {
  const seen = new Set<string>();
  const used = new Map<string, string>();
  const compiled = queries.map((query): CompiledQuery => {
    const id = query.Id ?? '';
    if (!/^[a-z][A-Za-z0-9_]{0,254}$/.test(id)) {
      throw validationError(
        `The value '${id}' for parameter MetricDataQueries Id is not matching the expected pattern ` +
          '^[a-z][a-zA-Z0-9_]*$',
      );
    }
    if (seen.has(id))
      throw validationError(`The values for parameter id in MetricDataQueries are not unique: '${id}'`);
    seen.add(id);
    if ((query.MetricStat === undefined) === (query.Expression === undefined)) {
      throw validationError(`Query '${id}' must have exactly one of MetricStat and Expression`);
    }
    const returnData = query.ReturnData ?? true;
    if (query.MetricStat !== undefined) {
      const { Metric: metric, Period: period, Stat: text, Unit: unit } = query.MetricStat;
      const statistic = parseStatistic(text ?? '');
      if (statistic === undefined) {
        throw validationError(
          `The value '${text}' for parameter MetricStat.Stat of '${id}' is not a supported statistic`,
        );
      }
      if (metric?.Namespace === undefined || metric.MetricName === undefined) {
        throw validationError(`Query '${id}' must have a Namespace and a MetricName`);
      }
      return {
        id,
        label: query.Label ?? metric.MetricName,
        returnData,
        periodSeconds: checkPeriod(period),
        source: {
          kind: 'metric',
          namespace: metric.Namespace,
          metric: metric.MetricName,
          dimensions: dimensionRecord(metric.Dimensions),
          statistic,
          unit,
        },
      };
    }
    const ids = new Set<string>();
    const expression = parse(query.Expression!, ids);
    for (const each of ids) used.set(each, id);
    return {
      id,
      label: query.Label ?? id,
      returnData,
      periodSeconds: query.Period ?? longestPeriod(queries),
      source: { kind: 'expression', expression },
    };
  });
  for (const [id, user] of used) {
    if (!seen.has(id))
      throw validationError(`Expression '${user}' uses '${id}', which is not the Id of a query`);
    if (id === user) throw validationError(`Expression '${user}' refers to itself`);
  }
  return compiled;
}

/** Of its metrics: what an expression without a period has. */
function longestPeriod(queries: readonly MetricDataQuery[]): number {
  const periods = queries.flatMap((query) => query.MetricStat?.Period ?? []);
  return periods.length === 0 ? 60 : Math.max(...periods);
}

function parse(text: string, ids: Set<string>): Expression {
  try {
    return parseExpression(text, ids);
  } catch (error) {
    if (error instanceof MetricMathError) throw validationError(error.message);
    throw error;
  }
}

/** Each query's points, oldest first. Throws ValidationError for math that cannot be evaluated. */
export function runQueries(
  store: MetricStore,
  queries: readonly CompiledQuery[],
  from: number,
  to: number,
  now: number,
): readonly (readonly Datapoint[])[] {
  if (queries.every(({ source }) => source.kind === 'metric'))
    return queries.map((query) => pointsOf(store, query, from, to, now));
  const math = evaluateAll(store, queries, from, to, now);
  return queries.map((query) => inOrder(math.get(query.id)!));
}

/** Of a query that is a metric. */
function pointsOf(
  store: MetricStore,
  { source, periodSeconds }: CompiledQuery,
  from: number,
  to: number,
  now: number,
): readonly Datapoint[] {
  if (source.kind === 'expression') return [];
  const series = store.find(source.namespace, source.metric, source.dimensions);
  // A unit that was not published finds nothing (API reference, MetricStat).
  if (source.unit !== undefined && series?.unit !== source.unit) return [];
  return datapoints(series, source.statistic, periodSeconds * 1000, from, to, now);
}

/** Oldest first, as most come already. */
function inOrder(series: TimeSeries): readonly Datapoint[] {
  const points = Array.from(series, ([at, value]) => ({ at, value }));
  return points.sort((one, other) => one.at - other.at);
}

function evaluateAll(
  store: MetricStore,
  queries: readonly CompiledQuery[],
  from: number,
  to: number,
  now: number,
): ReadonlyMap<string, TimeSeries> {
  const byId = new Map(queries.map((query) => [query.id, query]));
  const results = new Map<string, TimeSeries | number>();
  const running = new Set<string>();

  const resolve = (id: string): TimeSeries | number | undefined => {
    const done = results.get(id);
    if (done !== undefined) return done;
    const query = byId.get(id);
    if (query === undefined) return undefined;
    if (running.has(id)) throw new MetricMathError(`Circular reference at '${id}'`);
    running.add(id);
    const value = compute(query);
    running.delete(id);
    results.set(id, value);
    return value;
  };

  const compute = (query: CompiledQuery): TimeSeries | number => {
    const { source } = query;
    if (source.kind === 'metric') {
      return new Map(pointsOf(store, query, from, to, now).map((point) => [point.at, point.value]));
    }
    return evaluate(source.expression, {
      series: resolve,
      metrics: (containing) =>
        queries
          .filter((other) => other.source.kind === 'metric')
          .filter((other) => containing === undefined || other.id.includes(containing))
          .map((other) => resolve(other.id) as TimeSeries),
      periods: periodStarts(from, to, Math.max(query.periodSeconds * 1000, minuteMs)),
    });
  };

  try {
    return new Map(
      queries.map((query) => {
        const value = resolve(query.id)!;
        // A scalar stands at every period of the range.
        if (typeof value !== 'number') return [query.id, value];
        const width = Math.max(query.periodSeconds * 1000, minuteMs);
        return [query.id, new Map(periodStarts(from, to, width).map((at) => [at, value]))];
      }),
    );
  } catch (error) {
    if (error instanceof MetricMathError) throw validationError(error.message);
    throw error;
  }
}

function periodStarts(from: number, to: number, periodMs: number): number[] {
  const starts: number[] = [];
  for (let at = Math.floor(from / periodMs) * periodMs; at < to; at += periodMs) starts.push(at);
  return starts;
}
