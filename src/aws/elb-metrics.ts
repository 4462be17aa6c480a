/**
 * Requests and failures of a target group by minute, from CloudWatch.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
 */
import type { Dimension, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { AwsCallError } from './call-error.ts';
import type { AwsCaller } from './caller.ts';
import {
  type CountName,
  clientErrors,
  counts,
  type MinuteSeries,
  ownFailures,
  type TrafficMinutes,
  toTrafficMinutes,
} from './elb-minutes.ts';

export interface TrafficSource {
  readonly loadBalancerArn: string;
  /** Blue first: what it is known for is taken out of the load balancer's own failures. */
  readonly targetGroupArns: readonly string[];
  readonly slowerThanSeconds?: number | undefined;
  readonly objectiveSeconds?: number | undefined;
}

interface MinutesQuery extends TrafficSource {
  /** Minutes that start in [`fromMs`, `toMs`). */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Reads the minutes that start in [`fromMs`, `toMs`). */
export type TrafficReader = (fromMs: number, toMs: number) => Promise<TrafficMinutes>;

/**
 * Reads all minutes with data, as often as asked. A 5XX metric that is missing beside a `RequestCount` means zero errors.
 * Throws `AwsCallError`; a partial answer is an error, too.
 */
export function createTrafficReader(caller: AwsCaller, source: TrafficSource): TrafficReader {
  const queries = minuteQueries(source);
  return async (fromMs, toMs) => toTrafficMinutes(await readSeries(caller, queries, fromMs, toMs), source);
}

function minuteQueries(query: TrafficSource): MetricDataQuery[] {
  const ofBalancer = [balancerDimension(query.loadBalancerArn)];
  const queries: MetricDataQuery[] = [];
  for (const [group, arn] of query.targetGroupArns.entries()) {
    const ofGroup = [...ofBalancer, groupDimension(arn)];
    const add = (name: CountName, metric: string, statistic: string): void => {
      queries.push(minuteQuery(`g${group}_${name}`, metric, statistic, ofGroup));
    };
    // A trimmed count: how many samples lie above the threshold.
    const addSlower = (name: CountName, seconds: number | undefined): void => {
      if (seconds !== undefined) add(name, 'TargetResponseTime', `TC(${seconds.toFixed(3)}:)`);
    };
    for (const name of countNames) add(name, counts[name], 'Sum');
    add('timed', 'TargetResponseTime', 'SampleCount');
    addSlower('slow', query.slowerThanSeconds);
    addSlower('slowerThanObjective', query.objectiveSeconds);
  }
  for (const code of ownFailures)
    queries.push(minuteQuery(`elb_${code}`, `HTTPCode_ELB_${code}_Count`, 'Sum', ofBalancer));
  queries.push(minuteQuery('elb_4xx', clientErrors, 'Sum', ofBalancer));
  return queries;
}

const countNames = Object.keys(counts) as readonly (keyof typeof counts)[];

/**
 * The response time that one request in twenty exceeds, seconds: the median of the minutes' p95. Undefined
 * where nothing was answered.
 */
export async function readUsualP95(
  caller: AwsCaller,
  loadBalancerArn: string,
  targetGroupArn: string,
  fromMs: number,
  toMs: number,
): Promise<number | undefined> {
  return usualP95(await readSeries(caller, [p95Query(loadBalancerArn, targetGroupArn)], fromMs, toMs));
}

/** The minutes, and what `readUsualP95` says of the first group, in one call. */
export async function readUsualTraffic(
  caller: AwsCaller,
  query: MinutesQuery,
): Promise<{ readonly traffic: TrafficMinutes; readonly p95: number | undefined }> {
  const queries = [...minuteQueries(query), p95Query(query.loadBalancerArn, query.targetGroupArns[0]!)];
  const series = await readSeries(caller, queries, query.fromMs, query.toMs);
  return { traffic: toTrafficMinutes(series, query), p95: usualP95(series) };
}

function p95Query(loadBalancerArn: string, targetGroupArn: string): MetricDataQuery {
  const ofGroup = [balancerDimension(loadBalancerArn), groupDimension(targetGroupArn)];
  return minuteQuery('p95', 'TargetResponseTime', 'p95', ofGroup);
}

function usualP95(series: ReadonlyMap<string, MinuteSeries>): number | undefined {
  const values = [...(series.get('p95')?.values() ?? [])].sort((one, other) => one - other);
  return values[Math.floor(values.length / 2)];
}

function minuteQuery(
  id: string,
  metric: string,
  statistic: string,
  dimensions: Dimension[],
): MetricDataQuery {
  return {
    Id: id,
    ReturnData: true,
    MetricStat: {
      Period: 60,
      Stat: statistic,
      Metric: { Namespace: 'AWS/ApplicationELB', MetricName: metric, Dimensions: dimensions },
    },
  };
}

function balancerDimension(loadBalancerArn: string): Dimension {
  return { Name: 'LoadBalancer', Value: loadBalancerDimension(loadBalancerArn) };
}

function groupDimension(targetGroupArn: string): Dimension {
  return { Name: 'TargetGroup', Value: targetGroupDimension(targetGroupArn) };
}

async function readSeries(
  caller: AwsCaller,
  queries: MetricDataQuery[],
  fromMs: number,
  toMs: number,
): Promise<ReadonlyMap<string, MinuteSeries>> {
  const series = new Map<string, Map<number, number>>();
  let token: string | undefined;
  do {
    const page = await caller.call('cloudwatch:GetMetricData', {
      MetricDataQueries: queries,
      StartTime: new Date(fromMs),
      EndTime: new Date(toMs),
      ScanBy: 'TimestampAscending',
      ...(token === undefined ? {} : { NextToken: token }),
    });
    for (const result of page.MetricDataResults ?? []) {
      if (result.StatusCode === 'InternalError' || result.StatusCode === 'Forbidden') {
        // One metric without its values would read as zero errors.
        throw new AwsCallError(
          'cloudwatch:GetMetricData',
          result.StatusCode,
          `no values for ${result.Label ?? result.Id}`,
          result.StatusCode === 'Forbidden' ? 'access-denied' : 'transient',
        );
      }
      const values = series.get(result.Id ?? '') ?? new Map<number, number>();
      const { Timestamps = [], Values = [] } = result;
      for (let index = 0; index < Timestamps.length; index++)
        values.set(Timestamps[index]!.getTime(), Values[index] ?? 0);
      series.set(result.Id ?? '', values);
    }
    token = page.NextToken;
  } while (token !== undefined);
  return series;
}

/** `arn:…:loadbalancer/app/name/id` to `app/name/id`. */
export function loadBalancerDimension(loadBalancerArn: string): string {
  return loadBalancerArn.slice(loadBalancerArn.indexOf(':loadbalancer/') + ':loadbalancer/'.length);
}

/** `arn:…:targetgroup/name/id` to `targetgroup/name/id`. */
export function targetGroupDimension(targetGroupArn: string): string {
  return targetGroupArn.slice(targetGroupArn.indexOf(':targetgroup/') + 1);
}
