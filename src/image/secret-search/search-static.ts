/** Searches what the builder without Docker has made; the base image is not its work. */
import type { StaticBuild } from '../static/build.ts';
import { openLayer } from '../static/layer-file.ts';
import type { Needle } from './needles.ts';
import type { SearchedImage } from './search-archive.ts';
import { type Hit, searchLayer } from './search-layer.ts';
import { searchText } from './search-text.ts';

export async function searchStatic(build: StaticBuild, needles: readonly Needle[]): Promise<SearchedImage> {
  const hits: Hit[] = [];
  const diffIds = new Set<string>();
  for (const image of build.images) {
    const { digest, bytes } = image.config;
    hits.push(...searchText(bytes, needles, 'image configuration', digest));
    for (const layer of image.layers) {
      if (layer.kind !== 'new') continue;
      const searched = await searchLayer(openLayer(layer.file), 'gzip', layer.descriptor.digest, needles);
      diffIds.add(searched.diffId);
      hits.push(...searched.hits);
    }
  }
  return { hits, diffIds };
}
