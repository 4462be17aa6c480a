/** Inputs of build-push-ecr: from raw strings to one request, or all problems at once. Pure. */
import { type BuildxOptions, buildxFields, buildxOptions, onlyBuildx } from './buildx-fields.ts';
import {
  bool,
  choice,
  type Field,
  integer,
  keyValues,
  list,
  matching,
  optional,
  text,
  withDefault,
} from './field.ts';
import { type ImageSource, imageSource, type PushDestination, pushDestination } from './image-places.ts';
import { knownSecrets } from './known-secrets.ts';
import { checked, type InputProblem, type ParseResult, parseFields, type RawInputs } from './parse.ts';
import { type ScanPolicy, scanFields, scanPolicy } from './scan-fields.ts';

export interface BuildPushRequest {
  readonly repository: string;
  /** Host to push to instead of the account's own registry; images keep ECR's name. */
  readonly registryHost: string | undefined;
  /** As given: relative to the workspace. */
  readonly context: string;
  /** As given: relative to the workspace; undefined is `<context>/Dockerfile`. */
  readonly file: string | undefined;
  readonly tagTemplates: readonly string[];
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly target: string | undefined;
  readonly platforms: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  readonly builder: 'auto' | 'buildx' | 'static';
  readonly buildx: BuildxOptions;
  readonly createRepository: boolean;
  readonly pushAttempts: number;
  /** An image that is taken over as it is, in place of a build. */
  readonly promoteFrom: ImageSource | undefined;
  readonly alsoPushTo: readonly PushDestination[];
  readonly scan: ScanPolicy;
  /** Name to value: what the image must not hold. */
  readonly searchForSecrets: ReadonlyMap<string, string>;
  /** Name to value of `#{NAME}#`. */
  readonly placeholders: ReadonlyMap<string, string>;
  /** As given: relative to the workspace. */
  readonly placeholderFiles: readonly string[];
  readonly dryRun: boolean;
  readonly reportPath: string | undefined;
}

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const repositoryName = new RegExp(`^(?=.{2,256}$)${component}(?:/${component})*$`);
const platform = matching(
  /^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9.]+)?$/,
  'a platform such as linux/amd64 or linux/arm64',
);
const tagTemplate = matching(
  /^(?:[A-Za-z0-9._-]|\{(?:sha|sha7|ref|date|run|version|major|major\.minor)\})+$/,
  'a tag of letters, digits, "_", "." and "-", with {sha}, {sha7}, {ref}, {date}, {run}, {version}, {major} or {major.minor} in it',
);
const registryHost = matching(
  /^(?:[A-Za-z0-9.-]+\.[A-Za-z]{2,}|localhost|127\.0\.0\.1)(?::\d{1,5})?$/,
  'a host with an optional port, without "https://" and without a path',
);

/** Each list at least one entry long. */
function some<T>(field: Field<readonly T[]>): Field<readonly T[]> {
  return {
    ...field,
    parse: (given) => {
      const parsed = field.parse(given);
      return parsed.ok && parsed.value.length === 0 ? { ok: false, allowed: field.allowed } : parsed;
    },
  };
}

export const fields = {
  repository: matching(
    repositoryName,
    'the name of an ECR repository: lower case letters, digits, "-", "_", "." and "/", 2 to 256 of them',
  ),
  registry: optional(registryHost),
  context: withDefault(text('a folder'), '.'),
  file: optional(text('the path of a Dockerfile')),
  tags: withDefault(some(list(tagTemplate)), ['{sha}']),
  'build-args': withDefault(keyValues(), new Map()),
  target: optional(matching(/^[A-Za-z0-9._-]+$/, 'the name of a stage')),
  platforms: withDefault(some(list(platform)), ['linux/amd64']),
  labels: withDefault(keyValues(), new Map()),
  builder: withDefault(choice('auto', 'buildx', 'static'), 'auto'),
  ...buildxFields(repositoryName),
  'create-repository': withDefault(bool(), false),
  'push-attempts': withDefault(integer(1, 10), 4),
  'promote-from': optional(imageSource()),
  'also-push-to': withDefault(list(pushDestination()), []),
  ...scanFields,
  'search-for-secrets': withDefault(knownSecrets(), new Map()),
  placeholders: withDefault(keyValues(), new Map()),
  'placeholder-files': withDefault(list(text('a path')), []),
  'dry-run': withDefault(bool(), false),
  report: optional(text('the path of a file')),
} as const;

export function parseBuildPush(raw: RawInputs): ParseResult<BuildPushRequest> {
  const parsed = parseFields(fields, raw);
  if (!parsed.ok) return parsed;
  const given = parsed.request;
  const problems: InputProblem[] = [];
  const twice = given.platforms.find((each, index) => given.platforms.indexOf(each) !== index);
  if (twice !== undefined) {
    problems.push({
      input: 'platforms',
      given: given.platforms.join(', '),
      allowed: `each platform once; ${twice} is there twice`,
    });
  }
  const options = buildxOptions(given);
  if (given.builder === 'static') {
    for (const input of onlyBuildx(options)) {
      problems.push({ input, given: '(something)', allowed: 'nothing, because builder is static' });
    }
  }
  for (const [id, path] of [...options.secrets, ...options.secretEnvs, ...options.secretFiles]) {
    if (/^[\w.-]+$/.test(id) && path !== '') continue;
    const input = options.secrets.has(id)
      ? 'secrets'
      : options.secretEnvs.has(id)
        ? 'secret-envs'
        : 'secret-files';
    problems.push({ input, given: id, allowed: 'an id of letters, digits, "_", "." and "-", with a value' });
  }
  if (given.placeholders.size > 0 && given['placeholder-files'].length === 0) {
    problems.push({
      input: 'placeholder-files',
      given: '(nothing)',
      allowed: 'the files with the placeholders, because placeholders is given',
    });
  }
  if (options.cacheRepository === given.repository) {
    problems.push({
      input: 'cache-repository',
      given: options.cacheRepository,
      allowed: 'a repository of its own: a lifecycle rule that counts images would count the cache, too',
    });
  }
  return checked(
    {
      repository: given.repository,
      registryHost: given.registry,
      context: given.context,
      file: given.file,
      tagTemplates: given.tags,
      buildArgs: given['build-args'],
      target: given.target,
      platforms: given.platforms,
      labels: given.labels,
      builder: given.builder,
      buildx: options,
      createRepository: given['create-repository'],
      pushAttempts: given['push-attempts'],
      promoteFrom: given['promote-from'],
      alsoPushTo: given['also-push-to'],
      scan: scanPolicy(given),
      searchForSecrets: given['search-for-secrets'],
      placeholders: given.placeholders,
      placeholderFiles: given['placeholder-files'],
      dryRun: given['dry-run'],
      reportPath: given.report,
    },
    problems,
  );
}
