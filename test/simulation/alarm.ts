import type { World } from '../../src/lab/world/world.ts';

/**
 * An alarm on a metric of the test's own that nothing writes: it stays as `SetAlarmState` says (`ignore`), or is
 * OK until then. `more` goes over what is here.
 */
export function putAlarm(
  world: World,
  AlarmName: string,
  more: Readonly<Record<string, unknown>> = {},
): void {
  world.must('cloudwatch', 'PutMetricAlarm', {
    AlarmName,
    Namespace: 'Shop',
    MetricName: 'Errors',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'ignore',
    ...more,
  });
}
