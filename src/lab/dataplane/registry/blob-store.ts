/** Blobs on disk by digest, one folder for the whole registry; uploads are files until their digest is proved. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, type ReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export const digestPattern = /^sha256:[0-9a-f]{64}$/;

export function sha256(content: Buffer | string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

export class BlobStore {
  readonly #folder: string;
  readonly #uploads = new Map<string, { size: number; busy: boolean }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(): Promise<void> {
    await mkdir(join(this.#folder, 'blobs'), { recursive: true });
    await mkdir(join(this.#folder, 'uploads'), { recursive: true });
  }

  /** Size in bytes; undefined where there is no such blob. */
  async size(digest: string): Promise<number | undefined> {
    if (!digestPattern.test(digest)) return undefined;
    return stat(this.#blobPath(digest)).then(
      (found) => found.size,
      () => undefined,
    );
  }

  /** `end` is included, as in a Range header. */
  stream(digest: string, range?: { readonly start: number; readonly end: number }): ReadStream {
    return createReadStream(this.#blobPath(digest), range);
  }

  async read(digest: string): Promise<Buffer> {
    return readFile(this.#blobPath(digest));
  }

  /** Stores bytes at once, as the lab's own base image does. Gives their digest. */
  async add(content: Buffer): Promise<string> {
    const digest = sha256(content);
    const temporary = join(this.#folder, 'uploads', randomUUID());
    await writeFile(temporary, content);
    await rename(temporary, this.#blobPath(digest));
    return digest;
  }

  async beginUpload(): Promise<string> {
    const id = randomUUID();
    await writeFile(this.#uploadPath(id), '');
    this.#uploads.set(id, { size: 0, busy: false });
    return id;
  }

  /** Bytes received so far; undefined for an unknown upload. */
  uploadSize(id: string): number | undefined {
    return this.#uploads.get(id)?.size;
  }

  /** Appends what the request brings; gives the new size. One writer at a time. */
  async append(id: string, body: Readable): Promise<number> {
    const upload = this.#uploads.get(id);
    if (upload === undefined || upload.busy) throw new Error('The upload is unknown or being written.');
    upload.busy = true;
    try {
      const file = createWriteStream(this.#uploadPath(id), { flags: 'a' });
      await pipeline(body, file);
      upload.size += file.bytesWritten;
      return upload.size;
    } finally {
      upload.busy = false;
    }
  }

  /** Makes a blob of the upload. False, and the upload gone, when the bytes have another digest. */
  async finishUpload(id: string, digest: string): Promise<boolean> {
    const hash = createHash('sha256');
    await pipeline(createReadStream(this.#uploadPath(id)), hash);
    this.#uploads.delete(id);
    if (`sha256:${hash.digest('hex')}` !== digest) {
      await rm(this.#uploadPath(id), { force: true });
      return false;
    }
    await rename(this.#uploadPath(id), this.#blobPath(digest));
    return true;
  }

  async cancelUpload(id: string): Promise<void> {
    this.#uploads.delete(id);
    await rm(this.#uploadPath(id), { force: true });
  }

  #blobPath(digest: string): string {
    if (!digestPattern.test(digest)) throw new Error(`Not a sha256 digest: ${digest.slice(0, 100)}`);
    return join(this.#folder, 'blobs', digest.slice('sha256:'.length));
  }

  #uploadPath(id: string): string {
    return join(this.#folder, 'uploads', id);
  }
}
