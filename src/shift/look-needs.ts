/**
 * What is read at one look. Targets of green are read each time: they move as soon as a task ends, falls ill or is
 * replaced. Weights, alarms and green's service are read again when they have grown old; how tasks ended, when the
 * service has changed or targets have moved. While green starts it is the service that is read each time: nothing is
 * ready before its deployment has ended well. Every read counts against the account's API limits, which the shift shares with those who look at it. Pure.
 */
import type { TargetFacts } from '../aws/ecs-target-health.ts';
import type { Phase, ShiftState } from './state.ts';

export interface Needs {
  readonly splits: boolean;
  readonly lock: boolean;
  readonly blueTargets: boolean;
  readonly greenTargets: boolean;
  readonly alarms: boolean;
  /** `service`: how its tasks ended, where that has changed. Undefined: nothing, unless targets have moved. */
  readonly green: 'all' | 'service' | undefined;
  /** Targets that moved are a reason to look at the tasks, a deployment that has ended well at the targets. */
  readonly follows: 'targets' | 'deployment' | undefined;
  /** Everything that any decision of this phase rests on is read. */
  readonly whole: boolean;
}

/** When it was last read, epoch milliseconds; minus infinity where it never was. */
export interface SeenAt {
  readonly splits: number;
  readonly greenTargets: number;
  readonly alarms: number;
  readonly service: number;
}

export const neverSeen: SeenAt = {
  splits: Number.NEGATIVE_INFINITY,
  greenTargets: Number.NEGATIVE_INFINITY,
  alarms: Number.NEGATIVE_INFINITY,
  service: Number.NEGATIVE_INFINITY,
};

/**
 * Read again from this age on, milliseconds. With looks every 5 and every 7.5 s (`look-times.ts`) that is each look,
 * every 15 s and every 30 s.
 */
const targetsMs = 4000;
const slowMs = 12_000;
const serviceMs = 25_000;

const nothing: Needs = {
  splits: false,
  lock: false,
  blueTargets: false,
  greenTargets: false,
  alarms: false,
  green: undefined,
  follows: undefined,
  whole: true,
};

export function needsOf(state: ShiftState, seenAt: SeenAt, now: number, cancelled: boolean): Needs {
  const { kind } = state.phase;
  if (kind === 'tail') return nothing;
  // A weight of ours is newer than what was seen.
  const due = (what: keyof SeenAt, ageMs: number): boolean =>
    state.lookAgain || now - seenAt[what] >= ageMs || (what === 'splits' && seenAt.splits <= state.writtenAt);
  if (cancelled || kind === 'undo' || kind === 'undo-verify') {
    return { ...nothing, splits: true, blueTargets: true, greenTargets: true };
  }
  if (isBeforeGreen(state.phase) && !state.lookAgain) {
    return { ...nothing, splits: true, lock: kind === 'lock-check', whole: false };
  }
  const starts = kind === 'ready';
  return {
    splits: kind === 'verify' || due('splits', slowMs),
    lock: state.lookAgain && kind !== 'retire',
    blueTargets: state.lookAgain,
    greenTargets: due('greenTargets', starts && !state.shifted ? slowMs : targetsMs),
    alarms: due('alarms', slowMs),
    green: state.lookAgain ? 'all' : starts || due('service', serviceMs) ? 'service' : undefined,
    follows: starts ? 'deployment' : 'targets',
    whole: state.lookAgain,
  };
}

/** Locking, and making green: nothing is asked of it yet. */
export function isBeforeGreen({ kind }: Phase): boolean {
  return ['lock', 'lock-check', 'attach', 'quieten', 'deploy'].includes(kind);
}

/**
 * Whether these targets are a reason to look at the tasks: some are not healthy, or they are others than at the last
 * look at them. ECS takes the target of a task that ends out of its group first of all.
 */
export function haveMoved(targets: readonly TargetFacts[], before: readonly TargetFacts[]): boolean {
  return (
    targets.length !== before.length ||
    targets.some(
      ({ id, port, state }) =>
        state !== 'healthy' || !before.some((each) => each.id === id && each.port === port),
    )
  );
}
