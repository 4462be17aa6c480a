/** Writes a layer to disk as gzip, counting and hashing on the way; memory stays small. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { ImageError } from '../build-error.ts';
import type { LayerEntry } from './layer-entries.ts';
import { padding, tarEnd, tarHeader } from './tar.ts';

export interface LayerFile {
  readonly file: string;
  /** Of the compressed bytes: the blob's name. */
  readonly digest: string;
  /** Of the plain tar: `rootfs.diff_ids`. */
  readonly diffId: string;
  /** Compressed bytes. */
  readonly size: number;
}

export async function writeLayer(file: string, entries: readonly LayerEntry[]): Promise<LayerFile> {
  const plain = createHash('sha256');
  const packed = createHash('sha256');
  let size = 0;
  await pipeline(
    Readable.from(tarBytes(entries), { objectMode: false }),
    tap((chunk) => plain.update(chunk)),
    createGzip({ level: 6 }),
    steadyHeader(),
    tap((chunk) => {
      packed.update(chunk);
      size += chunk.length;
    }),
    createWriteStream(file),
  );
  return { file, digest: name(packed), diffId: name(plain), size };
}

export function openLayer(file: string): Readable {
  return createReadStream(file);
}

async function* tarBytes(entries: readonly LayerEntry[]): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    yield tarHeader(entry);
    if (entry.file === undefined || entry.size === 0) continue;
    let read = 0;
    for await (const chunk of createReadStream(entry.file)) {
      read += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
    if (read !== entry.size) {
      throw new ImageError('context', `${entry.file} changed while it was being read: build again.`);
    }
    yield padding(entry.size);
  }
  yield tarEnd;
}

function tap(see: (chunk: Buffer) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      see(chunk);
      done(null, chunk);
    },
  });
}

/** Byte 9 of gzip names the operating system: made "unknown", so that the digest is the same everywhere. */
function steadyHeader(): Transform {
  let at = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (at <= 9 && at + chunk.length > 9) {
        const copy = Buffer.from(chunk);
        copy[9 - at] = 255;
        at += chunk.length;
        return done(null, copy);
      }
      at += chunk.length;
      done(null, chunk);
    },
  });
}

function name(hash: ReturnType<typeof createHash>): string {
  return `sha256:${hash.digest('hex')}`;
}
