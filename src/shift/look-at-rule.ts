/** The rule that is shifted, what stands beside it, and the test rule that a shift before this one left. */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import {
  type ForwardState,
  forwardAmong,
  listenerArnOf,
  notThere,
  type WeightSplit,
} from '../aws/elb-forward.ts';
import {
  headerValues,
  type ListenerFacts,
  type LoadBalancerFacts,
  loadBalancerArnOf,
  readListeners,
  readLoadBalancerOfListener,
  readTags,
} from '../aws/elb-rules.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import type { Lock } from './interrupted.ts';
import { asWeightsSay, recordOfTags } from './record.ts';

export interface RuleSurroundings {
  readonly forward: ForwardState;
  readonly loadBalancer: LoadBalancerFacts;
  readonly listeners: readonly ListenerFacts[];
  /** The one of the rule. */
  readonly listener: ListenerFacts;
  /** Of the test rule; undefined where production's rule leaves no number below its own. */
  readonly testRulePriority: number | undefined;
  /** Undefined where no shift is there. */
  readonly lock: Lock | undefined;
}

export async function lookAtRule(
  aws: AwsCaller,
  request: Pick<ShiftRequest, 'location' | 'testRulePriority' | 'probes'>,
): Promise<RuleSurroundings> {
  const { location } = request;
  const listenerArn = listenerArnOf(location);
  const [loadBalancer, listeners] = await Promise.all([
    readLoadBalancerOfListener(aws, listenerArn),
    readListeners(aws, loadBalancerArnOf(listenerArn)),
  ]).catch((error: unknown) => {
    // Both are named by the ARN of what is shifted.
    throw error instanceof AwsCallError && error.kind === 'not-found' ? notThere(location) : error;
  });
  const listener = listeners.find((each) => each.listenerArn === listenerArn);
  if (listener === undefined) throw notThere(location);
  const { rules } = listener;
  const forward = forwardAmong(rules, location);
  const testRulePriority = request.testRulePriority ?? priorityBelow(forward.priority);
  const lock = await findLock(aws, request.probes.header, rules, testRulePriority, forward.split);
  return { forward, loadBalancer, listeners, listener, testRulePriority, lock };
}

/** Fixed for each rule, so that it is the lock: right before production's own. A default action comes last anyhow. */
export function priorityBelow(priority: string): number | undefined {
  if (priority === 'default') return 1;
  return Number(priority) > 1 ? Number(priority) - 1 : undefined;
}

/** The test rule of a shift before this one: by the header of probes, or by the priority that is the lock. */
async function findLock(
  aws: AwsCaller,
  header: string,
  rules: ListenerFacts['rules'],
  testRulePriority: number | undefined,
  live: WeightSplit,
): Promise<Lock | undefined> {
  const candidates = rules.filter(
    (rule) =>
      !rule.isDefault &&
      (rule.priority === String(testRulePriority) || headerValues(rule.conditions, header) !== undefined),
  );
  for (const rule of candidates) {
    const record = recordOfTags(await readTags(aws, rule.ruleArn));
    const greenArn = rule.split[0]?.targetGroupArn;
    if (record === undefined || greenArn === undefined) continue;
    const { ruleArn, priority } = rule;
    const agreed = asWeightsSay(record, live, greenArn);
    return {
      ruleArn,
      priority,
      greenArn,
      record: agreed,
      ...(agreed === record ? {} : { isOutdated: true }),
    };
  }
  return undefined;
}
