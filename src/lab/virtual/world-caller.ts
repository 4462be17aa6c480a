/** The AWS of a simulation: the kit's calls go straight into a world, in virtual time. */
import { AwsCallError, classifyAwsError } from '../../aws/call-error.ts';
import type { AwsCaller } from '../../aws/caller.ts';
import type { AwsInput, AwsOperation, AwsOutput } from '../../aws/operations.ts';
import { copyData } from '../world/plain-data.ts';
import type { Principal, ServiceId } from '../world/service.ts';
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
    async call<K extends AwsOperation>(
      name: K,
      input: AwsInput<K>,
      signal?: AbortSignal,
    ): Promise<AwsOutput<K>> {
      const { service, operation } = partsOf(name);
      await time.sleep(latencyMs, signal);
      // The wire copies; so does this, or a caller could reach into the world.
      const result = world.call({ service, operation, input: copyData(input), principal });
      if (result.delayMs > 0) await time.sleep(result.delayMs, signal);
      // What was on its way when the caller hung up has its effect all the same; the answer is not seen.
      if (signal?.aborted) throw new AwsCallError(name, 'AbortError', 'Request aborted', 'transient');
      switch (result.kind) {
        case 'answer':
          // What is frozen is safe to hand out as it is.
          return (Object.isFrozen(result.output) ? result.output : copyData(result.output)) as AwsOutput<K>;
        case 'error': {
          const { code, message, status } = result.error;
          throw new AwsCallError(name, code, message, classifyAwsError(code, status));
        }
        case 'reset':
          throw new AwsCallError(name, 'ECONNRESET', 'The connection was reset.', 'transient');
      }
    },
  };
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
