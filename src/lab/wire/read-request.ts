/** Reads one HTTP request to its end, within limits. */
import type { IncomingMessage } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { splitTarget, type WireRequest } from './wire-request.ts';

/** Larger bodies are answered with 413. */
const BODY_LIMIT_BYTES = 10 * 1024 * 1024;

export type ReadOutcome =
  | { readonly kind: 'read'; readonly request: WireRequest }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'bad-encoding'; readonly encoding: string }
  /** The client went away before its request was whole. */
  | { readonly kind: 'aborted' };

async function readBody(message: IncomingMessage): Promise<Buffer | 'too-large' | 'aborted'> {
  if (Number(message.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES) return 'too-large';
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Left early it must stay open: the answer goes over the same connection.
    const stream: AsyncIterable<Buffer> = message.iterator({ destroyOnReturn: false });
    for await (const chunk of stream) {
      length += chunk.length;
      if (length > BODY_LIMIT_BYTES) return 'too-large';
      chunks.push(chunk);
    }
  } catch {
    return 'aborted';
  }
  return Buffer.concat(chunks, length);
}

/** SDKs compress large bodies of some operations (PutMetricData). Undefined where it cannot be undone. */
function decompress(body: Buffer, encoding: string): Buffer | undefined {
  const options = { maxOutputLength: BODY_LIMIT_BYTES };
  try {
    switch (encoding) {
      case '':
      case 'identity':
        return body;
      case 'gzip':
        return gunzipSync(body, options);
      case 'deflate':
        return inflateSync(body, options);
      case 'br':
        return brotliDecompressSync(body, options);
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}

export async function readRequest(message: IncomingMessage): Promise<ReadOutcome> {
  const rawBody = await readBody(message);
  if (typeof rawBody === 'string') return { kind: rawBody };
  const encoding = (message.headers['content-encoding'] ?? '').trim().toLowerCase();
  const body = decompress(rawBody, encoding);
  if (body === undefined) return { kind: 'bad-encoding', encoding };
  const request: WireRequest = {
    method: message.method ?? 'GET',
    ...splitTarget(message.url ?? '/'),
    header: (name) => {
      const value = message.headers[name];
      return Array.isArray(value) ? value.join(',') : value;
    },
    rawBody,
    body,
  };
  return { kind: 'read', request };
}
