/** Image manifests and indexes: media types, and what they refer to. */
import { AwsError } from '../aws-error.ts';

export const mediaTypes = {
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
} as const;

export interface ManifestContent {
  readonly mediaType: string;
  readonly artifactMediaType: string | undefined;
  /** Config and layers. Empty for an index. */
  readonly blobs: readonly { readonly digest: string; readonly size: number }[];
  /** Manifests that an index refers to. */
  readonly children: readonly string[];
}

interface Descriptor {
  readonly digest?: unknown;
  readonly size?: unknown;
  readonly mediaType?: unknown;
}

function blob(value: unknown): { digest: string; size: number } | undefined {
  const { digest, size } = (value ?? {}) as Descriptor;
  return typeof digest === 'string' ? { digest, size: typeof size === 'number' ? size : 0 } : undefined;
}

/**
 * @param declared media type given beside the manifest; the manifest's own otherwise
 * @throws AwsError InvalidParameterException for what is not a manifest
 */
export function readManifest(bytes: string | Uint8Array, declared: string | undefined): ManifestContent {
  const invalid = (why: string) =>
    new AwsError(
      'InvalidParameterException',
      `Invalid parameter at 'imageManifest' failed to satisfy constraint: '${why}'`,
    );
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes));
  } catch {
    throw invalid('Invalid JSON syntax');
  }
  if (typeof value !== 'object' || value === null) throw invalid('Invalid JSON syntax');
  const list = Array.isArray(value['manifests']) ? value['manifests'] : undefined;
  const layers = Array.isArray(value['layers']) ? value['layers'] : undefined;
  if (list === undefined && layers === undefined) throw invalid('Manifest has neither layers nor manifests');
  const own = typeof value['mediaType'] === 'string' ? value['mediaType'] : undefined;
  const config = value['config'] as Descriptor | undefined;
  return {
    mediaType: declared ?? own ?? (list === undefined ? mediaTypes.ociManifest : mediaTypes.ociIndex),
    artifactMediaType: typeof config?.mediaType === 'string' ? config.mediaType : undefined,
    blobs: list === undefined ? [config, ...(layers ?? [])].map(blob).filter((one) => one !== undefined) : [],
    children: (list ?? []).map((one) => blob(one)?.digest).filter((one) => one !== undefined),
  };
}
