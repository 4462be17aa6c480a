/** Actions of listeners and rules: checked and brought into the form in which the API hands them back. */
import type { Action, TargetGroupTuple } from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../aws-error.ts';
import { isAuthentication, normaliseAuthentication } from './authentication.ts';
import { between, targetGroupNotFound, validationError } from './errors.ts';
import { allRules, type Elbv2State, forwardsTo } from './model.ts';

const supported = ['forward', 'fixed-response', 'redirect', 'authenticate-oidc', 'authenticate-cognito'];
const redirectCodes = ['HTTP_301', 'HTTP_302'];

export interface ActionOwner {
  readonly loadBalancerArn: string;
  /** Of the listener. */
  readonly protocol: string;
  /** What stands there now; undefined while a listener or rule is being created. */
  readonly previous?: readonly Action[];
}

/**
 * The actions as they will be stored: a login perhaps, then exactly one that answers. Throws ValidationError,
 * TargetGroupNotFound, TargetGroupAssociationLimit, InvalidLoadBalancerAction.
 */
export function normaliseActions(
  state: Elbv2State,
  owner: ActionOwner,
  actions: readonly Action[] | undefined,
): readonly Action[] {
  if (actions === undefined || actions.length === 0) {
    throw validationError('An action must be specified');
  }
  const sorted = [...actions].sort((one, other) => (one.Order ?? 0) - (other.Order ?? 0));
  const logins = sorted.filter(isAuthentication);
  if (sorted.length - logins.length !== 1 || isAuthentication(sorted.at(-1)!)) {
    throw new AwsError(
      'InvalidLoadBalancerAction',
      'Exactly one forward, redirect or fixed-response action must be specified, and it must be the last one',
    );
  }
  if (logins.length > 1) {
    throw new AwsError('InvalidLoadBalancerAction', 'At most one authentication action can be specified');
  }
  const orders = new Set(sorted.map((action) => action.Order));
  if (sorted.length > 1 && (orders.has(undefined) || orders.size < sorted.length)) {
    throw validationError('Each action of several must have an order of its own');
  }
  return sorted.map((action) =>
    isAuthentication(action)
      ? normaliseAuthentication(action, owner.protocol, owner.previous)
      : normaliseAction(state, owner.loadBalancerArn, action),
  );
}

function normaliseAction(state: Elbv2State, loadBalancerArn: string, action: Action): Action {
  const order = action.Order === undefined ? {} : { Order: action.Order };
  switch (action.Type) {
    case 'forward':
      return { Type: 'forward', ...normaliseForward(state, loadBalancerArn, action), ...order };
    case 'fixed-response': {
      const config = action.FixedResponseConfig;
      if (config?.StatusCode === undefined || !/^[245]\d\d$/.test(config.StatusCode)) {
        throw validationError(
          `The status code '${config?.StatusCode ?? ''}' is not valid; it must be 2XX, 4XX or 5XX`,
        );
      }
      if ((config.MessageBody?.length ?? 0) > 1024) {
        throw validationError('The message body cannot be longer than 1024 characters');
      }
      return { Type: 'fixed-response', FixedResponseConfig: { ...config }, ...order };
    }
    case 'redirect': {
      const config = action.RedirectConfig;
      if (config === undefined || !redirectCodes.includes(config.StatusCode ?? '')) {
        throw validationError(
          `The redirect status code '${config?.StatusCode ?? ''}' is not valid; it must be HTTP_301 or HTTP_302`,
        );
      }
      return {
        Type: 'redirect',
        RedirectConfig: {
          Protocol: '#{protocol}',
          Port: '#{port}',
          Host: '#{host}',
          Path: '/#{path}',
          Query: '#{query}',
          ...config,
        },
        ...order,
      };
    }
    default:
      throw new AwsError(
        'InvalidLoadBalancerAction',
        `Action type '${action.Type}' is not simulated; allowed: ${supported.join(', ')}`,
      );
  }
}

function normaliseForward(
  state: Elbv2State,
  loadBalancerArn: string,
  action: Action,
): Pick<Action, 'TargetGroupArn' | 'ForwardConfig'> {
  const listed = action.ForwardConfig?.TargetGroups;
  if (listed !== undefined && action.TargetGroupArn !== undefined) {
    // Both forms at once are allowed only where they say the same (API reference, Action).
    if (listed.length !== 1 || listed[0]!.TargetGroupArn !== action.TargetGroupArn) {
      throw validationError(
        'You cannot specify both a target group ARN and a forward configuration with different target groups',
      );
    }
  }
  const groups =
    listed ?? (action.TargetGroupArn === undefined ? [] : [{ TargetGroupArn: action.TargetGroupArn }]);
  if (groups.length === 0) {
    throw validationError('A target group ARN must be specified');
  }
  if (groups.length > 5) {
    throw new AwsError(
      'TooManyTargetGroups',
      `The maximum number of target groups in a forward action is '5', got '${groups.length}'`,
    );
  }
  const tuples = groups.map((group) => normaliseTuple(state, loadBalancerArn, group));
  const distinct = new Set(tuples.map((tuple) => tuple.TargetGroupArn));
  if (distinct.size !== tuples.length) {
    throw validationError('A target group can only appear once in a forward action');
  }
  const stickiness = action.ForwardConfig?.TargetGroupStickinessConfig;
  const enabled = stickiness?.Enabled ?? false;
  if (enabled && stickiness?.DurationSeconds === undefined) {
    throw validationError('Target group stickiness duration must be specified when it is enabled');
  }
  if (stickiness?.DurationSeconds !== undefined) {
    between(stickiness.DurationSeconds, 1, 604_800, 'Target group stickiness duration');
  }
  return {
    ...(tuples.length === 1 ? { TargetGroupArn: tuples[0]!.TargetGroupArn } : {}),
    ForwardConfig: {
      TargetGroups: tuples,
      TargetGroupStickinessConfig: {
        Enabled: enabled,
        ...(stickiness?.DurationSeconds === undefined ? {} : { DurationSeconds: stickiness.DurationSeconds }),
      },
    },
  };
}

function normaliseTuple(
  state: Elbv2State,
  loadBalancerArn: string,
  group: TargetGroupTuple,
): { TargetGroupArn: string; Weight: number } {
  const arn = group.TargetGroupArn ?? '';
  const found = state.targetGroups.get(arn);
  if (found === undefined) throw targetGroupNotFound(arn);
  const weight = group.Weight ?? 1;
  between(weight, 0, 999, 'Target group weight');
  const other = loadBalancersOf(state, arn).find((used) => used !== loadBalancerArn);
  if (other !== undefined) {
    throw new AwsError(
      'TargetGroupAssociationLimit',
      `The following target groups cannot be associated with more than one load balancer: ${arn}`,
    );
  }
  return { TargetGroupArn: arn, Weight: weight };
}

/** Load balancers whose listeners or rules forward to the group, each once. */
export function loadBalancersOf(state: Elbv2State, targetGroupArn: string): string[] {
  const used = new Set<string>();
  for (const rule of allRules(state)) {
    if (!forwardsTo(rule.actions, targetGroupArn)) continue;
    const listener = state.listeners.get(rule.listenerArn);
    if (listener !== undefined) used.add(listener.loadBalancerArn);
  }
  return [...used];
}

/** A line for the journal: `forward blue=90 green=10`. */
export function describeActions(actions: readonly Action[]): string {
  return actions
    .map((action) => {
      const groups = action.ForwardConfig?.TargetGroups ?? [];
      const weights = groups.map((group) => `${group.TargetGroupArn?.split('/')[1]}=${group.Weight}`);
      return [action.Type, ...weights].join(' ');
    })
    .join('; ');
}
