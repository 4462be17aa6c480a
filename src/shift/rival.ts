/**
 * Two shifts that begin at the same moment by two rules of one pair: each has a lock of its own, which no priority
 * refuses. Each looks for the other's once it has its own, and again before its first weight. The one that locked later
 * goes as soon as it sees the earlier one. That one waits, however late reads come, until the later one has gone; it goes
 * itself where the other one has given green traffic, or is dead. So both never go on, and of two that live one does
 * (ADR 7). Pure but for the look.
 */
import type { AwsCaller } from '../aws/caller.ts';
import type { WeightSplit } from '../aws/elb-forward.ts';
import { type RuleFacts, readRules } from '../aws/elb-rules.ts';
import { findOtherShifts } from './other-shifts.ts';
import type { ShiftPlan } from './plan.ts';
import { leaseMs } from './record.ts';

export interface Rival {
  readonly ruleArn: string;
  readonly holder: string;
  /** Epoch milliseconds, by its own clock. */
  readonly lockedAt: number;
  /** Its last sign of life, by the same clock. */
  readonly aliveAt: number;
  /** Green has weight already, and not by us: the other one has gone on. */
  readonly hasTraffic: boolean;
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
  const others = await findOtherShifts(aws, listeners, pair, ownLock);
  const locks = [ownLock, ...others.map(({ ruleArn }) => ruleArn)];
  const hasTraffic = rules
    .flat()
    .some(({ ruleArn, split }) => !locks.includes(ruleArn) && isShifting(split, pair));
  const found = others.map(
    ({ ruleArn, record: { holder, lockedAt, aliveAt } }): Rival => ({
      ruleArn,
      holder,
      lockedAt,
      aliveAt,
      hasTraffic,
    }),
  );
  return {
    own: rules.flat().find(({ ruleArn }) => ruleArn === ownLock),
    rival: found.sort((one, other) => (isEarlier(one, other) ? -1 : 1))[0],
  };
}

/** One that has green alone is no part of a shift. */
function isShifting(split: WeightSplit, [blue, green]: readonly string[]): boolean {
  return (
    split.some(({ targetGroupArn }) => targetGroupArn === blue) &&
    split.some(({ targetGroupArn, weight }) => targetGroupArn === green && weight > 0)
  );
}

/** The same for both of them, whatever their clocks say. */
export function isEarlier(one: OwnLock, other: OwnLock): boolean {
  if (one.lockedAt !== other.lockedAt) return one.lockedAt < other.lockedAt;
  return one.ruleArn < other.ruleArn;
}

/** One that locked later goes when it sees us; not where it wrote a weight before it could, and not where it is dead. */
export function yieldsTo(rival: Rival, own: OwnLock, now: number): boolean {
  return isEarlier(rival, own) || rival.hasTraffic || now >= rival.aliveAt + leaseMs;
}
