/**
 * How long to wait before the next look. Pure. Fast where the next moments decide, slow where minutes
 * pass: AWS allows 20 reads of service deployments a second to the whole account.
 */
import type { AwsErrorKind } from '../aws/call-error.ts';
import { type SpareCalls, slowestMs } from './call-budget.ts';

export type PollInterval = 'auto' | { readonly fixedMs: number };

export type PollPhase =
  /** Its service deployment is not visible yet. */
  | 'starting'
  /** New tasks may fail now, and a circuit breaker watches: their first failures may end it. */
  | 'launching'
  /** Tasks have failed, and more may end it. */
  | 'failing'
  | 'in-progress'
  /** ECS watches alarms for a time that it does not tell. */
  | 'baking'
  | 'near-end'
  | 'rolling-back'
  /** What is left of the rollback is a matter of moments. */
  | 'nearly-back';

export interface PollMoment extends SpareCalls {
  readonly phase: PollPhase;
  /** Since the phase began. */
  readonly inPhaseMs: number;
  /** It cannot end sooner than in this time; undefined: not known. */
  readonly endsInMs?: number | undefined;
}

const fastestMs = 500;
/** A rollback is told two seconds after it begins, with the looks at its stopped tasks in them. */
const watchfulMs = 1300;
/** While there are calls to spare, a pause is such a part of the time for which the end has seemed near. */
const nearEndParts = 8;

export function pollDelayMs(interval: PollInterval, moment: PollMoment): number {
  if (interval !== 'auto') return interval.fixedMs;
  const { phase, inPhaseMs, endsInMs, spareCalls, spareNearEnd } = moment;
  // What is left may take as long as it has taken so far: what there is to spare is spread over that.
  const sparing = (atLeastMs: number): number =>
    spareCalls < 1 ? slowestMs : Math.min(slowestMs, Math.max(atLeastMs, Math.round(inPhaseMs / spareCalls)));
  switch (phase) {
    case 'starting':
      return 1000;
    case 'launching':
      return spareCalls < 1 ? slowestMs : watchfulMs;
    case 'failing':
      return inPhaseMs < 90_000 ? watchfulMs : inPhaseMs < 180_000 ? 2500 : slowestMs;
    case 'in-progress':
    case 'rolling-back':
      // Where the earliest end is known, the slow looks lead up to it.
      return endsInMs === undefined || endsInMs <= 0
        ? slowestMs
        : Math.min(slowestMs, Math.max(fastestMs, endsInMs));
    case 'baking':
      return sparing(2000);
    case 'near-end':
      return Math.min(
        sparing(fastestMs),
        spareNearEnd < 1 ? slowestMs : Math.max(fastestMs, Math.round(inPhaseMs / nearEndParts)),
      );
    case 'nearly-back':
      return Math.min(1000, Math.max(fastestMs, Math.round(inPhaseMs / 20)));
  }
}

/** Pause after reads that failed `failures` times in a row. */
export function pauseAfterFailureMs(kind: AwsErrorKind, failures: number): number {
  const base = kind === 'throttled' ? 2000 : fastestMs;
  return Math.min(10_000, base * 2 ** Math.min(failures - 1, 5));
}
