/** Images of an ECR repository, by tag or digest. */
import { createHash } from 'node:crypto';
import type { AwsCaller } from './caller.ts';

export interface EcrImage {
  readonly digest: string;
  readonly mediaType: string;
  /** The exact bytes: their hash is the digest. */
  readonly manifest: string;
}

/** ECR rewrites a manifest whose type is not accepted, and its digest with it: all are named. */
export const acceptedMediaTypes: string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** Tags to images; tags that do not exist are left out. At most 100 tags. */
export async function readEcrImages(
  aws: AwsCaller,
  repository: string,
  tags: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, EcrImage>> {
  const answer = await aws.call(
    'ecr:BatchGetImage',
    {
      repositoryName: repository,
      imageIds: tags.map((imageTag) => ({ imageTag })),
      acceptedMediaTypes,
    },
    signal,
  );
  const failure = (answer.failures ?? []).find((each) => each.failureCode !== 'ImageNotFound');
  if (failure !== undefined) {
    throw new Error(
      `ecr:BatchGetImage: ${failure.imageId?.imageTag ?? ''}: ${failure.failureCode}: ${failure.failureReason ?? ''}`,
    );
  }
  const images = new Map<string, EcrImage>();
  for (const image of answer.images ?? []) {
    const tag = image.imageId?.imageTag;
    if (tag === undefined) continue;
    const manifest = image.imageManifest ?? '';
    images.set(tag, {
      digest: image.imageId?.imageDigest ?? digestOf(manifest),
      mediaType: image.imageManifestMediaType ?? '',
      manifest,
    });
  }
  return images;
}

/** Those of `digests` that the repository holds. At most 100. */
export async function readEcrDigests(
  aws: AwsCaller,
  repository: string,
  digests: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  if (digests.length === 0) return new Set();
  const { images = [] } = await aws.call(
    'ecr:BatchGetImage',
    {
      repositoryName: repository,
      imageIds: digests.map((imageDigest) => ({ imageDigest })),
      acceptedMediaTypes,
    },
    signal,
  );
  return new Set(images.flatMap((image) => image.imageId?.imageDigest ?? []));
}

export function digestOf(manifest: string): string {
  return `sha256:${createHash('sha256').update(manifest, 'utf8').digest('hex')}`;
}
