/** Conditions of rules: checked and brought into the form in which the API hands them back. */
import type { RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../aws-error.ts';
import { validationError } from './errors.ts';

/** Where each field's values are, in the newer form. */
const configOf = {
  'host-header': 'HostHeaderConfig',
  'path-pattern': 'PathPatternConfig',
  'http-request-method': 'HttpRequestMethodConfig',
  'source-ip': 'SourceIpConfig',
} as const;

/** Values a rule may hold over all its conditions (ELB quota "Condition values per rule"). */
const maxValues = 5;

export function normaliseConditions(
  conditions: readonly RuleCondition[] | undefined,
): readonly RuleCondition[] {
  if (conditions === undefined || conditions.length === 0) {
    throw validationError('A condition must be specified');
  }
  const seen = new Set<string>();
  let count = 0;
  const normalised = conditions.map((condition) => {
    const field = condition.Field ?? inferField(condition);
    if (field !== 'http-header' && field !== 'query-string') {
      if (seen.has(field)) throw validationError(`A rule can only have one '${field}' condition`);
      seen.add(field);
    }
    const result = normaliseCondition(field, condition);
    count += valueCount(result);
    return result;
  });
  if (count > maxValues) {
    throw new AwsError(
      'TooManyUniqueConditionValues',
      `A rule can only have '${maxValues}' condition values, got '${count}'`,
    );
  }
  return normalised;
}

function inferField(condition: RuleCondition): string {
  for (const [field, config] of Object.entries(configOf)) {
    if (condition[config] !== undefined) return field;
  }
  if (condition.HttpHeaderConfig !== undefined) return 'http-header';
  if (condition.QueryStringConfig !== undefined) return 'query-string';
  throw validationError('A condition field must be specified');
}

function normaliseCondition(field: string, condition: RuleCondition): RuleCondition {
  switch (field) {
    case 'host-header':
    case 'path-pattern':
    case 'http-request-method':
    case 'source-ip': {
      const config = configOf[field];
      const values = condition[config]?.Values ?? condition.Values ?? [];
      checkValues(field, values);
      // Values is answered for the two fields that had it before the typed forms came.
      const legacy = field === 'host-header' || field === 'path-pattern' ? { Values: [...values] } : {};
      return { Field: field, ...legacy, [config]: { Values: [...values] } };
    }
    case 'http-header': {
      const name = condition.HttpHeaderConfig?.HttpHeaderName ?? '';
      if (!/^[A-Za-z0-9!#$%&'*+\-.^_`|~]{1,40}$/.test(name)) {
        throw validationError(
          `The HTTP header name '${name}' is not valid; 1 to 40 token characters are allowed`,
        );
      }
      if (name.toLowerCase() === 'host') {
        throw validationError("Use a 'host-header' condition to match the Host header");
      }
      const values = condition.HttpHeaderConfig?.Values ?? [];
      checkValues(field, values);
      return { Field: field, HttpHeaderConfig: { HttpHeaderName: name, Values: [...values] } };
    }
    case 'query-string': {
      const values = condition.QueryStringConfig?.Values ?? [];
      checkValues(
        field,
        values.map((pair) => pair.Value ?? ''),
      );
      return { Field: field, QueryStringConfig: { Values: values.map((pair) => ({ ...pair })) } };
    }
    default:
      throw validationError(
        `Condition field '${field}' must be one of '[path-pattern, host-header, http-header, ` +
          "http-request-method, query-string, source-ip]'",
      );
  }
}

function checkValues(field: string, values: readonly string[]): void {
  if (values.length === 0) throw validationError(`A condition value must be specified for '${field}'`);
  for (const value of values) {
    if (value.length === 0 || value.length > 128) {
      throw validationError(`Condition value '${value}' must be 1 to 128 characters long`);
    }
    if (field === 'source-ip' && !/^[0-9a-fA-F.:]+\/\d{1,3}$/.test(value)) {
      throw validationError(`The source IP condition value '${value}' must be a CIDR block`);
    }
    if (field === 'http-request-method' && !/^[A-Z_-]{1,40}$/.test(value)) {
      throw validationError(`The HTTP request method '${value}' is not valid; allowed: A-Z, - and _`);
    }
  }
}

function valueCount(condition: RuleCondition): number {
  return (
    condition.HostHeaderConfig?.Values?.length ??
    condition.PathPatternConfig?.Values?.length ??
    condition.HttpRequestMethodConfig?.Values?.length ??
    condition.SourceIpConfig?.Values?.length ??
    condition.HttpHeaderConfig?.Values?.length ??
    condition.QueryStringConfig?.Values?.length ??
    0
  );
}
