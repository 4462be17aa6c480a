/** A registry of a few lines for these tests: OCI uploads, manifests, tags, mounts, and faults on demand. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RegistryDouble {
  readonly host: string;
  readonly blobs: Map<string, Buffer>;
  /** `repository:tag` and `repository@digest` to bytes. */
  readonly manifests: Map<string, { readonly type: string; readonly bytes: Buffer }>;
  /** `METHOD path`, in order. */
  readonly requests: string[];
  /** Headers of the PATCH requests. */
  readonly uploads: { readonly length: string | undefined; readonly chunked: boolean }[];
  /** Taken from the front for each request: a status to answer, or `reset`. */
  readonly faults: (number | 'reset')[];
  readonly immutableTags: Set<string>;
  close(): Promise<void>;
}

/** With `bearer`, it hands tokens to anyone, as public registries do, and asks for one. */
export async function startRegistry(password = 'pass', bearer = false): Promise<RegistryDouble> {
  const blobs = new Map<string, Buffer>();
  const manifests: RegistryDouble['manifests'] = new Map();
  const requests: string[] = [];
  const uploads: RegistryDouble['uploads'] = [];
  const faults: RegistryDouble['faults'] = [];
  const immutableTags = new Set<string>();
  const sessions = new Map<string, Buffer>();
  let counter = 0;
  const wanted = bearer ? 'Bearer the-token' : `Basic ${Buffer.from(`AWS:${password}`).toString('base64')}`;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url!, 'http://registry');
    const fault = faults.shift();
    if (fault === 'reset') return void request.socket.destroy();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    requests.push(`${request.method} ${url.pathname}${url.search}`);
    const end = (
      status: number,
      headers: Record<string, string> = {},
      content: Buffer | string = '',
    ): void => {
      response.writeHead(status, headers);
      response.end(request.method === 'HEAD' ? '' : content);
    };
    const error = (status: number, code: string): void =>
      end(status, {}, JSON.stringify({ errors: [{ code, message: `${code} here` }] }));
    if (fault !== undefined) return error(fault, 'FAULT');
    if (bearer && url.pathname === '/token') return end(200, {}, JSON.stringify({ token: 'the-token' }));
    if (request.headers.authorization !== wanted) {
      const realm = `Bearer realm="http://${request.headers.host}/token",service="double",scope="x"`;
      return bearer ? end(401, { 'www-authenticate': realm }) : error(401, 'UNAUTHORIZED');
    }
    const [, repository, kind, rest = ''] =
      /^\/v2\/(.+?)\/(blobs\/uploads|blobs|manifests)\/(.*)$/.exec(url.pathname) ?? [];
    if (kind === 'blobs/uploads' && request.method === 'POST') {
      const mount = url.searchParams.get('mount');
      if (mount !== null && blobs.has(mount)) return end(201);
      const id = String(++counter);
      sessions.set(id, Buffer.alloc(0));
      return end(202, { location: `/v2/${repository}/blobs/uploads/${id}?state=x` });
    }
    if (kind === 'blobs/uploads' && request.method === 'PATCH') {
      uploads.push({
        length: request.headers['content-length'],
        chunked: request.headers['transfer-encoding'] === 'chunked',
      });
      sessions.set(rest, body);
      return end(202, { location: `/v2/${repository}/blobs/uploads/${rest}?state=y` });
    }
    if (kind === 'blobs/uploads' && request.method === 'PUT') {
      const content = sessions.get(rest)!;
      const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
      if (digest !== url.searchParams.get('digest')) return error(400, 'DIGEST_INVALID');
      blobs.set(digest, content);
      return end(201);
    }
    if (kind === 'blobs') {
      const blob = blobs.get(rest);
      return blob === undefined ? error(404, 'BLOB_UNKNOWN') : end(200, {}, blob);
    }
    if (kind === 'manifests' && request.method === 'PUT') {
      const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
      const type = request.headers['content-type'] ?? '';
      const held = manifests.get(`${repository}:${rest}`);
      if (immutableTags.has(rest) && held !== undefined) return error(400, 'TAG_INVALID');
      manifests.set(`${repository}@${digest}`, { type, bytes: body });
      if (!rest.startsWith('sha256:')) manifests.set(`${repository}:${rest}`, { type, bytes: body });
      return end(201);
    }
    if (kind === 'manifests') {
      const separator = rest.startsWith('sha256:') ? '@' : ':';
      const held = manifests.get(`${repository}${separator}${rest}`);
      return held === undefined
        ? error(404, 'MANIFEST_UNKNOWN')
        : end(200, { 'content-type': held.type }, held.bytes);
    }
    error(404, 'NAME_UNKNOWN');
  };
  const server: Server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    blobs,
    manifests,
    requests,
    uploads,
    faults,
    immutableTags,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
