/** The API calls about alarms. */

import type {
  AlarmType,
  CompositeAlarm,
  DeleteAlarmsInput,
  DescribeAlarmHistoryInput,
  DescribeAlarmsForMetricInput,
  DescribeAlarmsInput,
  EnableAlarmActionsInput,
  MetricAlarm,
  PutCompositeAlarmInput,
  PutMetricAlarmInput,
  SetAlarmStateInput,
} from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../aws-error.ts';
import type { Kernel } from '../kernel.ts';
import { copyData } from '../plain-data.ts';
import type { Operation, Permission } from '../service.ts';
import type { AlarmRecord, Alarms, CompositeAlarmRecord, MetricAlarmRecord } from './alarms.ts';
import { dimensionRecord, validationError } from './metric-query.ts';
import { sameDimensions } from './metric-store.ts';
import { nextToken, page } from './paging.ts';

export function alarmOperations(kernel: Kernel, alarms: Alarms): Record<string, Operation> {
  const arn = (name: string): string => kernel.arn('cloudwatch', `alarm:${name}`);
  const on = (action: string, names: readonly (string | undefined)[] | undefined): Permission[] => [
    {
      action: `cloudwatch:${action}`,
      resources:
        names === undefined || names.length === 0 ? [arn('*')] : names.map((name) => arn(name ?? '')),
    },
  ];
  const enable = (enabled: boolean): Operation => ({
    mutates: true,
    permissions: (input: Partial<EnableAlarmActionsInput> | undefined) =>
      on(enabled ? 'EnableAlarmActions' : 'DisableAlarmActions', input?.AlarmNames),
    run: (input: EnableAlarmActionsInput) => {
      for (const name of input.AlarmNames ?? []) {
        const alarm = alarms.get(name);
        if (alarm !== undefined) alarm.actionsEnabled = enabled;
      }
      return {};
    },
  });
  return {
    PutMetricAlarm: {
      mutates: true,
      permissions: (input: Partial<PutMetricAlarmInput> | undefined) =>
        on('PutMetricAlarm', [input?.AlarmName]),
      run: (input: PutMetricAlarmInput) => {
        alarms.putMetricAlarm(input);
        return {};
      },
    },
    PutCompositeAlarm: {
      mutates: true,
      permissions: (input: Partial<PutCompositeAlarmInput> | undefined) =>
        on('PutCompositeAlarm', [input?.AlarmName]),
      run: (input: PutCompositeAlarmInput) => {
        alarms.putCompositeAlarm(input);
        return {};
      },
    },
    DescribeAlarms: {
      mutates: false,
      permissions: (input: Partial<DescribeAlarmsInput> | undefined) =>
        on('DescribeAlarms', input?.AlarmNames),
      run: (input: DescribeAlarmsInput | undefined) => describe(alarms, input ?? {}),
    },
    DescribeAlarmsForMetric: {
      mutates: false,
      permissions: () => on('DescribeAlarmsForMetric', undefined),
      run: (input: DescribeAlarmsForMetricInput) => {
        const found = alarms.all().filter((alarm) => alarm.type === 'MetricAlarm' && watches(alarm, input));
        return { MetricAlarms: found.map((alarm) => metricShape(alarm as MetricAlarmRecord)) };
      },
    },
    DeleteAlarms: {
      mutates: true,
      permissions: (input: Partial<DeleteAlarmsInput> | undefined) => on('DeleteAlarms', input?.AlarmNames),
      run: (input: DeleteAlarmsInput) => {
        const names = input.AlarmNames ?? [];
        if (names.length > 100)
          throw validationError(`At most 100 alarms can be deleted at once, got ${names.length}`);
        // One unknown name fails the call, and nothing is deleted (API reference).
        const missing = names.filter((name) => alarms.get(name) === undefined);
        if (missing.length > 0) {
          throw new AwsError('ResourceNotFound', `Alarm(s) not found: ${missing.join(', ')}`, 404);
        }
        for (const name of names) alarms.delete(name);
        return {};
      },
    },
    SetAlarmState: {
      mutates: true,
      permissions: (input: Partial<SetAlarmStateInput> | undefined) =>
        on('SetAlarmState', [input?.AlarmName]),
      run: (input: SetAlarmStateInput) => {
        const alarm = alarms.get(input.AlarmName ?? '');
        if (alarm === undefined) throw new AwsError('ResourceNotFound', 'Could not find the alarm', 404);
        const state = input.StateValue;
        if (state !== 'OK' && state !== 'ALARM' && state !== 'INSUFFICIENT_DATA') {
          throw validationError(`StateValue '${state}' must be one of OK, ALARM, INSUFFICIENT_DATA`);
        }
        if (input.StateReason === undefined) throw validationError('StateReason must be specified');
        alarms.setState(alarm, state, input.StateReason, input.StateReasonData);
        return {};
      },
    },
    EnableAlarmActions: enable(true),
    DisableAlarmActions: enable(false),
    DescribeAlarmHistory: {
      mutates: false,
      permissions: (input: Partial<DescribeAlarmHistoryInput> | undefined) =>
        on('DescribeAlarmHistory', input?.AlarmName === undefined ? undefined : [input.AlarmName]),
      run: (input: DescribeAlarmHistoryInput) => {
        const names =
          input.AlarmName === undefined ? alarms.all().map((alarm) => alarm.name) : [input.AlarmName];
        const items = names
          .flatMap((name) => alarms.history(name))
          .filter(
            (item) => input.HistoryItemType === undefined || item.HistoryItemType === input.HistoryItemType,
          )
          .filter((item) => input.StartDate === undefined || item.Timestamp! >= input.StartDate)
          .filter((item) => input.EndDate === undefined || item.Timestamp! <= input.EndDate)
          .sort((one, other) => other.Timestamp!.getTime() - one.Timestamp!.getTime());
        if (input.ScanBy === 'TimestampAscending') items.reverse();
        const found = page(items, input.NextToken, input.MaxRecords ?? 100);
        return { AlarmHistoryItems: found.items, ...nextToken(found) };
      },
    },
  };
}

/** Composite alarms are left out unless AlarmTypes names them (API reference, DescribeAlarms). */
function describe(alarms: Alarms, input: DescribeAlarmsInput): unknown {
  const types: readonly AlarmType[] = input.AlarmTypes ?? ['MetricAlarm'];
  if (input.AlarmNames !== undefined && input.AlarmNamePrefix !== undefined) {
    throw validationError('AlarmNames and AlarmNamePrefix cannot be specified at the same time');
  }
  if ((input.AlarmNames?.length ?? 0) > 100) {
    throw validationError(`At most 100 alarm names can be given, got ${input.AlarmNames!.length}`);
  }
  const size = input.MaxRecords ?? 50;
  if (!Number.isInteger(size) || size < 1 || size > 100) {
    throw validationError(`MaxRecords '${size}' must be between 1 and 100`);
  }
  const selected = alarms.all().filter((alarm) => matches(alarms, alarm, input, types));
  const found = page(selected, input.NextToken, size);
  return {
    MetricAlarms: found.items.filter((alarm) => alarm.type === 'MetricAlarm').map(metricShape),
    CompositeAlarms: found.items.filter((alarm) => alarm.type === 'CompositeAlarm').map(compositeShape),
    ...nextToken(found),
  };
}

function matches(
  alarms: Alarms,
  alarm: AlarmRecord,
  input: DescribeAlarmsInput,
  types: readonly AlarmType[],
): boolean {
  if (input.ChildrenOfAlarmName !== undefined) {
    const parent = alarms.get(input.ChildrenOfAlarmName);
    return parent?.type === 'CompositeAlarm' && parent.rule.children.includes(alarm.name);
  }
  if (input.ParentsOfAlarmName !== undefined) {
    return alarm.type === 'CompositeAlarm' && alarm.rule.children.includes(input.ParentsOfAlarmName);
  }
  if (!types.includes(alarm.type)) return false;
  if (input.AlarmNames !== undefined && !input.AlarmNames.includes(alarm.name)) return false;
  if (input.AlarmNamePrefix !== undefined && !alarm.name.startsWith(input.AlarmNamePrefix)) return false;
  if (input.StateValue !== undefined && alarm.state !== input.StateValue) return false;
  if (input.ActionPrefix !== undefined) {
    const actions = [...alarm.okActions, ...alarm.alarmActions, ...alarm.insufficientDataActions];
    return actions.some((action) => action.startsWith(input.ActionPrefix!));
  }
  return true;
}

function watches(alarm: MetricAlarmRecord, wanted: DescribeAlarmsForMetricInput): boolean {
  const dimensions = dimensionRecord(wanted.Dimensions);
  return alarm.queries.some(
    ({ source }) =>
      source.kind === 'metric' &&
      source.namespace === wanted.Namespace &&
      source.metric === wanted.MetricName &&
      sameDimensions(source.dimensions, dimensions),
  );
}

function common(alarm: AlarmRecord) {
  return {
    AlarmName: alarm.name,
    AlarmArn: alarm.arn,
    ...(alarm.description === undefined ? {} : { AlarmDescription: alarm.description }),
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.updatedAt),
    ActionsEnabled: alarm.actionsEnabled,
    OKActions: [...alarm.okActions],
    AlarmActions: [...alarm.alarmActions],
    InsufficientDataActions: [...alarm.insufficientDataActions],
    StateValue: alarm.state,
    StateReason: alarm.stateReason,
    ...(alarm.stateReasonData === undefined ? {} : { StateReasonData: alarm.stateReasonData }),
    StateUpdatedTimestamp: new Date(alarm.stateUpdatedAt),
    StateTransitionedTimestamp: new Date(alarm.stateTransitionedAt),
  };
}

function metricShape(alarm: MetricAlarmRecord): MetricAlarm {
  const { input } = alarm;
  const metric: MetricAlarm =
    input.Metrics === undefined
      ? {
          MetricName: input.MetricName,
          Namespace: input.Namespace,
          Dimensions: input.Dimensions ?? [],
          Period: input.Period,
          ...(input.Statistic === undefined ? {} : { Statistic: input.Statistic }),
          ...(input.ExtendedStatistic === undefined ? {} : { ExtendedStatistic: input.ExtendedStatistic }),
          ...(input.Unit === undefined ? {} : { Unit: input.Unit }),
        }
      : { Metrics: copyData(input.Metrics) };
  return {
    ...common(alarm),
    ...metric,
    EvaluationPeriods: alarm.evaluationPeriods,
    // Answered only where it was given.
    ...(input.DatapointsToAlarm === undefined ? {} : { DatapointsToAlarm: input.DatapointsToAlarm }),
    Threshold: alarm.threshold,
    ComparisonOperator: alarm.comparison,
    ...(input.TreatMissingData === undefined ? {} : { TreatMissingData: input.TreatMissingData }),
    ...(input.EvaluateLowSampleCountPercentile === undefined
      ? {}
      : { EvaluateLowSampleCountPercentile: input.EvaluateLowSampleCountPercentile }),
  };
}

function compositeShape(alarm: CompositeAlarmRecord): CompositeAlarm {
  return { ...common(alarm), AlarmRule: alarm.ruleText };
}
