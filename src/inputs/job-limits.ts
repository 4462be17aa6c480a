/** How long a job lasts, as far as it is known: its time-out, and the life of its credentials. */
import { type Field, integer, optional } from './field.ts';

export const jobLimitFields = {
  'job-timeout-minutes': optional(integer(1, 4320)),
  'credentials-end': optional(instant()),
};

export interface JobLimits {
  readonly jobTimeoutMs: number | undefined;
  /** Epoch milliseconds; undefined: not known, or they are renewed. */
  readonly credentialsEndAt: number | undefined;
}

export function jobLimitsOf(given: {
  readonly 'job-timeout-minutes': number | undefined;
  readonly 'credentials-end': number | undefined;
  readonly 'role-to-assume': string | undefined;
}): JobLimits {
  const minutes = given['job-timeout-minutes'];
  return {
    jobTimeoutMs: minutes === undefined ? undefined : minutes * 60_000,
    // Credentials that are renewed do not end.
    credentialsEndAt: given['role-to-assume'] === undefined ? given['credentials-end'] : undefined,
  };
}

/** An instant as ISO 8601, as `aws-actions/configure-aws-credentials` puts it out. */
function instant(): Field<number> {
  const allowed = 'a time such as 2026-11-26T12:00:00Z';
  return {
    allowed,
    parse: (given) => {
      const value = /^\d{4}-\d\d-\d\dT/.test(given) ? Date.parse(given) : Number.NaN;
      return Number.isNaN(value) ? { ok: false, allowed } : { ok: true, value };
    },
  };
}
