/** After a good verdict: the images that serve are kept from their repositories' lifecycle policies. */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { keepImage } from '../aws/ecr-keep-tags.ts';

export interface ServingImage {
  /** As in the task definition. */
  readonly image: string;
  /** What the tasks run; undefined where ECS does not say. */
  readonly digest: string | undefined;
}

const ecrImage =
  /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)\/([a-z0-9._/-]+?)(?::[\w.-]+)?(?:@(sha256:[0-9a-f]{64}))?$/;

/**
 * Images of other registries, and of repositories that may not be written to, keep what they have.
 * @returns what could not be done, one sentence each: to be told as warnings, never as the verdict.
 */
export async function keepServingImages(
  aws: AwsCaller,
  images: readonly ServingImage[],
  at: number,
  keep: number,
): Promise<readonly string[]> {
  const problems: string[] = [];
  const done = new Set<string>();
  for (const { image, digest } of keep === 0 ? [] : images) {
    const match = ecrImage.exec(image);
    const wanted = match?.[3] ?? digest;
    if (match === null || wanted === undefined) continue;
    const [, registryId, repositoryName] = match as unknown as [string, string, string];
    if (done.has(`${repositoryName}@${wanted}`)) continue;
    done.add(`${repositoryName}@${wanted}`);
    try {
      await keepImage(aws, { registryId, repositoryName }, wanted, at, keep);
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      problems.push(
        `${image} is not kept from the lifecycle policy of its repository: ${error.operation}: ${error.reason}`,
      );
    }
  }
  return problems;
}
