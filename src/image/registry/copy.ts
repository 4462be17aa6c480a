/**
 * Copies an image from one repository to another as it is: the same bytes under the same digests, attestations
 * included. What is there already is not moved again.
 */
import { ImageError } from '../build-error.ts';
import { type Descriptor, type ImageIndex, type ImageManifest, isIndex } from '../static/image-config.ts';
import type { FetchedManifest } from './client.ts';
import { putManifest, type RepositoryAt } from './put-manifest.ts';

export interface CopyCounts {
  readonly copied: number;
  readonly mounted: number;
  readonly present: number;
}

/** Answers how many layers and configurations moved. Rejects with ImageError where a tag holds something else. */
export async function copyImage(
  from: RepositoryAt,
  to: RepositoryAt,
  digest: string,
  tags: readonly string[],
): Promise<CopyCounts> {
  const top = await fetchManifest(from, digest);
  const counts = { copied: 0, mounted: 0, present: 0 };
  await copyContent(from, to, top, counts);
  for (const tag of tags) await putManifest(to, tag, top);
  return counts;
}

async function copyContent(
  from: RepositoryAt,
  to: RepositoryAt,
  manifest: FetchedManifest,
  counts: { copied: number; mounted: number; present: number },
): Promise<void> {
  const parsed = JSON.parse(Buffer.from(manifest.bytes).toString('utf8')) as Partial<
    ImageManifest & ImageIndex
  >;
  if (isIndex(parsed.mediaType ?? manifest.mediaType)) {
    for (const child of parsed.manifests ?? []) {
      await copyContent(from, to, await fetchManifest(from, child.digest), counts);
    }
  } else {
    for (const blob of [...(parsed.layers ?? []), ...(parsed.config === undefined ? [] : [parsed.config])]) {
      counts[await copyBlob(from, to, blob)]++;
    }
  }
  await putManifest(to, manifest.digest, manifest);
}

async function copyBlob(
  from: RepositoryAt,
  to: RepositoryAt,
  { digest, size }: Descriptor,
): Promise<keyof CopyCounts> {
  if (await to.registry.hasBlob(to.repository, digest)) return 'present';
  const sameRegistry = from.registry.url === to.registry.url;
  if (sameRegistry && (await to.registry.mountBlob(to.repository, digest, from.repository))) return 'mounted';
  await to.registry.uploadBlob(to.repository, {
    digest,
    size,
    open: () => from.registry.blob(from.repository, digest),
  });
  return 'copied';
}

async function fetchManifest(from: RepositoryAt, reference: string): Promise<FetchedManifest> {
  const found = await from.registry.manifest(from.repository, reference);
  if (found !== undefined) return found;
  throw new ImageError('image-not-found', `${from.repository}@${reference} is not in ${from.registry.url}.`);
}
