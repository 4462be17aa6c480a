/**
 * The one loop: observe, decide, act, record. Observations are facts with their time, decisions are pure,
 * an act does one thing, and only this loop sleeps. What an engine is for (a rollout, a shift) comes in
 * as an `EngineSpec`.
 */
import { AwsCallError } from '../aws/call-error.ts';
import type { KitEvent } from '../report/event.ts';
import type { Clock } from '../runner/clock.ts';

export interface DecisionContext {
  /** Time of the decision, epoch milliseconds. */
  readonly now: number;
  readonly startedAt: number;
  /** The wait's own deadline. Reaching it is decided by `decide`, which may still have to clean up. */
  readonly deadlineAt: number;
  /** The job was cancelled: decide what that means. */
  readonly cancelled: boolean;
}

/** Either facts, or why there are none. A failed read is never a verdict about the deployment. */
export type Observed<Facts> =
  | { readonly kind: 'facts'; readonly at: number; readonly facts: Facts }
  | { readonly kind: 'unreadable'; readonly at: number; readonly error: AwsCallError };

export type Decision<State, Act, Outcome> = {
  readonly state: State;
  readonly events?: readonly KitEvent[];
} & (
  | { readonly kind: 'wait'; readonly waitMs: number }
  | { readonly kind: 'act'; readonly act: Act }
  | { readonly kind: 'finish'; readonly outcome: Outcome }
);

export interface EngineSpec<State, Facts, Act, Outcome> {
  readonly initial: State;
  readonly timeoutMs: number;
  observe(state: State): Promise<Facts>;
  /** Pure. */
  decide(state: State, observed: Observed<Facts>, context: DecisionContext): Decision<State, Act, Outcome>;
  /**
   * Does one thing and reads it back; what it learned goes into the state. An AWS error goes to
   * `refused`, which turns it into state (it must not be lost, nor end the engine unexplained).
   */
  perform(act: Act, state: State): Promise<State>;
  /** Pure. */
  refused(act: Act, error: AwsCallError, state: State): State;
}

export interface EnginePorts {
  readonly clock: Clock;
  /** Aborted when the job is cancelled. */
  readonly cancelled: AbortSignal;
  readonly record: (event: KitEvent) => void;
}

export async function runEngine<State, Facts, Act, Outcome>(
  spec: EngineSpec<State, Facts, Act, Outcome>,
  ports: EnginePorts,
): Promise<Outcome> {
  const { clock, cancelled, record } = ports;
  const startedAt = clock.now();
  const deadlineAt = startedAt + spec.timeoutMs;
  let state = spec.initial;
  for (;;) {
    const observed = await observe(spec, state, clock);
    const wasCancelled = cancelled.aborted;
    const decision = spec.decide(state, observed, {
      now: clock.now(),
      startedAt,
      deadlineAt,
      cancelled: wasCancelled,
    });
    for (const event of decision.events ?? []) record(event);
    state = decision.state;
    switch (decision.kind) {
      case 'finish':
        return decision.outcome;
      case 'act':
        try {
          state = await spec.perform(decision.act, state);
        } catch (error) {
          if (!(error instanceof AwsCallError)) throw error;
          state = spec.refused(decision.act, error, state);
        }
        break;
      case 'wait': {
        // A wait never oversleeps the deadline, and a cancellation that is news ends it at once.
        const left = deadlineAt - clock.now();
        const waitMs = left > 0 ? Math.min(decision.waitMs, left) : decision.waitMs;
        await clock.sleep(waitMs, wasCancelled ? undefined : cancelled);
        break;
      }
    }
  }
}

async function observe<State, Facts>(
  spec: { observe(state: State): Promise<Facts> },
  state: State,
  clock: Clock,
): Promise<Observed<Facts>> {
  try {
    const facts = await spec.observe(state);
    return { kind: 'facts', at: clock.now(), facts };
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return { kind: 'unreadable', at: clock.now(), error };
  }
}
