/** What a probe must look like to meet the conditions of production's rule. Pure. */
import type { RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';

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
