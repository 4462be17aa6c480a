/**
 * Required members that are missing, answered in the words of AWS's validation. The schemas carry what is
 * required (the first members, by count) but no lengths and patterns: those are the operations' matter.
 */
import type { NormalizedSchema } from '@smithy/core/schema';
import { AwsError } from '../world/aws-error.ts';
import type { ServiceId } from '../world/service.ts';

const REQUIRED_COUNT_INDEX = 6;
const MEMBER_NAMES_INDEX = 4;

function requiredOf(schema: NormalizedSchema): ReadonlySet<string> {
  const raw = schema.getSchema() as readonly unknown[];
  const count = Number(raw[REQUIRED_COUNT_INDEX] ?? 0);
  return new Set((raw[MEMBER_NAMES_INDEX] as readonly string[]).slice(0, count));
}

/** AWS names members in its own code's style: `targetGroupArn`, `actions.1.member.type`. */
function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function collect(schema: NormalizedSchema, value: unknown, path: string, missing: string[]): void {
  if (schema.isStructSchema()) {
    const given = value as Readonly<Record<string, unknown>>;
    const required = requiredOf(schema);
    for (const [name, member] of schema.structIterator()) {
      const part = given[name];
      const partPath = path === '' ? lowerFirst(name) : `${path}.${lowerFirst(name)}`;
      if (part !== undefined) collect(member, part, partPath, missing);
      else if (required.has(name) && !member.isIdempotencyToken()) missing.push(partPath);
    }
  } else if (schema.isListSchema()) {
    const item = schema.getValueSchema();
    (value as readonly unknown[]).forEach((part, index) => {
      collect(item, part, `${path}.${index + 1}.member`, missing);
    });
  } else if (schema.isMapSchema()) {
    const item = schema.getValueSchema();
    for (const [key, part] of Object.entries(value as object))
      collect(item, part, `${path}.${key}.member`, missing);
  }
}

/** The code under which each service reports invalid input. */
const VALIDATION_CODE: Readonly<Record<ServiceId, string>> = {
  ecs: 'InvalidParameterException',
  ecr: 'InvalidParameterException',
  logs: 'InvalidParameterException',
  secretsmanager: 'ValidationException',
  ssm: 'ValidationException',
  'application-autoscaling': 'ValidationException',
  elasticloadbalancing: 'ValidationError',
  cloudwatch: 'ValidationError',
  sns: 'ValidationError',
  sts: 'ValidationError',
  iam: 'ValidationError',
};

/** Undefined when every required member is there. */
export function missingMembersError(
  service: ServiceId,
  schema: NormalizedSchema,
  input: unknown,
): AwsError | undefined {
  const missing: string[] = [];
  collect(schema, input, '', missing);
  if (missing.length === 0) return undefined;
  const list = missing.map(
    (path) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`,
  );
  const count = `${missing.length} validation error${missing.length === 1 ? '' : 's'} detected`;
  return new AwsError(VALIDATION_CODE[service], `${count}: ${list.join('; ')}`);
}
