/** What a shift was asked to do: the inputs, checked. */
import type { ForwardLocation } from '../aws/elb-forward.ts';
import type { TaskDefinitionRef } from './ecs-names.ts';

/** Findings of the preflight that a user may accept by name. */
export const acceptable = [
  'stickiness',
  'port-mismatch',
  'health-check-mismatch',
  'other-rule',
  'alarm-active',
] as const;
export type Acceptable = (typeof acceptable)[number];

/** HTTP status codes, both ends included. */
export interface CodeRange {
  readonly from: number;
  readonly to: number;
}

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
  readonly steps: readonly number[];
  /** One for each step. */
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
  };
  readonly testRulePriority: number | undefined;
  /** Fraction of requests: what green may fail once there is no blue traffic to compare with. */
  readonly maxErrorRate: number;
  readonly alarms: readonly string[];
  readonly blueAfter: 'keep' | 'scale-to-zero';
  readonly greenAfterRollback: 'keep' | 'scale-to-zero';
  readonly readyTimeoutMs: number;
  readonly timeoutMs: number;
  readonly onCancel: 'rollback' | 'leave';
  readonly accept: readonly Acceptable[];
  readonly dryRun: boolean;
}
