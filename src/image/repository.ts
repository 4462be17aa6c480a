/** The repositories of a build: found, or made on wish. */
import {
  createEcrRepository,
  type EcrRepository,
  isImmutableTag,
  readEcrRepository,
} from '../aws/ecr-repository.ts';
import { ImageError } from './build-error.ts';
import type { Job } from './job.ts';

/** The one tag of a build cache. */
export const cacheTag = 'buildcache';

export async function findOrMakeRepository(
  job: Job,
  name: string,
  use: 'images' | 'cache',
  /** What has to be well before anything is made. */
  before: () => Promise<unknown> = async () => undefined,
): Promise<EcrRepository> {
  const { cancelled } = job.ports.runner;
  const found = await readEcrRepository(job.aws, name, cancelled);
  if (found !== undefined) {
    if (use === 'cache' && isImmutableTag(found, cacheTag)) {
      throw new ImageError(
        'tag-taken',
        `The cache repository ${name} has immutable tags: a build cache needs one that can move.`,
      );
    }
    return found;
  }
  await before();
  if (!job.request.createRepository) {
    throw new ImageError(
      'repository-not-found',
      `The ECR repository ${name} does not exist. Set create-repository: true, or make it first.`,
    );
  }
  const made = await createEcrRepository(job.aws, name, use, cancelled);
  job.event(
    'image.repository-created',
    'notice',
    use === 'images'
      ? `Made the repository ${name}: immutable tags, scan on push, the last 10 images kept.`
      : `Made the repository ${name} for the build cache.`,
  );
  return made;
}
