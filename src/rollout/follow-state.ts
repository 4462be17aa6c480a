/** What a follower remembers between two looks. Immutable. */
import type { AwsCallError } from '../aws/call-error.ts';
import type { CauseCode } from './cause.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { RolloutFacts } from './expected.ts';
import type { PollInterval, PollPhase } from './poll.ts';
import type { Drain } from './prospect.ts';
import type { TaskFailure } from './stopped-task.ts';
import type { Verdict } from './verdict.ts';

/** What to do about a deployment that is given up. */
export type GiveUpAction = 'rollback' | 'stop' | 'leave';

export interface FollowOptions {
  readonly timeoutMs: number;
  readonly pollInterval: PollInterval;
  /** On a failure that is certain, and on the time-out. */
  readonly onFailure: GiveUpAction;
  /** When the job is cancelled. */
  readonly onCancel: GiveUpAction;
  /** Give up once the same start failure was seen in `failFastTasks` tasks. */
  readonly failFast: boolean;
  readonly failFastTasks: number;
  /** Only these causes count for `failFast`; undefined: all. */
  readonly failFastCauses: ReadonlySet<CauseCode> | undefined;
  /** How long a rollback that was asked for is waited for. */
  readonly recoveryTimeoutMs: number;
}

export const defaultFollowOptions: FollowOptions = {
  timeoutMs: 15 * 60_000,
  pollInterval: 'auto',
  onFailure: 'rollback',
  onCancel: 'rollback',
  failFast: true,
  failFastTasks: 3,
  failFastCauses: undefined,
  recoveryTimeoutMs: 15 * 60_000,
};

/** The same failure, and the tasks it was seen in. */
export interface FailureTally {
  readonly failure: TaskFailure;
  readonly taskIds: readonly string[];
}

/** Why and how the deployment is being given up. */
export interface GiveUp {
  readonly why: 'failed' | 'timed-out' | 'cancelled';
  readonly action: GiveUpAction;
  readonly reason: string;
  readonly missing: readonly string[];
  /** Names of the watched alarms that were the reason. */
  readonly alarmNames?: readonly string[];
  /** The stop has been asked for, and was not refused. */
  readonly asked: boolean;
  readonly refusal: AwsCallError | undefined;
  /** Looked at once more since the refusal. */
  readonly rechecked: boolean;
  readonly deadlineAt: number;
}

export interface FollowState {
  readonly serviceDeploymentArn: string | undefined;
  /** Looks that gave facts. */
  readonly looks: number;
  /** Calls to AWS that these looks took. */
  readonly calls: number;
  /** Reads that failed in a row. */
  readonly unreadable: number;
  /** Looks of a cancelled job for a service deployment that it has not found yet. */
  readonly hurriedLooks: number;
  readonly tallies: ReadonlyMap<string, FailureTally>;
  /** Failures ECS has counted, by its own records, when stopped tasks were last read. */
  readonly failuresRead: number;
  readonly phase: PollPhase;
  readonly phaseSince: number;
  /** Since when all tasks that ECS wants have been running. */
  readonly upSince: number | undefined;
  /** Since when there were no others left beside them. */
  readonly aloneSince: number | undefined;
  /** Since when new tasks are running that are not known to be healthy. */
  readonly runningSince: number | undefined;
  /** Since when, besides, none is on its way. */
  readonly launchedSince: number | undefined;
  /** When that began, each time. */
  readonly launches: readonly number[];
  /** New tasks that ECS took for healthy: it let old ones go for them. */
  readonly safeCount: number;
  /** The last look at the service showed that more tasks of a rollback are to come. */
  readonly moreToCome: boolean;
  /** When the last look was that gave facts; before that, when following began. */
  readonly seenAt: number;
  /** When the service itself was read last; before that, when following began. */
  readonly serviceReadAt: number;
  /** When stopped tasks were last read; that of the start where they never were. */
  readonly stoppedReadAt: number;
  readonly drain: Drain | undefined;
  /** Last facts of each kind: for what is told at the end. */
  readonly last: Partial<RolloutFacts>;
  readonly lastVerdict: Verdict | undefined;
  readonly lastProgress: string;
  readonly giveUp: GiveUp | undefined;
  readonly diagnosis: Diagnosis | undefined;
}

export function initialFollowState(serviceDeploymentArn: string | undefined, now: number): FollowState {
  return {
    serviceDeploymentArn,
    looks: 0,
    calls: 0,
    unreadable: 0,
    hurriedLooks: 0,
    tallies: new Map(),
    failuresRead: 0,
    phase: 'starting',
    phaseSince: now,
    upSince: undefined,
    aloneSince: undefined,
    runningSince: undefined,
    launchedSince: undefined,
    launches: [],
    safeCount: 0,
    moreToCome: false,
    seenAt: now,
    serviceReadAt: now,
    stoppedReadAt: now,
    drain: undefined,
    last: {},
    lastVerdict: undefined,
    lastProgress: '',
    giveUp: undefined,
    diagnosis: undefined,
  };
}

/** The failure seen in most tasks. */
export function leadingFailure(tallies: ReadonlyMap<string, FailureTally>): FailureTally | undefined {
  let leading: FailureTally | undefined;
  for (const tally of tallies.values()) {
    if (leading === undefined || tally.taskIds.length > leading.taskIds.length) leading = tally;
  }
  return leading;
}
