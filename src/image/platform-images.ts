/** The manifests of an image, one for each platform. Pure. */
import type { EcrImage } from '../aws/ecr-image.ts';
import { type ImageIndex, type ImageManifest, isIndex, platformText } from './static/image-config.ts';

export interface PlatformImage {
  /** `linux/arm64/v8` */
  readonly platform: string;
  readonly digest: string;
}

/**
 * The children of an index (attestations, whose platform is unknown, are none of them), or the image itself,
 * whose platform is the one it was asked for.
 */
export function platformImages(image: EcrImage, asked: readonly string[]): readonly PlatformImage[] {
  const manifest = JSON.parse(image.manifest) as ImageManifest & Partial<ImageIndex>;
  if (!isIndex(manifest.mediaType ?? image.mediaType)) {
    return [{ platform: asked.length === 1 ? asked[0]! : '', digest: image.digest }];
  }
  return (manifest.manifests ?? []).flatMap(({ platform, digest }) =>
    platform === undefined || platform.os === 'unknown' ? [] : [{ platform: platformText(platform), digest }],
  );
}

/** Platforms that were asked for and are not in the image. `linux/arm64` is `linux/arm64/v8`, too. */
export function missingPlatforms(
  images: readonly PlatformImage[],
  asked: readonly string[],
): readonly string[] {
  const held = images.map((each) => each.platform);
  return asked.filter(
    (one) => !held.some((each) => each === one || each.startsWith(`${one}/`) || each === ''),
  );
}
