/** What Application Auto Scaling keeps of targets and policies, and its errors. */
import type {
  StepScalingPolicyConfiguration,
  SuspendedState,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling';
import { AwsError } from '../aws-error.ts';

export const namespace = 'ecs';
export const dimension = 'ecs:service:DesiredCount';

export interface ScalableTarget {
  readonly arn: string;
  readonly resourceId: string;
  minCapacity: number;
  maxCapacity: number;
  readonly roleArn: string;
  readonly createdAt: number;
  suspended: Required<SuspendedState>;
  tags: ReadonlyMap<string, string>;
}

export interface ScalingPolicy {
  readonly arn: string;
  readonly name: string;
  readonly resourceId: string;
  readonly createdAt: number;
  readonly config:
    | { readonly type: 'TargetTrackingScaling'; readonly tracking: TargetTrackingScalingPolicyConfiguration }
    | { readonly type: 'StepScaling'; readonly step: StepScalingPolicyConfiguration };
  /** Names of the alarms made for a target tracking policy: the high one first. */
  readonly alarms: readonly string[];
}

export function validationError(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

export function objectNotFound(message: string): AwsError {
  return new AwsError('ObjectNotFoundException', message);
}

/** Throws ValidationException unless the three say "the desired count of an ECS service". */
export function checkScope(input: {
  readonly ServiceNamespace?: string | undefined;
  readonly ResourceId?: string | undefined;
  readonly ScalableDimension?: string | undefined;
}): string {
  if (input.ServiceNamespace !== namespace) {
    throw validationError(
      `Service namespace '${input.ServiceNamespace ?? ''}' is not simulated by the lab; allowed: ${namespace}`,
    );
  }
  if (input.ScalableDimension !== dimension) {
    throw validationError(
      `Unsupported scalable dimension '${input.ScalableDimension ?? ''}'; allowed: ${dimension}`,
    );
  }
  if (!/^service\/[^/]+\/[^/]+$/.test(input.ResourceId ?? '')) {
    throw validationError(
      `Unsupported resource ID '${input.ResourceId ?? ''}'; expected service/<cluster>/<service>`,
    );
  }
  return input.ResourceId!;
}

/** ObjectNotFoundException in the API's words. */
export function noTarget(resourceId: string): AwsError {
  return objectNotFound(
    `No scalable target registered for service namespace: ${namespace}, resource ID: ${resourceId}, ` +
      `scalable dimension: ${dimension}`,
  );
}
