/** CloudWatch alarms by name, composite ones included. */
import type { MetricAlarm, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { AwsCaller } from './caller.ts';

export interface AlarmFact {
  readonly name: string;
  /** `missing`: CloudWatch knows no alarm of that name. */
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | 'missing';
  readonly reason: string | undefined;
}

/** One fact for every name asked for, in that order. */
export async function readAlarms(
  caller: AwsCaller,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<readonly AlarmFact[]> {
  const found = new Map<string, AlarmFact>();
  for (let start = 0; start < names.length; start += 100) {
    // Without AlarmTypes composite alarms are left out, and a missing alarm would look like a quiet one.
    const answer = await caller.call(
      'cloudwatch:DescribeAlarms',
      {
        AlarmNames: names.slice(start, start + 100),
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
        MaxRecords: 100,
      },
      signal,
    );
    for (const alarm of [...(answer.MetricAlarms ?? []), ...(answer.CompositeAlarms ?? [])]) {
      const name = alarm.AlarmName ?? '';
      found.set(name, { name, state: alarm.StateValue ?? 'INSUFFICIENT_DATA', reason: alarm.StateReason });
    }
  }
  return names.map((name) => found.get(name) ?? { name, state: 'missing', reason: undefined });
}

/** Metric alarms of which an action is `arn`: those that drive a step scaling policy, say. */
export async function readAlarmsActingOn(caller: AwsCaller, arn: string): Promise<readonly MetricAlarm[]> {
  const alarms: MetricAlarm[] = [];
  let nextToken: string | undefined;
  do {
    const page = await caller.call('cloudwatch:DescribeAlarms', {
      ActionPrefix: arn,
      AlarmTypes: ['MetricAlarm'],
      MaxRecords: 100,
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    });
    alarms.push(...(page.MetricAlarms ?? []));
    nextToken = page.NextToken;
  } while (nextToken !== undefined);
  return alarms;
}

/** Undefined where there is none of that name. */
export async function readMetricAlarm(caller: AwsCaller, name: string): Promise<MetricAlarm | undefined> {
  const { MetricAlarms: found = [] } = await caller.call('cloudwatch:DescribeAlarms', {
    AlarmNames: [name],
    AlarmTypes: ['MetricAlarm'],
  });
  return found[0];
}

/** Repeatable: an alarm of that name is replaced. */
export async function putMetricAlarm(caller: AwsCaller, alarm: PutMetricAlarmInput): Promise<void> {
  await caller.call('cloudwatch:PutMetricAlarm', alarm);
}

export interface AlarmGuardFacts {
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  readonly actionsEnabled: boolean;
  /** ARNs of what it does when it goes into ALARM. */
  readonly actions: readonly string[];
}

/** What an alarm, a composite one or not, does when it rings; undefined where there is none of that name. */
export async function readAlarmGuard(caller: AwsCaller, name: string): Promise<AlarmGuardFacts | undefined> {
  const answer = await caller.call('cloudwatch:DescribeAlarms', {
    AlarmNames: [name],
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
  });
  const alarm = [...(answer.MetricAlarms ?? []), ...(answer.CompositeAlarms ?? [])][0];
  if (alarm === undefined) return undefined;
  return {
    state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
    actionsEnabled: alarm.ActionsEnabled !== false,
    actions: alarm.AlarmActions ?? [],
  };
}
