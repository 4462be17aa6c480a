/** Scalable targets and what happened to them. */
import type {
  DeregisterScalableTargetRequest,
  DescribeScalableTargetsRequest,
  DescribeScalingActivitiesRequest,
  RegisterScalableTargetRequest,
  ScalableTarget as ScalableTargetShape,
  ScalingActivity,
} from '@aws-sdk/client-application-auto-scaling';
import type { ServiceScaler } from '../contracts.ts';
import type { Kernel } from '../kernel.ts';
import type { Operation } from '../service.ts';
import { checkScope, dimension, namespace, noTarget, type ScalableTarget, validationError } from './model.ts';
import { page } from './paging.ts';

const serviceRole =
  'role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService';

export interface TargetState {
  readonly kernel: Kernel;
  readonly services: ServiceScaler;
  /** By resource id. */
  readonly targets: Map<string, ScalableTarget>;
  /** Newest first. */
  readonly activities: ScalingActivity[];
  scale(target: ScalableTarget, count: number, cause: string): void;
  /** Policies and scheduled actions go with their target. */
  targetRemoved(resourceId: string): void;
}

/** IAM's resource of a scalable target: its ARN where it exists. */
export function targetResource(state: TargetState, resourceId: string | undefined): string[] {
  const target = state.targets.get(resourceId ?? '');
  return [target?.arn ?? state.kernel.arn('application-autoscaling', 'scalable-target/*')];
}

export function targetOperations(state: TargetState): Record<string, Operation> {
  return {
    RegisterScalableTarget: {
      mutates: true,
      permissions: (input: Partial<RegisterScalableTargetRequest> | undefined) => [
        {
          action: 'application-autoscaling:RegisterScalableTarget',
          resources: targetResource(state, input?.ResourceId),
          context: {
            'application-autoscaling:service-namespace': input?.ServiceNamespace ?? '',
            'application-autoscaling:scalable-dimension': input?.ScalableDimension ?? '',
          },
        },
      ],
      run: (input: RegisterScalableTargetRequest) => ({ ScalableTargetARN: register(state, input).arn }),
    },
    DescribeScalableTargets: {
      mutates: false,
      permissions: () => [{ action: 'application-autoscaling:DescribeScalableTargets', resources: ['*'] }],
      run: (input: DescribeScalableTargetsRequest) => {
        const all = [...state.targets.values()]
          .filter(() => input.ServiceNamespace === namespace)
          .filter(() => input.ScalableDimension === undefined || input.ScalableDimension === dimension)
          .filter(
            (target) => input.ResourceIds === undefined || input.ResourceIds.includes(target.resourceId),
          );
        const found = page(all, input);
        return { ScalableTargets: found.items.map(shape), ...found.token };
      },
    },
    DeregisterScalableTarget: {
      mutates: true,
      permissions: (input: Partial<DeregisterScalableTargetRequest> | undefined) => [
        {
          action: 'application-autoscaling:DeregisterScalableTarget',
          resources: targetResource(state, input?.ResourceId),
        },
      ],
      run: (input: DeregisterScalableTargetRequest) => {
        const resourceId = checkScope(input);
        if (!state.targets.delete(resourceId)) throw noTarget(resourceId);
        state.targetRemoved(resourceId);
        state.kernel.record('autoscaling.target-deregistered', resourceId);
        return {};
      },
    },
    DescribeScalingActivities: {
      mutates: false,
      permissions: () => [{ action: 'application-autoscaling:DescribeScalingActivities', resources: ['*'] }],
      run: (input: DescribeScalingActivitiesRequest) => {
        const all = state.activities.filter(
          (activity) => input.ResourceId === undefined || activity.ResourceId === input.ResourceId,
        );
        const found = page(all, input);
        return { ScalingActivities: [...found.items], ...found.token };
      },
    },
  };
}

/** Registers or updates; fields that are left out keep their values. The count is brought into the limits. */
function register(state: TargetState, input: RegisterScalableTargetRequest): ScalableTarget {
  const resourceId = checkScope(input);
  const former = state.targets.get(resourceId);
  const minCapacity = input.MinCapacity ?? former?.minCapacity;
  const maxCapacity = input.MaxCapacity ?? former?.maxCapacity;
  if (minCapacity === undefined || maxCapacity === undefined) {
    throw validationError('Both MinCapacity and MaxCapacity are required to register a new scalable target');
  }
  if (!Number.isInteger(minCapacity) || minCapacity < 0) {
    throw validationError(`MinCapacity '${minCapacity}' must be 0 or more`);
  }
  if (!Number.isInteger(maxCapacity) || maxCapacity < minCapacity) {
    throw validationError(
      `Maximum capacity '${maxCapacity}' cannot be less than minimum capacity '${minCapacity}'`,
    );
  }
  const current = state.services.desiredCount(resourceId);
  if (current === undefined) throw validationError(`ECS service doesn't exist: ${resourceId}`);
  if (former !== undefined && input.Tags !== undefined) {
    throw validationError('Tags can only be given when a scalable target is registered for the first time');
  }
  const { kernel } = state;
  const suspended = input.SuspendedState ?? {};
  const target: ScalableTarget = former ?? {
    arn: kernel.arn('application-autoscaling', `scalable-target/0ec5${kernel.rng('autoscaling.id').hex(28)}`),
    resourceId,
    minCapacity,
    maxCapacity,
    roleArn: input.RoleARN ?? `arn:aws:iam::${kernel.config.accountId}:${serviceRole}`,
    createdAt: kernel.now,
    suspended: {
      DynamicScalingInSuspended: false,
      DynamicScalingOutSuspended: false,
      ScheduledScalingSuspended: false,
    },
    tags: new Map(Object.entries(input.Tags ?? {})),
  };
  target.minCapacity = minCapacity;
  target.maxCapacity = maxCapacity;
  target.suspended = {
    DynamicScalingInSuspended:
      suspended.DynamicScalingInSuspended ?? target.suspended.DynamicScalingInSuspended,
    DynamicScalingOutSuspended:
      suspended.DynamicScalingOutSuspended ?? target.suspended.DynamicScalingOutSuspended,
    ScheduledScalingSuspended:
      suspended.ScheduledScalingSuspended ?? target.suspended.ScheduledScalingSuspended,
  };
  state.targets.set(resourceId, target);
  kernel.record('autoscaling.target-registered', resourceId, {
    minCapacity,
    maxCapacity,
    suspended: { ...target.suspended },
  });
  clamp(state, target, 'a change of the scalable target');
  return target;
}

/** Brings the desired count into the target's limits, as any registration does. */
export function clamp(state: TargetState, target: ScalableTarget, cause: string): void {
  const current = state.services.desiredCount(target.resourceId);
  if (current === undefined) return;
  const count = Math.min(target.maxCapacity, Math.max(target.minCapacity, current));
  if (count === current) return;
  const edge = count > current ? 'minimum' : 'maximum';
  state.scale(target, count, `${edge} capacity was set to ${count} by ${cause}`);
}

function shape(target: ScalableTarget): ScalableTargetShape {
  return {
    ServiceNamespace: namespace,
    ResourceId: target.resourceId,
    ScalableDimension: dimension,
    MinCapacity: target.minCapacity,
    MaxCapacity: target.maxCapacity,
    RoleARN: target.roleArn,
    CreationTime: new Date(target.createdAt),
    SuspendedState: { ...target.suspended },
    ScalableTargetARN: target.arn,
  };
}
