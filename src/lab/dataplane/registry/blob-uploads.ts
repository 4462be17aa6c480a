/** Blob uploads: POST opens (or does it all at once, or mounts), PATCH appends, PUT closes with a digest. */
import { digestPattern } from './blob-store.ts';
import { RegistryError } from './registry-error.ts';
import type { RegistryExchange } from './registry-server.ts';

export async function beginUpload(exchange: RegistryExchange): Promise<void> {
  const { query, blobs, store } = exchange;
  const mount = query.get('mount');
  const from = query.get('from');
  if (mount !== null && digestPattern.test(mount)) {
    // Without `from` any repository of the registry may lend the blob, as the specification allows.
    const lent = from === null || store.hasBlob(from, mount) ? await blobs.size(mount) : undefined;
    if (lent !== undefined) {
      created(exchange, mount, lent);
      return;
    }
  }
  const id = await blobs.beginUpload();
  const digest = query.get('digest');
  if (digest !== null) {
    await finishUpload(exchange, id);
    return;
  }
  accepted(exchange, id, 0);
}

export async function uploadStatus(exchange: RegistryExchange, id: string): Promise<void> {
  const size = knownUpload(exchange, id);
  exchange.response.writeHead(204, uploadHeaders(exchange, id, size)).end();
}

export async function continueUpload(exchange: RegistryExchange, id: string): Promise<void> {
  const size = knownUpload(exchange, id);
  const range = /^(?:bytes[ =])?(\d+)-(\d+)/.exec(exchange.request.headers['content-range'] ?? '');
  if (range !== null && Number(range[1]) !== size) {
    throw new RegistryError(416, 'BLOB_UPLOAD_INVALID', `The upload goes on at byte ${size}.`, {
      ...uploadHeaders(exchange, id, size),
    });
  }
  accepted(exchange, id, await exchange.blobs.append(id, exchange.request));
}

export async function finishUpload(exchange: RegistryExchange, id: string): Promise<void> {
  const { query, blobs, request } = exchange;
  knownUpload(exchange, id);
  const digest = query.get('digest') ?? '';
  if (!digestPattern.test(digest)) {
    throw new RegistryError(400, 'DIGEST_INVALID', `Invalid digest: '${digest}'.`);
  }
  const size = await blobs.append(id, request);
  if (!(await blobs.finishUpload(id, digest))) {
    throw new RegistryError(
      400,
      'DIGEST_INVALID',
      `The uploaded bytes do not have the digest '${digest}' that was given.`,
    );
  }
  created(exchange, digest, size);
}

function knownUpload(exchange: RegistryExchange, id: string): number {
  const size = exchange.blobs.uploadSize(id);
  if (size === undefined) throw new RegistryError(404, 'BLOB_UPLOAD_UNKNOWN', 'There is no such upload.');
  return size;
}

function created({ response, store, repository }: RegistryExchange, digest: string, size: number): void {
  store.noteBlob(repository, digest, size);
  response.writeHead(201, {
    location: `/v2/${repository}/blobs/${digest}`,
    'docker-content-digest': digest,
    'content-length': 0,
  });
  response.end();
}

function accepted(exchange: RegistryExchange, id: string, size: number): void {
  exchange.response.writeHead(202, { ...uploadHeaders(exchange, id, size), 'content-length': 0 });
  exchange.response.end();
}

function uploadHeaders(exchange: RegistryExchange, id: string, size: number): Record<string, string> {
  return {
    location: `/v2/${exchange.repository}/blobs/uploads/${id}`,
    'docker-upload-uuid': id,
    range: `0-${Math.max(0, size - 1)}`,
  };
}
