/** How a rollout ended: the words users see, one meaning each. */
import type { AwsErrorKind } from '../aws/call-error.ts';

/** What became of the rollout that was given up. */
export type Aftermath =
  /** The former revision serves again, as ECS reports it. */
  | 'rolled-back'
  /** ECS has accepted the rollback and is at it; the job could not wait for its end. */
  | 'rolling-back'
  | 'rollback-failed'
  /** The deployment was stopped where it stood. */
  | 'stopped'
  /** Nothing was done: the deployment goes on in ECS. */
  | 'left'
  /** It had not begun: the service was not changed. */
  | 'untouched'
  /** AWS did not answer in time: it may have begun. */
  | 'unknown';

export type FollowOutcome =
  | {
      readonly kind: 'succeeded';
      readonly runningCount: number;
      readonly desiredCount: number;
      /** Tasks of other revisions that are protected from scale-in and so may go on. */
      readonly protectedTaskIds: readonly string[];
      /** What was counted in the watch after it, in a sentence. */
      readonly watched?: string;
    }
  | {
      readonly kind: 'rolled-back';
      /** Who asked for it: ECS's own detection, or this run. */
      readonly by: 'ecs' | 'this-run' | 'someone-else';
      readonly reason: string;
      /** What the watch after it saw. */
      readonly code?: string;
    }
  | { readonly kind: 'rollback-failed'; readonly reason: string; readonly code?: string }
  | { readonly kind: 'stopped'; readonly reason: string }
  | { readonly kind: 'superseded'; readonly byTaskDefinitionArn: string | undefined }
  | {
      readonly kind: 'cancelled';
      readonly aftermath: Aftermath;
      /** What had been done before the service, in words: the pre-deploy task. */
      readonly before?: string;
    }
  | {
      readonly kind: 'timed-out';
      readonly waitedMs: number;
      /** What was still missing. */
      readonly missing: readonly string[];
      readonly aftermath: Aftermath;
    }
  /** `allowed`: that was said to be fine. */
  | { readonly kind: 'zero-desired'; readonly allowed?: true }
  /** The new revision does not start, and `leave` (or a refused stop) leaves the deployment as it is. */
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** It does start: this is what the watch after its rollout saw. */
      readonly code?: string;
    }
  /** The rollout goes on in ECS, and this job may not look. */
  | {
      readonly kind: 'unobserved';
      readonly operation: string;
      readonly errorKind: AwsErrorKind;
      readonly reason: string;
    };

export type RolloutOutcome =
  | FollowOutcome
  /** The wanted revision serves already, proven by the same observation as a success. */
  | {
      readonly kind: 'no-change';
      readonly runningCount: number;
      readonly desiredCount: number;
      readonly watched?: string;
    }
  /** A dry run: what would be done. */
  | { readonly kind: 'planned'; readonly steps: readonly string[] }
  /** Begun, and not waited for, because `wait` is false. */
  | { readonly kind: 'started' }
  /** Not begun. */
  | {
      readonly kind: 'refused';
      /** What was changed all the same, in words; absent: nothing. */
      readonly changed?: string;
      readonly code: string;
      readonly reason: string;
      readonly remedy: string;
    };

export type RolloutOutcomeKind = RolloutOutcome['kind'];

/** Whether the job goes on as after a good deployment. A rollback that went well is still no deployment. */
export function isGood(outcome: RolloutOutcome): boolean {
  if (outcome.kind === 'zero-desired') return outcome.allowed === true;
  return ['succeeded', 'no-change', 'started', 'planned'].includes(outcome.kind);
}

/** From good to bad. Of several services the worst outcome is the run's. */
const severity: Readonly<Record<RolloutOutcomeKind, number>> = {
  planned: 0,
  'no-change': 1,
  succeeded: 2,
  started: 3,
  'zero-desired': 4,
  refused: 5,
  superseded: 6,
  cancelled: 7,
  'rolled-back': 8,
  'timed-out': 9,
  stopped: 10,
  failed: 11,
  unobserved: 12,
  'rollback-failed': 13,
};

/** The worst of them, the first of equals; `entries` has at least one. */
export function worstOf<T extends { readonly outcome: RolloutOutcome }>(entries: readonly T[]): T {
  return entries.reduce((worst, each) =>
    severity[each.outcome.kind] > severity[worst.outcome.kind] ? each : worst,
  );
}
