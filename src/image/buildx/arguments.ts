/** The command line of `docker buildx build`. Pure. */

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
  /** BuildKit writes the digest there. */
  readonly metadataFile: string;
}

export function getArgs(build: BuildxBuild): string[] {
  return [
    'buildx',
    'build',
    '--push',
    '--progress=plain',
    // The manifest stays what the Dockerfile says: attestations would turn it into an index.
    '--provenance=false',
    '--file',
    build.dockerfile,
    '--metadata-file',
    build.metadataFile,
    '--platform',
    build.platforms.join(','),
    ...build.references.flatMap((reference) => ['--tag', reference]),
    ...[...build.buildArgs].flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...[...build.labels].flatMap(([name, value]) => ['--label', `${name}=${value}`]),
    ...(build.target === undefined ? [] : ['--target', build.target]),
    build.context,
  ];
}

/** `containerimage.digest` of the metadata file. Undefined where it has none. */
export function digestFromMetadata(text: string): string | undefined {
  const digest = (JSON.parse(text) as Record<string, unknown>)['containerimage.digest'];
  return typeof digest === 'string' && /^sha256:[a-f0-9]{64}$/.test(digest) ? digest : undefined;
}
