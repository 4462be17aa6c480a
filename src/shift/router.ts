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
import { shareOf, splitAt } from './ladder.ts';
import type { ShiftPlan } from './plan.ts';

export type WriteResult =
  | { readonly kind: 'written' }
  /** Somebody else changed the split since: nothing was written. */
  | { readonly kind: 'interfered'; readonly live: WeightSplit };

export interface TrafficRouter {
  readonly name: string;
  /** Of every rule that is shifted, the first one first and all in its words; empty where one forwards no more. */
  readSplits(): Promise<readonly [WeightSplit, ...WeightSplit[]]>;
  /** Compares right before it writes: the live split must be one of `expected`. Repeatable. */
  writeSplit(wanted: WeightSplit, expected: readonly WeightSplit[]): Promise<WriteResult>;
}

/** What is shifted: one rule, and others that go with it. */
export interface AlbTarget {
  readonly location: ForwardLocation;
  readonly others: readonly ForwardLocation[];
  readonly blueArn: string;
  readonly greenArn: string;
  /** As the first rule had it: the others count as being there when blue has everything. */
  readonly former: WeightSplit;
}

export function albTargetOf({ location, others, blue, green, former }: ShiftPlan): AlbTarget {
  return {
    location,
    others: others.map((other) => other.location),
    blueArn: blue.targetGroupArn,
    greenArn: green.targetGroupArn,
    former,
  };
}

export function createAlbRouter(caller: AwsCaller, target: AlbTarget): TrafficRouter {
  const locations = [target.location, ...target.others];
  const readAll = async (): Promise<readonly (ForwardState | undefined)[]> =>
    locations.length === 1
      ? [await readIfForward(caller, target.location)]
      : Promise.all(locations.map((location) => readIfForward(caller, location)));
  return {
    name: 'alb',
    readSplits: async () => {
      const [main, ...others] = await readAll();
      const splits = others.map((other) => (other === undefined ? [] : asFirst(target, other.split)));
      return [main?.split ?? [], ...splits];
    },
    writeSplit: async (wanted, expected) => {
      const [main, ...others] = await readAll();
      if (main === undefined) return { kind: 'interfered', live: [] };
      const ours = [wanted, ...expected];
      const isOurs = (split: WeightSplit): boolean => ours.some((each) => sameSplit(each, split));
      if (!isOurs(main.split)) return { kind: 'interfered', live: main.split };
      for (const other of others) {
        const split = other === undefined ? [] : asFirst(target, other.split);
        if (other === undefined || !isOurs(split)) return { kind: 'interfered', live: split };
      }
      // Written even where the weights match already: that read may be older than a write of ours.
      await writeWeights(caller, main, wanted);
      for (const other of others)
        if (other !== undefined) await writeWeights(caller, other, pairOf(target, wanted));
      return { kind: 'written' };
    },
  };
}

/** A group's share of the traffic, percent: the largest that any of the rules gives it. */
export async function shareIn(router: TrafficRouter, targetGroupArn: string): Promise<number> {
  return Math.max(...(await router.readSplits()).map((split) => shareOf(split, targetGroupArn)));
}

/** The split that a reader has to see: one that is not as it was written, whichever rule holds it. Pure. */
export function splitToSee(
  splits: readonly [WeightSplit, ...WeightSplit[]],
  written: WeightSplit,
): WeightSplit {
  return splits.find((split) => !sameSplit(split, written)) ?? splits[0];
}

/** Another rule's split in the words of the first: as the ladder writes the same share. Pure. */
export function asFirst(target: AlbTarget, split: WeightSplit): WeightSplit {
  const { blueArn, greenArn, former } = target;
  const [blue, green] = [shareOf(split, blueArn), shareOf(split, greenArn)];
  if (blue === 100) return former;
  const others = split.filter(
    (group) => group.weight > 0 && group.targetGroupArn !== blueArn && group.targetGroupArn !== greenArn,
  );
  if (blue + green === 0) {
    return [{ targetGroupArn: blueArn, weight: 0 }, { targetGroupArn: greenArn, weight: 0 }, ...others];
  }
  return [...splitAt([], blueArn, greenArn, Math.round(green * 10) / 10), ...others];
}

/** What another rule gets: groups that are neither blue nor green are its own. Pure. */
export function pairOf(
  { blueArn, greenArn }: Pick<AlbTarget, 'blueArn' | 'greenArn'>,
  split: WeightSplit,
): WeightSplit {
  return [blueArn, greenArn].map((targetGroupArn) => ({
    targetGroupArn,
    weight: split.find((group) => group.targetGroupArn === targetGroupArn)?.weight ?? 0,
  }));
}

/** Undefined where the rule no longer forwards: that, too, is somebody else's hand. */
function readIfForward(caller: AwsCaller, location: ForwardLocation): Promise<ForwardState | undefined> {
  return readForward(caller, location).catch((error: unknown) => {
    if (error instanceof ConfigurationError && error.code === 'no-forward') return undefined;
    throw error;
  });
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
