/** The CloudWatch metric behind a target tracking policy, as the query of an alarm. */
import type { TargetTrackingScalingPolicyConfiguration } from '@aws-sdk/client-application-auto-scaling';
import { validationError } from './model.ts';

export interface TrackedMetric {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
  readonly unit: string | undefined;
}

/** Throws ValidationException for a specification the lab does not simulate. */
export function trackedMetric(
  resourceId: string,
  config: TargetTrackingScalingPolicyConfiguration,
): TrackedMetric {
  const predefined = config.PredefinedMetricSpecification;
  const customized = config.CustomizedMetricSpecification;
  if ((predefined === undefined) === (customized === undefined)) {
    throw validationError(
      'Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be given',
    );
  }
  if (customized !== undefined) {
    const { Namespace, MetricName, Dimensions, Statistic, Unit } = customized;
    if (Namespace === undefined || MetricName === undefined || Statistic === undefined) {
      throw validationError(
        'CustomizedMetricSpecification must have Namespace, MetricName and Statistic (metric math is not simulated)',
      );
    }
    const dimensions: Record<string, string> = {};
    for (const { Name, Value } of Dimensions ?? []) dimensions[Name ?? ''] = Value ?? '';
    return { namespace: Namespace, metric: MetricName, dimensions, statistic: Statistic, unit: Unit };
  }
  const [, cluster, service] = resourceId.split('/') as [string, string, string];
  const type = predefined!.PredefinedMetricType;
  switch (type) {
    case 'ECSServiceAverageCPUUtilization':
    case 'ECSServiceAverageMemoryUtilization':
      return {
        namespace: 'AWS/ECS',
        metric: type === 'ECSServiceAverageCPUUtilization' ? 'CPUUtilization' : 'MemoryUtilization',
        dimensions: { ClusterName: cluster, ServiceName: service },
        statistic: 'Average',
        unit: undefined,
      };
    case 'ALBRequestCountPerTarget': {
      const label = predefined!.ResourceLabel ?? '';
      const match = /^(app\/[^/]+\/[^/]+)\/(targetgroup\/[^/]+\/[^/]+)$/.exec(label);
      if (match === null) {
        throw validationError(
          `ResourceLabel '${label}' is not valid; expected app/<name>/<id>/targetgroup/<name>/<id>`,
        );
      }
      return {
        namespace: 'AWS/ApplicationELB',
        metric: 'RequestCountPerTarget',
        dimensions: { LoadBalancer: match[1]!, TargetGroup: match[2]! },
        statistic: 'Sum',
        unit: undefined,
      };
    }
    default:
      throw validationError(
        `Predefined metric '${type}' is not simulated by the lab; allowed: ECSServiceAverageCPUUtilization, ` +
          'ECSServiceAverageMemoryUtilization, ALBRequestCountPerTarget',
      );
  }
}
