/** The plan of a shift as data: everything that will be done, before anything is. Pure. */

import type { CreateServiceRequest } from '@aws-sdk/client-ecs';
import type { Action, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ForwardLocation, WeightSplit } from '../aws/elb-forward.ts';
import type { ScalingFacts } from '../aws/scaling-targets.ts';
import type { CodeRange, OwnCheck, ShiftObjectives } from '../inputs/shift-request.ts';
import { formatDuration } from '../report/duration.ts';
import type { LadderStep } from './ladder.ts';
import { describeCheck } from './own-check.ts';

export interface Side {
  readonly targetGroupArn: string;
  readonly groupName: string;
  /** Undefined where no ECS service stands behind the group (EC2 instances, or a group filled by others). */
  readonly service: string | undefined;
}

/** What happens to green before it gets traffic. */
export type GreenDeploy =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'update';
      readonly taskDefinitionArn: string;
      readonly desiredCount: number;
      /** False where green runs that revision already: ECS starts no deployment then. */
      readonly newRevision: boolean;
    }
  | { readonly kind: 'create'; readonly taskDefinitionArn: string; readonly service: CreateServiceRequest };

export interface ShiftPlan {
  readonly location: ForwardLocation;
  readonly listenerArn: string;
  readonly loadBalancerArn: string;
  readonly cluster: string | undefined;
  readonly blue: Side;
  readonly green: Side;
  /** As found: what a rollback writes. */
  readonly former: WeightSplit;
  readonly greenInRule: boolean;
  readonly steps: readonly LadderStep[];
  readonly deploy: GreenDeploy;
  /** Healthy targets that green needs from the first step to the last. */
  readonly requiredHealthy: number;
  readonly testRule: {
    readonly priority: number;
    readonly header: string;
    readonly conditions: readonly RuleCondition[];
    readonly actions: readonly Action[];
  };
  readonly probes: {
    readonly baseUrl: string;
    readonly host: string | undefined;
    readonly paths: readonly string[];
    /** Probes of nothing but the health path: they never stand in for traffic. */
    readonly healthPathOnly: boolean;
    readonly count: number;
    readonly perStep: number;
    readonly goodCodes: readonly CodeRange[];
    readonly timeoutMs: number;
  };
  readonly maxErrorRate: number;
  readonly alarms: readonly string[];
  /** Of those, the ones that rang when the shift was planned and were accepted. */
  readonly ringing: readonly string[];
  readonly objectives: ShiftObjectives;
  readonly checks: readonly OwnCheck[];
  /** A promotion that neither traffic nor probes prove is accepted. */
  readonly acceptUnproven: boolean;
  /** Scalable targets as found, of the services that exist. */
  readonly scaling: readonly ScalingFacts[];
  readonly blueAfter: 'keep' | 'scale-to-zero';
  readonly greenAfterRollback: 'keep' | 'scale-to-zero';
  readonly readyTimeoutMs: number;
  readonly timeoutMs: number;
  readonly onCancel: 'rollback' | 'leave';
  /** Worth knowing, but no reason to refuse. */
  readonly notes: readonly string[];
}

/** The ARN's last part after the slash: `family:12`. */
export function revisionName(taskDefinitionArn: string): string {
  return taskDefinitionArn.slice(taskDefinitionArn.lastIndexOf('/') + 1);
}

/** Sum of the bakes: what the shift lasts when nothing else takes time. */
export function bakeTotalMs(plan: ShiftPlan): number {
  return plan.steps.reduce((sum, step) => sum + step.bakeTimeMs, 0);
}

/** One line for each thing that will be done, in order. */
export function describePlan(plan: ShiftPlan): readonly string[] {
  const lines = [
    `Lock: test rule at priority ${plan.testRule.priority}, production's conditions plus header ${plan.testRule.header}, to ${plan.green.groupName}.`,
  ];
  if (!plan.greenInRule) lines.push(`Put ${plan.green.groupName} into the rule at weight 0.`);
  for (const target of plan.scaling) {
    lines.push(`Suspend scale-in and scheduled scaling of ${target.resourceId}; scale-out stays on.`);
  }
  switch (plan.deploy.kind) {
    case 'none':
      lines.push(`Take ${plan.green.groupName} as it is.`);
      break;
    case 'update':
      lines.push(
        `Update service ${plan.green.service} to ${revisionName(plan.deploy.taskDefinitionArn)} with ${plan.deploy.desiredCount} tasks and follow its deployment.`,
      );
      break;
    case 'create':
      lines.push(
        `Create service ${plan.green.service} as a twin of ${plan.blue.service} with ${revisionName(plan.deploy.taskDefinitionArn)} and ${plan.deploy.service.desiredCount} tasks, and follow its deployment.`,
      );
      break;
  }
  lines.push(
    `Wait until all targets of ${plan.green.groupName} are healthy, at least ${plan.requiredHealthy}.`,
  );
  if (plan.probes.count > 0) {
    lines.push(`Send ${plan.probes.count} probes at weight 0 to ${plan.probes.paths.join(', ')}.`);
  }
  for (const step of plan.steps) {
    lines.push(
      `Weight ${step.percent} %: write, read back, bake ${formatDuration(step.bakeTimeMs)} under the gates.`,
    );
  }
  for (const check of plan.checks) {
    lines.push(
      `At the end of each bake: ${describeCheck(check)}, within ${formatDuration(check.timeoutMs)}.`,
    );
  }
  if (plan.blue.service !== undefined) {
    lines.push(
      plan.blueAfter === 'keep'
        ? `Keep ${plan.blue.service} as it is, for the instant way back.`
        : `Scale ${plan.blue.service} to 0.`,
    );
  }
  if (plan.scaling.length > 0) lines.push('Put scaling back as it was.');
  lines.push('Delete the test rule.');
  return lines;
}
