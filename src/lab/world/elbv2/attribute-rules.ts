/** Attributes that exist, their defaults and what each may hold (API reference: *Attribute types). */
import { validationError } from './errors.ts';

/** Undefined where the value is allowed, else what would be. */
type Check = (value: string) => string | undefined;

const flag: Check = (value) => (/^(true|false)$/.test(value) ? undefined : 'true or false');
const text: Check = () => undefined;
const oneOf =
  (...allowed: string[]): Check =>
  (value) =>
    allowed.includes(value) ? undefined : allowed.join(', ');
const number =
  (low: number, high: number, ...others: string[]): Check =>
  (value) => {
    const inside = /^\d+$/.test(value) && Number(value) >= low && Number(value) <= high;
    const allowed = `${low} to ${high}${others.map((other) => ` or ${other}`).join('')}`;
    return inside || others.includes(value) ? undefined : allowed;
  };

type AttributeRules = Readonly<Record<string, readonly [fallback: string, check: Check]>>;

const loadBalancerRules: AttributeRules = {
  'access_logs.s3.enabled': ['false', flag],
  'access_logs.s3.bucket': ['', text],
  'access_logs.s3.prefix': ['', text],
  'client_keep_alive.seconds': ['3600', number(60, 604_800)],
  'connection_logs.s3.enabled': ['false', flag],
  'connection_logs.s3.bucket': ['', text],
  'connection_logs.s3.prefix': ['', text],
  'deletion_protection.enabled': ['false', flag],
  'health_check_logs.s3.enabled': ['false', flag],
  'health_check_logs.s3.bucket': ['', text],
  'health_check_logs.s3.prefix': ['', text],
  'idle_timeout.timeout_seconds': ['60', number(1, 4000)],
  'ipv6.deny_all_igw_traffic': ['false', flag],
  'load_balancing.cross_zone.enabled': ['true', oneOf('true')],
  'routing.http.desync_mitigation_mode': ['defensive', oneOf('monitor', 'defensive', 'strictest')],
  'routing.http.drop_invalid_header_fields.enabled': ['false', flag],
  'routing.http.preserve_host_header.enabled': ['false', flag],
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': ['false', flag],
  'routing.http.xff_client_port.enabled': ['false', flag],
  'routing.http.xff_header_processing.mode': ['append', oneOf('append', 'preserve', 'remove')],
  'routing.http2.enabled': ['true', flag],
  'waf.fail_open.enabled': ['false', flag],
  'zonal_shift.config.enabled': ['false', flag],
};

const targetGroupRules: AttributeRules = {
  'deregistration_delay.timeout_seconds': ['300', number(0, 3600)],
  'load_balancing.algorithm.anomaly_mitigation': ['off', oneOf('on', 'off')],
  'load_balancing.algorithm.type': [
    'round_robin',
    oneOf('round_robin', 'least_outstanding_requests', 'weighted_random'),
  ],
  'load_balancing.cross_zone.enabled': [
    'use_load_balancer_configuration',
    oneOf('true', 'false', 'use_load_balancer_configuration'),
  ],
  'slow_start.duration_seconds': ['0', (value) => (value === '0' ? undefined : number(30, 900)(value))],
  'stickiness.app_cookie.cookie_name': ['', text],
  'stickiness.app_cookie.duration_seconds': ['86400', number(1, 604_800)],
  'stickiness.enabled': ['false', flag],
  'stickiness.lb_cookie.duration_seconds': ['86400', number(1, 604_800)],
  'stickiness.type': ['lb_cookie', oneOf('lb_cookie', 'app_cookie')],
  'target_group_health.dns_failover.minimum_healthy_targets.count': ['1', number(1, 1_000_000, 'off')],
  'target_group_health.dns_failover.minimum_healthy_targets.percentage': ['off', number(1, 100, 'off')],
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': ['1', number(1, 1_000_000)],
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': [
    'off',
    number(1, 100, 'off'),
  ],
};

const listenerRules: AttributeRules = {
  'routing.http.response.server.enabled': ['true', flag],
};

const defaultsOf = (rules: AttributeRules): readonly (readonly [string, string])[] =>
  Object.entries(rules).map(([key, [fallback]]) => [key, fallback] as const);

export const loadBalancerAttributeDefaults = defaultsOf(loadBalancerRules);
export const targetGroupAttributeDefaults = defaultsOf(targetGroupRules);
export const listenerAttributeDefaults = defaultsOf(listenerRules);

export const attributeRules = {
  loadbalancer: loadBalancerRules,
  targetgroup: targetGroupRules,
  listener: listenerRules,
} as const;

/** Throws ValidationError for a key that does not exist or a value that is not allowed. */
export function checkAttribute(owner: keyof typeof attributeRules, key: string, value: string): void {
  const rule = attributeRules[owner][key];
  if (rule === undefined) throw validationError(`Unknown attribute key '${key}'`);
  const allowed = rule[1](value);
  if (allowed !== undefined) {
    throw validationError(`The value '${value}' of attribute '${key}' is not valid; allowed: ${allowed}`);
  }
}
