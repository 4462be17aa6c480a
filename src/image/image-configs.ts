/** Reads the configuration of an image's platforms from the registry. */
import type { RegistryClient } from './registry/client.ts';
import type { ImageConfig, ImageManifest } from './static/image-config.ts';

/** Undefined where the manifest or its configuration is not there. */
export async function readImageConfig(
  registry: RegistryClient,
  repository: string,
  digest: string,
): Promise<ImageConfig | undefined> {
  const found = await registry.manifest(repository, digest);
  if (found === undefined) return undefined;
  const manifest = JSON.parse(Buffer.from(found.bytes).toString('utf8')) as Partial<ImageManifest>;
  if (manifest.config === undefined) return undefined;
  const bytes = await registry.blobBytes(repository, manifest.config.digest);
  return bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes).toString('utf8')) as ImageConfig);
}
