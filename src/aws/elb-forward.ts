/**
 * The weighted forward of one listener rule, or of a listener's default action: read it, change its
 * weights, keep everything else. ELB has no compare-and-set: callers read, compare, write and read back.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html#forward-actions
 */
import type { Action, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ConfigurationError } from '../runner/configuration-error.ts';
import type { AwsCaller } from './caller.ts';

/** Where a forward stands. A listener's default rule changes through the listener, never through a rule. */
export type ForwardLocation =
  | { readonly kind: 'rule'; readonly ruleArn: string }
  | { readonly kind: 'default-action'; readonly listenerArn: string };

export interface GroupWeight {
  readonly targetGroupArn: string;
  /** 0-999; the share is the weight over the sum of the rule's weights. */
  readonly weight: number;
}

/** All groups of one forward with their weights, in the rule's order. */
export type WeightSplit = readonly GroupWeight[];

export interface ForwardState {
  readonly location: ForwardLocation;
  readonly listenerArn: string;
  /** As ELB writes it: `"10"`, or `"default"`. */
  readonly priority: string;
  readonly split: WeightSplit;
  /** Seconds a client stays with the group it met first; undefined where stickiness is off. */
  readonly stickinessSeconds: number | undefined;
  /** Empty for a default action. */
  readonly conditions: readonly RuleCondition[];
  /** As read: what is not ours goes back unchanged. */
  readonly actions: readonly Action[];
}

/** Of a rule, `arn:…:listener-rule/app/name/lb/listener/rule`, by its name. */
export function listenerArnOf(location: ForwardLocation): string {
  if (location.kind !== 'rule') return location.listenerArn;
  const { ruleArn } = location;
  return ruleArn.slice(0, ruleArn.lastIndexOf('/')).replace(':listener-rule/', ':listener/');
}

/**
 * Reads the forward as it is now. Throws `ConfigurationError` `no-forward` where the rule does not forward,
 * `AwsCallError` `not-found` where it does not exist.
 */
export async function readForward(caller: AwsCaller, location: ForwardLocation): Promise<ForwardState> {
  if (location.kind === 'rule') {
    const { Rules: rules = [] } = await caller.call('elasticloadbalancing:DescribeRules', {
      RuleArns: [location.ruleArn],
    });
    const rule = rules[0];
    if (rule === undefined) throw notThere(location);
    if (rule.IsDefault === true) {
      return readForward(caller, {
        kind: 'default-action',
        listenerArn: listenerArnOf(location),
      });
    }
    return toForward(
      location,
      listenerArnOf(location),
      rule.Priority ?? '',
      rule.Conditions ?? [],
      rule.Actions ?? [],
    );
  }
  const { Listeners: listeners = [] } = await caller.call('elasticloadbalancing:DescribeListeners', {
    ListenerArns: [location.listenerArn],
  });
  const listener = listeners[0];
  if (listener === undefined) throw notThere(location);
  return toForward(location, location.listenerArn, 'default', [], listener.DefaultActions ?? []);
}

/**
 * Writes the weights given and keeps every other field, action and group of `current` (which should have
 * been read just before). A group that the rule does not hold yet is added. Repeatable. A later `readForward`
 * confirms it.
 */
export async function writeWeights(
  caller: AwsCaller,
  current: ForwardState,
  weights: WeightSplit,
): Promise<void> {
  const { location } = current;
  const actions = withWeights(current.actions, weights);
  if (location.kind === 'rule') {
    await caller.call('elasticloadbalancing:ModifyRule', { RuleArn: location.ruleArn, Actions: actions });
  } else {
    await caller.call('elasticloadbalancing:ModifyListener', {
      ListenerArn: location.listenerArn,
      DefaultActions: actions,
    });
  }
}

/** The same groups with the same weights, whatever their order; a group at 0 equals a group that is not there. */
export function sameSplit(one: WeightSplit, other: WeightSplit): boolean {
  return isWithin(one, other) && isWithin(other, one);
}

function isWithin(split: WeightSplit, other: WeightSplit): boolean {
  return split.every(
    ({ targetGroupArn: arn, weight }) =>
      weight === (other.find((group) => group.targetGroupArn === arn)?.weight ?? 0),
  );
}

/**
 * The actions of a rule that is there, with new weights in its forward. A login by OIDC keeps its client secret:
 * ELB never shows it, and takes no such action back without it or this flag. Pure.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AuthenticateOidcActionConfig.html
 */
export function withWeights(actions: readonly Action[], weights: WeightSplit): Action[] {
  return actions.map((action) => {
    if (action.AuthenticateOidcConfig !== undefined) {
      const { ClientSecret: _never, ...config } = action.AuthenticateOidcConfig;
      return { ...action, AuthenticateOidcConfig: { ...config, UseExistingClientSecret: true } };
    }
    if (action.Type !== 'forward') return action;
    const split = splitOf([action]);
    const kept = split.map(
      (group) => weights.find((wanted) => wanted.targetGroupArn === group.targetGroupArn) ?? group,
    );
    const added = weights.filter(
      (wanted) => !split.some((group) => group.targetGroupArn === wanted.targetGroupArn),
    );
    // The short form (one TargetGroupArn) must not contradict the list, so it goes away.
    const { TargetGroupArn: _short, ...rest } = action;
    return {
      ...rest,
      ForwardConfig: {
        ...action.ForwardConfig,
        TargetGroups: [...kept, ...added].map((group) => ({
          TargetGroupArn: group.targetGroupArn,
          Weight: group.weight,
        })),
      },
    };
  });
}

/** Groups of the forward among `actions`; empty where nothing is forwarded. Weight is 1 where ELB leaves it out. */
export function splitOf(actions: readonly Action[]): WeightSplit {
  const forward = actions.find((action) => action.Type === 'forward');
  if (forward === undefined) return [];
  const listed = forward.ForwardConfig?.TargetGroups;
  if (listed !== undefined && listed.length > 0) {
    return listed.map((group) => ({ targetGroupArn: group.TargetGroupArn ?? '', weight: group.Weight ?? 1 }));
  }
  return forward.TargetGroupArn === undefined ? [] : [{ targetGroupArn: forward.TargetGroupArn, weight: 1 }];
}

/** Seconds a client stays with the group it met first; undefined where stickiness is off. */
export function stickinessOf(actions: readonly Action[]): number | undefined {
  const stickiness = actions.find((action) => action.Type === 'forward')?.ForwardConfig
    ?.TargetGroupStickinessConfig;
  return stickiness?.Enabled === true ? (stickiness.DurationSeconds ?? 0) : undefined;
}

/** A rule as `forwardAmong` needs it. */
interface ListedRule {
  readonly ruleArn: string;
  readonly isDefault: boolean;
  readonly priority: string;
  readonly conditions: readonly RuleCondition[];
  readonly actions: readonly Action[];
}

/**
 * The forward among all rules of its listener, as `readForward` reads it by itself. Throws `ConfigurationError`: `no-forward`,
 * or `rule-not-found` and `listener-not-found` where it is not among them. Pure.
 */
export function forwardAmong(rules: readonly ListedRule[], location: ForwardLocation): ForwardState {
  const rule = rules.find((each) =>
    location.kind === 'rule' ? each.ruleArn === location.ruleArn : each.isDefault,
  );
  if (rule === undefined) throw notThere(location);
  const listenerArn = listenerArnOf(location);
  return rule.isDefault
    ? toForward({ kind: 'default-action', listenerArn }, listenerArn, 'default', [], rule.actions)
    : toForward(location, listenerArn, rule.priority, rule.conditions, rule.actions);
}

function toForward(
  location: ForwardLocation,
  listenerArn: string,
  priority: string,
  conditions: readonly RuleCondition[],
  actions: readonly Action[],
): ForwardState {
  const split = splitOf(actions);
  if (split.length === 0) {
    const name =
      location.kind === 'rule' ? location.ruleArn : `the default action of ${location.listenerArn}`;
    throw new ConfigurationError(
      'no-forward',
      `${name} does not forward to target groups (its action is ${actions.map((action) => action.Type).join(', ') || 'empty'}); name the rule that carries the service's traffic.`,
    );
  }
  return {
    location,
    listenerArn,
    priority,
    split,
    stickinessSeconds: stickinessOf(actions),
    conditions,
    actions,
  };
}

/** `rule-not-found` or `listener-not-found`. */
export function notThere(location: ForwardLocation): ConfigurationError {
  return location.kind === 'rule'
    ? new ConfigurationError('rule-not-found', `There is no rule ${location.ruleArn}.`)
    : new ConfigurationError('listener-not-found', `There is no listener ${location.listenerArn}.`);
}
