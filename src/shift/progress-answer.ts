/** What the way forward answers, and the waits it is made of. Pure. */
import type { KitEvent } from '../report/event.ts';
import type { Baseline } from './baseline.ts';
import { event, type ShiftDecision } from './decide.ts';
import type { ShiftPlan } from './plan.ts';
import type { Cause, Ending, Phase, Promoted, ShiftFacts, ShiftState } from './state.ts';

export const pollMs = { ready: 5000, probe: 2000, verify: 2000, check: 2000 } as const;

export type Progress =
  | ShiftDecision
  | { readonly kind: 'fail'; readonly cause: Cause }
  /** Another run has the lock. */
  | { readonly kind: 'fail-lock' }
  | {
      readonly kind: 'end';
      readonly state: ShiftState;
      readonly ending: Ending;
      readonly events: readonly KitEvent[];
    };

/** Everything that is known at this look. */
export interface Look {
  readonly plan: ShiftPlan;
  readonly baseline: Baseline;
  readonly state: ShiftState;
  readonly facts: ShiftFacts;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The same look again, from another state on; what is told comes first. */
export type Again = (next: ShiftState, events: readonly KitEvent[]) => Progress;

/** The same, from the next phase on. */
export type GoOn = (next: Phase, ...events: KitEvent[]) => Progress;

/** What the run before has found, by its tags. */
export function promotionBefore({ stage }: ShiftState): Promoted {
  return stage === 'promoted-on-probes'
    ? { kind: stage, lack: 'the run before this one found too little traffic' }
    : { kind: 'promoted' };
}

/** A wait that says what it waits for, once. */
export function wait(
  state: ShiftState,
  now: number,
  waitMs: number,
  code: string,
  what: string,
): ShiftDecision {
  if (state.said === what) return { kind: 'wait', waitMs, state };
  return { kind: 'wait', waitMs, state: { ...state, said: what }, events: [event(now, code, 'info', what)] };
}

export function withEvents(next: Progress, events: readonly KitEvent[]): Progress {
  if (events.length === 0 || next.kind === 'fail' || next.kind === 'fail-lock') return next;
  return { ...next, events: [...events, ...(next.events ?? [])] };
}
