/** After a good verdict: the images that serve are kept from their repositories' lifecycle policies. */
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { keepImage } from '../aws/ecr-keep-tags.ts';

const ecrImage =
  /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)\/([a-z0-9._/-]+?)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/;

/**
 * Images of other registries, and of repositories that may not be written to, keep what they have. `keep` is the
 * number of promoted images that stay in each repository; 0 does nothing.
 * @returns what could not be done, one sentence each: to be told as warnings, never as the verdict.
 */
export async function keepServingImages(
  aws: AwsCaller,
  containers: readonly Pick<ContainerDefinition, 'image'>[],
  at: number,
  keep: number,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const image of keep === 0 ? [] : new Set(containers.flatMap((each) => each.image ?? []))) {
    const match = ecrImage.exec(image);
    if (match === null) continue;
    const [, registryId = '', repositoryName = '', tag = 'latest', digest] = match;
    const wanted = digest === undefined ? { imageTag: tag } : { imageDigest: digest };
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
