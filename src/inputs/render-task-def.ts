/** Inputs of render-task-def: from raw strings to one request, or all problems at once. Pure. */
import { clusterName, serviceName, type TaskDefinitionRef, taskDefinitionRef } from './ecs-names.ts';
import {
  bool,
  choice,
  type Field,
  keyValues,
  list,
  matching,
  optional,
  secret,
  text,
  withDefault,
} from './field.ts';
import { checked, type InputProblem, type ParseResult, parseFields, type RawInputs } from './parse.ts';

/** Where the definition comes from. */
export type RenderSource = TaskDefinitionRef | ServiceSource | ComposeSource;

/** What the running service has now. */
export interface ServiceSource {
  readonly kind: 'service';
  readonly cluster: string;
  readonly service: string;
}

export interface ComposeSource {
  readonly kind: 'compose';
  /** Files that are merged, in this order. */
  readonly paths: readonly string[];
  /** Services that become containers; empty: all that the profiles let through. */
  readonly services: readonly string[];
  readonly profiles: readonly string[];
  /** Files with variables for interpolation; empty: `.env` beside the first file, where there is one. */
  readonly envFiles: readonly string[];
  /** Win over the job's environment and over env files. */
  readonly variables: ReadonlyMap<string, string>;
}

export interface RenderRequest {
  readonly source: RenderSource;
  /** The running service that the result is compared with and checked against. */
  readonly service: ServiceSource | undefined;
  readonly family: string | undefined;
  readonly containerName: string | undefined;
  readonly image: string | undefined;
  /** Container name to image. */
  readonly images: ReadonlyMap<string, string>;
  readonly environment: ReadonlyMap<string, string>;
  readonly environmentRemove: readonly string[];
  /** Variable to an ARN, or to `name[:json-key[:version-stage[:version-id]]]` of a secret. */
  readonly secrets: ReadonlyMap<string, string>;
  /** YAML: container name to what is to change there. Read later, together with the definition. */
  readonly containers: string | undefined;
  /** CPU units as ECS takes them. */
  readonly cpu: string | undefined;
  /** MiB as ECS takes them. */
  readonly memory: string | undefined;
  readonly platform: 'linux/amd64' | 'linux/arm64' | undefined;
  /** Names or ARNs. */
  readonly executionRole: string | undefined;
  readonly taskRole: string | undefined;
  readonly logGroup: string | undefined;
  readonly accountId: string | undefined;
  /** What a plain value that looks like a secret is: a warning, an error, or nothing. */
  readonly plainSecrets: 'warn' | 'refuse' | 'allow';
  /** Whether images, secrets, log groups and roles are looked up: where the job has credentials, always, or never. */
  readonly checkAws: 'auto' | 'true' | 'false';
  /** The pull request of this run gets the diff as a comment. */
  readonly comment: boolean;
  readonly githubToken: string | undefined;
  /** Where the definition is written; undefined: in the runner's temporary folder. */
  readonly outputPath: string | undefined;
  readonly dryRun: boolean;
  readonly reportPath: string | undefined;
}

/** Sizes of the guide: CPU units and MiB. */
const taskSizes = {
  small: { cpu: '512', memory: '1024' },
  medium: { cpu: '1024', memory: '2048' },
  high: { cpu: '2048', memory: '4096' },
} as const;

const containerName = matching(/^[A-Za-z0-9_-]{1,255}$/, 'a container name (letters, digits, - and _)');
const imageText = matching(/^\S{1,512}$/, 'an image, without blanks');
const variable = matching(/^[^\s=]{1,512}$/, 'the name of a variable');
const roleName = matching(
  /^(?:arn:aws[a-z-]*:iam::(?:\d{12}|account-id):role\/[\w+=,.@/-]{1,512}|[\w+=,.@/-]{1,512})$/,
  'the name of a role or its ARN',
);
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
  'task-definition': optional(taskDefinitionRef()),
  'from-compose': withDefault(list(text('the path of a compose file')), []),
  'compose-services': withDefault(list(matching(/^[A-Za-z0-9._-]+$/, 'the name of a service')), []),
  'compose-profiles': withDefault(
    list(matching(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'the name of a profile')),
    [],
  ),
  'compose-env-files': withDefault(list(text('the path of an env file')), []),
  'compose-variables': withDefault(keyValues(), new Map<string, string>()),
  cluster: optional(clusterName()),
  service: optional(serviceName()),
  family: optional(matching(/^[A-Za-z0-9_-]{1,255}$/, 'a family (letters, digits, - and _)')),
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
  containers: optional(text('a map of container names, in YAML')),
  size: optional(choice('small', 'medium', 'high')),
  cpu: optional(matching(/^(?:\d{3,6}|\d*\.?\d+ ?vCPU)$/i, 'CPU units such as 512, or .5 vCPU')),
  memory: optional(matching(/^(?:\d{3,7}|\d*\.?\d+ ?GB)$/i, 'MiB such as 1024, or 1 GB')),
  platform: optional(choice('linux/amd64', 'linux/arm64')),
  'execution-role': optional(roleName),
  'task-role': optional(roleName),
  'log-group': optional(matching(/^[A-Za-z0-9_/.#-]{1,512}$/, 'the name of a log group')),
  'account-id': optional(matching(/^\d{12}$/, 'the 12 digits of an AWS account')),
  'plain-secrets': withDefault(choice('warn', 'refuse', 'allow'), 'warn' as const),
  'check-aws': withDefault(choice('auto', 'true', 'false'), 'auto' as const),
  comment: withDefault(bool(), false),
  'github-token': optional(secret(text('a token'))),
  output: optional(text('the path of a file')),
  'dry-run': withDefault(bool(), false),
  report: optional(text('a file path')),
} as const;

const noSource: InputProblem = {
  input: 'task-definition',
  given: '(nothing)',
  allowed: 'one source: task-definition, from-compose, or cluster and service',
};

export function parseRender(raw: RawInputs): ParseResult<RenderRequest> {
  const parsed = parseFields(fields, raw);
  if (!parsed.ok) {
    const isGiven = (name: string): boolean => (raw[name] ?? '').trim() !== '';
    const hasSource = ['task-definition', 'from-compose', 'service'].some(isGiven);
    return hasSource ? parsed : { ok: false, problems: [noSource, ...parsed.problems] };
  }
  const given = parsed.request;
  const problems: InputProblem[] = [];
  const refuse = (input: keyof typeof fields, text: string, allowed: string): void => {
    problems.push({ input, given: text, allowed });
  };
  if (given.image !== undefined && given.images.size > 0) {
    refuse('image', given.image, 'image or images, not both');
  }
  for (const name of given.secrets.keys()) {
    if (given.environment.has(name)) refuse('secrets', name, `each name once; ${name} is in environment too`);
  }
  if (given.size !== undefined && (given.cpu !== undefined || given.memory !== undefined)) {
    refuse('size', given.size, 'size, or cpu and memory, not both');
  }
  const { cluster, service } = given;
  if ((cluster === undefined) !== (service === undefined)) {
    const missing = cluster === undefined ? 'cluster' : 'service';
    refuse(missing, '(nothing)', 'cluster and service together');
  }
  const running: ServiceSource | undefined =
    cluster !== undefined && service !== undefined ? { kind: 'service', cluster, service } : undefined;
  const compose = given['from-compose'];
  const reference = given['task-definition'];
  if (reference !== undefined && compose.length > 0) {
    refuse('from-compose', compose.join(', '), 'task-definition or from-compose, not both');
  }
  for (const name of ['compose-services', 'compose-profiles', 'compose-env-files'] as const) {
    if (given[name].length > 0 && compose.length === 0)
      refuse(name, given[name].join(', '), 'with from-compose only');
  }
  const source: RenderSource | undefined =
    compose.length > 0
      ? {
          kind: 'compose',
          paths: compose,
          services: given['compose-services'],
          profiles: given['compose-profiles'],
          envFiles: given['compose-env-files'],
          variables: given['compose-variables'],
        }
      : (reference ?? running);
  if (source === undefined) return { ok: false, problems: [noSource, ...problems] };
  if (given.comment && given['github-token'] === undefined) {
    refuse('github-token', '(nothing)', 'a token that may write pull requests, where comment is true');
  }
  const size = given.size === undefined ? undefined : taskSizes[given.size];
  return checked(
    {
      source,
      service: running,
      family: given.family,
      containerName: given['container-name'],
      image: given.image,
      images: given.images,
      environment: given.environment,
      environmentRemove: given['environment-remove'],
      secrets: given.secrets,
      containers: given.containers,
      cpu: size?.cpu ?? given.cpu,
      memory: size?.memory ?? given.memory,
      platform: given.platform,
      executionRole: given['execution-role'],
      taskRole: given['task-role'],
      logGroup: given['log-group'],
      accountId: given['account-id'],
      plainSecrets: given['plain-secrets'],
      checkAws: given['check-aws'],
      comment: given.comment,
      githubToken: given['github-token'],
      outputPath: given.output,
      dryRun: given['dry-run'],
      reportPath: given.report,
    },
    problems,
  );
}
