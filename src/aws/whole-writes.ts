/**
 * A cancelled job drops its reads, but not a change that is on its way: hanging up would leave open whether
 * it happened. One that was not sent yet is not sent any more.
 */
import type { Clock } from '../runner/clock.ts';
import { AwsCallError } from './call-error.ts';
import type { AwsCaller } from './caller.ts';
import type { AwsInput, AwsOperation, AwsOutput } from './operations.ts';

/** Code of the error for a change that was never sent. */
export const notSent = 'NotSent';

/** How long an answer is awaited once the job is cancelled: of its ten seconds most belong to what follows. */
const graceMs = 3000;

const writes: ReadonlySet<AwsOperation> = new Set<AwsOperation>([
  'ecs:RegisterTaskDefinition',
  'ecs:UpdateService',
]);

export function withWholeWrites(caller: AwsCaller, clock: Clock): AwsCaller {
  return {
    async call<K extends AwsOperation>(
      operation: K,
      input: AwsInput<K>,
      signal?: AbortSignal,
    ): Promise<AwsOutput<K>> {
      if (signal === undefined || !writes.has(operation)) return caller.call(operation, input, signal);
      if (signal.aborted) {
        throw new AwsCallError(operation, notSent, 'The job was cancelled before.', 'transient');
      }
      const hangUp = new AbortController();
      const onCancel = (): void => void clock.sleep(graceMs).then(() => hangUp.abort());
      signal.addEventListener('abort', onCancel, { once: true });
      try {
        return await caller.call(operation, input, hangUp.signal);
      } finally {
        signal.removeEventListener('abort', onCancel);
      }
    },
  };
}
