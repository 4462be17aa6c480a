/** What the registry holds now is the truth, not what a builder said. */
import { digestOf, type EcrImage, readEcrDigests, readEcrImages } from '../aws/ecr-image.ts';
import { ImageError } from './build-error.ts';
import type { BuildJob } from './job.ts';
import { missingPlatforms, platformImages } from './platform-images.ts';
import type { PushedImage } from './result.ts';

/** A read may lag the push a little. */
const attempts = 5;
const pauseMs = 1000;

/** `asked` are the platforms it has to have; empty for an image that was made elsewhere. */
export async function verifyPushed(
  job: BuildJob,
  digest: string,
  asked: readonly string[],
): Promise<PushedImage> {
  const { plan, repository } = job;
  const { clock, runner } = job.ports;
  for (let attempt = 1; ; attempt++) {
    const images = await readEcrImages(job.aws, repository.name, plan.tags, runner.cancelled);
    const wrong = plan.tags.find((tag) => {
      const image = images.get(tag);
      return image === undefined || image.digest !== digest || digestOf(image.manifest) !== digest;
    });
    const image = images.get(plan.tags[0]!);
    if (wrong === undefined && image !== undefined) return verifyPlatforms(job, image, asked);
    if (attempt >= attempts || runner.cancelled.aborted) {
      const held = images.get(wrong ?? '')?.digest ?? 'nothing';
      throw new ImageError(
        'digest-differs',
        `After the push, tag ${wrong} of ${repository.name} holds ${held}, not ${digest}: another run may have written it.`,
      );
    }
    await clock.sleep(pauseMs, runner.cancelled);
  }
}

/** Each platform that was asked for has to be in it, and its manifest in the registry. */
async function verifyPlatforms(
  job: BuildJob,
  image: EcrImage,
  asked: readonly string[],
): Promise<PushedImage> {
  const { plan, repository } = job;
  const { digest } = image;
  const platforms = platformImages(image, asked);
  const missing = missingPlatforms(platforms, asked);
  if (missing.length > 0) {
    throw new ImageError(
      'platform-missing',
      `${plan.repository}@${digest} holds ${platforms.map((each) => each.platform).join(', ')}, not ${missing.join(', ')}.`,
    );
  }
  const children = platforms.map((each) => each.digest).filter((each) => each !== digest);
  const held = await readEcrDigests(job.aws, repository.name, children, job.ports.runner.cancelled);
  const lost = platforms.find((each) => each.digest !== digest && !held.has(each.digest));
  if (lost !== undefined) {
    throw new ImageError(
      'platform-missing',
      `The index ${digest} names ${lost.digest} for ${lost.platform}, which ECR does not hold.`,
    );
  }
  job.event('image.verified', 'info', `ECR holds ${digest} under ${plan.tags.join(', ')}.`);
  return { reference: `${repository.uri}@${digest}`, digest, tags: plan.tags, platforms };
}
