/**
 * Who holds the traffic, as a port: the shift writes a split and confirms it later. `alb` is the rule of a
 * load balancer; routers that leave the state to ECS or CodeDeploy answer the same three questions.
 */
import type { AwsCaller } from '../aws/caller.ts';
import {
  type ForwardLocation,
  type ForwardState,
  readForward,
  sameSplit,
  type WeightSplit,
  writeWeights,
} from '../aws/elb-forward.ts';
import { ConfigurationError } from '../runner/configuration-error.ts';

export type WriteResult =
  | { readonly kind: 'written' }
  /** Somebody else changed the split since: nothing was written. */
  | { readonly kind: 'interfered'; readonly live: WeightSplit };

export interface TrafficRouter {
  readonly name: string;
  readSplit(): Promise<WeightSplit>;
  /** Compares right before it writes: the live split must be one of `expected`. Repeatable. */
  writeSplit(wanted: WeightSplit, expected: readonly WeightSplit[]): Promise<WriteResult>;
}

export function createAlbRouter(caller: AwsCaller, location: ForwardLocation): TrafficRouter {
  return {
    name: 'alb',
    readSplit: async () => (await readIfForward(caller, location))?.split ?? [],
    writeSplit: async (wanted, expected) => {
      const current = await readIfForward(caller, location);
      if (current === undefined) return { kind: 'interfered', live: [] };
      if (![wanted, ...expected].some((split) => sameSplit(split, current.split))) {
        return { kind: 'interfered', live: current.split };
      }
      // Written even where the weights match already: that read may be older than a write of ours.
      await writeWeights(caller, current, wanted);
      return { kind: 'written' };
    },
  };
}

/** Undefined where the rule no longer forwards: that, too, is somebody else's hand. */
async function readIfForward(
  caller: AwsCaller,
  location: ForwardLocation,
): Promise<ForwardState | undefined> {
  try {
    return await readForward(caller, location);
  } catch (error) {
    if (error instanceof ConfigurationError && error.code === 'no-forward') return undefined;
    throw error;
  }
}

/** What a later read says about a write. "Not yet" is a value of its own. */
export type Verification = 'verified' | 'pending' | 'different';

/** `earlier`: splits that we wrote before, which a lagging read may still show. Pure. */
export function verifySplit(
  live: WeightSplit,
  written: WeightSplit,
  earlier: readonly WeightSplit[],
): Verification {
  if (sameSplit(live, written)) return 'verified';
  return earlier.some((split) => sameSplit(live, split)) ? 'pending' : 'different';
}
