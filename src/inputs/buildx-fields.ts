/**
 * Inputs that are handed on to `docker buildx build`, by the names that docker/build-push-action gave them. Pure.
 * @see https://docs.docker.com/reference/cli/docker/buildx/build/
 */
import { bool, choice, type Field, keyValues, list, matching, optional, text, withDefault } from './field.ts';

/** Only buildx knows these; the builder without Docker refuses them. */
export interface BuildxOptions {
  /** BuildKit secrets by id: they reach RUN --mount=type=secret, and neither arguments nor image. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Id to the name of an environment variable of the step. */
  readonly secretEnvs: ReadonlyMap<string, string>;
  /** Id to a path. */
  readonly secretFiles: ReadonlyMap<string, string>;
  readonly ssh: readonly string[];
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
  /** An ECR repository for the build cache; undefined: no cache of that kind. */
  readonly cacheRepository: string | undefined;
  readonly noCache: boolean;
  readonly noCacheFilters: readonly string[];
  readonly pull: boolean;
  /** `false`, `true` or `mode=max,…` */
  readonly provenance: string;
  readonly sbom: string;
  readonly annotations: readonly string[];
  readonly buildContexts: ReadonlyMap<string, string>;
  readonly addHosts: readonly string[];
  readonly network: 'default' | 'none' | 'host';
  readonly shmSize: string | undefined;
  readonly ulimits: readonly string[];
}

const line = (allowed: string): Field<string> => text(allowed);
const attest = (what: string): Field<string> =>
  matching(
    /^(true|false|[a-z-]+=[^\s,]+(,[a-z-]+=[^\s,]+)*)$/,
    `true, false, or the parameters of ${what} such as mode=max`,
  );

/** One entry a line; commas belong to the entry. */
function lines<T>(item: Field<T>): Field<readonly T[]> {
  const inner = list(item);
  return { ...inner, parse: (given) => inner.parse(`${given}\n`) };
}

export function buildxFields(repositoryName: RegExp) {
  return {
    secrets: { ...withDefault(keyValues(), new Map<string, string>()), secret: true },
    'secret-envs': withDefault(keyValues(), new Map<string, string>()),
    'secret-files': withDefault(keyValues(), new Map<string, string>()),
    ssh: withDefault(lines(line('default, or id=socket or key')), []),
    'cache-from': withDefault(lines(line('a source of buildx, such as type=gha')), []),
    'cache-to': withDefault(lines(line('a target of buildx, such as type=gha,mode=max')), []),
    'cache-repository': optional(matching(repositoryName, 'the name of an ECR repository')),
    'no-cache': withDefault(bool(), false),
    'no-cache-filters': withDefault(list(matching(/^[A-Za-z0-9._-]+$/, 'the name of a stage')), []),
    pull: withDefault(bool(), false),
    provenance: withDefault(attest('provenance'), 'false'),
    sbom: withDefault(attest('sbom'), 'false'),
    annotations: withDefault(lines(line('name=value, with a type such as index: before it')), []),
    'build-contexts': withDefault(keyValues(), new Map<string, string>()),
    'add-hosts': withDefault(
      list(matching(/^[^\s:=]+[:=][0-9A-Fa-f.:[\]]+$|^[^\s:=]+[:=]host-gateway$/, 'host:address')),
      [],
    ),
    network: withDefault(choice('default', 'none', 'host'), 'default'),
    'shm-size': optional(matching(/^\d+[bkmgBKMG]?$/, 'a size such as 128m')),
    ulimit: withDefault(list(matching(/^[a-z]+=-?\d+(:-?\d+)?$/, 'name=soft:hard')), []),
  } as const;
}

type BuildxValues = {
  readonly [Name in keyof ReturnType<typeof buildxFields>]: ReturnType<
    typeof buildxFields
  >[Name] extends Field<infer V>
    ? V
    : never;
};

export function buildxOptions(given: BuildxValues): BuildxOptions {
  return {
    secrets: given.secrets,
    secretEnvs: given['secret-envs'],
    secretFiles: given['secret-files'],
    ssh: given.ssh,
    cacheFrom: given['cache-from'],
    cacheTo: given['cache-to'],
    cacheRepository: given['cache-repository'],
    noCache: given['no-cache'],
    noCacheFilters: given['no-cache-filters'],
    pull: given.pull,
    provenance: given.provenance,
    sbom: given.sbom,
    annotations: given.annotations,
    buildContexts: given['build-contexts'],
    addHosts: given['add-hosts'],
    network: given.network,
    shmSize: given['shm-size'],
    ulimits: given.ulimit,
  };
}

/** Inputs that were given and that the builder without Docker cannot honour. */
export function onlyBuildx(options: BuildxOptions): readonly string[] {
  const given: readonly (readonly [string, boolean])[] = [
    ['secrets', options.secrets.size > 0],
    ['secret-envs', options.secretEnvs.size > 0],
    ['secret-files', options.secretFiles.size > 0],
    ['ssh', options.ssh.length > 0],
    ['provenance', options.provenance !== 'false'],
    ['sbom', options.sbom !== 'false'],
    ['annotations', options.annotations.length > 0],
    ['build-contexts', options.buildContexts.size > 0],
  ];
  return given.filter(([, is]) => is).map(([name]) => name);
}
