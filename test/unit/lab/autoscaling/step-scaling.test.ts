/** Step scaling: which step a metric asks for, what it makes of the capacity, and what holds it back. */
import { describe, expect, test } from '@jest/globals';
import { ApplicationAutoScalingService } from '../../../../src/lab/world/autoscaling/service.ts';
import { capacityAfter, stepFor } from '../../../../src/lab/world/autoscaling/step-scaling.ts';
import { CloudWatchService } from '../../../../src/lab/world/cloudwatch/service.ts';
import { defaultConfig, Kernel } from '../../../../src/lab/world/kernel.ts';

const minute = 60_000;
const resourceId = 'service/shop/api';
const scope = {
  ServiceNamespace: 'ecs',
  ResourceId: resourceId,
  ScalableDimension: 'ecs:service:DesiredCount',
};
const principal = { kind: 'root', arn: 'arn:aws:iam::123456789012:root', name: 'root' } as const;

/** Three tasks, 2 to 8, two policies, and a metric of the user's own that is high above 100 and low below 10. */
function stepped(out: Record<string, unknown> = {}, back: Record<string, unknown> = {}) {
  const kernel = new Kernel(defaultConfig);
  const cloudwatch = new CloudWatchService({ kernel });
  const state = { count: 3, deploying: false };
  const history: string[] = [];
  const autoscaling = new ApplicationAutoScalingService({
    kernel,
    services: {
      desiredCount: () => state.count,
      runningCount: () => state.count,
      setDesiredCount: (_, wanted) => {
        history.push(`${Math.floor((kernel.now - kernel.config.startMs) / minute)}:${state.count}>${wanted}`);
        state.count = wanted;
      },
    },
    cloudwatch,
    isDeploying: () => state.deploying,
  });
  const scaling = (operation: string, input: object) =>
    autoscaling.operations[operation]!.run({ ...scope, ...input }, { principal });
  const alarms = (operation: string, input: object) =>
    cloudwatch.operations[operation]!.run(input, { principal });
  scaling('RegisterScalableTarget', { MinCapacity: 2, MaxCapacity: 8 });
  const policy = (PolicyName: string, config: object): string =>
    scaling('PutScalingPolicy', {
      PolicyName,
      PolicyType: 'StepScaling',
      StepScalingPolicyConfiguration: { AdjustmentType: 'ChangeInCapacity', Cooldown: 120, ...config },
    }).PolicyARN;
  const alarm = (AlarmName: string, ComparisonOperator: string, Threshold: number, arn: string): void =>
    alarms('PutMetricAlarm', {
      AlarmName,
      Namespace: 'Shop',
      MetricName: 'Load',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold,
      ComparisonOperator,
      TreatMissingData: 'notBreaching',
      AlarmActions: [arn],
    });
  const steps = [
    { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 100, ScalingAdjustment: 1 },
    { MetricIntervalLowerBound: 100, ScalingAdjustment: 3 },
  ];
  alarm('busy', 'GreaterThanThreshold', 100, policy('out', { StepAdjustments: steps, ...out }));
  const down = [{ MetricIntervalUpperBound: 0, ScalingAdjustment: -1 }];
  alarm('idle', 'LessThanThreshold', 10, policy('in', { StepAdjustments: down, ...back }));
  return {
    state,
    history,
    scaling,
    alarms,
    /** The metric in each of these minutes. */
    load: (...values: readonly number[]) => {
      for (const Value of values) {
        alarms('PutMetricData', { Namespace: 'Shop', MetricData: [{ MetricName: 'Load', Value }] });
        kernel.advanceTo(kernel.now + minute);
      }
    },
  };
}

describe('a policy of steps', () => {
  test('is run when its alarm goes on, and each minute while it stays on, with a pause between', () => {
    const { load, history } = stepped();
    load(50, 150, 150, 150, 150, 50, 50, 150, 50);
    expect(history).toEqual(['2:3>4', '4:4>5', '8:5>6']);
  });

  test('a larger step in the pause counts what was added already', () => {
    const { load, history } = stepped();
    load(150, 250, 250, 250, 50);
    expect(history).toEqual(['1:3>4', '2:4>6', '4:6>8']);
  });

  test('goes in after the pause only, and not below the minimum', () => {
    const { load, history } = stepped();
    load(250, 50, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5);
    expect(history[0]).toBe('1:3>6');
    expect(history.slice(1).map((each) => each.split(':')[1])).toEqual(['6>5', '5>4', '4>3', '3>2']);
    expect(history[1]).toBe('3:6>5');
  });

  test.each([
    ['out while that is suspended', { DynamicScalingOutSuspended: true }, [250, 250], []],
    ['in while that is suspended', { DynamicScalingInSuspended: true }, [5, 5], []],
    ['out while going in is suspended', { DynamicScalingInSuspended: true }, [250, 50], ['1:3>6']],
  ])('%s', (_, SuspendedState, loads, expected) => {
    const { load, history, scaling } = stepped();
    scaling('RegisterScalableTarget', { SuspendedState });
    load(...loads, 50);
    expect(history).toEqual(expected);
  });

  test('does not go in while ECS deploys; it goes out', () => {
    const { load, history, state } = stepped();
    state.deploying = true;
    load(5, 5, 150, 50);
    expect(history).toEqual(['3:3>4']);
  });

  test('says nothing where its alarm may not act, or when it is deleted', () => {
    const { load, history, alarms, scaling } = stepped();
    alarms('DisableAlarmActions', { AlarmNames: ['busy'] });
    load(250, 50);
    alarms('EnableAlarmActions', { AlarmNames: ['busy'] });
    scaling('DeleteScalingPolicy', { PolicyName: 'out' });
    load(250, 250, 50);
    expect(history).toEqual([]);
  });

  test('uses what SetAlarmState says of the metric, and does nothing where it says nothing', () => {
    const { history, alarms } = stepped();
    const set = (StateReasonData?: string) =>
      alarms('SetAlarmState', {
        AlarmName: 'busy',
        StateValue: 'ALARM',
        StateReason: 'test',
        ...(StateReasonData === undefined ? {} : { StateReasonData }),
      });
    set();
    expect(history).toEqual([]);
    alarms('SetAlarmState', { AlarmName: 'busy', StateValue: 'OK', StateReason: 'test' });
    set(JSON.stringify({ recentDatapoints: [230] }));
    expect(history).toEqual(['0:3>6']);
  });

  test.each([
    [{ AdjustmentType: 'Twice', StepAdjustments: [{ ScalingAdjustment: 1 }] }],
    [{ StepAdjustments: [] }],
    [{ StepAdjustments: [{ ScalingAdjustment: 1 }], MetricAggregationType: 'Sum' }],
    [
      {
        StepAdjustments: [
          { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 10, ScalingAdjustment: 1 },
          { MetricIntervalLowerBound: 20, ScalingAdjustment: 2 },
        ],
      },
    ],
  ])('%j is refused', (config) => {
    const { scaling } = stepped();
    const put = () =>
      scaling('PutScalingPolicy', {
        PolicyName: 'odd',
        PolicyType: 'StepScaling',
        StepScalingPolicyConfiguration: { AdjustmentType: 'ChangeInCapacity', ...config },
      });
    expect(put).toThrow(expect.objectContaining({ code: 'ValidationException' }));
  });
});

// The examples of the user guide, "Step scaling adjustment types".
test.each([
  ['ChangeInCapacity', 3, undefined, 3, 6],
  ['ExactCapacity', 5, undefined, 3, 5],
  ['PercentChangeInCapacity', 10, undefined, 10, 11],
  ['PercentChangeInCapacity', 25, 2, 4, 6],
  ['PercentChangeInCapacity', 25, 2, 100, 125],
  ['PercentChangeInCapacity', 50, undefined, 25, 37],
  ['PercentChangeInCapacity', 10, undefined, 3, 4],
  ['PercentChangeInCapacity', -10, undefined, 3, 2],
  ['PercentChangeInCapacity', -30, undefined, 22, 16],
  ['PercentChangeInCapacity', -10, 3, 10, 7],
] as const)('%s by %i (at least %s) makes of %i: %i', (AdjustmentType, by, least, current, expected) => {
  const config = { AdjustmentType, ...(least === undefined ? {} : { MinAdjustmentMagnitude: least }) };
  expect(capacityAfter(config, { ScalingAdjustment: by }, current)).toBe(expected);
});

describe('the step of a distance', () => {
  const steps = [
    { MetricIntervalUpperBound: -20, ScalingAdjustment: -3 },
    { MetricIntervalLowerBound: -20, MetricIntervalUpperBound: 0, ScalingAdjustment: -1 },
    { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 20, ScalingAdjustment: 1 },
    { MetricIntervalLowerBound: 20, ScalingAdjustment: 3 },
  ];
  test.each([
    // Above the threshold the lower bound is in, below it the upper one.
    [119.9, 1],
    [120, 3],
    [100, 1],
    [99.9, -1],
    [80.1, -1],
    [80, -3],
  ])('%f against 100: %i', (value, expected) => {
    const step = stepFor({ StepAdjustments: steps }, { values: [value], threshold: 100 });
    expect(step?.ScalingAdjustment).toBe(expected);
  });
  test.each([
    [undefined, 1],
    ['Minimum', -1],
    ['Maximum', 3],
  ] as const)('of several values, by %s: %i', (MetricAggregationType, expected) => {
    const config = { StepAdjustments: steps, ...(MetricAggregationType ? { MetricAggregationType } : {}) };
    const ask = { values: [90, 95, 130], threshold: 100 };
    expect(stepFor(config, ask)?.ScalingAdjustment).toBe(expected);
    expect(stepFor(config, { values: [], threshold: 100 })).toBeUndefined();
  });
});
