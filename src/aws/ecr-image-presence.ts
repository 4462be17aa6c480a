/** Whether an image that a revision ran is still there to be pulled again. */
import { AwsCallError } from './call-error.ts';
import type { AwsCaller } from './caller.ts';

export type ImagePresence =
  /** It is there, and the name still means the same image. */
  | { readonly kind: 'present' }
  /** Expired, deleted or archived. */
  | { readonly kind: 'gone'; readonly why: string }
  /** The tag now means another image than it did when the revision ran. */
  | { readonly kind: 'moved'; readonly why: string }
  /** Not in ECR, or not ours to look into. */
  | { readonly kind: 'unchecked'; readonly why: string };

const ecrImage =
  /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)\/([a-z0-9._/-]+?)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/;

/** `digest` is what the revision's tasks really ran, where ECS knows it. */
export async function readImagePresence(
  aws: AwsCaller,
  image: string,
  digest: string | undefined,
  signal?: AbortSignal,
): Promise<ImagePresence> {
  const match = ecrImage.exec(image);
  if (match === null) return { kind: 'unchecked', why: 'it is not in ECR' };
  const [, registryId, , repositoryName, tag, pinned] = match;
  const wanted = pinned === undefined ? { imageTag: tag ?? 'latest' } : { imageDigest: pinned };
  try {
    const answer = await aws.call(
      'ecr:DescribeImages',
      { registryId, repositoryName, imageIds: [wanted] },
      signal,
    );
    const detail = answer.imageDetails?.[0];
    if (detail === undefined) return { kind: 'gone', why: `${image} is not in ECR any more` };
    if (/ARCHIVED/.test((detail as { imageStatus?: string }).imageStatus ?? '')) {
      return { kind: 'gone', why: `${image} is archived in ECR` };
    }
    const same = pinned !== undefined || digest === undefined || detail.imageDigest === digest;
    if (same) return { kind: 'present' };
    const now = (detail.imageDigest ?? '').slice(0, 19);
    return { kind: 'moved', why: `the tag of ${image} means another image now (${now}…)` };
  } catch (error) {
    if (!(error instanceof AwsCallError) || error.retryable || error.kind === 'credentials') throw error;
    if (error.kind === 'not-found') return { kind: 'gone', why: `${image} is not in ECR any more` };
    return { kind: 'unchecked', why: `${error.operation}: ${error.code}` };
  }
}
