/**
 * What an image was built from, as one hash, kept as a label: an immutable tag whose image has the same one needs no
 * second build. The base image's content is not part of it (a tag of a base may move): the sources are.
 */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { BuildxOptions } from '../inputs/buildx-fields.ts';
import { openContent, openContext, readDockerfile, walk } from './static/context.ts';

export const inputsLabel = 'io.github.ips-deploy-actions.inputs';

export interface FingerprintInputs {
  /** Absolute paths. */
  readonly context: string;
  readonly dockerfile: string;
  readonly target: string | undefined;
  readonly platforms: readonly string[];
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly buildx: Pick<BuildxOptions, 'annotations' | 'buildContexts' | 'provenance' | 'sbom'>;
  /** Relative build contexts mean this folder. */
  readonly workspace: string;
}

export async function fingerprint(inputs: FingerprintInputs): Promise<string> {
  const hash = createHash('sha256');
  const line = (...parts: readonly (string | number)[]): void => {
    hash.update(`${JSON.stringify(parts)}\n`);
  };
  line('dockerfile', await readDockerfile(inputs.dockerfile));
  line('target', inputs.target ?? '');
  line('platforms', ...[...inputs.platforms].sort());
  for (const [name, value] of [...inputs.buildArgs].sort(byName)) line('build-arg', name, value);
  for (const [name, value] of [...inputs.labels].sort(byName)) line('label', name, value);
  const { annotations, buildContexts, provenance, sbom } = inputs.buildx;
  for (const annotation of annotations) line('annotation', annotation);
  if (provenance !== 'false' || sbom !== 'false') line('attest', provenance, sbom);
  const contexts = [['', inputs.context] as const, ...[...buildContexts].sort(byName)];
  for (const [name, place] of contexts) {
    if (name !== '') line('build-context', name, place);
    // Images, git and other addresses stand for themselves, as the base image does.
    if (/^[a-z-]+:\/\/|^git@/.test(place)) continue;
    const context = await openContext(resolve(inputs.workspace, place), inputs.dockerfile);
    for (const entry of await walk(context)) {
      // The repository's own folder changes with every fetch, and is no source.
      if (entry.path === '.git' || entry.path.startsWith('.git/')) continue;
      line(entry.type, entry.path, entry.mode, entry.size, entry.linkTarget ?? '');
      if (entry.type !== 'file') continue;
      for await (const chunk of openContent(entry)) hash.update(chunk);
    }
  }
  return `sha256:${hash.digest('hex')}`;
}

function byName([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
