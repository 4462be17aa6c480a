/**
 * Retries around a caller: full jitter, throttling slower than faults, until a deadline. Kept apart from
 * the SDK (which makes one attempt), so that waiting is the kit's own clock and can be replayed.
 */
import type { Clock } from '../runner/clock.ts';
import { AwsCallError } from './call-error.ts';
import type { AwsCaller } from './caller.ts';
import type { AwsInput, AwsOperation, AwsOutput } from './operations.ts';

export interface RetryPolicy {
  /** Base of the exponential for faults and for throttling, and the longest single pause (milliseconds). */
  readonly transientBaseMs: number;
  readonly throttledBaseMs: number;
  readonly longestPauseMs: number;
  /** One call with all its attempts takes no longer than this. */
  readonly totalMs: number;
}

/** AWS's standard mode: 100 ms and 1 s as bases, 20 s as cap; kept up for two minutes instead of three attempts. */
export const patient: RetryPolicy = {
  transientBaseMs: 100,
  throttledBaseMs: 1000,
  longestPauseMs: 20_000,
  totalMs: 120_000,
};

/** Pause before attempt number `attempt` (1 is the first retry). `random` is uniform in [0, 1). */
export function retryPauseMs(
  policy: RetryPolicy,
  kind: 'throttled' | 'transient',
  attempt: number,
  random: number,
): number {
  const base = kind === 'throttled' ? policy.throttledBaseMs : policy.transientBaseMs;
  return Math.round(random * Math.min(policy.longestPauseMs, base * 2 ** Math.min(attempt, 16)));
}

export interface RetryPorts {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /**
   * Aborted when the job is cancelled: GitHub leaves it ten seconds. What is being retried then is tried
   * once more at once, and no later call is retried for longer than `totalMs`.
   */
  readonly hurry?: { readonly signal: AbortSignal; readonly totalMs: number };
}

/**
 * Calls that are not safe to repeat when the answer was lost (the effect may have happened) are repeated
 * only on throttling, which AWS answers before doing anything. A rule is made once only, whatever is repeated: its
 * priority is taken then.
 */
const notRepeatable: ReadonlySet<AwsOperation> = new Set<AwsOperation>(['ecs:RegisterTaskDefinition']);

export function mayRepeat(operation: AwsOperation, input: unknown, kind: 'throttled' | 'transient'): boolean {
  if (kind === 'throttled') return true;
  if (operation === 'ecs:UpdateService')
    return (input as AwsInput<'ecs:UpdateService'>).forceNewDeployment !== true;
  return !notRepeatable.has(operation);
}

export function withRetries(caller: AwsCaller, ports: RetryPorts, policy: RetryPolicy = patient): AwsCaller {
  const { clock, hurry } = ports;
  return {
    async call(operation, input, signal) {
      const begunAt = clock.now();
      const beganInHurry = hurry?.signal.aborted === true;
      try {
        return await caller.call(operation, input, signal);
      } catch (error) {
        return again(operation, input, signal, { begunAt, beganInHurry, error });
      }
    },
  };

  async function again<K extends AwsOperation>(
    operation: K,
    input: AwsInput<K>,
    signal: AbortSignal | undefined,
    first: { readonly begunAt: number; readonly beganInHurry: boolean; readonly error: unknown },
  ): Promise<AwsOutput<K>> {
    const { begunAt, beganInHurry } = first;
    const totalMs =
      beganInHurry && hurry !== undefined ? Math.min(hurry.totalMs, policy.totalMs) : policy.totalMs;
    let { error } = first;
    for (let attempt = 1; ; attempt++) {
      if (!(error instanceof AwsCallError)) throw error;
      const { kind } = error;
      if ((kind !== 'throttled' && kind !== 'transient') || !mayRepeat(operation, input, kind)) throw error;
      const pauseMs = retryPauseMs(policy, kind, attempt, ports.random());
      const hurried = hurry?.signal.aborted === true && !beganInHurry;
      if (signal?.aborted || hurried || clock.now() + pauseMs > begunAt + totalMs) throw error;
      await clock.sleep(pauseMs, wakers(signal, beganInHurry ? undefined : hurry?.signal));
      try {
        return await caller.call(operation, input, signal);
      } catch (latest) {
        error = latest;
      }
    }
  }
}

function wakers(one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  if (one === undefined || other === undefined || one === other) return one ?? other;
  return AbortSignal.any([one, other]);
}
