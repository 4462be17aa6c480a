/** What a probe must look like to meet the conditions of production's rule. Pure. */
import type { Action, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';

export function pathsOf(conditions: readonly RuleCondition[]): readonly string[] {
  return conditions
    .filter((condition) => condition.Field === 'path-pattern')
    .flatMap((condition) => condition.PathPatternConfig?.Values ?? condition.Values ?? []);
}

export function hostsOf(conditions: readonly RuleCondition[]): readonly string[] {
  return conditions
    .filter((condition) => condition.Field === 'host-header')
    .flatMap((condition) => condition.HostHeaderConfig?.Values ?? condition.Values ?? []);
}

/** ELB's patterns: `*` for any run of characters, `?` for one; case matters. No pattern takes every path. */
export function matchesPath(path: string, patterns: readonly string[]): boolean {
  const withoutQuery = path.split('?')[0]!;
  return (
    patterns.length === 0 ||
    patterns.some((pattern) =>
      new RegExp(
        `^${pattern
          .replace(/[.+^${}()|[\]\\]/g, '\\$&')
          .replaceAll('*', '.*')
          .replaceAll('?', '.')}$`,
      ).test(withoutQuery),
    )
  );
}

/** The first host that is no pattern. */
export function plainHostOf(conditions: readonly RuleCondition[]): string | undefined {
  return hostsOf(conditions).find((host) => !/[*?]/.test(host));
}

/** Values that count against ELB's quota for a rule. */
export function conditionValues(conditions: readonly RuleCondition[]): number {
  const count = (condition: RuleCondition): number =>
    (
      condition.HostHeaderConfig?.Values ??
      condition.PathPatternConfig?.Values ??
      condition.HttpRequestMethodConfig?.Values ??
      condition.SourceIpConfig?.Values ??
      condition.HttpHeaderConfig?.Values ??
      condition.QueryStringConfig?.Values ??
      condition.Values ??
      []
    ).length;
  return conditions.reduce((sum, condition) => sum + count(condition), 0);
}

/**
 * Whether a request without a login is not forwarded. `authenticate` is what ELB does unless told otherwise; one
 * that checks tokens (`jwt-validation`) lets nobody in without.
 */
export function turnsAway(actions: readonly Action[]): boolean {
  return actions.some((action) => {
    if (action.JwtValidationConfig !== undefined) return true;
    const config = action.AuthenticateOidcConfig ?? action.AuthenticateCognitoConfig;
    return config !== undefined && config.OnUnauthenticatedRequest !== 'allow';
  });
}
