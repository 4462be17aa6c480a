/** Searches an image archive (an OCI layout, or what `docker save` writes) before it goes to a registry. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import type { Needle } from './needles.ts';
import { type Hit, layerFormat, searchLayer } from './search-layer.ts';
import { searchText } from './search-text.ts';

export interface SearchedImage {
  readonly hits: readonly Hit[];
  /** Of all layers that were searched. */
  readonly diffIds: ReadonlySet<string>;
}

/** Manifests and configurations are small; more than this is a layer or nothing that an image has. */
const documentLimitBytes = 16 * 1024 * 1024;

export async function searchArchive(file: string, needles: readonly Needle[]): Promise<SearchedImage> {
  const archive = extract();
  const source = createReadStream(file);
  source.on('error', (error) => archive.destroy(error));
  source.pipe(archive);
  const hits: Hit[] = [];
  const diffIds = new Set<string>();
  for await (const entry of archive) {
    if (entry.header.type !== 'file') {
      entry.resume();
      continue;
    }
    const { name } = entry.header;
    const { head, whole } = await peek(entry as AsyncIterable<Buffer>);
    const format = layerFormat(head);
    const layer = layerName(name);
    if (format !== undefined) {
      const searched = await searchLayer(whole, format, layer, needles);
      hits.push(...searched.hits);
      diffIds.add(searched.diffId);
    } else if ((entry.header.size ?? 0) <= documentLimitBytes) {
      hits.push(...searchText(await bytesOf(whole), needles, 'image configuration', layer));
    } else {
      throw new Error(`${name} in the image archive is neither a layer nor a document.`);
    }
  }
  return { hits, diffIds };
}

/** `blobs/sha256/<hex>` to a digest, `<id>/layer.tar` to its id. */
function layerName(path: string): string {
  const blob = /blobs\/sha256\/([0-9a-f]{64})$/.exec(path)?.[1];
  return blob === undefined ? path.replace(/\/layer\.tar$/, '') : `sha256:${blob}`;
}

/** The first bytes, and a stream that still has all of them. */
async function peek(
  entry: AsyncIterable<Buffer>,
): Promise<{ readonly head: Buffer; readonly whole: Readable }> {
  const iterator = entry[Symbol.asyncIterator]();
  const chunks: Buffer[] = [];
  let length = 0;
  let ended = false;
  while (length < 512 && !ended) {
    const next = await iterator.next();
    if (next.done) ended = true;
    else {
      chunks.push(next.value);
      length += next.value.length;
    }
  }
  const head = Buffer.concat(chunks);
  async function* all(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    while (!ended) {
      const next = await iterator.next();
      if (next.done) break;
      yield next.value;
    }
  }
  return { head, whole: Readable.from(all(), { objectMode: false }) };
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
