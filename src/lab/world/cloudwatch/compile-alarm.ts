/** What a metric alarm measures and when that is too much: the input of PutMetricAlarm, checked. Pure. */
import type { Dimension, MetricDataQuery, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import { type Comparison, comparisons, type MissingData } from './alarm-evaluation.ts';
import { type CompiledQuery, compileQueries, validationError } from './metric-query.ts';

const treatments: readonly MissingData[] = ['missing', 'ignore', 'breaching', 'notBreaching'];

export interface Measure {
  readonly queries: readonly CompiledQuery[];
  /** Place of the query that is compared. */
  readonly watched: number;
  readonly comparison: Comparison;
  readonly threshold: number;
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissing: MissingData;
}

/** @throws AwsError ValidationError, with what is allowed */
export function compileAlarm(input: PutMetricAlarmInput): Measure {
  const comparison = comparisons.find((name) => name === input.ComparisonOperator);
  if (comparison === undefined) {
    throw validationError(
      `ComparisonOperator '${input.ComparisonOperator}' is not simulated by the lab; allowed: ${comparisons.join(', ')}`,
    );
  }
  if (input.Threshold === undefined)
    throw validationError('Threshold must be specified for a static threshold alarm');
  const evaluationPeriods = input.EvaluationPeriods ?? 0;
  if (!Number.isInteger(evaluationPeriods) || evaluationPeriods < 1) {
    throw validationError(`EvaluationPeriods '${input.EvaluationPeriods}' must be 1 or more`);
  }
  const datapointsToAlarm = input.DatapointsToAlarm ?? evaluationPeriods;
  if (
    !Number.isInteger(datapointsToAlarm) ||
    datapointsToAlarm < 1 ||
    datapointsToAlarm > evaluationPeriods
  ) {
    throw validationError(
      `DatapointsToAlarm '${datapointsToAlarm}' must be 1 to EvaluationPeriods (${evaluationPeriods})`,
    );
  }
  const treatMissing = treatments.find((name) => name === (input.TreatMissingData ?? 'missing'));
  if (treatMissing === undefined) {
    throw validationError(
      `TreatMissingData '${input.TreatMissingData}' must be one of ${treatments.join(', ')}`,
    );
  }
  const queries = compileQueries(input.Metrics ?? [singleMetric(input)]);
  const returned = queries.filter((query) => query.returnData);
  if (returned.length !== 1) {
    throw validationError(
      `Exactly one element of the metrics list should return data, got ${returned.length}`,
    );
  }
  const watched = returned[0]!;
  return {
    queries,
    watched: queries.indexOf(watched),
    comparison,
    threshold: input.Threshold,
    periodSeconds: watched.periodSeconds,
    evaluationPeriods,
    datapointsToAlarm,
    treatMissing,
  };
}

function singleMetric(input: PutMetricAlarmInput): MetricDataQuery {
  if (input.Namespace === undefined || input.MetricName === undefined) {
    throw validationError('Either Metrics, or Namespace and MetricName must be specified');
  }
  const statistic = input.ExtendedStatistic ?? input.Statistic;
  if (statistic === undefined)
    throw validationError('Either Statistic or ExtendedStatistic must be specified');
  const dimensions: Dimension[] | undefined = input.Dimensions;
  return {
    Id: 'm1',
    MetricStat: {
      Metric: {
        Namespace: input.Namespace,
        MetricName: input.MetricName,
        ...(dimensions === undefined ? {} : { Dimensions: dimensions }),
      },
      Period: input.Period ?? 0,
      Stat: statistic,
      ...(input.Unit === undefined ? {} : { Unit: input.Unit }),
    },
  };
}
