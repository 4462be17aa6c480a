/** What the load balancers of the world are made of. Everything else in this folder works on this state. */
import type {
  Action,
  Matcher,
  RuleCondition,
  TargetTypeEnum,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { TargetState } from '../contracts.ts';
import type { Kernel } from '../kernel.ts';

export interface LoadBalancer {
  readonly arn: string;
  readonly name: string;
  readonly dnsName: string;
  readonly createdTime: Date;
  readonly scheme: 'internet-facing' | 'internal';
  readonly type: 'application' | 'network' | 'gateway';
  readonly ipAddressType: 'ipv4' | 'dualstack' | 'dualstack-without-public-ipv4';
  readonly subnetIds: readonly string[];
  readonly securityGroups: readonly string[];
  readonly zones: readonly { readonly zoneName: string; readonly subnetId: string }[];
  readonly vpcId: string;
  readonly attributes: Map<string, string>;
}

export interface Listener {
  readonly arn: string;
  readonly loadBalancerArn: string;
  port: number;
  protocol: string;
  sslPolicy: string | undefined;
  certificateArns: readonly string[];
  readonly attributes: Map<string, string>;
  /** The default rule is one of the listener's rules; its actions are the listener's DefaultActions. */
  readonly defaultRule: Rule;
}

export interface Rule {
  readonly arn: string;
  readonly listenerArn: string;
  /** 1-50000, or `default`. */
  priority: number | 'default';
  conditions: readonly RuleCondition[];
  /** Normalised: sorted by Order, both forms of a single forward filled in. */
  actions: readonly Action[];
}

export interface HealthCheck {
  readonly enabled: boolean;
  readonly protocol: string;
  readonly port: string;
  readonly path: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  readonly matcher: Matcher;
}

export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly targetType: TargetTypeEnum;
  readonly protocol: string;
  readonly protocolVersion: string;
  readonly port: number | undefined;
  readonly vpcId: string | undefined;
  readonly ipAddressType: string;
  healthCheck: HealthCheck;
  readonly attributes: Map<string, string>;
  /** By `id:port`. */
  readonly targets: Map<string, Target>;
}

export interface Target {
  readonly id: string;
  readonly port: number;
  readonly zone: string;
  readonly ownerTaskArn: string | undefined;
  health: TargetState;
  /** Health checks passed, or failed, in a row. */
  passed: number;
  failed: number;
  /** Requests the data plane says are open; undefined where nobody reports. */
  openRequests: number | undefined;
  /** Set while draining. */
  drain: { readonly finish: () => void } | undefined;
}

/** The state the parts of this service share, with the one hook that says that routing changed. */
export interface Elbv2State {
  readonly kernel: Kernel;
  readonly loadBalancers: Map<string, LoadBalancer>;
  readonly listeners: Map<string, Listener>;
  /** Without the default rules, which live in their listeners. */
  readonly rules: Map<string, Rule>;
  readonly targetGroups: Map<string, TargetGroup>;
  /** ARN to tags. */
  readonly tags: Map<string, Map<string, string>>;
  /**
   * Routing sees something new: caches are dropped, target use is re-read, the data plane is told.
   *
   * @param targetGroupArn the target group whose own settings are new, if it is one
   */
  routingChanged(targetGroupArn?: string): void;
}

export function targetKey(id: string, port: number): string {
  return `${id}:${port}`;
}

/** Every rule of every listener, the default ones included. */
export function allRules(state: Elbv2State): Rule[] {
  const rules: Rule[] = [];
  for (const listener of state.listeners.values()) rules.push(listener.defaultRule);
  for (const rule of state.rules.values()) rules.push(rule);
  return rules;
}

/** The rule of that ARN, a listener's default one or another. */
export function ruleOf(state: Elbv2State, arn: string): Rule | undefined {
  const known = state.rules.get(arn);
  if (known !== undefined) return known;
  for (const { defaultRule } of state.listeners.values()) if (defaultRule.arn === arn) return defaultRule;
  return undefined;
}

export function forwardsTo(actions: readonly Action[], arn: string): boolean {
  for (const { TargetGroupArn, ForwardConfig } of actions) {
    if (TargetGroupArn === arn) return true;
    for (const group of ForwardConfig?.TargetGroups ?? []) if (group.TargetGroupArn === arn) return true;
  }
  return false;
}

/** ARNs of the target groups an action list forwards to. */
export function forwardedGroups(actions: readonly Action[]): string[] {
  const arns = new Set<string>();
  for (const action of actions) {
    if (action.TargetGroupArn !== undefined) arns.add(action.TargetGroupArn);
    for (const group of action.ForwardConfig?.TargetGroups ?? []) {
      if (group.TargetGroupArn !== undefined) arns.add(group.TargetGroupArn);
    }
  }
  return [...arns];
}
