/** Application Auto Scaling for ECS services: limits, suspension, target tracking, steps. Rules: BEHAVIOUR.md. */
import type { ServiceScaler } from '../contracts.ts';
import type { Kernel } from '../kernel.ts';
import type { Operation, ServiceModule } from '../service.ts';
import { dimension, namespace, type ScalableTarget } from './model.ts';
import { type PolicyState, policyOperations, removePolicy } from './policy-operations.ts';
import { removeScheduled, type ScheduledState, scheduledOperations } from './scheduled-operations.ts';
import { StepScaling, type StepScalingDeps } from './step-scaling.ts';
import { tagOperations } from './tag-operations.ts';
import { targetOperations } from './target-operations.ts';
import { TargetTracking, type TrackingCloudWatch, type TrackingDeps } from './target-tracking.ts';

export interface AutoScalingDeps {
  readonly kernel: Kernel;
  readonly services: ServiceScaler;
  readonly cloudwatch: TrackingCloudWatch & StepScalingDeps['cloudwatch'];
  /** True while ECS deploys the service; never where this is left out. */
  readonly isDeploying?: (resourceId: string) => boolean;
}

const activityLimit = 1000;

export class ApplicationAutoScalingService implements ServiceModule {
  readonly id = 'application-autoscaling';
  readonly operations: Readonly<Record<string, Operation>>;

  constructor(deps: AutoScalingDeps) {
    const { kernel, services } = deps;
    const targets = new Map<string, ScalableTarget>();
    const hands: StepScalingDeps & TrackingDeps = {
      kernel,
      services,
      cloudwatch: deps.cloudwatch,
      isDeploying: deps.isDeploying ?? (() => false),
      target: (resourceId) => targets.get(resourceId),
      scale: (target, count, cause) => state.scale(target, count, cause),
    };
    const state: PolicyState & ScheduledState = {
      kernel,
      services,
      targets,
      activities: [],
      policies: new Map(),
      scheduled: new Map(),
      tracking: new TargetTracking(hands),
      stepping: new StepScaling(hands),
      scale: (target, count, cause) => {
        const now = new Date(kernel.now);
        services.setDesiredCount(target.resourceId, count);
        kernel.record('autoscaling.scaled', target.resourceId, { desiredCount: count, cause });
        state.activities.unshift({
          ActivityId: kernel.rng('autoscaling.id').hex(32),
          ServiceNamespace: namespace,
          ResourceId: target.resourceId,
          ScalableDimension: dimension,
          Description: `Setting desired count to ${count}.`,
          Cause: cause,
          StartTime: now,
          EndTime: now,
          StatusCode: 'Successful',
          StatusMessage: `Successfully set desired count to ${count}. Change successfully fulfilled by ecs.`,
        });
        if (state.activities.length > activityLimit) state.activities.pop();
      },
      targetRemoved: (resourceId) => {
        for (const policy of [...state.policies.values()]) {
          if (policy.resourceId === resourceId) removePolicy(state, policy);
        }
        for (const action of [...state.scheduled.values()]) {
          if (action.resourceId === resourceId) removeScheduled(state, action);
        }
      },
    };
    this.operations = {
      ...targetOperations(state),
      ...policyOperations(state),
      ...scheduledOperations(state),
      ...tagOperations(state),
    };
  }
}
