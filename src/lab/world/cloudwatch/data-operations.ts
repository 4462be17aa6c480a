/** The API calls about metric data: put, get, list. */
import type {
  Datapoint as DatapointShape,
  GetMetricDataInput,
  GetMetricStatisticsInput,
  ListMetricsInput,
  MetricDataResult,
  MetricDatum,
  PutMetricDataInput,
} from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../aws-error.ts';
import type { Kernel } from '../kernel.ts';
import type { Operation } from '../service.ts';
import { addSamples, addSummary } from './buckets.ts';
import { checkPeriod, compileQueries, dimensionRecord, runQueries, validationError } from './metric-query.ts';
import { type MetricStore, minuteMs } from './metric-store.ts';
import { nextToken, page, tokenIndex } from './paging.ts';
import { datapoints, parseStatistic } from './statistics.ts';

const maxQueries = 500;
const maxDatapointsPerAnswer = 100_800;
const dayMs = 24 * 60 * 60_000;

export function dataOperations(kernel: Kernel, store: MetricStore): Record<string, Operation> {
  return {
    PutMetricData: {
      mutates: true,
      permissions: (input: Partial<PutMetricDataInput> | undefined) => [
        {
          action: 'cloudwatch:PutMetricData',
          resources: ['*'],
          context: { 'cloudwatch:namespace': input?.Namespace ?? '' },
        },
      ],
      run: (input: PutMetricDataInput) => {
        put(kernel, store, input);
        return {};
      },
    },
    GetMetricData: {
      mutates: false,
      permissions: () => [{ action: 'cloudwatch:GetMetricData', resources: ['*'] }],
      run: (input: GetMetricDataInput) => getMetricData(kernel, store, input),
    },
    GetMetricStatistics: {
      mutates: false,
      permissions: () => [{ action: 'cloudwatch:GetMetricStatistics', resources: ['*'] }],
      run: (input: GetMetricStatisticsInput) => getMetricStatistics(kernel, store, input),
    },
    ListMetrics: {
      mutates: false,
      permissions: () => [{ action: 'cloudwatch:ListMetrics', resources: ['*'] }],
      run: (input: ListMetricsInput | undefined) => listMetrics(kernel, store, input ?? {}),
    },
  };
}

function put(kernel: Kernel, store: MetricStore, input: PutMetricDataInput): void {
  const namespace = input.Namespace ?? '';
  if (namespace === '') throw new AwsError('MissingParameter', 'The parameter Namespace is required.');
  if (namespace.startsWith('AWS/')) {
    throw new AwsError(
      'InvalidParameterValue',
      `The value ${namespace} for parameter Namespace is invalid: it must not begin with AWS/`,
    );
  }
  const data = input.MetricData ?? [];
  if (data.length === 0) throw new AwsError('MissingParameter', 'The parameter MetricData is required.');
  if (data.length > 1000) {
    throw new AwsError(
      'InvalidParameterValue',
      'The collection MetricData must not have a size greater than 1000.',
    );
  }
  for (const datum of data) checkDatum(kernel.now, datum);
  for (const datum of data) {
    const at = datum.Timestamp?.getTime() ?? kernel.now;
    const dimensions = dimensionRecord(datum.Dimensions);
    const bucket = store.bucket(namespace, datum.MetricName!, dimensions, datum.Unit ?? 'None', at);
    if (datum.StatisticValues !== undefined) {
      const { Sum, SampleCount, Minimum, Maximum } = datum.StatisticValues;
      addSummary(bucket, { sum: Sum!, count: SampleCount!, minimum: Minimum!, maximum: Maximum! });
    } else if (datum.Values !== undefined) {
      addSamples(bucket, { values: datum.Values, counts: datum.Counts });
    } else {
      addSamples(bucket, { values: [datum.Value!] });
    }
  }
}

function checkDatum(now: number, datum: MetricDatum): void {
  if (datum.MetricName === undefined || datum.MetricName === '') {
    throw new AwsError('MissingParameter', 'The parameter MetricData.member.1.MetricName is required.');
  }
  const forms = [datum.Value, datum.Values, datum.StatisticValues].filter((form) => form !== undefined);
  if (forms.length !== 1) {
    throw new AwsError(
      'InvalidParameterCombination',
      `Metric ${datum.MetricName}: exactly one of Value, Values and StatisticValues must be given, got ${forms.length}.`,
    );
  }
  if (datum.Counts !== undefined && datum.Counts.length !== datum.Values?.length) {
    throw new AwsError('InvalidParameterValue', 'The parameters Values and Counts must be of the same size.');
  }
  const at = datum.Timestamp?.getTime() ?? now;
  if (at < now - 14 * dayMs || at > now + dayMs / 12) {
    throw new AwsError(
      'InvalidParameterValue',
      'Timestamp must specify a time within the past two weeks and no more than two hours in the future.',
    );
  }
}

function range(input: { StartTime?: Date | undefined; EndTime?: Date | undefined }): {
  from: number;
  to: number;
} {
  if (input.StartTime === undefined || input.EndTime === undefined) {
    throw new AwsError('MissingParameter', 'The parameters StartTime and EndTime are required.');
  }
  // Start times of the last 15 days are rounded down to the minute (API reference).
  const from = Math.floor(input.StartTime.getTime() / minuteMs) * minuteMs;
  const to = input.EndTime.getTime();
  if (input.StartTime.getTime() >= to) {
    throw validationError('The parameter StartTime must be less than the parameter EndTime.');
  }
  return { from, to };
}

function getMetricData(kernel: Kernel, store: MetricStore, input: GetMetricDataInput): unknown {
  const queries = input.MetricDataQueries ?? [];
  if (queries.length === 0)
    throw new AwsError('MissingParameter', 'The parameter MetricDataQueries is required.');
  if (queries.length > maxQueries) {
    throw validationError(
      `The collection MetricDataQueries must not have a size greater than ${maxQueries}, got ${queries.length}.`,
    );
  }
  const { from, to } = range(input);
  const limit = input.MaxDatapoints ?? maxDatapointsPerAnswer;
  if (!Number.isInteger(limit) || limit < 1 || limit > maxDatapointsPerAnswer) {
    throw validationError(`MaxDatapoints '${limit}' must be between 1 and ${maxDatapointsPerAnswer}`);
  }
  const compiled = compileQueries(queries);
  if (!compiled.some((query) => query.returnData)) {
    throw validationError('At least one query must return data (ReturnData)');
  }
  const series = runQueries(store, compiled, from, to, kernel.now);
  const ascending = input.ScanBy === 'TimestampAscending';
  // All data points in one line; a page is a stretch of it.
  let skip = tokenIndex(input.NextToken);
  const start = skip;
  let room = limit;
  let left = 0;
  const results: MetricDataResult[] = [];
  // Most series have the same minutes: those of the longest so far, which the others take theirs from.
  let dates: readonly Date[] = [];
  for (let each = 0; each < compiled.length; each++) {
    const query = compiled[each]!;
    if (!query.returnData) continue;
    const points = series[each]!;
    const skipped = Math.min(skip, points.length);
    const count = Math.min(points.length - skipped, room);
    const Timestamps = new Array<Date>(count);
    const Values = new Array<number>(count);
    for (let index = 0; index < count; index++) {
      const place = skipped + index;
      const { at, value } = points[ascending ? place : points.length - 1 - place]!;
      const known = dates[index];
      Timestamps[index] = known?.getTime() === at ? known : new Date(at);
      Values[index] = value;
    }
    if (count > dates.length) dates = Timestamps;
    const rest = points.length - skipped - count;
    skip -= skipped;
    room -= count;
    left += rest;
    results.push({
      Id: query.id,
      Label: query.label,
      Timestamps,
      Values,
      StatusCode: rest > 0 ? 'PartialData' : 'Complete',
    });
  }
  const next = left > 0 ? start + limit : undefined;
  return { MetricDataResults: results, Messages: [], ...nextToken({ next }) };
}

function getMetricStatistics(kernel: Kernel, store: MetricStore, input: GetMetricStatisticsInput): unknown {
  const { from, to } = range(input);
  const periodSeconds = checkPeriod(input.Period);
  const names = [...(input.Statistics ?? []), ...(input.ExtendedStatistics ?? [])];
  if (names.length === 0) {
    throw new AwsError('MissingParameter', 'Must specify either Statistics or ExtendedStatistics');
  }
  const asked = (to - from) / (periodSeconds * 1000);
  if (asked > 1440) {
    throw new AwsError(
      'InvalidParameterCombination',
      `You have requested up to ${Math.floor(asked)} datapoints, which exceeds the limit of 1,440.`,
    );
  }
  const series = store.find(input.Namespace ?? '', input.MetricName ?? '', dimensionRecord(input.Dimensions));
  const matching = input.Unit !== undefined && series?.unit !== input.Unit ? undefined : series;
  const byTime = new Map<number, DatapointShape>();
  for (const name of names) {
    const statistic = parseStatistic(name);
    if (statistic === undefined) {
      throw new AwsError(
        'InvalidParameterValue',
        `The value ${name} for parameter Statistics is not supported.`,
      );
    }
    for (const { at, value } of datapoints(matching, statistic, periodSeconds * 1000, from, to, kernel.now)) {
      const point: DatapointShape = byTime.get(at) ?? {
        Timestamp: new Date(at),
        Unit: (matching?.unit ?? 'None') as 'Count',
      };
      if ((input.Statistics ?? []).includes(name as 'Sum')) point[name as 'Sum'] = value;
      else point.ExtendedStatistics = { ...point.ExtendedStatistics, [name]: value };
      byTime.set(at, point);
    }
  }
  return { Label: input.MetricName, Datapoints: [...byTime.values()] };
}

/** Metrics that have published data; of the last three hours with RecentlyActive. */
function listMetrics(kernel: Kernel, store: MetricStore, input: ListMetricsInput): unknown {
  const since =
    input.RecentlyActive === undefined ? Number.NEGATIVE_INFINITY : kernel.now - 3 * 60 * minuteMs;
  const all = store
    .all()
    .filter((series) => [...series.minutes.values()].some((bucket) => bucket.availableAt <= kernel.now))
    .filter((series) => series.lastAt >= since)
    .filter((series) => input.Namespace === undefined || series.namespace === input.Namespace)
    .filter((series) => input.MetricName === undefined || series.metric === input.MetricName)
    .filter((series) =>
      (input.Dimensions ?? []).every((filter) => {
        const value = series.dimensions[filter.Name ?? ''];
        return value !== undefined && (filter.Value === undefined || filter.Value === value);
      }),
    );
  const found = page(all, input.NextToken, 500);
  return {
    Metrics: found.items.map((series) => ({
      Namespace: series.namespace,
      MetricName: series.metric,
      Dimensions: Object.entries(series.dimensions).map(([Name, Value]) => ({ Name, Value })),
    })),
    ...nextToken(found),
  };
}
