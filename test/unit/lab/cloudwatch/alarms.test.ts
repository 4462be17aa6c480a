import { describe, expect, test } from '@jest/globals';
import { parseAlarmRule } from '../../../../src/lab/world/cloudwatch/composite-rule.ts';
import { call, errorOf, minute, start, stat, watching } from './fixture.ts';

const errorsAlarm = {
  AlarmName: 'errors',
  Namespace: 'AWS/ApplicationELB',
  MetricName: 'Errors',
  Dimensions: [{ Name: 'LoadBalancer', Value: 'app/api/1' }],
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 5,
  ComparisonOperator: 'GreaterThanThreshold',
  TreatMissingData: 'notBreaching',
};

function alarmed(change: Record<string, unknown> = {}) {
  const setup = watching({ minDelayMs: 60_000, maxDelayMs: 60_000 });
  const history: string[] = [];
  setup.cloudwatch.onAlarmState((change) => {
    history.push(`${(setup.kernel.now - start) / minute} ${change.name} ${change.from}>${change.to}`);
  });
  call(setup.cloudwatch, 'PutMetricAlarm', { ...errorsAlarm, ...change });
  return { ...setup, history };
}

describe('a metric alarm', () => {
  test('follows the metric after the publishing delay, on the threshold and beyond it', () => {
    const { kernel, cloudwatch, put, history } = alarmed();
    expect(cloudwatch.alarmState('errors')).toBe('INSUFFICIENT_DATA');
    put('Errors', 2, 5);
    put('Errors', 3, 6);
    put('Errors', 4, 0);
    kernel.advanceTo(start + 10 * minute);
    const offset = 5_000 / minute;
    expect(history).toEqual([
      `${offset} errors INSUFFICIENT_DATA>OK`,
      `${5 + offset} errors OK>ALARM`,
      `${6 + offset} errors ALARM>OK`,
    ]);
  });

  test('says why in words of CloudWatch', () => {
    const { kernel, cloudwatch, put } = alarmed();
    put('Errors', 3, 6);
    kernel.advanceTo(start + 5 * minute + 10_000);
    const alarm = call(cloudwatch, 'DescribeAlarms', { AlarmNames: ['errors'] }).MetricAlarms[0];
    expect(alarm).toMatchObject({
      AlarmArn: 'arn:aws:cloudwatch:ap-south-1:123456789012:alarm:errors',
      StateValue: 'ALARM',
      StateReason:
        'Threshold Crossed: 1 out of the last 1 datapoints [6.0 (14/01/26 17:03:00)] was greater than the ' +
        'threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition).',
      Statistic: 'Sum',
      Period: 60,
      TreatMissingData: 'notBreaching',
    });
    expect(alarm.DatapointsToAlarm).toBeUndefined();
  });

  test('on metric math', () => {
    const { kernel, cloudwatch, put } = watching();
    call(cloudwatch, 'PutMetricAlarm', {
      AlarmName: 'rate',
      Metrics: [
        { ...stat('e', 'Errors', 'Sum'), ReturnData: false },
        { ...stat('r', 'Requests', 'Sum'), ReturnData: false },
        { Id: 'rate', Expression: '100 * FILL(e, 0) / r', ReturnData: true },
      ],
      EvaluationPeriods: 1,
      Threshold: 10,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
    put('Requests', 0, 100);
    put('Errors', 0, 9);
    kernel.advanceTo(start + minute + 10_000);
    expect(cloudwatch.alarmState('rate')).toBe('OK');
    put('Requests', 2, 100);
    put('Errors', 2, 10);
    kernel.advanceTo(start + 3 * minute + 10_000);
    expect(cloudwatch.alarmState('rate')).toBe('ALARM');
  });

  test('set by hand lasts until the next evaluation', () => {
    const { kernel, cloudwatch, history } = alarmed();
    kernel.advanceTo(start + minute);
    call(cloudwatch, 'SetAlarmState', { AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'a drill' });
    expect(cloudwatch.alarmState('errors')).toBe('ALARM');
    kernel.advanceTo(start + 2 * minute);
    expect(cloudwatch.alarmState('errors')).toBe('OK');
    expect(history).toHaveLength(3);
    const items = call(cloudwatch, 'DescribeAlarmHistory', {
      AlarmName: 'errors',
      HistoryItemType: 'StateUpdate',
    });
    expect(items.AlarmHistoryItems.map((item: { HistorySummary: string }) => item.HistorySummary)).toEqual([
      'Alarm updated from ALARM to OK',
      'Alarm updated from OK to ALARM',
      'Alarm updated from INSUFFICIENT_DATA to OK',
    ]);
  });

  test('schedules nothing once it is deleted', () => {
    const { kernel, cloudwatch } = alarmed();
    call(cloudwatch, 'DeleteAlarms', { AlarmNames: ['errors'] });
    kernel.advanceTo(start + minute);
    expect(kernel.nextEventAt).toBeUndefined();
    expect(cloudwatch.alarmState('errors')).toBeUndefined();
  });

  test.each([
    ['more points than periods', { DatapointsToAlarm: 2 }],
    ['no periods', { EvaluationPeriods: 0 }],
    ['an unknown treatment', { TreatMissingData: 'bad' }],
    ['an unknown comparison', { ComparisonOperator: 'Above' }],
    ['no threshold', { Threshold: undefined }],
    ['two results', { Metrics: [stat('a', 'A', 'Sum'), stat('b', 'B', 'Sum')] }],
  ])('%s is refused', (_, change) => {
    const { cloudwatch } = watching();
    expect(errorOf(cloudwatch, 'PutMetricAlarm', { ...errorsAlarm, ...change })).toBe('ValidationError');
  });

  test('one unknown name keeps all alarms from being deleted', () => {
    const { cloudwatch } = alarmed();
    expect(errorOf(cloudwatch, 'DeleteAlarms', { AlarmNames: ['errors', 'gone'] })).toBe('ResourceNotFound');
    expect(cloudwatch.alarmState('errors')).toBe('INSUFFICIENT_DATA');
  });
});

describe('a composite alarm', () => {
  test('follows its children, and is described only where asked for', () => {
    const { kernel, cloudwatch, put } = alarmed();
    call(cloudwatch, 'PutCompositeAlarm', { AlarmName: 'both', AlarmRule: 'ALARM("errors") AND NOT FALSE' });
    kernel.advanceTo(start + 2_000);
    expect(cloudwatch.alarmState('both')).toBe('OK');
    put('Errors', 1, 9);
    kernel.advanceTo(start + 3 * minute + 10_000);
    expect(cloudwatch.alarmState('both')).toBe('ALARM');
    const names = ['errors', 'both'];
    expect(call(cloudwatch, 'DescribeAlarms', { AlarmNames: names }).CompositeAlarms).toEqual([]);
    const answer = call(cloudwatch, 'DescribeAlarms', {
      AlarmNames: names,
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
    });
    expect(answer.MetricAlarms).toHaveLength(1);
    expect(answer.CompositeAlarms[0]).toMatchObject({ AlarmName: 'both', StateValue: 'ALARM' });
  });

  test('needs children that exist', () => {
    const { cloudwatch } = watching();
    const input = { AlarmName: 'both', AlarmRule: 'ALARM(absent)' };
    expect(errorOf(cloudwatch, 'PutCompositeAlarm', input)).toBe('ValidationError');
  });

  test.each([
    ['ALARM(a) OR ALARM(b) AND OK(c)', true],
    ['(ALARM(a) OR ALARM(b)) AND ALARM(c)', false],
    ['NOT ALARM(b) AND TRUE', true],
    ['INSUFFICIENT_DATA(b)', true],
    ['ALARM("arn:aws:cloudwatch:r:1:alarm:a") AND NOT (FALSE OR OK(b))', true],
    ['OK(absent)', false],
  ])('%s is %s', (text, expected) => {
    const states = { a: 'ALARM', b: 'INSUFFICIENT_DATA', c: 'OK' } as const;
    expect(parseAlarmRule(text).holds((name) => states[name as 'a'])).toBe(expected);
  });

  test.each(['ALARM(a', 'ALARM(a) ALARM(b)', 'AND', '', 'ON(a)', '(ALARM(a)'])('%s is refused', (text) => {
    expect(() => parseAlarmRule(text)).toThrow();
  });
});
