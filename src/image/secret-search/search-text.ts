/** Searches a document that is in memory. Pure. */
import type { Needle } from './needles.ts';
import type { Hit } from './search-layer.ts';

export function searchText(
  bytes: Uint8Array,
  needles: readonly Needle[],
  file: string,
  layer: string,
): readonly Hit[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = new Set(needles.filter((needle) => text.includes(needle.bytes)).map((needle) => needle.name));
  return [...found].map((secret) => ({ secret, file, layer }));
}
