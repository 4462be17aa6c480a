/** Searches one layer, file by file. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
// Not by name: Node 20 has no zstd, and would not load the module.
import zlib from 'node:zlib';
import { extract } from 'tar-stream';
import { findInStream } from './find-in-stream.ts';
import type { Needle } from './needles.ts';

export interface Hit {
  /** Name of the secret. */
  readonly secret: string;
  /** Path inside the image, or what else it is: `image configuration`. */
  readonly file: string;
  /** Digest of the layer. */
  readonly layer: string;
}

export interface SearchedLayer {
  readonly hits: readonly Hit[];
  /** Hash of the plain tar: `rootfs.diff_ids` names it. */
  readonly diffId: string;
}

export type LayerFormat = 'gzip' | 'zstd' | 'tar';

/** By the first bytes; undefined for what is no layer. `head` has at least 262 bytes, or all there are. */
export function layerFormat(head: Uint8Array): LayerFormat | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd';
  return Buffer.from(head.subarray(257, 262)).toString('latin1') === 'ustar' ? 'tar' : undefined;
}

function unpacker(format: 'gzip' | 'zstd') {
  if (format === 'gzip') return zlib.createGunzip();
  if (typeof zlib.createZstdDecompress === 'function') return zlib.createZstdDecompress();
  throw new Error('Layers packed with zstd need Node 22.15 or newer here.');
}

export async function searchLayer(
  packed: Readable,
  format: LayerFormat,
  layer: string,
  needles: readonly Needle[],
): Promise<SearchedLayer> {
  const hash = createHash('sha256');
  const plain = format === 'tar' ? packed : packed.pipe(unpacker(format));
  const entries = extract();
  packed.on('error', (error) => entries.destroy(error));
  plain.on('error', (error) => entries.destroy(error));
  plain.on('data', (chunk: Buffer) => hash.update(chunk));
  plain.pipe(entries);
  const hits: Hit[] = [];
  for await (const entry of entries) {
    const { name, linkname } = entry.header;
    const inNames = Buffer.from(`${name}\n${linkname ?? ''}`);
    const found = new Set([
      ...(await findInStream(entry as AsyncIterable<Buffer>, needles)),
      ...needles.filter(({ bytes }) => inNames.includes(bytes)).map((needle) => needle.name),
    ]);
    for (const secret of found) hits.push({ secret, file: `/${name.replace(/^\.?\//, '')}`, layer });
  }
  return { hits, diffId: `sha256:${hash.digest('hex')}` };
}
