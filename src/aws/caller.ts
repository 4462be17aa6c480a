/**
 * The one door to AWS. Adapters and engines call through it; the SDK stands behind it in production
 * (`sdk/`), the lab's world in simulations. Errors are always `AwsCallError`.
 */
import type { AwsInput, AwsOperation, AwsOutput } from './operations.ts';

export interface AwsCaller {
  /** One attempt. Rejects with `AwsCallError`. */
  call<K extends AwsOperation>(operation: K, input: AwsInput<K>, signal?: AbortSignal): Promise<AwsOutput<K>>;
}
