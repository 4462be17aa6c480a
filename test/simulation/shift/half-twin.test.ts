/** A run that died while it made green's scaling: the next one makes the rest, and nothing twice or over. */
import { expect, test } from '@jest/globals';
import { dyingAt, Killed } from './dying.ts';
import { expectTidy } from './leftovers.ts';
import { cluster, type Region, registerImage, shift } from './region.ts';
import { stepScaled } from './step-scaled.ts';

const quick = { steps: '10,100', 'bake-time': '1m', accept: 'unproven' };
const ResourceId = `service/${cluster}/api-green`;

function greenOf({ world }: Region) {
  const read = (operation: string, input: object = {}) =>
    world.must('application-autoscaling', operation, { ServiceNamespace: 'ecs', ResourceId, ...input });
  const alarms: { AlarmName: string; AlarmActions: string[] }[] = world.must(
    'cloudwatch',
    'DescribeAlarms',
    {},
  ).MetricAlarms;
  const [target] = world.must('application-autoscaling', 'DescribeScalableTargets', {
    ServiceNamespace: 'ecs',
    ResourceIds: [ResourceId],
  }).ScalableTargets;
  return {
    policies: read('DescribeScalingPolicies').ScalingPolicies.map(
      (each: { PolicyName: string }) => each.PolicyName,
    ),
    scheduled: read('DescribeScheduledActions').ScheduledActions.map(
      (each: { ScheduledActionName: string }) => each.ScheduledActionName,
    ),
    alarms: alarms
      .filter(({ AlarmActions }) => AlarmActions.some((action) => action.includes(`/${ResourceId}:`)))
      .map((alarm) => alarm.AlarmName),
    tags: Object.keys(
      world.must('application-autoscaling', 'ListTagsForResource', { ResourceARN: target.ScalableTargetARN })
        .Tags,
    ),
  };
}

async function dies(seed: number, operation: string, nth: number, afterEffect: boolean): Promise<Region> {
  const region = await stepScaled(seed);
  region.world.must('application-autoscaling', 'PutScheduledAction', {
    ServiceNamespace: 'ecs',
    ScalableDimension: 'ecs:service:DesiredCount',
    ResourceId: `service/${cluster}/api-blue`,
    ScheduledActionName: 'nightly',
    Schedule: 'rate(7 days)',
    ScalableTargetAction: { MinCapacity: 1 },
  });
  const { wrap } = dyingAt({ operation, nth, afterEffect });
  await expect(shift(region, quick, { wrap })).rejects.toThrow(Killed);
  return region;
}

const whole = {
  policies: ['api-green-out', 'in'],
  scheduled: ['nightly'],
  alarms: ['api-green-busy', 'idle-api-green'],
  tags: [],
};

test.each([
  ['PutScalingPolicy', 1, false],
  ['PutScalingPolicy', 1, true],
  ['PutScalingPolicy', 2, false],
  ['PutScheduledAction', 1, false],
  ['PutMetricAlarm', 1, false],
  ['PutMetricAlarm', 2, true],
] as const)('killed at %s %i (%s): gone on with, green scales like blue', async (operation, nth, after) => {
  const region = await dies(1101, operation, nth, after);
  const { outputs } = await shift(region, quick, { runAttempt: '2' });
  expect(outputs['outcome']).toMatch(/^promoted/);
  expect(greenOf(region)).toEqual(whole);
  expectTidy(region);
});

test('taken back, the next shift makes the rest', async () => {
  const region = await dies(1102, 'PutScalingPolicy', 1, false);
  const back = await shift(region, { ...quick, 'on-interrupted': 'rollback' }, { runAttempt: '2' });
  expect(back.outputs['outcome']).toBe('rolled-back');
  registerImage(region, 'v3');
  const { outputs } = await shift(region, quick, { runId: '2' });
  expect(outputs['outcome']).toMatch(/^promoted/);
  expect(greenOf(region)).toEqual(whole);
  expectTidy(region);
});

test('what a person has given green meanwhile stays as it is, and a whole twin is made no further', async () => {
  const region = await dies(1103, 'PutScalingPolicy', 2, false);
  const policy = (change: object) =>
    region.world.must('application-autoscaling', 'PutScalingPolicy', {
      ServiceNamespace: 'ecs',
      ScalableDimension: 'ecs:service:DesiredCount',
      ResourceId,
      PolicyType: 'StepScaling',
      ...change,
    });
  const own = {
    AdjustmentType: 'ChangeInCapacity',
    Cooldown: 7,
    StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 3 }],
  };
  policy({ PolicyName: 'api-green-out', StepScalingPolicyConfiguration: own });
  await shift(region, quick, { runAttempt: '2' });
  expect(greenOf(region)).toEqual(whole);
  const { ScalingPolicies } = region.world.must('application-autoscaling', 'DescribeScalingPolicies', {
    ServiceNamespace: 'ecs',
    ResourceId,
  });
  expect(ScalingPolicies[0].StepScalingPolicyConfiguration).toMatchObject(own);
});
