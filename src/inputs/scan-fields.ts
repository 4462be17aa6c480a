/** What a scan has to show before an image may be deployed, and the inputs that say so. Pure. */
import { choice, duration, type Field, list, withDefault } from './field.ts';

/** From the worst down. */
export const severities = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL'] as const;
export type Severity = (typeof severities)[number];

export interface IgnoredFinding {
  /** `CVE-2024-3094` */
  readonly name: string;
  /** The last day it is ignored, `2027-01-31`, by UTC. */
  readonly until: string;
}

export interface ScanPolicy {
  /** `fail`: findings of `threshold` or worse fail the step. `warn`: they are only told. */
  readonly gate: 'off' | 'warn' | 'fail';
  readonly threshold: Severity;
  readonly ignored: readonly IgnoredFinding[];
  readonly timeoutMs: number;
  /** What a scan that is unsupported, failed or not done in time means. */
  readonly incomplete: 'warn' | 'fail';
}

function severity(): Field<Severity> {
  const allowed = `one of ${severities.join(', ').toLowerCase()}`;
  return {
    allowed,
    parse: (given) => {
      const value = severities.find((each) => each === given.toUpperCase());
      return value === undefined ? { ok: false, allowed } : { ok: true, value };
    },
  };
}

/** `CVE-2024-3094 until 2027-01-31  # why` */
function ignoredFinding(): Field<IgnoredFinding> {
  const allowed = 'a finding and its last day, such as "CVE-2024-3094 until 2027-01-31", with a # comment';
  return {
    allowed,
    parse: (given) => {
      const match = /^(\S+)\s+until\s+(\d{4}-\d{2}-\d{2})(?:\s+#.*)?$/.exec(given);
      const day = Date.parse(`${match?.[2]}T00:00:00Z`);
      // 2027-02-30 would be read as the 2nd of March.
      const real = !Number.isNaN(day) && new Date(day).toISOString().startsWith(match![2]!);
      return match === null || !real
        ? { ok: false, allowed }
        : { ok: true, value: { name: match[1]!, until: match[2]! } };
    },
  };
}

const hour = 3_600_000;

export const scanFields = {
  'scan-gate': withDefault(choice('off', 'warn', 'fail'), 'off'),
  'scan-severity': withDefault(severity(), 'CRITICAL'),
  'scan-ignore': withDefault(list(ignoredFinding()), []),
  'scan-timeout': withDefault(duration(10_000, 2 * hour), 10 * 60_000),
  'scan-incomplete': withDefault(choice('warn', 'fail'), 'fail'),
} as const;

type ScanValues = {
  readonly [Name in keyof typeof scanFields]: (typeof scanFields)[Name] extends Field<infer V> ? V : never;
};

export function scanPolicy(given: ScanValues): ScanPolicy {
  return {
    gate: given['scan-gate'],
    threshold: given['scan-severity'],
    ignored: given['scan-ignore'],
    timeoutMs: given['scan-timeout'],
    incomplete: given['scan-incomplete'],
  };
}
