/**
 * The lab's one port: every AWS service of the world, GitHub's REST API and OIDC provider, and the lab's
 * own paths. The world stays behind `call`; here is only HTTP.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../user-error.ts';
import type { ApiRequest, ApiResult } from '../world/service.ts';
import type { CredentialStore } from './authenticate.ts';
import { type AwsEndpointSettings, answerAws } from './aws-endpoint.ts';
import {
  answerGitHub,
  answerLab,
  answerOidc,
  GITHUB_PREFIX,
  type GitHubApi,
  jsonResponse,
  type LabHandlers,
} from './http-answers.ts';
import { readRequest } from './read-request.ts';
import { createRequestIds } from './request-ids.ts';
import { createTokenIssuer, type OidcSettings, type TokenIssuer } from './web-identity.ts';
import type { WireRequest, WireResponse } from './wire-request.ts';

export interface WireServerOptions {
  /** The world's door. May be asynchronous; what it throws becomes InternalFailure. */
  call(request: ApiRequest): ApiResult | Promise<ApiResult>;
  readonly credentials: CredentialStore;
  /** Virtual now, epoch milliseconds. */
  now(): number;
  readonly region: string;
  /** `127.0.0.1` when left out. */
  readonly host?: string | undefined;
  /** 0 (any free one) when left out. */
  readonly port?: number | undefined;
  /** The real clock, for clients that live in real time. */
  realNow?(): number;
  /** How long an answer's virtual delay really takes; the same when left out. */
  toRealMs?(virtualMs: number): number;
  readonly github?: GitHubApi | undefined;
  readonly oidc?: OidcSettings | undefined;
  /** To share one issuer's key with other parts; a new one when left out. */
  readonly tokenIssuer?: TokenIssuer | undefined;
  readonly lab?: LabHandlers | undefined;
  /** Next request id; a counter in UUID form when left out, so that two runs give the same ids. */
  nextRequestId?(): string;
  /** Told of defects only. */
  log?(message: string): void;
}

export interface WireServer {
  /** Resolves when the port is open; rejects with one clear sentence when it cannot be opened. */
  listen(): Promise<void>;
  /** Finishes open requests for at most `graceMs` real milliseconds, then cuts what is left. */
  close(graceMs?: number): Promise<void>;
  /** `http://127.0.0.1:4566`; only after `listen`. */
  readonly url: string;
  readonly port: number;
  readonly tokenIssuer: TokenIssuer;
}

const DEFAULT_GRACE_MS = 1000;
/** Longer than clients keep idle connections (SDK v3: until the server closes; botocore: 60 s pools). */
const KEEP_ALIVE_MS = 75_000;
const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (/^(::ffff:)?127\./.test(address) || address === '::1');
}

export function createWireServer(options: WireServerOptions): WireServer {
  const host = options.host ?? '127.0.0.1';
  const log = options.log ?? (() => {});
  const toRealMs = options.toRealMs ?? ((virtualMs: number) => virtualMs);
  const nextRequestId = options.nextRequestId ?? createRequestIds();
  const tokenIssuer = options.tokenIssuer ?? createTokenIssuer();
  const aws: AwsEndpointSettings = {
    call: (request) => options.call(request),
    credentials: options.credentials,
    region: options.region,
    startedAtMs: options.now(),
    now: () => options.now(),
    realNow: () => options.realNow?.() ?? Date.now(),
    log,
  };

  const send = (reply: ServerResponse, response: WireResponse, requestId: string): void => {
    if (reply.destroyed || reply.headersSent) return;
    reply.sendDate = false;
    reply.writeHead(response.status, {
      ...response.headers,
      date: new Date(options.now()).toUTCString(),
      'x-amzn-requestid': requestId,
      ...(response.status === 204 ? {} : { 'content-length': Buffer.byteLength(response.body) }),
    });
    reply.end(response.body);
  };

  /** Paths beside AWS; undefined where the request is AWS's. */
  const answerOther = (request: WireRequest, socket: Socket): WireResponse | undefined => {
    const { path } = request;
    if (request.method === 'OPTIONS') return { status: 204, headers: { allow: ALLOWED_METHODS }, body: '' };
    if (path === GITHUB_PREFIX || path.startsWith(`${GITHUB_PREFIX}/`))
      return answerGitHub(request, options.github);
    if (path === '/oidc/token' || path === '/.well-known/jwks')
      return answerOidc(request, options.oidc, tokenIssuer);
    if (path.startsWith('/_lab/'))
      return answerLab(request, isLoopback(socket.remoteAddress), options.lab ?? {}, options.now());
    return undefined;
  };

  const serve = async (message: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const requestId = nextRequestId();
    const outcome = await readRequest(message);
    if (outcome.kind === 'aborted') return;
    if (outcome.kind === 'too-large') {
      // What still comes is thrown away, so that the client gets to read the answer.
      message.resume();
      const text = 'Request size exceeded 10485760 bytes.';
      const body = { __type: 'RequestEntityTooLargeException', message: text };
      send(reply, jsonResponse(413, body, { connection: 'close' }), requestId);
      return;
    }
    if (outcome.kind === 'bad-encoding') {
      const text = `The body is not in the content encoding '${outcome.encoding}', or the lab cannot read that.`;
      const body = { __type: 'SerializationException', message: text };
      send(reply, jsonResponse(400, body), requestId);
      return;
    }
    const { request } = outcome;
    const other = answerOther(request, message.socket);
    if (other !== undefined) {
      send(reply, other, requestId);
      return;
    }
    const answer = await answerAws(request, requestId, aws);
    const waitMs = answer.delayMs > 0 ? toRealMs(answer.delayMs) : 0;
    if (waitMs > 0) await sleep(waitMs, undefined, { ref: false });
    if (answer.kind === 'reset') message.socket.resetAndDestroy();
    else send(reply, answer.response, requestId);
  };

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (message, reply) => {
    serve(message, reply).catch((error: unknown) => {
      log(`A request failed inside the lab: ${error instanceof Error ? error.stack : String(error)}`);
      const body = { __type: 'InternalFailure', message: 'The request failed inside the lab.' };
      send(reply, jsonResponse(500, body), nextRequestId());
    });
  });
  server.on('clientError', (_error, socket) => {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const body = '{"message":"The request is no well-formed HTTP."}';
    const head = 'HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close';
    socket.end(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  });

  const address = (): AddressInfo => {
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('The wire server is not listening.');
    return bound;
  };

  return {
    tokenIssuer,
    get port() {
      return address().port;
    },
    get url() {
      const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
      return `http://${shown.includes(':') ? `[${shown}]` : shown}:${address().port}`;
    },
    listen: () =>
      new Promise((resolve, reject) => {
        const failed = (error: NodeJS.ErrnoException): void => {
          const where = `${host}:${options.port ?? 0}`;
          const why = error.code === 'EADDRINUSE' ? 'another process listens there' : error.message;
          reject(new UserError(`The lab cannot listen on ${where}: ${why}.`));
        };
        server.once('error', failed);
        server.listen(options.port ?? 0, host, () => {
          server.off('error', failed);
          resolve();
        });
      }),
    close: (graceMs = DEFAULT_GRACE_MS) =>
      new Promise((resolve) => {
        const cut = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
