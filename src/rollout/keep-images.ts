/** After a good verdict: the images that serve are kept from their repositories' lifecycle policies. */
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { type EcrImageName, imageIdOf, parseEcrImage } from '../aws/ecr-image-name.ts';
import { keepImage } from '../aws/ecr-keep-tags.ts';

/** Repositories that are written to at once. */
const atOnce = 4;

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
  if (keep === 0) return [];
  // Images of one repository one after the other: each releases tags by what it finds there.
  const byRepository = new Map<string, Map<string, EcrImageName>>();
  for (const { image = '' } of containers) {
    const name = parseEcrImage(image);
    if (name === undefined) continue;
    const place = `${name.registryId}/${name.repositoryName}`;
    byRepository.set(place, (byRepository.get(place) ?? new Map()).set(image, name));
  }
  const problems: string[] = [];
  const waiting = [...byRepository.values()];
  const work = async (): Promise<void> => {
    for (let images = waiting.shift(); images !== undefined; images = waiting.shift()) {
      for (const [image, name] of images) {
        const problem = await keepOne(aws, image, name, at, keep);
        if (problem !== undefined) problems.push(problem);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return problems;
}

async function keepOne(
  aws: AwsCaller,
  image: string,
  name: EcrImageName,
  at: number,
  keep: number,
): Promise<string | undefined> {
  const { registryId, repositoryName } = name;
  try {
    await keepImage(aws, { registryId, repositoryName }, imageIdOf(name), at, keep);
    return undefined;
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return `${image} is not kept from the lifecycle policy of its repository: ${error.operation}: ${error.reason}`;
  }
}
