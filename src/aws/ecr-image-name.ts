/**
 * Names of images in ECR: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/repository[:tag][@sha256:…]`, with FIPS and dual-stack
 * hosts. Pure.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
 */

export interface EcrHost {
  readonly registryId: string;
  readonly region: string;
}

export interface EcrImageName extends EcrHost {
  readonly repositoryName: string;
  readonly tag: string | undefined;
  /** `sha256:…`; where it is given, it decides and the tag is only said. */
  readonly digest: string | undefined;
}

const host = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/;
const path = /^([a-z0-9._/-]+?)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/;

/** Undefined for hosts of other registries. */
export function parseEcrHost(text: string): EcrHost | undefined {
  const match = host.exec(text);
  return match === null ? undefined : { registryId: match[1]!, region: match[2]! };
}

/** Undefined for images of other registries, and for what is no name of an image. */
export function parseEcrImage(image: string): EcrImageName | undefined {
  const slash = image.indexOf('/');
  const place = parseEcrHost(image.slice(0, Math.max(0, slash)));
  const match = path.exec(image.slice(slash + 1));
  if (place === undefined || match === null) return undefined;
  return { ...place, repositoryName: match[1]!, tag: match[2], digest: match[3] };
}

/** As `imageIds` names it; without tag and digest it is the one that is called latest. */
export function imageIdOf({
  tag = 'latest',
  digest,
}: EcrImageName): { readonly imageDigest: string } | { readonly imageTag: string } {
  return digest === undefined ? { imageTag: tag } : { imageDigest: digest };
}
