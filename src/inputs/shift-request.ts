/** What a shift was asked to do: the inputs, checked. */
import type { ForwardLocation } from '../aws/elb-forward.ts';
import type { Maintenance } from './begin-fields.ts';
import type { TaskDefinitionRef } from './ecs-names.ts';
import type { PreDeployRequest } from './pre-deploy.ts';
import type { ProbeTaskRequest } from './probe-task.ts';
import type { KeepBlueAt } from './shift-fields.ts';

/** What is done about a shift that another run left in the middle. */
export type OnInterrupted =
  | 'resume'
  | 'rollback'
  /** The same as an order of its own: no shift is ever begun. */
  | 'rollback-only'
  /** Goes on with a shift that is there, and begins none. */
  | 'resume-only'
  /** Looks at a shift that rests, takes it back where it is bad, and goes on with none. */
  | 'judge'
  | 'report';

/** Findings of the preflight that a user may accept by name. */
export const acceptable = [
  'stickiness',
  'port-mismatch',
  'health-check-mismatch',
  'other-rule',
  'other-traffic',
  'alarm-active',
  'unproven',
] as const;
export type Acceptable = (typeof acceptable)[number];

/** HTTP status codes, both ends included. */
export interface CodeRange {
  readonly from: number;
  readonly to: number;
}

/** `p95 400ms`: at most 5 % of the requests may take longer than 0.4 s. */
export interface LatencyObjective {
  readonly percentile: number;
  readonly seconds: number;
}

/** What green must keep however blue does. */
export interface ShiftObjectives {
  /** Fraction of requests. */
  readonly errorRate: number | undefined;
  readonly latency: LatencyObjective | undefined;
}

/** A check of the user's own, asked at each step. */
export type OwnCheck =
  | { readonly kind: 'command'; readonly command: string; readonly timeoutMs: number }
  | {
      readonly kind: 'url';
      readonly url: string;
      readonly timeoutMs: number;
      readonly goodCodes: readonly CodeRange[];
      /** A value in the answer, found by names with dots between them. */
      readonly json: { readonly path: string; readonly value: string } | undefined;
    };

/** Who acts while the weights rest in the middle and no job runs. */
export type Guard =
  /** A CloudWatch alarm whose action takes the weights back. */
  | {
      readonly kind: 'alarm';
      readonly name: string;
      /** The user says that something behind it restores, which the alarm itself does not show. */
      readonly vouched: boolean;
    }
  /** A scheduled workflow of this repository that runs the action again. */
  | { readonly kind: 'watch'; readonly path: string };

export interface ShiftRequest {
  /** The rule, or the listener's default action, that carries the traffic. */
  readonly location: ForwardLocation;
  /** ARN or name. */
  readonly blueTargetGroup: string | undefined;
  readonly greenTargetGroup: string | undefined;
  readonly cluster: string | undefined;
  readonly blueService: string | undefined;
  readonly greenService: string | undefined;
  readonly taskDefinition: TaskDefinitionRef | undefined;
  readonly desiredCount: number | undefined;
  /** Percent. Empty where the ladder is made from the exposure budget. */
  readonly steps: readonly number[];
  /** Requests of users that a dead green may fail at the first step. */
  readonly exposureBudget: number | undefined;
  /** One for each step, or one for all. */
  readonly bakeTimesMs: readonly number[];
  readonly probes: {
    /** Undefined: the health check path of green's group. */
    readonly paths: readonly string[] | undefined;
    readonly header: string;
    /** At weight 0. */
    readonly count: number;
    /** While a step bakes. */
    readonly perStep: number;
    readonly timeoutMs: number;
    readonly baseUrl: string | undefined;
    readonly host: string | undefined;
    readonly goodCodes: readonly CodeRange[];
    /** Sent by a task in the VPC; undefined: from the runner. */
    readonly task: ProbeTaskRequest | undefined;
  };
  readonly testRulePriority: number | undefined;
  /** `none`: the secret header alone opens the test rule, where production's asks for a login. */
  readonly testRuleLogin: 'copy' | 'none';
  /** Fraction of requests: what green may fail once there is no blue traffic to compare with. */
  readonly maxErrorRate: number;
  /** Whether answers of 4xx are held to blue's. */
  readonly clientErrors: 'ignore' | 'judge';
  readonly alarms: readonly string[];
  readonly objectives: ShiftObjectives;
  readonly checks: readonly OwnCheck[];
  /** `keep`, or how many tasks stay of it. */
  readonly blueAfter: 'keep' | number;
  /** How long blue is kept as the way back after promotion, before that. */
  readonly keepBlueMs: number;
  /** How much of it. */
  readonly keepBlueAt: KeepBlueAt;
  /** Percent at which the shift rests. */
  readonly until: number | undefined;
  readonly onInterrupted: OnInterrupted;
  /** With `judge`: a shift that has rested for longer goes back. */
  readonly restLimitMs: number | undefined;
  readonly preDeploy: PreDeployRequest | undefined;
  /** When a shift may begin; one that has begun goes on at any time. */
  readonly maintenance: Maintenance;
  /** Refuse where what serves was built from a commit that contains this one. */
  readonly guardStale: boolean;
  /** Breaking: blue cannot serve what this revision makes of the database. */
  readonly schema: 'compatible' | 'breaking';
  /** Whether traffic may go back past a breaking schema change. */
  readonly pastBreakingSchema: 'refuse' | 'accept';
  readonly guard: Guard | undefined;
  /** A rest without a guard is accepted. */
  readonly unattended: boolean;
  /** Tasks on top of those that run when the shift begins. */
  readonly maxExtraTasks: number | undefined;
  /** What is left of the job, as the workflow limits it. */
  readonly jobTimeoutMs: number | undefined;
  /** Epoch milliseconds; undefined: not known, or they are renewed. */
  readonly credentialsEndAt: number | undefined;
  /** The action assumes its role again before its credentials end. */
  readonly renewsCredentials: boolean;
  /** Other rules and listeners that forward to blue. */
  readonly otherRules: 'refuse' | 'together';
  readonly greenAfterRollback: 'keep' | 'scale-to-zero';
  readonly readyTimeoutMs: number;
  readonly timeoutMs: number;
  readonly onCancel: 'rollback' | 'leave';
  readonly accept: readonly Acceptable[];
  readonly dryRun: boolean;
}
