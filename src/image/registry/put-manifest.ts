/** Puts a manifest under a tag or digest; an immutable tag that already holds exactly this is what was wanted. */
import { ImageError } from '../build-error.ts';
import type { FetchedManifest, RegistryClient } from './client.ts';

export interface RepositoryAt {
  readonly registry: RegistryClient;
  readonly repository: string;
}

export async function putManifest(
  to: RepositoryAt,
  reference: string,
  manifest: FetchedManifest,
): Promise<void> {
  const { registry, repository } = to;
  const { status, reason } = await registry.putManifest(
    repository,
    reference,
    manifest.mediaType,
    manifest.bytes,
  );
  if (status < 300) return;
  const held = await registry.manifest(repository, reference);
  if (held?.digest === manifest.digest) return;
  if (held !== undefined) {
    throw new ImageError(
      'tag-taken',
      `Tag ${reference} of ${repository} is immutable and holds ${held.digest}; this image is ${manifest.digest}. Give another tag, or build the same sources.`,
    );
  }
  throw new ImageError(
    'registry-answer',
    `The registry refuses ${repository}:${reference} (${status}: ${reason}).`,
  );
}
