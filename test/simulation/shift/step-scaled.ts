/** A blue service that scales by steps, with the alarms that drive it. */
import { scalable } from './leftovers.ts';
import { cluster, makeRegion, type Region, registerImage } from './region.ts';

/** What the alarm of requests tells besides. */
export const topic = 'arn:aws:sns:ap-south-1:123456789012:pages';

export const labelOf = (arn: string, from: string): string => arn.slice(arn.indexOf(from));

export async function stepScaled(seed: number): Promise<Region> {
  const region = await makeRegion('ecs', { seed });
  scaleBySteps(region);
  registerImage(region, 'v2');
  return region;
}

/** Out on requests of the target group in a minute, in on the service's CPU; the first alarm pages as well. */
export function scaleBySteps(region: Region, busyAbove = 90_000): void {
  const { world, groups, loadBalancerArn } = region;
  scalable(region);
  const policy = (PolicyName: string, ScalingAdjustment: number): string =>
    world.must('application-autoscaling', 'PutScalingPolicy', {
      ServiceNamespace: 'ecs',
      ScalableDimension: 'ecs:service:DesiredCount',
      ResourceId: `service/${cluster}/api-blue`,
      PolicyName,
      PolicyType: 'StepScaling',
      StepScalingPolicyConfiguration: {
        AdjustmentType: 'ChangeInCapacity',
        Cooldown: 60,
        StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment }],
      },
    }).PolicyARN;
  const [out, back] = [policy('api-blue-out', 2), policy('in', -1)];
  const common = { Statistic: 'Sum', Period: 60, EvaluationPeriods: 3, TreatMissingData: 'notBreaching' };
  world.must('cloudwatch', 'PutMetricAlarm', {
    ...common,
    AlarmName: 'api-blue-busy',
    AlarmDescription: 'Many requests.',
    Namespace: 'AWS/ApplicationELB',
    MetricName: 'RequestCount',
    Dimensions: [
      { Name: 'TargetGroup', Value: labelOf(groups.a, 'targetgroup/') },
      { Name: 'LoadBalancer', Value: labelOf(loadBalancerArn, 'app/') },
    ],
    Threshold: busyAbove,
    ComparisonOperator: 'GreaterThanThreshold',
    AlarmActions: [out, topic],
  });
  world.must('cloudwatch', 'PutMetricAlarm', {
    ...common,
    Statistic: undefined,
    Period: undefined,
    AlarmName: 'idle',
    Metrics: [
      {
        Id: 'cpu',
        ReturnData: true,
        MetricStat: {
          Metric: {
            Namespace: 'AWS/ECS',
            MetricName: 'CPUUtilization',
            Dimensions: [
              { Name: 'ClusterName', Value: cluster },
              { Name: 'ServiceName', Value: 'api-blue' },
            ],
          },
          Period: 60,
          Stat: 'Average',
        },
      },
    ],
    Threshold: 0.1,
    ComparisonOperator: 'LessThanThreshold',
    AlarmActions: [back],
  });
}
