/** Scaling of green made after blue's: the same limits, the same policies with green's own metrics. Pure. */
import type { ScalingPolicy } from '@aws-sdk/client-application-auto-scaling';
import type { ScalingFacts } from '../aws/scaling-targets.ts';

export interface TwinScaling {
  /** As it is to be once the shift is over. */
  readonly target: ScalingFacts;
  readonly policies: readonly ScalingPolicy[];
}

export interface TwinScalingSettings {
  readonly blueService: string;
  readonly greenService: string;
  readonly blueTargetGroupArn: string;
  readonly greenTargetGroupArn: string;
}

/** Policies that scale by alarms of the user's own are left out: `uncopied` names them. */
export function twinScalingOf(
  blue: ScalingFacts,
  policies: readonly ScalingPolicy[],
  settings: TwinScalingSettings,
): TwinScaling {
  const resourceId = blue.resourceId.replace(/[^/]+$/, settings.greenService);
  return {
    target: { ...blue, resourceId, arn: undefined },
    policies: policies.filter(isTracking).map((policy) => ({
      PolicyName: renamed(policy.PolicyName ?? '', settings),
      PolicyType: policy.PolicyType,
      ResourceId: resourceId,
      ServiceNamespace: policy.ServiceNamespace,
      ScalableDimension: policy.ScalableDimension,
      TargetTrackingScalingPolicyConfiguration: greenMetrics(
        policy.TargetTrackingScalingPolicyConfiguration,
        settings,
      ),
      PolicyARN: undefined,
      CreationTime: undefined,
    })),
  };
}

/** Names of the policies whose alarms are the user's own, and that a twin therefore does not get. */
export function uncopied(policies: readonly ScalingPolicy[]): readonly string[] {
  return policies.filter((policy) => !isTracking(policy)).map((policy) => policy.PolicyName ?? '');
}

/**
 * Policies of green that would count blue's requests as green's: `ALBRequestCountPerTarget` with the label
 * of another target group.
 */
export function policiesOnOtherGroup(
  policies: readonly ScalingPolicy[],
  targetGroupArn: string,
): readonly string[] {
  const own = labelOf(targetGroupArn);
  return policies
    .filter((policy) => {
      const label =
        policy.TargetTrackingScalingPolicyConfiguration?.PredefinedMetricSpecification?.ResourceLabel;
      return label !== undefined && label !== '' && !label.endsWith(own);
    })
    .map((policy) => policy.PolicyName ?? '');
}

/** `targetgroup/name/id`: a group as metrics and resource labels name it. */
function labelOf(targetGroupArn: string): string {
  return targetGroupArn.slice(targetGroupArn.indexOf('targetgroup/'));
}

function isTracking(policy: ScalingPolicy): boolean {
  return policy.TargetTrackingScalingPolicyConfiguration !== undefined;
}

/** Blue's names in labels and dimensions become green's; everything else stays. */
function greenMetrics(
  tracking: ScalingPolicy['TargetTrackingScalingPolicyConfiguration'],
  settings: TwinScalingSettings,
): ScalingPolicy['TargetTrackingScalingPolicyConfiguration'] {
  const blueLabel = labelOf(settings.blueTargetGroupArn);
  const greenLabel = labelOf(settings.greenTargetGroupArn);
  const swapped = (value: unknown): unknown => {
    if (typeof value === 'string') {
      if (value === settings.blueService) return settings.greenService;
      return value.endsWith(blueLabel) ? value.slice(0, -blueLabel.length) + greenLabel : value;
    }
    if (Array.isArray(value)) return value.map(swapped);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, swapped(inner)]));
  };
  return swapped(tracking) as ScalingPolicy['TargetTrackingScalingPolicyConfiguration'];
}

/** A policy named after blue's service is named after green's. */
function renamed(name: string, settings: TwinScalingSettings): string {
  return name.replaceAll(settings.blueService, settings.greenService);
}
