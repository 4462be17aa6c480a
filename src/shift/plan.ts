/** The plan of a shift as data: everything that will be done, before anything is. Pure. */

import type { CreateServiceRequest } from '@aws-sdk/client-ecs';
import type { Action, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ForwardLocation, WeightSplit } from '../aws/elb-forward.ts';
import type { ScalingFacts } from '../aws/scaling-targets.ts';
import type { PreDeployRequest } from '../inputs/pre-deploy.ts';
import type { CodeRange, OwnCheck, ShiftObjectives } from '../inputs/shift-request.ts';
import { formatDuration } from '../report/duration.ts';
import type { Lock } from './interrupted.ts';
import { describeSplit, type LadderStep } from './ladder.ts';
import { describeCheck } from './own-check.ts';
import type { ProbeTaskPlan } from './probe-task-plan.ts';
import type { Cause } from './state.ts';
import type { TwinScaling } from './twin-scaling.ts';

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
  readonly others: readonly ForwardLocation[];
  readonly listenerArn: string;
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
  /** How long blue stays whole, under the gates, after green was promoted. */
  readonly keepBlueMs: number;
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

/** One line for each thing that will be done, in order. */
export function describePlan(plan: ShiftPlan): readonly string[] {
  const { task, lock } = plan;
  if (task.kind === 'take-back' || task.kind === 'finish') {
    return [
      `Take over the test rule ${lock?.ruleArn}.`,
      ...(task.kind === 'take-back'
        ? [`Weights back: ${describeSplit(plan.former)}.`]
        : [`The weights stay: ${plan.green.groupName} serves everything.`]),
      ...(plan.scaling.length > 0 ? ['Put scaling back as it was.'] : []),
      'Delete the test rule.',
    ];
  }
  const lines = [
    ...(plan.preDeploy === undefined
      ? []
      : [
          `Run ${JSON.stringify(plan.preDeploy.command)} once in a task of the new revision, for at most ${formatDuration(plan.preDeploy.timeoutMs)}; only exit code 0 lets the shift begin.`,
        ]),
    lock !== undefined
      ? `Take over the test rule at priority ${lock.priority} and go on with the shift of ${lock.record.holder}.`
      : `Lock: test rule at priority ${plan.testRule.priority}, production's conditions plus header ${plan.testRule.header}${withoutLogin(plan)}, to ${plan.green.groupName}.`,
  ];
  if (plan.others.length > 0) {
    lines.push(
      plan.others.length === 1
        ? 'Shift one other rule that forwards to blue together with this one.'
        : `Shift ${plan.others.length} other rules that forward to blue together with this one.`,
    );
  }
  if (!plan.greenInRule) lines.push(`Put ${plan.green.groupName} into the rule at weight 0.`);
  for (const target of plan.scaling) {
    lines.push(
      `Suspend scale-in and scheduled scaling of ${target.resourceId}, at least ${plan.requiredHealthy} tasks; scale-out stays on.`,
    );
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
  if (plan.twinScaling !== undefined) {
    const { policies, target, alarms, scheduled } = plan.twinScaling;
    lines.push(
      `Let ${plan.green.service} scale like blue: ${target.minCapacity} to ${target.maxCapacity} tasks, ${policies.length === 1 ? 'one policy' : `${policies.length} policies`}${alarms.length === 0 ? '' : `, alarms ${alarms.map((alarm) => alarm.AlarmName).join(', ')}`}${scheduled.length === 0 ? '' : `, scheduled actions ${scheduled.map((each) => each.ScheduledActionName).join(', ')}`}.`,
    );
  }
  lines.push(
    `Wait until all targets of ${plan.green.groupName} are healthy, at least ${plan.requiredHealthy}.`,
  );
  if (plan.probes.count > 0) {
    const { task, count, paths } = plan.probes;
    lines.push(
      task === undefined
        ? `Send ${count} probes at weight 0 to ${paths.join(', ')}.`
        : `Run ${revisionName(task.taskDefinitionArn)} once in the VPC, for at most ${formatDuration(task.timeoutMs)}, to send ${count} probes at weight 0 to ${paths.join(', ')}; only exit code 0 of container ${task.container.name} lets the shift go on.`,
    );
  }
  if (plan.breaking) {
    lines.push(
      'Leave the weights as they stand where a gate fails, time runs out or the job is cancelled: the schema change is breaking, and nothing goes back past it by itself.',
    );
  }
  for (const step of plan.steps) {
    lines.push(
      `Weight ${step.percent} %: write, read back, bake ${formatDuration(step.bakeTimeMs)} under the gates.`,
    );
    if (step.percent === plan.until) {
      lines.push(`Rest at ${step.percent} %: the job ends, a later run goes on from here.`);
      return lines;
    }
  }
  for (const check of plan.checks) {
    lines.push(
      `At the end of each bake: ${describeCheck(check)}, within ${formatDuration(check.timeoutMs)}.`,
    );
  }
  if (plan.blue.service !== undefined) {
    if (plan.blueAfter === 'keep') {
      lines.push(`Keep ${plan.blue.service} as it is, for the instant way back.`);
    } else {
      const kept = plan.keepBlueMs === 0 ? '' : `keep it for ${formatDuration(plan.keepBlueMs)}, `;
      lines.push(
        `Blue's end: ${kept}wait for a closed minute without a request and ${formatDuration(plan.drainMs)} more, then scale ${plan.blue.service} to ${plan.blueAfter}; from then on there is no instant way back.`,
      );
    }
  }
  if (plan.scaling.length > 0) lines.push('Put scaling back as it was.');
  lines.push('Delete the test rule.');
  return lines;
}

function withoutLogin({ testRule: { login, actions } }: ShiftPlan): string {
  return login === 'none' && actions.length > 1 ? ' and without its login' : '';
}
