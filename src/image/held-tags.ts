/** What immutable tags already hold, and what that means for a build. */

import type { AwsCaller } from '../aws/caller.ts';
import { type EcrImage, readEcrImages } from '../aws/ecr-image.ts';
import { type EcrRepository, isImmutableTag } from '../aws/ecr-repository.ts';
import { ImageError } from './build-error.ts';
import { inputsLabel } from './fingerprint.ts';
import { readImageConfig } from './image-configs.ts';
import { platformImages } from './platform-images.ts';
import type { RegistryClient } from './registry/client.ts';

export interface HeldTag {
  readonly tag: string;
  readonly image: EcrImage;
  /** The label with the hash of its sources; undefined for images of other tools. */
  readonly inputs: string | undefined;
}

/** The immutable ones of `tags` that exist. */
export async function readHeldTags(
  aws: AwsCaller,
  registry: RegistryClient,
  repository: EcrRepository,
  tags: readonly string[],
): Promise<readonly HeldTag[]> {
  const immutable = tags.filter((tag) => isImmutableTag(repository, tag));
  if (immutable.length === 0) return [];
  const images = await readEcrImages(aws, repository.name, immutable);
  const held: HeldTag[] = [];
  for (const [tag, image] of images) {
    held.push({ tag, image, inputs: await readInputsLabel(registry, repository.name, image) });
  }
  return held;
}

export type TagDecision =
  /** No tag stands in the way. */
  | { readonly kind: 'build' }
  /** The tags that are there hold another tool's image: only an equal digest will do. */
  | { readonly kind: 'build-and-compare' }
  /** The image is there already. */
  | { readonly kind: 'reuse'; readonly image: EcrImage; readonly from: string };

/** Pure. Throws ImageError where a tag is taken by something else. */
export function decideOnTags(held: readonly HeldTag[], inputs: string, canCompare: boolean): TagDecision {
  const taken = held.find((each) => each.inputs !== inputs && (each.inputs !== undefined || !canCompare));
  if (taken !== undefined) {
    const why =
      taken.inputs === undefined
        ? 'does not say what it was built from'
        : 'was built from other sources or build arguments';
    throw new ImageError(
      'tag-taken',
      `Tag ${taken.tag} is immutable and holds ${taken.image.digest}, which ${why}. Give another tag.`,
    );
  }
  const digests = new Set(held.map((each) => each.image.digest));
  const [same] = held.filter((each) => each.inputs === inputs);
  if (same !== undefined && digests.size > 1) {
    throw new ImageError(
      'tag-taken',
      `The immutable tags ${held.map((each) => each.tag).join(' and ')} hold different images: no single image can have them all.`,
    );
  }
  if (same !== undefined) return { kind: 'reuse', image: same.image, from: same.tag };
  return held.length === 0 ? { kind: 'build' } : { kind: 'build-and-compare' };
}

async function readInputsLabel(
  registry: RegistryClient,
  repository: string,
  image: EcrImage,
): Promise<string | undefined> {
  const [first] = platformImages(image, []);
  if (first === undefined) return undefined;
  const config = await readImageConfig(registry, repository, first.digest);
  return config?.config?.Labels?.[inputsLabel];
}
