import { describe, expect, test } from '@jest/globals';
import { nextRun } from '../../../../src/lab/world/autoscaling/schedule.ts';
import { ApplicationAutoScalingService } from '../../../../src/lab/world/autoscaling/service.ts';
import { CloudWatchService } from '../../../../src/lab/world/cloudwatch/service.ts';
import { UtilizationMeasurements } from '../../../../src/lab/world/ecs/utilization.ts';
import { defaultConfig, Kernel } from '../../../../src/lab/world/kernel.ts';

const minute = 60_000;
const resourceId = 'service/shop/api';
const scope = {
  ServiceNamespace: 'ecs',
  ResourceId: resourceId,
  ScalableDimension: 'ecs:service:DesiredCount',
};
const awake = {
  DynamicScalingInSuspended: false,
  DynamicScalingOutSuspended: false,
  ScheduledScalingSuspended: false,
};

function scaled(count = 3) {
  const kernel = new Kernel(defaultConfig);
  const cloudwatch = new CloudWatchService({ kernel, publishing: { minDelayMs: 0, maxDelayMs: 0 } });
  const state = { count, deploying: false };
  const history: string[] = [];
  const services = {
    desiredCount: (id: string) => (id === resourceId ? state.count : undefined),
    runningCount: (id: string) => (id === resourceId ? state.count : undefined),
    setDesiredCount: (_: string, wanted: number) => {
      state.count = wanted;
      history.push(`${Math.floor((kernel.now - kernel.config.startMs) / minute)}:${wanted}`);
    },
  };
  const service = new ApplicationAutoScalingService({
    kernel,
    services,
    cloudwatch,
    isDeploying: () => state.deploying,
  });
  const call = (operation: string, input: Record<string, unknown> = {}) => {
    const found = service.operations[operation]!;
    found.permissions({ ...scope, ...input });
    return found.run(
      { ...scope, ...input },
      { principal: { kind: 'root', arn: 'arn:aws:iam::123456789012:root', name: 'root' } },
    );
  };
  return {
    kernel,
    cloudwatch,
    state,
    history,
    call,
    target: () => call('DescribeScalableTargets', { ResourceIds: [resourceId] }).ScalableTargets[0],
    /** The service's CPU, each minute until the given one. */
    cpu: (percent: number, untilMinute: number) => {
      while (kernel.now < kernel.config.startMs + untilMinute * minute) {
        const task = { cluster: 'shop', service: 'api', cpuPercent: percent, memoryPercent: 50 };
        cloudwatch.publish('AWS/ECS', new UtilizationMeasurements([task]));
        kernel.advanceTo(kernel.now + minute);
      }
    },
    tracking: (change: Record<string, unknown> = {}) =>
      call('PutScalingPolicy', {
        PolicyName: 'cpu',
        PolicyType: 'TargetTrackingScaling',
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: 50,
          PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
          ScaleOutCooldown: 120,
          ScaleInCooldown: 120,
          ...change,
        },
      }),
  };
}

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'none';
};

describe('a scalable target', () => {
  test.each([
    [1, 5, 3, 3],
    [4, 8, 3, 4],
    [1, 2, 3, 2],
  ])('between %i and %i brings %i to %i', (min, max, before, after) => {
    const { call, state } = scaled(before);
    call('RegisterScalableTarget', { MinCapacity: min, MaxCapacity: max });
    expect(state.count).toBe(after);
  });

  test('an update keeps what it does not give', () => {
    const { call, target } = scaled();
    call('RegisterScalableTarget', { MinCapacity: 2, MaxCapacity: 6 });
    call('RegisterScalableTarget', { SuspendedState: { DynamicScalingInSuspended: true } });
    call('RegisterScalableTarget', { MinCapacity: 3 });
    expect(target()).toMatchObject({
      MinCapacity: 3,
      MaxCapacity: 6,
      SuspendedState: { ...awake, DynamicScalingInSuspended: true },
    });
  });

  test.each([
    ['no limits at first', {}, 'ValidationException'],
    ['a maximum below the minimum', { MinCapacity: 3, MaxCapacity: 2 }, 'ValidationException'],
    [
      'an unknown service',
      { ResourceId: 'service/shop/x', MinCapacity: 1, MaxCapacity: 2 },
      'ValidationException',
    ],
    ['another namespace', { ServiceNamespace: 'ec2', MinCapacity: 1, MaxCapacity: 2 }, 'ValidationException'],
    ['good limits', { MinCapacity: 3, MaxCapacity: 3 }, 'none'],
  ])('%s', (_, input, code) => {
    const { call } = scaled();
    expect(codeOf(() => call('RegisterScalableTarget', input))).toBe(code);
  });

  test('what is not there cannot be removed, and takes its policies with it', () => {
    const { call, tracking, cloudwatch } = scaled();
    expect(codeOf(() => call('DeregisterScalableTarget'))).toBe('ObjectNotFoundException');
    expect(codeOf(() => tracking())).toBe('ObjectNotFoundException');
    call('RegisterScalableTarget', { MinCapacity: 1, MaxCapacity: 5 });
    const [high] = tracking().Alarms;
    expect(cloudwatch.alarmState(high.AlarmName)).toBe('INSUFFICIENT_DATA');
    call('DeregisterScalableTarget');
    expect(cloudwatch.alarmState(high.AlarmName)).toBeUndefined();
    expect(call('DescribeScalingPolicies').ScalingPolicies).toEqual([]);
  });
});

describe('target tracking', () => {
  const tracked = (count = 3, change: Record<string, unknown> = {}) => {
    const setup = scaled(count);
    setup.call('RegisterScalableTarget', { MinCapacity: 2, MaxCapacity: 8 });
    setup.tracking(change);
    return setup;
  };

  test('scales out in proportion after three minutes above, and says so', () => {
    const { cpu, history, call } = tracked();
    cpu(50, 10);
    expect(history).toEqual([]);
    cpu(80, 12);
    expect(history).toEqual([]);
    cpu(80, 14);
    expect(history).toEqual(['13:5']);
    const [activity] = call('DescribeScalingActivities').ScalingActivities;
    expect(activity).toMatchObject({ Description: 'Setting desired count to 5.', StatusCode: 'Successful' });
    expect(activity.Cause).toMatch(/AlarmHigh.*triggered policy cpu/);
  });

  test('again after the cooldown while it stays above, up to the maximum', () => {
    const { cpu, history } = tracked();
    cpu(90, 20);
    expect(history).toEqual(['3:6', '5:8']);
  });

  test('scales in after fifteen minutes below nine tenths, down to the minimum', () => {
    const { cpu, history } = tracked(6);
    cpu(46, 30);
    expect(history).toEqual([]);
    cpu(10, 43);
    expect(history).toEqual([]);
    cpu(10, 50);
    expect(history[0]).toMatch(/^4[45]:2$/);
  });

  test('suspended scale-in leaves scale-out working, and the other way round', () => {
    const suspendIn = tracked(6);
    suspendIn.call('RegisterScalableTarget', { SuspendedState: { DynamicScalingInSuspended: true } });
    suspendIn.cpu(10, 30);
    expect(suspendIn.history).toEqual([]);
    suspendIn.cpu(60, 40);
    expect(suspendIn.history[0]).toMatch(/:8$/);
    const suspendOut = tracked(3);
    suspendOut.call('RegisterScalableTarget', { SuspendedState: { DynamicScalingOutSuspended: true } });
    suspendOut.cpu(90, 20);
    expect(suspendOut.history).toEqual([]);
  });

  test('no scale-in while ECS deploys', () => {
    const { cpu, history, state } = tracked(6);
    state.deploying = true;
    cpu(10, 30);
    expect(history).toEqual([]);
    state.deploying = false;
    cpu(10, 32);
    expect(history).toHaveLength(1);
  });

  test('DisableScaleIn makes no low alarm', () => {
    const { cpu, history } = tracked(6, { DisableScaleIn: true });
    cpu(10, 40);
    expect(history).toEqual([]);
  });

  test('ALBRequestCountPerTarget needs a resource label of its form', () => {
    const { call } = tracked();
    const put = (ResourceLabel: string | undefined) =>
      codeOf(() =>
        call('PutScalingPolicy', {
          PolicyName: 'requests',
          PolicyType: 'TargetTrackingScaling',
          TargetTrackingScalingPolicyConfiguration: {
            TargetValue: 100,
            PredefinedMetricSpecification: {
              PredefinedMetricType: 'ALBRequestCountPerTarget',
              ResourceLabel,
            },
          },
        }),
      );
    expect(put(undefined)).toBe('ValidationException');
    expect(put('app/api/1/blue/2')).toBe('ValidationException');
    expect(put('app/api/1/targetgroup/blue/2')).toBe('none');
  });
});

describe('scheduled actions', () => {
  test('change the limits at their time, unless suspended', () => {
    const { kernel, call, state, target } = scaled();
    call('RegisterScalableTarget', { MinCapacity: 1, MaxCapacity: 5 });
    const put = (name: string, schedule: string, min: number) =>
      call('PutScheduledAction', {
        ScheduledActionName: name,
        Schedule: schedule,
        ScalableTargetAction: { MinCapacity: min, MaxCapacity: 9 },
      });
    put('evening', 'at(2026-01-14T18:00:00)', 4);
    put('night', 'at(2026-01-14T19:00:00)', 6);
    kernel.advanceTo(Date.UTC(2026, 0, 14, 18));
    expect(state.count).toBe(4);
    expect(target()).toMatchObject({ MinCapacity: 4, MaxCapacity: 9 });
    call('RegisterScalableTarget', { SuspendedState: { ScheduledScalingSuspended: true } });
    kernel.advanceTo(Date.UTC(2026, 0, 14, 20));
    expect(state.count).toBe(4);
    call('DeleteScheduledAction', { ScheduledActionName: 'night' });
    expect(codeOf(() => call('DeleteScheduledAction', { ScheduledActionName: 'night' }))).toBe(
      'ObjectNotFoundException',
    );
  });

  test('rates repeat from their start; an unknown form is refused', () => {
    expect(nextRun('rate(5 minutes)', 0, 0)).toBe(5 * minute);
    expect(nextRun('rate(5 minutes)', 0, 5 * minute)).toBe(10 * minute);
    expect(nextRun('at(1970-01-01T00:01:00)', 0, 59_999)).toBe(minute);
    expect(nextRun('at(1970-01-01T00:01:00)', 0, minute)).toBeUndefined();
    expect(() => nextRun('cron(0 9 * * ? *)', 0, 0)).toThrow(RangeError);
  });
});

test('scalable targets have tags of their own', () => {
  const { call, target } = scaled();
  call('RegisterScalableTarget', { MinCapacity: 1, MaxCapacity: 5, Tags: { team: 'a' } });
  const ResourceARN = target().ScalableTargetARN;
  call('TagResource', { ResourceARN, Tags: { before: 'min=1' } });
  expect(call('ListTagsForResource', { ResourceARN })).toEqual({ Tags: { team: 'a', before: 'min=1' } });
  call('UntagResource', { ResourceARN, TagKeys: ['team', 'none'] });
  call('RegisterScalableTarget', { MinCapacity: 2 });
  expect(call('ListTagsForResource', { ResourceARN })).toEqual({ Tags: { before: 'min=1' } });
  expect(() => call('RegisterScalableTarget', { Tags: { team: 'b' } })).toThrow('for the first time');
  expect(() => call('ListTagsForResource', { ResourceARN: 'arn:x' })).toThrow('was not found');
  expect(() => call('TagResource', { ResourceARN, Tags: { long: 'x'.repeat(257) } })).toThrow('256');
});
