/**
 * The lab's image registry: the OCI distribution API 1.1 over HTTP on loopback, as docker, buildx, crane and
 * oras speak it. Basic authentication with ECR's tokens. Manifests and rights come from a `ManifestStore`.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { AwsError } from '../../world/aws-error.ts';
import type { Principal } from '../../world/service.ts';
import type { Endpoint } from '../endpoints.ts';
import { listen } from '../load-balancer/load-balancers.ts';
import { type BlobStore, digestPattern } from './blob-store.ts';
import { beginUpload, continueUpload, finishUpload, uploadStatus } from './blob-uploads.ts';
import type { ManifestStore } from './manifest-store.ts';
import { deleteManifest, getManifest, listReferrers, listTags, putManifest } from './manifests.ts';
import { Referrers } from './referrers.ts';
import { fromAwsError, RegistryError } from './registry-error.ts';

export interface RegistryExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly repository: string;
  readonly store: ManifestStore;
  readonly blobs: BlobStore;
  readonly principal: Principal;
  readonly referrers: Referrers;
}

export interface RegistryServerOptions {
  readonly store: ManifestStore;
  readonly blobs: BlobStore;
  /** 0 takes any free port. */
  readonly port?: number;
  readonly host?: string;
  /** `user:password` of the lab itself: may pull everything, push nothing. */
  readonly pullCredentials?: string;
}

const repositoryPattern =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

/** The lab's own Docker engine. */
const self: Principal = { kind: 'root', arn: 'lab', name: 'lab' };

export class RegistryServer {
  readonly #options: RegistryServerOptions;
  readonly #server: http.Server;
  readonly #sockets = new Set<Socket>();
  readonly #referrers = new Referrers();
  endpoint: Endpoint | undefined;

  constructor(options: RegistryServerOptions) {
    this.#options = options;
    this.#server = http.createServer({ requestTimeout: 0 }, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => refuse(request, response, error));
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  async start(): Promise<Endpoint> {
    await this.#options.blobs.open();
    const host = this.#options.host ?? '127.0.0.1';
    await listen(this.#server, host, this.#options.port ?? 0, 'the image registry');
    this.endpoint = { host, port: (this.#server.address() as AddressInfo).port };
    return this.endpoint;
  }

  async close(): Promise<void> {
    if (this.endpoint === undefined) return;
    this.endpoint = undefined;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://registry');
    response.setHeader('docker-distribution-api-version', 'registry/2.0');
    if (url.pathname !== '/v2' && !url.pathname.startsWith('/v2/')) {
      throw new RegistryError(404, 'UNSUPPORTED', 'This is an image registry: its API is below /v2/.');
    }
    const principal = this.#authenticate(request);
    const path = decodeURIComponent(url.pathname.slice('/v2/'.length));
    if (path === '') {
      response.setHeader('content-type', 'application/json').end('{}');
      return;
    }
    const route = /^(.+)\/(blobs\/uploads|blobs|manifests|tags|referrers)(?:\/([^/]*))?$/.exec(path);
    const [, repository = '', kind = '', reference = ''] = route ?? [];
    if (route === null) throw new RegistryError(404, 'UNSUPPORTED', `There is no API at /v2/${path}.`);
    const { store, blobs } = this.#options;
    if (!repositoryPattern.test(repository) || repository.length > 255) {
      throw new RegistryError(400, 'NAME_INVALID', `Invalid repository name: '${repository}'.`);
    }
    if (!store.repositoryExists(repository)) {
      const message = `The repository with name '${repository}' does not exist in the registry.`;
      throw new RegistryError(404, 'NAME_UNKNOWN', message);
    }
    const isWrite = !['GET', 'HEAD'].includes(request.method ?? 'GET');
    const denied =
      principal === self
        ? undefined
        : store.authorizeRegistry(principal, isWrite ? 'push' : 'pull', repository);
    if (denied !== undefined) throw fromAwsError(denied);
    const exchange = {
      request,
      response,
      query: url.searchParams,
      repository,
      store,
      blobs,
      principal,
      referrers: this.#referrers,
    };
    await dispatch(exchange, kind, reference);
  }

  #authenticate(request: IncomingMessage): Principal {
    const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(' ');
    const credentials =
      scheme.toLowerCase() === 'basic' ? Buffer.from(value, 'base64').toString('utf8') : undefined;
    const isRead = ['GET', 'HEAD'].includes(request.method ?? 'GET');
    if (credentials !== undefined && credentials === this.#options.pullCredentials && isRead) return self;
    const principal =
      credentials === undefined ? undefined : this.#options.store.verifyRegistryToken(credentials);
    if (principal !== undefined) return principal;
    throw new RegistryError(
      401,
      'UNAUTHORIZED',
      credentials === undefined
        ? 'Not Authorized: log in with the token of GetAuthorizationToken.'
        : 'Your authorization token is wrong or has expired. Reauthenticate and try again.',
      { 'www-authenticate': 'Basic realm="ecr",service="ecr.amazonaws.com"' },
    );
  }
}

async function dispatch(exchange: RegistryExchange, kind: string, reference: string): Promise<void> {
  const method = exchange.request.method ?? 'GET';
  switch (`${kind} ${method === 'HEAD' ? 'GET' : method}`) {
    case 'blobs GET':
      return sendBlob(exchange, reference);
    case 'blobs/uploads POST':
      return beginUpload(exchange);
    case 'blobs/uploads GET':
      return uploadStatus(exchange, reference);
    case 'blobs/uploads PATCH':
      return continueUpload(exchange, reference);
    case 'blobs/uploads PUT':
      return finishUpload(exchange, reference);
    case 'blobs/uploads DELETE':
      await exchange.blobs.cancelUpload(reference.replaceAll('/', ''));
      exchange.response.writeHead(204).end();
      return;
    case 'manifests GET':
      return getManifest(exchange, reference);
    case 'manifests PUT':
      return putManifest(exchange, reference);
    case 'manifests DELETE':
      return deleteManifest(exchange, reference);
    case 'tags GET':
      return listTags(exchange);
    case 'referrers GET':
      return listReferrers(exchange, reference);
    default:
      throw new RegistryError(405, 'UNSUPPORTED', `${method} is not supported on ${kind}.`);
  }
}

async function sendBlob(exchange: RegistryExchange, digest: string): Promise<void> {
  const { request, response, blobs, store, repository } = exchange;
  if (!digestPattern.test(digest)) {
    throw new RegistryError(400, 'DIGEST_INVALID', `Invalid digest: '${digest}'.`);
  }
  const size = store.hasBlob(repository, digest) ? await blobs.size(digest) : undefined;
  if (size === undefined) {
    throw new RegistryError(404, 'BLOB_UNKNOWN', `The layer with digest '${digest}' does not exist.`);
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = range === null ? 0 : Number(range[1]);
  const end = range === null || range[2] === '' ? size - 1 : Math.min(size - 1, Number(range[2]));
  if (range !== null && (start >= size || end < start)) {
    throw new RegistryError(416, 'SIZE_INVALID', 'The range is outside of the blob.', {
      'content-range': `bytes */${size}`,
    });
  }
  response.writeHead(range === null ? 200 : 206, {
    'content-type': 'application/octet-stream',
    'content-length': Math.max(0, end - start + 1),
    'docker-content-digest': digest,
    'accept-ranges': 'bytes',
    ...(range === null ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  if (request.method === 'HEAD' || size === 0) {
    response.end();
    return;
  }
  await pipeline(blobs.stream(digest, { start, end }), response);
}

function refuse(request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
  const error = thrown instanceof AwsError ? fromAwsError(thrown) : thrown;
  request.resume();
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  if (error instanceof RegistryError) {
    response.writeHead(error.status, { 'content-type': 'application/json', ...error.headers });
    response.end(request.method === 'HEAD' ? undefined : error.body);
    return;
  }
  const code = (error as NodeJS.ErrnoException).code;
  const message =
    code === 'ENOSPC' ? "The disk of the lab's registry is full." : 'The registry failed: see its log.';
  response.writeHead(500, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code: 'UNKNOWN', message, detail: { code } }] }));
}
