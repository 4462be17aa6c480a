/** From one client request to what has to be done with it: rule, action, group. Pure but for the pickers. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ListenerRoute } from '../../world/contracts.ts';
import type { RequestFacts } from './match-rule.ts';

export function requestFacts(request: IncomingMessage): RequestFacts {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  return {
    method: request.method ?? 'GET',
    host: hostWithoutPort(request.headers.host ?? ''),
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    sourceIp: plainAddress(request.socket.remoteAddress),
    headers: request.headers,
  };
}

/** `X-Forwarded-*` and `X-Amzn-Trace-Id` as ALB adds them: appended to, or kept, where the client sent them. */
export function addedHeaders(
  request: IncomingMessage,
  listener: Pick<ListenerRoute, 'port' | 'protocol'>,
  nowMs: number,
): string[] {
  const forwarded = request.headers['x-forwarded-for'];
  const client = plainAddress(request.socket.remoteAddress);
  const chain = forwarded === undefined ? client : `${String(forwarded)}, ${client}`;
  const seconds = Math.floor(nowMs / 1000).toString(16);
  const id = `1-${seconds}-${randomBytes(12).toString('hex')}`;
  const given = request.headers['x-amzn-trace-id'];
  const trace = given === undefined ? `Root=${id}` : `Self=${id};${String(given)}`;
  return [
    'X-Forwarded-For',
    chain,
    'X-Forwarded-Proto',
    listener.protocol === 'HTTPS' ? 'https' : 'http',
    'X-Forwarded-Port',
    String(listener.port),
    'X-Amzn-Trace-Id',
    trace,
  ];
}

/** Fills `#{protocol}`, `#{host}`, `#{port}`, `#{path}` (without its leading slash) and `#{query}`. */
export function redirectLocation(
  template: string,
  facts: RequestFacts,
  listener: Pick<ListenerRoute, 'port' | 'protocol'>,
): string {
  const parts: Readonly<Record<string, string>> = {
    protocol: listener.protocol.toLowerCase(),
    host: facts.host,
    port: String(listener.port),
    path: facts.path.replace(/^\//, ''),
    query: facts.query,
  };
  const location = template.replace(
    /#\{(protocol|host|port|path|query)\}/g,
    (_whole, name: string) => parts[name] ?? '',
  );
  return location.replace(/\?$/, '').replace(/^[A-Z]+(?=:\/\/)/, (scheme) => scheme.toLowerCase());
}

function hostWithoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}

function plainAddress(address: string | undefined): string {
  return address?.replace(/^::ffff:/, '') ?? '127.0.0.1';
}
