/**
 * Going back by weight: where the group of the former version still stands in the rule with healthy
 * targets, seconds are enough. The plan is pure; the writing reads back.
 */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { readTargetHealth, type TargetGroupHealthFacts } from '../aws/ecs-target-health.ts';
import {
  type ForwardLocation,
  type ForwardState,
  readForward,
  sameSplit,
  type WeightSplit,
  writeWeights,
} from '../aws/elb-forward.ts';
import { ConfigurationError } from '../runner/configuration-error.ts';
import type { RefusalCode } from './refusal.ts';

export type WeightsPlan =
  | {
      readonly kind: 'shift';
      readonly weights: WeightSplit;
      readonly fromGroupArn: string;
      readonly toGroupArn: string;
      readonly healthyTargets: number;
      /** Worth knowing before it is done. */
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'no-change'; readonly toGroupArn: string; readonly healthyTargets: number }
  | { readonly kind: 'unfit'; readonly code: RefusalCode; readonly why: string };

export interface WeightsFacts {
  readonly forward: ForwardState;
  readonly health: readonly TargetGroupHealthFacts[];
  /** Groups the service registers its tasks in. */
  readonly serviceGroupArns: readonly string[];
}

export async function readWeightsFacts(
  aws: AwsCaller,
  location: ForwardLocation,
  serviceGroupArns: readonly string[],
): Promise<WeightsFacts> {
  const forward = await readForward(aws, location);
  const health = await Promise.all(forward.split.map((group) => readTargetHealth(aws, group.targetGroupArn)));
  return { forward, health, serviceGroupArns };
}

/**
 * All weight of the service's group goes to the other one. `fullStrength`: only where that one has as many
 * healthy targets as the group it takes over from, so that nobody has to look.
 */
export function planWeights(
  facts: WeightsFacts,
  wantedGroupArn: string | undefined,
  fullStrength: boolean,
): WeightsPlan {
  const { forward, serviceGroupArns } = facts;
  const own = forward.split.filter((group) => serviceGroupArns.includes(group.targetGroupArn));
  const others = forward.split.filter((group) => !serviceGroupArns.includes(group.targetGroupArn));
  const unfit = (code: RefusalCode, why: string): WeightsPlan => ({ kind: 'unfit', code, why });
  if (own.length === 0) {
    return unfit('group-not-in-rule', 'The rule does not forward to the target group of this service.');
  }
  const to =
    wantedGroupArn === undefined
      ? others.length === 1
        ? others[0]
        : undefined
      : forward.split.find((group) => group.targetGroupArn === wantedGroupArn);
  if (to === undefined) {
    if (wantedGroupArn !== undefined) {
      return unfit('group-not-in-rule', `The rule does not forward to ${groupName(wantedGroupArn)}.`);
    }
    return others.length === 0
      ? unfit('no-other-group', 'The rule has no other group to go back to.')
      : unfit('several-groups', `The rule has ${others.length} other groups: name one by target-group-arn.`);
  }
  const from = own.find((group) => group.targetGroupArn !== to.targetGroupArn) ?? own[0]!;
  const healthyTargets = healthyIn(facts, to.targetGroupArn);
  if (healthyTargets === 0) {
    return unfit('other-group-unhealthy', `${groupName(to.targetGroupArn)} has no healthy target.`);
  }
  const weight = from.weight + to.weight;
  const weights: WeightSplit = [
    { targetGroupArn: from.targetGroupArn, weight: 0 },
    { targetGroupArn: to.targetGroupArn, weight: weight === 0 ? 100 : Math.min(weight, 999) },
  ];
  if (from.weight === 0 && to.weight > 0) {
    return { kind: 'no-change', toGroupArn: to.targetGroupArn, healthyTargets };
  }
  const healthyNow = healthyIn(facts, from.targetGroupArn);
  const warnings: string[] = [];
  if (healthyTargets < healthyNow) {
    const words = `${groupName(to.targetGroupArn)} has ${healthyTargets} healthy targets, the group that serves now ${healthyNow}`;
    if (fullStrength) return unfit('other-group-small', `${words}.`);
    warnings.push(`${words}: watch its load.`);
  }
  if (forward.stickinessSeconds !== undefined) {
    warnings.push(
      `The rule is sticky: clients that met the bad version stay with it for up to ${forward.stickinessSeconds} s.`,
    );
  }
  return {
    kind: 'shift',
    weights,
    fromGroupArn: from.targetGroupArn,
    toGroupArn: to.targetGroupArn,
    healthyTargets,
    warnings,
  };
}

/**
 * Writes the weights and reads them back. `planned` is what the plan was made on: a rule that somebody has changed
 * since is not overwritten. An error is of the read back, or of a write whose answer did not come: the weights may stand.
 */
export async function applyWeights(
  aws: AwsCaller,
  planned: ForwardState,
  weights: WeightSplit,
): Promise<'applied' | 'changed-before' | 'changed-after' | AwsCallError> {
  const current = await readForward(aws, planned.location);
  if (!sameSplit(current.split, planned.split)) return 'changed-before';
  let after: ForwardState;
  try {
    await writeWeights(aws, current, weights);
  } catch (error) {
    if (error instanceof AwsCallError && error.retryable) return error;
    throw error;
  }
  try {
    after = await readForward(aws, planned.location);
  } catch (error) {
    if (error instanceof AwsCallError) return error;
    // It forwards no more.
    if (error instanceof ConfigurationError) return 'changed-after';
    throw error;
  }
  const asWanted = weights.every(
    (wanted) =>
      after.split.find((group) => group.targetGroupArn === wanted.targetGroupArn)?.weight === wanted.weight,
  );
  return asWanted ? 'applied' : 'changed-after';
}

export function groupName(targetGroupArn: string): string {
  return /targetgroup\/([^/]+)\//.exec(targetGroupArn)?.[1] ?? targetGroupArn;
}

function healthyIn(facts: WeightsFacts, targetGroupArn: string): number {
  const group = facts.health.find((each) => each.targetGroupArn === targetGroupArn);
  return group?.targets.filter((target) => target.state === 'healthy').length ?? 0;
}
