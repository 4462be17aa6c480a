/** Describe and Modify of the attributes of load balancers, target groups and listeners. */
import type { Operation } from '../service.ts';
import { type attributeRules, checkAttribute } from './attribute-rules.ts';
import { listenerNotFound, loadBalancerArnNotFound, targetGroupNotFound } from './errors.ts';
import type { Elbv2State } from './model.ts';

interface Attribute {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** `attributes` of one owner, or throws its not-found error. */
type Find = (arn: string) => Map<string, string>;

export function attributeOperations(state: Elbv2State): Record<string, Operation> {
  const loadBalancer: Find = (arn) => {
    const found = state.loadBalancers.get(arn);
    if (found === undefined) throw loadBalancerArnNotFound(arn);
    return found.attributes;
  };
  const targetGroup: Find = (arn) => {
    const found = state.targetGroups.get(arn);
    if (found === undefined) throw targetGroupNotFound(arn);
    return found.attributes;
  };
  const listener: Find = (arn) => {
    const found = state.listeners.get(arn);
    if (found === undefined) throw listenerNotFound(arn);
    return found.attributes;
  };
  return {
    DescribeLoadBalancerAttributes: describe(
      'DescribeLoadBalancerAttributes',
      'LoadBalancerArn',
      loadBalancer,
    ),
    DescribeTargetGroupAttributes: describe('DescribeTargetGroupAttributes', 'TargetGroupArn', targetGroup),
    DescribeListenerAttributes: describe('DescribeListenerAttributes', 'ListenerArn', listener),
    ModifyLoadBalancerAttributes: modify(
      state,
      'ModifyLoadBalancerAttributes',
      'LoadBalancerArn',
      'loadbalancer',
      loadBalancer,
    ),
    ModifyTargetGroupAttributes: modify(
      state,
      'ModifyTargetGroupAttributes',
      'TargetGroupArn',
      'targetgroup',
      targetGroup,
    ),
    ModifyListenerAttributes: modify(state, 'ModifyListenerAttributes', 'ListenerArn', 'listener', listener),
  };
}

function list(attributes: Map<string, string>): Attribute[] {
  return [...attributes].map(([Key, Value]) => ({ Key, Value }));
}

function describe(name: string, arnMember: string, find: Find): Operation {
  return {
    mutates: false,
    permissions: () => [{ action: `elasticloadbalancing:${name}`, resources: ['*'] }],
    run: (input: Record<string, unknown>) => ({ Attributes: list(find(String(input[arnMember] ?? ''))) }),
  };
}

function modify(
  state: Elbv2State,
  name: string,
  arnMember: string,
  owner: keyof typeof attributeRules,
  find: Find,
): Operation {
  return {
    mutates: true,
    permissions: (input: Record<string, unknown> | undefined) => [
      { action: `elasticloadbalancing:${name}`, resources: [String(input?.[arnMember] ?? '*')] },
    ],
    run: (input: Record<string, unknown>) => {
      const arn = String(input[arnMember] ?? '');
      const attributes = find(arn);
      const changes = (input['Attributes'] ?? []) as readonly Attribute[];
      for (const change of changes) checkAttribute(owner, change.Key ?? '', change.Value ?? '');
      for (const change of changes) attributes.set(change.Key!, change.Value ?? '');
      state.kernel.record('elbv2.attributes-modified', arn, {
        changes: changes.map((change) => `${change.Key}=${change.Value}`),
      });
      state.routingChanged(arn);
      return { Attributes: list(attributes) };
    },
  };
}
