/** The AWS of a simulation: the kit's calls go straight into a world, in virtual time. */
import { AwsCallError, classifyAwsError } from '../../aws/call-error.ts';
import type { AwsCaller } from '../../aws/caller.ts';
import type { AwsInput, AwsOperation, AwsOutput } from '../../aws/operations.ts';
import { copyData } from '../world/plain-data.ts';
import type { ApiResult, Principal, ServiceId } from '../world/service.ts';
import type { World } from '../world/world.ts';
import type { VirtualTime } from './virtual-time.ts';

export function createWorldCaller(
  world: World,
  time: VirtualTime,
  principal: Principal,
  /** Network and service time of one call, virtual milliseconds. */
  latencyMs = 25,
): AwsCaller {
  return {
    call<K extends AwsOperation>(name: K, input: AwsInput<K>, signal?: AbortSignal): Promise<AwsOutput<K>> {
      return new Promise((resolve, reject) => {
        time.after(latencyMs, () => arrive(name, input, signal, resolve, reject), signal);
      });
    },
  };

  function arrive<K extends AwsOperation>(
    name: K,
    input: AwsInput<K>,
    signal: AbortSignal | undefined,
    resolve: (output: AwsOutput<K>) => void,
    reject: (error: AwsCallError) => void,
  ): void {
    const { service, operation } = partsOf(name);
    // The wire copies; so does this where the world may keep what it is given, or a caller could reach into it.
    const given = world.mutates(service, operation) ? copyData(input) : input;
    const result = world.call({ service, operation, input: given, principal });
    const { delayMs } = result;
    if (delayMs > 0) time.after(delayMs, () => answer(name, result, signal, resolve, reject), signal);
    else answer(name, result, signal, resolve, reject);
  }
}

function answer<K extends AwsOperation>(
  name: K,
  result: ApiResult,
  signal: AbortSignal | undefined,
  resolve: (output: AwsOutput<K>) => void,
  reject: (error: AwsCallError) => void,
): void {
  // What was on its way when the caller hung up has its effect all the same; nobody sees the answer.
  if (signal?.aborted) {
    reject(new AwsCallError(name, 'AbortError', 'Request aborted', 'transient'));
  } else if (result.kind === 'answer') {
    // As it is: an answer shares nothing with the state, and nobody changes one (test/simulation/answers.test.ts).
    resolve(result.output as AwsOutput<K>);
  } else {
    reject(failure(name, result));
  }
}

function failure(name: AwsOperation, result: Exclude<ApiResult, { kind: 'answer' }>): AwsCallError {
  if (result.kind === 'reset')
    return new AwsCallError(name, 'ECONNRESET', 'The connection was reset.', 'transient');
  const { code, message, status } = result.error;
  return new AwsCallError(name, code, message, classifyAwsError(code, status));
}

interface Parts {
  readonly service: ServiceId;
  readonly operation: string;
}

const parts = new Map<AwsOperation, Parts>();

function partsOf(name: AwsOperation): Parts {
  let known = parts.get(name);
  if (known === undefined) {
    const [service, operation] = name.split(':') as [ServiceId, string];
    known = { service, operation };
    parts.set(name, known);
  }
  return known;
}
