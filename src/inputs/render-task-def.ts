/** Inputs of render-task-def: from raw strings to one request, or all problems at once. Pure. */
import { type TaskDefinitionRef, taskDefinitionRef } from './ecs-names.ts';
import { bool, type Field, keyValues, list, matching, optional, text, withDefault } from './field.ts';
import { checked, type InputProblem, type ParseResult, parseFields, type RawInputs } from './parse.ts';

export interface RenderRequest {
  readonly source: TaskDefinitionRef;
  readonly containerName: string | undefined;
  readonly image: string | undefined;
  /** Container name to image. */
  readonly images: ReadonlyMap<string, string>;
  readonly environment: ReadonlyMap<string, string>;
  readonly environmentRemove: readonly string[];
  /** Variable to an ARN, or to `name[:json-key[:version-stage[:version-id]]]` of a secret. */
  readonly secrets: ReadonlyMap<string, string>;
  /** CPU units as ECS takes them. */
  readonly cpu: string | undefined;
  /** MiB as ECS takes them. */
  readonly memory: string | undefined;
  readonly logGroup: string | undefined;
  readonly accountId: string | undefined;
  /** Where the definition is written; undefined: in the runner's temporary folder. */
  readonly outputPath: string | undefined;
  readonly dryRun: boolean;
  readonly reportPath: string | undefined;
}

const containerName = matching(/^[A-Za-z0-9_-]{1,255}$/, 'a container name (letters, digits, - and _)');
const imageText = matching(/^\S{1,512}$/, 'an image, without blanks');
const variable = matching(/^[^\s=]{1,512}$/, 'the name of a variable');
const secretForm =
  'the ARN of a secret or parameter, or the name of a secret, with :json-key:version-stage:version-id if need be';

/** `NAME=value` where each value has a form of its own. */
function mapOf(value: Field<string>, what: string): Field<ReadonlyMap<string, string>> {
  const pairs = keyValues();
  const allowed = `${what}, one a line, each name once; the value is ${value.allowed}`;
  return {
    allowed,
    parse: (given) => {
      const parsed = pairs.parse(given);
      if (!parsed.ok) return { ok: false, allowed: parsed.allowed.replace('NAME=value', what) };
      const values = new Map<string, string>();
      for (const [name, text] of parsed.value) {
        const one = value.parse(text.trim());
        if (!one.ok) return { ok: false, allowed: `${allowed}; that of ${name} is not` };
        values.set(name, one.value);
      }
      return { ok: true, value: values };
    },
  };
}

export const fields = {
  'task-definition': taskDefinitionRef(),
  'container-name': optional(containerName),
  image: optional(imageText),
  images: withDefault(mapOf(imageText, 'container=image'), new Map<string, string>()),
  environment: withDefault(keyValues(), new Map<string, string>()),
  'environment-remove': withDefault(list(variable), []),
  secrets: withDefault(
    mapOf(
      matching(
        /^(?:arn:[a-z-]+:(?:secretsmanager|ssm):[^:]+:[^:]+:\S+|[A-Za-z0-9/_+=.@-]{1,512}(?::[^:\s]*){0,3})$/,
        secretForm,
      ),
      'NAME=secret',
    ),
    new Map<string, string>(),
  ),
  cpu: optional(matching(/^(?:\d{3,6}|\d*\.?\d+ ?vCPU)$/i, 'CPU units such as 512, or .5 vCPU')),
  memory: optional(matching(/^(?:\d{3,7}|\d*\.?\d+ ?GB)$/i, 'MiB such as 1024, or 1 GB')),
  'log-group': optional(matching(/^[A-Za-z0-9_/.#-]{1,512}$/, 'the name of a log group')),
  'account-id': optional(matching(/^\d{12}$/, 'the 12 digits of an AWS account')),
  output: optional(text('the path of a file')),
  'dry-run': withDefault(bool(), false),
  report: optional(text('a file path')),
} as const;

export function parseRender(raw: RawInputs): ParseResult<RenderRequest> {
  const parsed = parseFields(fields, raw);
  if (!parsed.ok) return parsed;
  const given = parsed.request;
  const problems: InputProblem[] = [];
  if (given.image !== undefined && given.images.size > 0) {
    problems.push({ input: 'image', given: given.image, allowed: 'image or images, not both' });
  }
  for (const name of given.secrets.keys()) {
    if (given.environment.has(name)) {
      problems.push({
        input: 'secrets',
        given: name,
        allowed: `each name once; ${name} is in environment too`,
      });
    }
  }
  return checked(
    {
      source: given['task-definition'],
      containerName: given['container-name'],
      image: given.image,
      images: given.images,
      environment: given.environment,
      environmentRemove: given['environment-remove'],
      secrets: given.secrets,
      cpu: given.cpu,
      memory: given.memory,
      logGroup: given['log-group'],
      accountId: given['account-id'],
      outputPath: given.output,
      dryRun: given['dry-run'],
      reportPath: given.report,
    },
    problems,
  );
}
