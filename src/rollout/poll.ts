/**
 * How long to wait before the next look. Pure. Fast where the next moments decide, slow where minutes
 * pass: AWS allows 20 reads of service deployments a second to the whole account.
 */
import type { AwsErrorKind } from '../aws/call-error.ts';

export type PollInterval = 'auto' | { readonly fixedMs: number };

export interface PollMoment {
  readonly phase: 'starting' | 'in-progress' | 'near-end' | 'rolling-back';
  /** Since the phase began. */
  readonly inPhaseMs: number;
}

const fastestMs = 500;
const slowestMs = 5000;

export function pollDelayMs(interval: PollInterval, moment: PollMoment): number {
  if (interval !== 'auto') return interval.fixedMs;
  switch (moment.phase) {
    case 'starting':
      return 1000;
    case 'in-progress':
      return slowestMs;
    case 'near-end':
      // The steady state takes ECS seconds; where it takes longer, patience costs little.
      return moment.inPhaseMs < 15_000 ? fastestMs : moment.inPhaseMs < 60_000 ? 1000 : 2000;
    case 'rolling-back':
      return moment.inPhaseMs < 120_000 ? 1000 : 2000;
  }
}

/** Pause after reads that failed `failures` times in a row. */
export function pauseAfterFailureMs(kind: AwsErrorKind, failures: number): number {
  const base = kind === 'throttled' ? 2000 : fastestMs;
  return Math.min(10_000, base * 2 ** Math.min(failures - 1, 5));
}
