/** The state as the data plane serves it: plain objects, no AWS shapes. */
import type { Action, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import type {
  ListenerRoute,
  RouteAction,
  RoutingTable,
  RuleConditionRoute,
  TargetGroupRoute,
  TargetRoute,
} from '../contracts.ts';
import { loginRoute } from './authentication.ts';
import type { Elbv2State, TargetGroup } from './model.ts';
import { rulesOf } from './rules.ts';

export function routingTable(state: Elbv2State): RoutingTable {
  return {
    listeners: [...state.listeners.values()].map((listener): ListenerRoute => {
      const balancer = state.loadBalancers.get(listener.loadBalancerArn);
      return {
        listenerArn: listener.arn,
        loadBalancerArn: listener.loadBalancerArn,
        port: listener.port,
        protocol: listener.protocol,
        rules: rulesOf(state, listener.arn).map((rule) => {
          const login = loginRoute(rule.actions);
          return {
            ruleArn: rule.arn,
            conditions: rule.conditions.map(conditionRoute),
            action: actionRoute(rule.actions.at(-1)!),
            ...(login === undefined ? {} : { login }),
          };
        }),
        idleTimeoutMs: Number(balancer?.attributes.get('idle_timeout.timeout_seconds') ?? 60) * 1000,
      };
    }),
  };
}

export function targetGroupRoute(group: TargetGroup): TargetGroupRoute {
  const check = group.healthCheck;
  const attribute = (key: string): string => group.attributes.get(key)!;
  const percentage = attribute(
    'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage',
  );
  return {
    targetGroupArn: group.arn,
    protocol: group.protocol,
    algorithm:
      attribute('load_balancing.algorithm.type') === 'least_outstanding_requests'
        ? 'least_outstanding_requests'
        : 'round_robin',
    slowStartMs: Number(attribute('slow_start.duration_seconds')) * 1000,
    deregistrationDelayMs: Number(attribute('deregistration_delay.timeout_seconds')) * 1000,
    healthCheck: {
      enabled: check.enabled,
      protocol: check.protocol,
      path: check.path,
      port: check.port,
      intervalMs: check.intervalSeconds * 1000,
      timeoutMs: check.timeoutSeconds * 1000,
      healthyThreshold: check.healthyThreshold,
      unhealthyThreshold: check.unhealthyThreshold,
      matcher: check.matcher.HttpCode ?? '200',
    },
    minimumHealthy: {
      count: Number(attribute('target_group_health.unhealthy_state_routing.minimum_healthy_targets.count')),
      percentage: percentage === 'off' ? undefined : Number(percentage),
    },
    targets: [...group.targets.values()].map((target) => ({
      id: target.id,
      port: target.port,
      zone: target.zone,
      state: target.health.state,
      ownerTaskArn: target.ownerTaskArn,
    })),
  };
}

/**
 * The targets a request may go to now: the healthy ones; below the group's minimum of healthy targets all
 * registered ones that do not drain (fail open); none where nothing is registered (the load balancer then
 * answers 503).
 */
export function servableTargets(group: TargetGroupRoute): readonly TargetRoute[] {
  const registered = group.targets.filter(
    (target) => target.state !== 'draining' && target.state !== 'unused',
  );
  const healthy = registered.filter((target) => target.state === 'healthy');
  const percentage = group.minimumHealthy?.percentage ?? 0;
  const enough =
    healthy.length >= (group.minimumHealthy?.count ?? 1) &&
    healthy.length * 100 >= percentage * registered.length;
  return enough ? healthy : registered;
}

function actionRoute(action: Action): RouteAction {
  switch (action.Type) {
    case 'fixed-response': {
      const config = action.FixedResponseConfig;
      return {
        kind: 'fixed-response',
        status: Number(config?.StatusCode),
        contentType: config?.ContentType ?? 'text/plain',
        body: config?.MessageBody ?? '',
      };
    }
    case 'redirect': {
      const config = action.RedirectConfig!;
      const query = config.Query === '' ? '' : `?${config.Query}`;
      return {
        kind: 'redirect',
        status: config.StatusCode === 'HTTP_301' ? 301 : 302,
        location: `${config.Protocol}://${config.Host}:${config.Port}${config.Path}${query}`,
      };
    }
    default: {
      const forward = action.ForwardConfig;
      const stickiness = forward?.TargetGroupStickinessConfig;
      return {
        kind: 'forward',
        groups: (forward?.TargetGroups ?? []).map((group) => ({
          targetGroupArn: group.TargetGroupArn ?? '',
          weight: group.Weight ?? 1,
        })),
        stickinessSeconds: stickiness?.Enabled ? stickiness.DurationSeconds : undefined,
      };
    }
  }
}

function conditionRoute(condition: RuleCondition): RuleConditionRoute {
  switch (condition.Field) {
    case 'http-header':
      return {
        field: 'http-header',
        header: condition.HttpHeaderConfig?.HttpHeaderName ?? '',
        values: condition.HttpHeaderConfig?.Values ?? [],
      };
    case 'query-string':
      return {
        field: 'query-string',
        values: (condition.QueryStringConfig?.Values ?? []).map((pair) => ({
          ...(pair.Key === undefined ? {} : { key: pair.Key }),
          value: pair.Value ?? '',
        })),
      };
    default: {
      const values =
        condition.HostHeaderConfig?.Values ??
        condition.PathPatternConfig?.Values ??
        condition.HttpRequestMethodConfig?.Values ??
        condition.SourceIpConfig?.Values ??
        [];
      return { field: condition.Field as 'host-header', values };
    }
  }
}
