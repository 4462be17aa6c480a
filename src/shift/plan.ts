/** The plan of a shift as data: everything that will be done, before anything is. Pure. */

import type { CreateServiceRequest } from '@aws-sdk/client-ecs';
import type { Action, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ForwardLocation, WeightSplit } from '../aws/elb-forward.ts';
import type { ScalingFacts } from '../aws/scaling-targets.ts';
import type { PreDeployRequest } from '../inputs/pre-deploy.ts';
import type { CodeRange, OwnCheck, ShiftObjectives } from '../inputs/shift-request.ts';
import type { Lock } from './interrupted.ts';
import type { LadderStep } from './ladder.ts';
import type { ProbeTaskPlan } from './probe-task-plan.ts';
import type { Cause } from './state.ts';
import type { TwinScaling } from './twin-scaling.ts';

export interface Side {
  readonly targetGroupArn: string;
  readonly groupName: string;
  /** Undefined where no ECS service stands behind the group (EC2 instances, or a group filled by others). */
  readonly service: string | undefined;
}

/** One of those that are shifted together, with its actions as found: what a person would write back. */
export interface OtherForward {
  readonly location: ForwardLocation;
  readonly actions: readonly Action[];
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

/** What the run is to do with what it found. */
export type ShiftTask =
  | { readonly kind: 'shift' }
  /** Goes on with the shift of a run that died, or that rests on purpose. */
  | { readonly kind: 'resume' }
  /** Gives blue its traffic back and puts away what a dead run left. */
  | {
      readonly kind: 'take-back';
      readonly cause: Cause;
      /** That is all the run was asked for: once it is done, the run has succeeded. */
      readonly asked?: boolean;
    }
  /** Puts away what a promoted shift left. */
  | { readonly kind: 'finish' };

export interface ShiftPlan {
  readonly task: ShiftTask;
  /** The test rule of the run before, to be taken over. */
  readonly lock: Lock | undefined;
  readonly location: ForwardLocation;
  /** Other rules and default actions that forward to blue and get the same weights. */
  readonly others: readonly OtherForward[];
  readonly listenerArn: string;
  /** All of the load balancer: another shift of the pair may be begun by a rule of any. */
  readonly listenerArns: readonly string[];
  readonly loadBalancerArn: string;
  readonly cluster: string | undefined;
  readonly blue: Side;
  readonly green: Side;
  /** As found: what a rollback writes. */
  readonly former: WeightSplit;
  readonly greenInRule: boolean;
  /** Green's targets are addresses: each can be found among the tasks. */
  readonly greenByAddress: boolean;
  readonly steps: readonly LadderStep[];
  readonly deploy: GreenDeploy;
  /** Healthy targets that green needs from the first step to the last. */
  readonly requiredHealthy: number;
  readonly testRule: {
    readonly priority: number;
    readonly header: string;
    readonly conditions: readonly RuleCondition[];
    readonly actions: readonly Action[];
    readonly login: 'copy' | 'none';
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
    /** Sends them, once and at weight 0; undefined: the runner does. */
    readonly task: ProbeTaskPlan | undefined;
  };
  readonly maxErrorRate: number;
  /** Whether answers of 4xx are a stream of the judge's. */
  readonly clientErrors: 'ignore' | 'judge';
  readonly alarms: readonly string[];
  /** Of those, the ones that rang when the shift was planned and were accepted. */
  readonly ringing: readonly string[];
  readonly objectives: ShiftObjectives;
  readonly checks: readonly OwnCheck[];
  /** A promotion that neither traffic nor probes prove is accepted. */
  readonly acceptUnproven: boolean;
  /** Scalable targets of the services that exist, as they were before any shift. */
  readonly scaling: readonly ScalingFacts[];
  /** Blue's scaling for green, where green has none of its own. */
  readonly twinScaling: TwinScaling | undefined;
  /** Resources of `scaling` that scheduled actions change. */
  readonly scheduled: readonly string[];
  /** Blue's healthy targets at the start: a cancelled job gives traffic back to no fewer. */
  readonly blueHealthy: number;
  /** Blue cannot serve what green's revision makes of the database: traffic does not go back by itself. */
  readonly breaking: boolean;
  /** Run before the shift begins. */
  readonly preDeploy: PreDeployRequest | undefined;
  /** Percent at which the shift rests; undefined: it goes through. */
  readonly until: number | undefined;
  /** `keep`, or how many tasks blue is scaled down to. */
  readonly blueAfter: 'keep' | number;
  /** How long blue is kept, under the gates, after green was promoted. */
  readonly keepBlueMs: number;
  /** `all`, or how many tasks it is kept at: fewer than it has, and no fewer than `blueAfter`. */
  readonly keepBlueAt: 'all' | number;
  /** From blue's last request to its end: deregistration delay and stop time-out. */
  readonly drainMs: number;
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
