/**
 * How long to wait before the next look. Pure. Fast where the next moments decide, slow where minutes
 * pass: AWS allows 20 reads of service deployments a second to the whole account.
 */
import type { AwsErrorKind } from '../aws/call-error.ts';

export type PollInterval = 'auto' | { readonly fixedMs: number };

export type PollPhase =
  /** Its service deployment is not visible yet. */
  | 'starting'
  /** New tasks come up, and a circuit breaker watches: their first failures may end it. */
  | 'launching'
  /** Tasks have failed, and more may end it. */
  | 'failing'
  | 'in-progress'
  /** ECS watches alarms for a time that it does not tell. */
  | 'baking'
  | 'near-end'
  | 'rolling-back';

export interface PollMoment {
  readonly phase: PollPhase;
  /** Since the phase began. */
  readonly inPhaseMs: number;
  /** It cannot end sooner than in this time; undefined: not known. */
  readonly endsInMs?: number | undefined;
}

const fastestMs = 500;
const slowestMs = 5000;

export function pollDelayMs(interval: PollInterval, moment: PollMoment): number {
  if (interval !== 'auto') return interval.fixedMs;
  const { phase, inPhaseMs, endsInMs } = moment;
  switch (phase) {
    case 'starting':
      return 1000;
    case 'launching':
      // Whoever crashes does so soon after its start; failures that were seen make it look more often still.
      return inPhaseMs < 30_000 ? 2500 : slowestMs;
    case 'failing':
      return inPhaseMs < 60_000 ? 1500 : inPhaseMs < 180_000 ? 2500 : slowestMs;
    case 'in-progress':
    case 'rolling-back':
      // Where the earliest end is known, the slow looks lead up to it.
      return endsInMs === undefined || endsInMs <= 0
        ? slowestMs
        : Math.min(slowestMs, Math.max(fastestMs, endsInMs));
    case 'baking':
      return inPhaseMs < 240_000 ? 2000 : slowestMs;
    case 'near-end':
      // The steady state takes ECS seconds; where it takes longer, patience costs little.
      return Math.min(slowestMs, Math.max(fastestMs, Math.round(inPhaseMs / 20)));
  }
}

/** Pause after reads that failed `failures` times in a row. */
export function pauseAfterFailureMs(kind: AwsErrorKind, failures: number): number {
  const base = kind === 'throttled' ? 2000 : fastestMs;
  return Math.min(10_000, base * 2 ** Math.min(failures - 1, 5));
}
