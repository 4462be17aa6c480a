/** Application Auto Scaling of ECS services: read, quieten for the time of a shift, put back. */
import type { AwsCaller } from './caller.ts';

export interface ScalingFacts {
  /** `service/<cluster>/<service>` */
  readonly resourceId: string;
  readonly minCapacity: number;
  readonly maxCapacity: number;
  readonly suspended: {
    readonly scaleIn: boolean;
    readonly scaleOut: boolean;
    readonly scheduled: boolean;
  };
}

const dimension = {
  ServiceNamespace: 'ecs',
  ScalableDimension: 'ecs:service:DesiredCount',
} as const;

/** Undefined where the service does not scale by itself. */
export async function readScaling(caller: AwsCaller, resourceId: string): Promise<ScalingFacts | undefined> {
  const { ScalableTargets: targets = [] } = await caller.call(
    'application-autoscaling:DescribeScalableTargets',
    { ...dimension, ResourceIds: [resourceId] },
  );
  const target = targets.find((candidate) => candidate.ResourceId === resourceId);
  if (target === undefined) return undefined;
  return {
    resourceId,
    minCapacity: target.MinCapacity ?? 0,
    maxCapacity: target.MaxCapacity ?? 0,
    suspended: {
      scaleIn: target.SuspendedState?.DynamicScalingInSuspended ?? false,
      scaleOut: target.SuspendedState?.DynamicScalingOutSuspended ?? false,
      scheduled: target.SuspendedState?.ScheduledScalingSuspended ?? false,
    },
  };
}

/** Repeatable. Registering clamps the service's count into min and max: callers choose them so that it fits. */
export async function writeScaling(caller: AwsCaller, wanted: ScalingFacts): Promise<void> {
  await caller.call('application-autoscaling:RegisterScalableTarget', {
    ...dimension,
    ResourceId: wanted.resourceId,
    MinCapacity: wanted.minCapacity,
    MaxCapacity: wanted.maxCapacity,
    SuspendedState: {
      DynamicScalingInSuspended: wanted.suspended.scaleIn,
      DynamicScalingOutSuspended: wanted.suspended.scaleOut,
      ScheduledScalingSuspended: wanted.suspended.scheduled,
    },
  });
}

/**
 * How a service scales while its traffic is being shifted: never in, never by schedule (ECS itself does no
 * more during a deployment), still out, and never below the count that carries everything. Pure.
 */
export function quietened(former: ScalingFacts, count: number): ScalingFacts {
  return {
    ...former,
    minCapacity: Math.min(Math.max(former.minCapacity, count), former.maxCapacity),
    suspended: { scaleIn: true, scaleOut: former.suspended.scaleOut, scheduled: true },
  };
}
