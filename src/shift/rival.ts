/**
 * Two shifts that begin at the same moment by two rules of one pair: each has a lock of its own, which no priority
 * refuses. Each looks for the other's once it has its own, and again before its first weight. The one that locked later
 * goes, and the earlier one waits until it has gone: whoever still sees another writes no weight. Pure but for the look.
 */
import type { AwsCaller } from '../aws/caller.ts';
import { type RuleFacts, readRules } from '../aws/elb-rules.ts';
import { findOtherShifts } from './other-shifts.ts';
import type { ShiftPlan } from './plan.ts';

export interface Rival {
  readonly ruleArn: string;
  readonly holder: string;
  /** Epoch milliseconds, by its own clock. */
  readonly lockedAt: number;
}

/** The lock that this run holds. */
export interface OwnLock {
  readonly ruleArn: string;
  readonly lockedAt: number;
}

/** What the rules of the load balancer say of a lock and of those beside it, in one look at them. */
export interface LockSurroundings {
  /** Undefined where it is gone. */
  readonly own: RuleFacts | undefined;
  /** Of several the one that was first. */
  readonly rival: Rival | undefined;
}

export async function lookAroundLock(
  aws: AwsCaller,
  { listenerArns, blue, green }: Pick<ShiftPlan, 'listenerArns' | 'blue' | 'green'>,
  ownLock: string,
): Promise<LockSurroundings> {
  const rules = await Promise.all(listenerArns.map((arn) => readRules(aws, arn)));
  const listeners = rules.map((each) => ({ port: 0, rules: each }));
  const pair = [blue.targetGroupArn, green.targetGroupArn];
  const found = (await findOtherShifts(aws, listeners, pair, ownLock)).map(
    ({ ruleArn, record: { holder, lockedAt } }): Rival => ({ ruleArn, holder, lockedAt }),
  );
  return {
    own: rules.flat().find(({ ruleArn }) => ruleArn === ownLock),
    rival: found.sort((one, other) => (isEarlier(one, other) ? -1 : 1))[0],
  };
}

/** The same for both of them, whatever their clocks say. */
export function isEarlier(one: OwnLock, other: OwnLock): boolean {
  if (one.lockedAt !== other.lockedAt) return one.lockedAt < other.lockedAt;
  return one.ruleArn < other.ruleArn;
}

/** One that locked later and does not go within this time has not seen us: then we go. */
const goesWithinMs = 30_000;

export function yieldsTo(rival: Rival, own: OwnLock, waitedMs: number): boolean {
  return isEarlier(rival, own) || waitedMs >= goesWithinMs;
}
