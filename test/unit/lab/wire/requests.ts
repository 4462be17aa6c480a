/** Requests as a client would have sent them, without a socket. */
import { splitTarget, type WireRequest } from '../../../../src/lab/wire/wire-request.ts';

export function requestOf(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): WireRequest {
  const bytes = new TextEncoder().encode(body);
  return {
    method,
    ...splitTarget(target),
    header: (name) => headers[name],
    rawBody: bytes,
    body: bytes,
  };
}
