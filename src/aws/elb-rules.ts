/** Listeners and rules of a load balancer: who forwards where, and the test rule of a shift. */
import type { Action, Rule, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsCallError } from './call-error.ts';
import type { AwsCaller } from './caller.ts';
import { splitOf, type WeightSplit, withWeights } from './elb-forward.ts';

export interface ListenerFacts {
  readonly listenerArn: string;
  readonly loadBalancerArn: string;
  readonly port: number;
  readonly protocol: string;
  readonly rules: readonly RuleFacts[];
}

export interface RuleFacts {
  readonly ruleArn: string;
  /** `"10"`, or `"default"`. */
  readonly priority: string;
  readonly isDefault: boolean;
  readonly split: WeightSplit;
  readonly conditions: readonly RuleCondition[];
  readonly actions: readonly Action[];
}

export interface LoadBalancerFacts {
  readonly arn: string;
  readonly name: string;
  readonly dnsName: string;
  /** `internet-facing` or `internal`. */
  readonly scheme: string;
}

/** All listeners of the load balancer with all their rules. */
export async function readListeners(
  caller: AwsCaller,
  loadBalancerArn: string,
): Promise<readonly ListenerFacts[]> {
  const listeners: ListenerFacts[] = [];
  let marker: string | undefined;
  do {
    const page = await caller.call('elasticloadbalancing:DescribeListeners', {
      LoadBalancerArn: loadBalancerArn,
      ...(marker === undefined ? {} : { Marker: marker }),
    });
    for (const listener of page.Listeners ?? []) {
      const listenerArn = listener.ListenerArn ?? '';
      listeners.push({
        listenerArn,
        loadBalancerArn,
        port: listener.Port ?? 0,
        protocol: listener.Protocol ?? '',
        rules: await readRules(caller, listenerArn),
      });
    }
    marker = page.NextMarker;
  } while (marker !== undefined);
  return listeners;
}

/** All rules of one listener, the default rule included. */
export async function readRules(caller: AwsCaller, listenerArn: string): Promise<readonly RuleFacts[]> {
  const rules: RuleFacts[] = [];
  let marker: string | undefined;
  do {
    const page = await caller.call('elasticloadbalancing:DescribeRules', {
      ListenerArn: listenerArn,
      ...(marker === undefined ? {} : { Marker: marker }),
    });
    rules.push(...(page.Rules ?? []).map(toRule));
    marker = page.NextMarker;
  } while (marker !== undefined);
  return rules;
}

/** `arn:…:listener/app/name/lb/listener` to the load balancer's ARN. */
export function loadBalancerArnOf(listenerArn: string): string {
  return listenerArn.replace(':listener/', ':loadbalancer/').replace(/\/[^/]+$/, '');
}

/** Of a listener that is known to be there. */
export async function readLoadBalancerOfListener(
  caller: AwsCaller,
  listenerArn: string,
): Promise<LoadBalancerFacts> {
  const loadBalancerArn = loadBalancerArnOf(listenerArn);
  const { LoadBalancers: found = [] } = await caller.call('elasticloadbalancing:DescribeLoadBalancers', {
    LoadBalancerArns: [loadBalancerArn],
  });
  return {
    arn: loadBalancerArn,
    name: found[0]?.LoadBalancerName ?? '',
    dnsName: found[0]?.DNSName ?? '',
    scheme: found[0]?.Scheme ?? '',
  };
}

/** Resources that DescribeTags takes at once. */
const tagsLimit = 20;

export interface TestRuleRequest {
  readonly listenerArn: string;
  readonly priority: number;
  /** Production's conditions; the header comes on top. */
  readonly conditions: readonly RuleCondition[];
  /** Production's actions: the forward goes to `targetGroupArn` alone. */
  readonly actions: readonly Action[];
  /** Whether what stands before the forward, a login, is kept. One by OIDC cannot be: `holdsClientSecret`. */
  readonly login: 'copy' | 'none';
  readonly targetGroupArn: string;
  readonly header: string;
  readonly headerValue: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Makes the rule by which probes reach green. Its priority is the lock against a second shift: taken means
 * `{ kind: 'taken' }`. The one create whose answer may be lost: where the rule stands with this very header
 * value, it is ours.
 */
export async function createTestRule(
  caller: AwsCaller,
  request: TestRuleRequest,
): Promise<{ readonly kind: 'created'; readonly ruleArn: string } | { readonly kind: 'taken' }> {
  const copied = request.actions
    .filter((action) => action.Type === 'forward' || request.login === 'copy')
    .map((action) =>
      action.Type === 'forward' ? { Type: 'forward' as const, Order: action.Order } : action,
    );
  try {
    const { Rules: rules } = await caller.call('elasticloadbalancing:CreateRule', {
      ListenerArn: request.listenerArn,
      Priority: request.priority,
      Conditions: [...request.conditions.map(withoutLegacyValues), headerCondition(request)],
      Actions: withWeights(copied, [{ targetGroupArn: request.targetGroupArn, weight: 1 }]),
      Tags: Object.entries(request.tags).map(([Key, Value]) => ({ Key, Value })),
    });
    const ruleArn = rules?.[0]?.RuleArn;
    if (ruleArn !== undefined) return { kind: 'created', ruleArn };
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    if (!/PriorityInUse/.test(error.code) && !error.retryable) throw error;
    const ours = (await readRules(caller, request.listenerArn)).find(
      (rule) => headerValues(rule.conditions, request.header)?.includes(request.headerValue) === true,
    );
    if (ours !== undefined) return { kind: 'created', ruleArn: ours.ruleArn };
    if (!/PriorityInUse/.test(error.code)) throw error;
  }
  return { kind: 'taken' };
}

/** A rule with such an action cannot be copied: making one takes the secret, and ELB shows it to nobody. Pure. */
export function holdsClientSecret(actions: readonly Action[]): boolean {
  return actions.some((action) => action.AuthenticateOidcConfig !== undefined);
}

/** Undefined where there is no such rule (any more). */
export async function readRule(caller: AwsCaller, ruleArn: string): Promise<RuleFacts | undefined> {
  try {
    const { Rules: rules } = await caller.call('elasticloadbalancing:DescribeRules', { RuleArns: [ruleArn] });
    return rules?.[0] === undefined ? undefined : toRule(rules[0]);
  } catch (error) {
    if (error instanceof AwsCallError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

/**
 * Gives a test rule a new secret value and new tags: the run that left it behind has no key to it any more.
 * ELB has no compare-and-set: who takes a rule over reads it back a while later.
 */
export async function takeTestRule(
  caller: AwsCaller,
  ruleArn: string,
  request: TestRuleRequest,
): Promise<void> {
  await caller.call('elasticloadbalancing:ModifyRule', {
    RuleArn: ruleArn,
    Conditions: [...request.conditions.map(withoutLegacyValues), headerCondition(request)],
  });
  await addTags(caller, ruleArn, request.tags);
}

/** Repeatable: tags of these keys are replaced, others stay. */
export async function addTags(
  caller: AwsCaller,
  arn: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  await caller.call('elasticloadbalancing:AddTags', {
    ResourceArns: [arn],
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  });
}

export async function readTags(caller: AwsCaller, arn: string): Promise<Readonly<Record<string, string>>> {
  const { TagDescriptions: found = [] } = await caller.call('elasticloadbalancing:DescribeTags', {
    ResourceArns: [arn],
  });
  return Object.fromEntries((found[0]?.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
}

/** Tags by ARN; one that is gone by now has none. */
export async function readTagsOfAll(
  caller: AwsCaller,
  arns: readonly string[],
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const found = new Map<string, Readonly<Record<string, string>>>();
  for (let from = 0; from < arns.length; from += tagsLimit) {
    const asked = arns.slice(from, from + tagsLimit);
    for (const [arn, tags] of await readTagsOfSome(caller, asked)) found.set(arn, tags);
  }
  return found;
}

/** Of at most 20. A rule that went meanwhile spoils the answer about the others, so each is asked by itself then. */
async function readTagsOfSome(
  caller: AwsCaller,
  arns: readonly string[],
): Promise<readonly (readonly [string, Readonly<Record<string, string>>])[]> {
  try {
    const { TagDescriptions: found = [] } = await caller.call('elasticloadbalancing:DescribeTags', {
      ResourceArns: [...arns],
    });
    return found.map(({ ResourceArn: arn, Tags: tags = [] }) => [
      arn ?? '',
      Object.fromEntries(tags.map(({ Key, Value }) => [Key ?? '', Value ?? ''])),
    ]);
  } catch (error) {
    if (!(error instanceof AwsCallError) || error.kind !== 'not-found') throw error;
    if (arns.length <= 1) return [];
    return (await Promise.all(arns.map((arn) => readTagsOfSome(caller, [arn])))).flat();
  }
}

/** Repeatable: a rule that is gone is success. */
export async function deleteRule(caller: AwsCaller, ruleArn: string): Promise<void> {
  try {
    await caller.call('elasticloadbalancing:DeleteRule', { RuleArn: ruleArn });
  } catch (error) {
    if (!(error instanceof AwsCallError) || error.kind !== 'not-found') throw error;
  }
}

/** Values of the http-header condition on `header`; undefined where there is none. */
export function headerValues(
  conditions: readonly RuleCondition[],
  header: string,
): readonly string[] | undefined {
  return conditions.find(
    (condition) => condition.HttpHeaderConfig?.HttpHeaderName?.toLowerCase() === header.toLowerCase(),
  )?.HttpHeaderConfig?.Values;
}

function headerCondition(request: TestRuleRequest): RuleCondition {
  return {
    Field: 'http-header',
    HttpHeaderConfig: { HttpHeaderName: request.header, Values: [request.headerValue] },
  };
}

/** Describe answers some conditions twice (`Values` and the typed form); create wants one of them. */
function withoutLegacyValues(condition: RuleCondition): RuleCondition {
  const { Values, ...typed } = condition;
  return Object.keys(typed).some((key) => key.endsWith('Config')) ? typed : { ...typed, Values };
}

function toRule(rule: Rule): RuleFacts {
  return {
    ruleArn: rule.RuleArn ?? '',
    priority: rule.Priority ?? '',
    isDefault: rule.IsDefault ?? false,
    split: splitOf(rule.Actions ?? []),
    conditions: rule.Conditions ?? [],
    actions: rule.Actions ?? [],
  };
}
