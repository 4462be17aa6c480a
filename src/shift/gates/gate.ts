/** What a gate is: a pure question to what is known, at each look from green's readiness to the last bake. */
import type { Baseline } from '../baseline.ts';
import type { ShiftPlan } from '../plan.ts';
import type { Cause, ShiftFacts, ShiftState } from '../state.ts';

export interface Question {
  readonly plan: ShiftPlan;
  readonly baseline: Baseline;
  readonly state: ShiftState;
  readonly facts: ShiftFacts;
  /** Epoch milliseconds. */
  readonly now: number;
}

export type Answer =
  /** Nothing speaks against green here. */
  | { readonly kind: 'pass' }
  /** The step goes on as it is: green gets no more traffic, and keeps what it has. */
  | { readonly kind: 'hold'; readonly sentence: string }
  /** The weights go back now. */
  | { readonly kind: 'fail'; readonly cause: Cause };

export type Gate = (question: Question) => Answer;

type Hold = Answer & { readonly kind: 'hold' };
type Fail = Answer & { readonly kind: 'fail' };

export const pass: Answer = { kind: 'pass' };

export function hold(sentence: string): Hold {
  return { kind: 'hold', sentence };
}

export function fail(code: Cause['code'], sentence: string): Fail {
  return { kind: 'fail', cause: { code, sentence } };
}

/** Green's share at this moment, percent. */
export function shareNow(state: ShiftState): number {
  return state.weights.at(-1)?.percent ?? 0;
}
