/**
 * One request carried to one target and its answer back, streaming both ways. Books what happened as ELB
 * does: the target's own codes by target group, what the load balancer had to answer itself (502, 504, 460)
 * by load balancer only.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Endpoint } from '../endpoints.ts';
import type { TargetConnection } from './target-connection.ts';
import type { TrafficCounter } from './traffic-counter.ts';

export interface Forwarding {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly targetGroupArn: string;
  readonly zone: string;
  readonly endpoint: Endpoint;
  readonly connection: TargetConnection;
  readonly counter: TrafficCounter;
  /** X-Forwarded-*, X-Amzn-Trace-Id; flat name, value list. */
  readonly addedHeaders: readonly string[];
  readonly setCookie: string | undefined;
  /** Real milliseconds without a byte before the load balancer gives up on the target. */
  readonly idleTimeoutMs: number;
}

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);
const replaced = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-port', 'x-amzn-trace-id']);

/** A body up to this size is remembered, so that a stale connection costs the client nothing. */
const replayLimitBytes = 64 * 1024;

/** The load balancer's own page for an error of its own. */
export function answerOwn(
  response: ServerResponse,
  counter: TrafficCounter,
  status: number,
  contentType = 'text/html',
  body = ownPage(status),
): void {
  counter.ownAnswer(status);
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { server: 'awselb/2.0', 'content-type': contentType });
  response.end(body);
}

function ownPage(status: number): string {
  const title = `${status} ${http.STATUS_CODES[status] ?? ''}`.trim();
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
}

export function forward(forwarding: Forwarding): void {
  const { request, response, connection, counter, targetGroupArn, zone } = forwarding;
  connection.outstanding++;
  counter.sent(targetGroupArn, zone);
  const startedAt = performance.now();
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  const sentChunks: Buffer[] = [];
  let sentBytes = 0;
  let settled = false;
  let upstream: http.ClientRequest;

  if (hasBody) {
    request.on('data', (chunk: Buffer) => {
      sentBytes += chunk.length;
      if (sentBytes <= replayLimitBytes) sentChunks.push(chunk);
      else sentChunks.length = 0;
    });
  }

  const fail = (status: 502 | 504): void => {
    if (settled) return;
    settled = true;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    request.unpipe();
    request.resume();
    answerOwn(response, counter, status);
  };

  const send = (isRetry: boolean): void => {
    let connected = false;
    upstream = http.request({
      agent: connection.agent,
      host: forwarding.endpoint.host,
      port: forwarding.endpoint.port,
      method: request.method,
      path: request.url,
      setHost: false,
    });
    for (const [name, values] of requestHeaders(request, forwarding.addedHeaders)) {
      upstream.setHeader(name, values);
    }
    const attempt = upstream;
    attempt.setTimeout(forwarding.idleTimeoutMs, () => {
      fail(504);
      attempt.destroy();
    });
    attempt.on('socket', (socket) => {
      if (attempt.reusedSocket || !socket.connecting) connected = true;
      else socket.once('connect', () => (connected = true));
    });
    attempt.on('error', (error: NodeJS.ErrnoException) => {
      if (settled && !response.headersSent) return;
      const wasStale =
        attempt.reusedSocket && error.code === 'ECONNRESET' && connection.rested(attempt.socket);
      if (!isRetry && wasStale && !response.headersSent && sentBytes <= replayLimitBytes && !settled) {
        request.unpipe(attempt);
        send(true);
        return;
      }
      if (!connected && !response.headersSent) counter.connectionError(targetGroupArn, zone);
      fail(502);
    });
    attempt.on('response', (answer) => {
      if (settled) {
        answer.resume();
        return;
      }
      const status = answer.statusCode ?? 502;
      counter.answered(targetGroupArn, zone, status, (performance.now() - startedAt) / 1000);
      response.writeHead(status, answer.statusMessage, responseHeaders(answer, forwarding.setCookie));
      answer.pipe(response);
      const { socket } = answer;
      answer.on('end', () => {
        settled = true;
        connection.used(socket);
      });
      // The target died in the middle of its answer: the client must not take it for a whole one.
      answer.on('close', () => {
        if (!answer.complete) response.destroy();
      });
    });
    if (!hasBody) {
      attempt.end();
      return;
    }
    for (const chunk of isRetry ? sentChunks : []) attempt.write(chunk);
    if (request.readableEnded) attempt.end();
    else request.pipe(attempt);
  };

  response.once('close', () => {
    connection.outstanding--;
    if (response.writableFinished) return;
    // The client went away. What it never got an answer for is a 460.
    if (!settled && !response.headersSent) counter.ownAnswer(460);
    settled = true;
    upstream.destroy();
  });
  send(false);
}

function requestHeaders(request: IncomingMessage, added: readonly string[]): Map<string, string | string[]> {
  const headers = new Map<string, string | string[]>();
  const named = new Set((request.headers.connection ?? '').toLowerCase().split(/\s*,\s*/));
  const { rawHeaders } = request;
  const add = (name: string, value: string): void => {
    const key = name.toLowerCase();
    const before = headers.get(key);
    if (before === undefined) headers.set(key, value);
    else if (key !== 'host') headers.set(key, [before, value].flat());
  };
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    const key = name.toLowerCase();
    if (hopByHop.has(key) || replaced.has(key) || named.has(key)) continue;
    add(name, rawHeaders[index + 1]!);
  }
  for (let index = 0; index + 1 < added.length; index += 2) add(added[index]!, added[index + 1]!);
  return headers;
}

function responseHeaders(answer: IncomingMessage, setCookie: string | undefined): string[] {
  const headers: string[] = [];
  const { rawHeaders } = answer;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const key = rawHeaders[index]!.toLowerCase();
    if (hopByHop.has(key)) continue;
    headers.push(rawHeaders[index]!, rawHeaders[index + 1]!);
  }
  if (setCookie !== undefined) headers.push('Set-Cookie', setCookie);
  return headers;
}
