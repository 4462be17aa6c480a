/** Pushes a static build: layers that are missing, configurations, manifests, then the tags. */
import type { BlobSource, RegistryClient } from '../registry/client.ts';
import { putManifest } from '../registry/put-manifest.ts';
import type { BuiltLayer, Document, StaticBuild } from './build.ts';
import { openLayer } from './layer-file.ts';

export interface PushCounts {
  readonly uploaded: number;
  readonly copied: number;
  readonly mounted: number;
  readonly present: number;
}

export async function pushStatic(
  build: StaticBuild,
  registry: RegistryClient,
  repository: string,
  tags: readonly string[],
): Promise<PushCounts> {
  const counts = { uploaded: 0, copied: 0, mounted: 0, present: 0 };
  const to = { registry, repository };
  const done = new Set<string>();
  for (const image of build.images) {
    for (const layer of image.layers) {
      if (done.has(layer.descriptor.digest)) continue;
      done.add(layer.descriptor.digest);
      counts[await pushLayer(layer, registry, repository)]++;
    }
    if (!(await registry.hasBlob(repository, image.config.digest))) {
      await registry.uploadBlob(repository, blobOf(image.config));
    }
    if (build.index !== undefined) await putManifest(to, image.manifest.digest, image.manifest);
  }
  const top = build.index ?? build.images[0]!.manifest;
  for (const tag of tags) await putManifest(to, tag, top);
  return counts;
}

async function pushLayer(
  layer: BuiltLayer,
  registry: RegistryClient,
  repository: string,
): Promise<keyof PushCounts> {
  const { digest, size } = layer.descriptor;
  if (await registry.hasBlob(repository, digest)) return 'present';
  if (layer.kind === 'new') {
    await registry.uploadBlob(repository, { digest, size, open: async () => openLayer(layer.file) });
    return 'uploaded';
  }
  const sameRegistry = layer.registry.url === registry.url;
  if (sameRegistry && (await registry.mountBlob(repository, digest, layer.repository))) return 'mounted';
  await registry.uploadBlob(repository, {
    digest,
    size,
    open: () => layer.registry.blob(layer.repository, digest),
  });
  return 'copied';
}

function blobOf(document: Document): BlobSource {
  return { digest: document.digest, size: document.bytes.length, open: async () => document.bytes };
}
