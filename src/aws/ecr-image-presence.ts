/** Whether an image that a revision ran is still there to be pulled again. */
import type { DescribeImagesRequest, ImageDetail } from '@aws-sdk/client-ecr';
import { AwsCallError } from './call-error.ts';
import type { AwsCaller } from './caller.ts';
import { acceptedMediaTypes } from './ecr-image.ts';
import { imageIdOf, parseEcrImage } from './ecr-image-name.ts';

export type ImagePresence =
  /** It is there, and the name still means the same image. */
  | { readonly kind: 'present' }
  /** Expired, deleted or archived. */
  | { readonly kind: 'gone'; readonly why: string }
  /** The tag now means another image than it did when the revision ran. */
  | { readonly kind: 'moved'; readonly why: string }
  /** Not in ECR, or not ours to look into. */
  | { readonly kind: 'unchecked'; readonly why: string };

/** Whether the image can be pulled, whatever its tag meant before. */
export async function readImageExistence(
  aws: AwsCaller,
  image: string,
  signal?: AbortSignal,
): Promise<ImagePresence> {
  return (await find(aws, image, signal)).presence;
}

/** `digest` is what the revision's tasks really ran, where ECS knows it. */
export async function readImagePresence(
  aws: AwsCaller,
  image: string,
  digest: string | undefined,
  signal?: AbortSignal,
): Promise<ImagePresence> {
  const { presence, named, detail } = await find(aws, image, signal);
  if (presence.kind !== 'present' || named === undefined || detail === undefined) return presence;
  const isPinned = named.imageIds?.[0]?.imageDigest !== undefined;
  if (isPinned || digest === undefined || detail.imageDigest === digest) return presence;
  try {
    // Of an image for several platforms ECS may have told the digest of the one it ran.
    if (await holds(aws, named, detail, digest, signal)) return presence;
    const now = (detail.imageDigest ?? '').slice(0, 19);
    return { kind: 'moved', why: `the tag of ${image} means another image now (${now}…)` };
  } catch (error) {
    return uncheckedOr(error);
  }
}

interface Found {
  readonly presence: ImagePresence;
  readonly named?: Pick<DescribeImagesRequest, 'registryId' | 'repositoryName' | 'imageIds'>;
  readonly detail?: ImageDetail;
}

async function find(aws: AwsCaller, image: string, signal: AbortSignal | undefined): Promise<Found> {
  const name = parseEcrImage(image);
  if (name === undefined) return { presence: { kind: 'unchecked', why: 'it is not in ECR' } };
  const { registryId, repositoryName } = name;
  const named = { registryId, repositoryName, imageIds: [imageIdOf(name)] };
  try {
    const detail = await describeImage(aws, named, signal);
    if (detail === undefined) {
      // ECR keeps quiet about archived images unless it is asked for them.
      const hidden = await describeImage(aws, { ...named, filter: { imageStatus: 'ANY' } }, signal).catch(
        (error: unknown) => {
          if (error instanceof AwsCallError && error.kind === 'rejected') return undefined;
          throw error;
        },
      );
      const why = hidden === undefined ? `${image} is not in ECR any more` : archived(image, hidden);
      return { presence: { kind: 'gone', why } };
    }
    if ((detail.imageStatus ?? 'ACTIVE') !== 'ACTIVE') {
      return { presence: { kind: 'gone', why: archived(image, detail) } };
    }
    return { presence: { kind: 'present' }, named, detail };
  } catch (error) {
    return { presence: uncheckedOr(error) };
  }
}

function uncheckedOr(error: unknown): ImagePresence {
  if (!(error instanceof AwsCallError) || error.retryable || error.kind === 'credentials') throw error;
  return { kind: 'unchecked', why: `${error.operation}: ${error.code}` };
}

/** Whether it is an index with that image in it. */
async function holds(
  aws: AwsCaller,
  named: Pick<DescribeImagesRequest, 'registryId' | 'repositoryName' | 'imageIds'>,
  detail: ImageDetail,
  digest: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!/index|manifest\.list/.test(detail.imageManifestMediaType ?? '')) return false;
  const { registryId, repositoryName, imageIds } = named;
  const answer = await aws.call(
    'ecr:BatchGetImage',
    { registryId, repositoryName, imageIds, acceptedMediaTypes },
    signal,
  );
  const { manifests = [] } = JSON.parse(answer.images?.[0]?.imageManifest ?? '{}') as {
    readonly manifests?: readonly { readonly digest?: string }[];
  };
  return manifests.some((each) => each.digest === digest);
}

/** Undefined where ECR knows no such image, or no such repository. */
async function describeImage(
  aws: AwsCaller,
  input: DescribeImagesRequest,
  signal: AbortSignal | undefined,
): Promise<ImageDetail | undefined> {
  try {
    return (await aws.call('ecr:DescribeImages', input, signal)).imageDetails?.[0];
  } catch (error) {
    if (error instanceof AwsCallError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

function archived(image: string, detail: ImageDetail): string {
  return detail.imageStatus === 'ACTIVATING'
    ? `${image} is on its way back from the archive of ECR`
    : `${image} is archived in ECR`;
}
