/** The command line of `docker buildx build`, and the environment that goes with it. Pure. */
import type { BuildxOptions } from '../../inputs/buildx-fields.ts';

export interface BuildxBuild {
  /** Absolute paths. */
  readonly context: string;
  readonly dockerfile: string;
  /** `host/repository:tag` */
  readonly references: readonly string[];
  readonly platforms: readonly string[];
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly target: string | undefined;
  readonly options: BuildxOptions;
  /** `host/repository:tag` of the cache in ECR. */
  readonly cacheReference: string | undefined;
  /** BuildKit writes the digest there. */
  readonly metadataFile: string;
}

/** Where the image goes. */
export type BuildxOutput =
  | { readonly kind: 'push' }
  /** An OCI layout as a tar file. */
  | { readonly kind: 'archive'; readonly file: string }
  /** Into Docker's own store. */
  | { readonly kind: 'load'; readonly name: string };

export function getArgs(build: BuildxBuild, output: BuildxOutput = { kind: 'push' }): string[] {
  const { options } = build;
  const pushes = output.kind === 'push';
  const each = (flag: string, values: Iterable<string>): string[] =>
    [...values].flatMap((value) => [flag, value]);
  const pairs = (flag: string, values: ReadonlyMap<string, string>): string[] =>
    each(
      flag,
      [...values].map(([name, value]) => `${name}=${value}`),
    );
  return [
    'buildx',
    'build',
    ...(output.kind === 'push' ? ['--push'] : []),
    ...(output.kind === 'archive' ? ['--output', `type=oci,dest=${output.file}`] : []),
    ...(output.kind === 'load' ? ['--load', '--tag', output.name] : []),
    '--progress=plain',
    // Without attestations the manifest stays what the Dockerfile says; with them it becomes an index.
    `--provenance=${pushes ? options.provenance : 'false'}`,
    ...(options.sbom === 'false' || !pushes ? [] : [`--sbom=${options.sbom}`]),
    '--file',
    build.dockerfile,
    ...(pushes ? ['--metadata-file', build.metadataFile] : []),
    '--platform',
    build.platforms.join(','),
    ...each('--tag', pushes ? build.references : []),
    ...pairs('--build-arg', build.buildArgs),
    ...pairs('--label', build.labels),
    ...(build.target === undefined ? [] : ['--target', build.target]),
    ...each('--secret', secretFlags(options)),
    ...each('--ssh', options.ssh),
    ...each('--cache-from', [...options.cacheFrom, ...ecrCache(build.cacheReference, 'from')]),
    ...each('--cache-to', pushes ? [...options.cacheTo, ...ecrCache(build.cacheReference, 'to')] : []),
    ...(options.noCache ? ['--no-cache'] : []),
    ...each('--no-cache-filter', options.noCacheFilters),
    ...(options.pull ? ['--pull'] : []),
    ...each('--annotation', options.annotations),
    ...pairs('--build-context', options.buildContexts),
    ...each('--add-host', options.addHosts),
    ...(options.network === 'default' ? [] : ['--network', options.network]),
    ...(options.shmSize === undefined ? [] : ['--shm-size', options.shmSize]),
    ...each('--ulimit', options.ulimits),
    build.context,
  ];
}

/** Values of secrets go through the environment of the one process: not in arguments, not on disk. */
export function secretEnvironment(options: BuildxOptions): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...options.secrets.values()].map((value, index) => [secretVariable(index), value]),
  );
}

function secretFlags(options: BuildxOptions): readonly string[] {
  return [
    ...[...options.secrets.keys()].map((id, index) => `id=${id},env=${secretVariable(index)}`),
    ...[...options.secretEnvs].map(([id, name]) => `id=${id},env=${name}`),
    ...[...options.secretFiles].map(([id, path]) => `id=${id},src=${path}`),
  ];
}

function secretVariable(index: number): string {
  return `IPS_BUILD_SECRET_${index}`;
}

/**
 * ECR takes a cache only as an image manifest with OCI media types.
 * @see https://aws.amazon.com/blogs/containers/announcing-remote-cache-support-in-amazon-ecr-for-buildkit-clients/
 */
function ecrCache(reference: string | undefined, way: 'from' | 'to'): readonly string[] {
  if (reference === undefined) return [];
  return way === 'from'
    ? [`type=registry,ref=${reference}`]
    : [`type=registry,ref=${reference},mode=max,image-manifest=true,oci-mediatypes=true`];
}

/** `containerimage.digest` of the metadata file. Undefined where it has none. */
export function digestFromMetadata(text: string): string | undefined {
  const digest = (JSON.parse(text) as Record<string, unknown>)['containerimage.digest'];
  return typeof digest === 'string' && /^sha256:[a-f0-9]{64}$/.test(digest) ? digest : undefined;
}
