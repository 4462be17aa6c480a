/**
 * Signature Version 4, checked as AWS checks it, in the header and in the query string.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { WireRequest } from './wire-request.ts';

/** A request's signature, taken apart. */
export interface SignatureParts {
  readonly accessKeyId: string;
  /** `20260114` of the credential scope. */
  readonly date: string;
  readonly region: string;
  readonly signingName: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `20260114T170000Z` */
  readonly amzDate: string;
  readonly sessionToken: string | undefined;
  /** In the query string: seconds of validity. */
  readonly expiresSeconds: number | undefined;
}

export type ParsedSignature =
  | { readonly kind: 'none' }
  | { readonly kind: 'incomplete'; readonly problem: string }
  | { readonly kind: 'signed'; readonly parts: SignatureParts };

const ALGORITHM = 'AWS4-HMAC-SHA256';
const AMZ_DATE = /^\d{8}T\d{6}Z$/;
const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

function incomplete(problem: string): ParsedSignature {
  return { kind: 'incomplete', problem };
}

/** `amzDate` of a request to epoch milliseconds; NaN for what is no date. */
export function amzDateMs(amzDate: string): number {
  return Date.parse(amzDate.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

/** Reads the Authorization header or the query parameters of a presigned request; verifies nothing. */
export function parseSignature(request: WireRequest): ParsedSignature {
  const header = request.header('authorization');
  if (header !== undefined) return fromHeader(request, header);
  if (request.query.has('X-Amz-Algorithm')) return fromQuery(request);
  return { kind: 'none' };
}

function fromHeader(request: WireRequest, header: string): ParsedSignature {
  const [algorithm = '', rest = ''] = header.split(/\s+(.*)/s);
  if (algorithm === 'AWS4-ECDSA-P256-SHA256')
    return incomplete('The lab verifies AWS4-HMAC-SHA256 signatures; Signature Version 4A is not simulated.');
  if (algorithm !== ALGORITHM) return incomplete(`Unsupported AWS 'algorithm': '${algorithm}'.`);
  const fields = new Map<string, string>();
  for (const part of rest.split(',')) {
    const [name = '', ...value] = part.trim().split('=');
    fields.set(name, value.join('='));
  }
  for (const name of ['Credential', 'Signature', 'SignedHeaders']) {
    if (!fields.get(name)) return incomplete(`Authorization header requires '${name}' parameter.`);
  }
  const amzDate = request.header('x-amz-date') ?? httpDateToAmz(request.header('date'));
  if (amzDate === undefined)
    return incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  return scoped(
    fields.get('Credential')!,
    fields.get('SignedHeaders')!,
    fields.get('Signature')!,
    amzDate,
    request.header('x-amz-security-token'),
    undefined,
  );
}

function fromQuery(request: WireRequest): ParsedSignature {
  const value = (name: string): string | undefined => request.query.get(name) ?? undefined;
  if (value('X-Amz-Algorithm') !== ALGORITHM) return incomplete("Unsupported AWS 'algorithm'.");
  for (const name of ['X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date']) {
    if (!value(name)) return incomplete(`AWS query-string parameters must include '${name}'.`);
  }
  const expires = Number(value('X-Amz-Expires') ?? '900');
  if (!Number.isInteger(expires) || expires < 1 || expires > 604_800)
    return incomplete("'X-Amz-Expires' must be a whole number of seconds from 1 to 604800.");
  return scoped(
    value('X-Amz-Credential')!,
    value('X-Amz-SignedHeaders')!,
    value('X-Amz-Signature')!,
    value('X-Amz-Date')!,
    value('X-Amz-Security-Token'),
    expires,
  );
}

function scoped(
  credential: string,
  signedHeaders: string,
  signature: string,
  amzDate: string,
  sessionToken: string | undefined,
  expiresSeconds: number | undefined,
): ParsedSignature {
  const parts = credential.split('/');
  const [accessKeyId, date, region, signingName, terminator] = parts;
  if (parts.length !== 5 || !accessKeyId || !date || !region || !signingName || terminator !== 'aws4_request')
    return incomplete(
      "Credential must have five slash-separated elements: access key ID, date, region, service and 'aws4_request'.",
    );
  if (!AMZ_DATE.test(amzDate) || Number.isNaN(amzDateMs(amzDate)))
    return incomplete("Date must be in ISO-8601 'basic format', for example 20260114T170000Z.");
  if (!amzDate.startsWith(date))
    return incomplete('Date in Credential scope does not match the request date.');
  const names = signedHeaders.split(';').map((name) => name.toLowerCase());
  if (!names.includes('host')) return incomplete("'Host' must be a 'SignedHeader' in the AWS Authorization.");
  return {
    kind: 'signed',
    parts: {
      accessKeyId,
      date,
      region,
      signingName,
      signedHeaders: names,
      signature,
      amzDate,
      sessionToken,
      expiresSeconds,
    },
  };
}

function httpDateToAmz(date: string | undefined): string | undefined {
  if (date === undefined) return undefined;
  const time = new Date(date);
  if (Number.isNaN(time.getTime())) return undefined;
  return time.toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Uint8Array, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/** RFC 3986: everything but the unreserved characters. */
function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function canonicalQuery(request: WireRequest): string {
  const pairs: (readonly [string, string])[] = [];
  for (const [name, value] of request.query) {
    if (name !== 'X-Amz-Signature') pairs.push([encodeRfc3986(name), encodeRfc3986(value)]);
  }
  const order = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
  pairs.sort((left, right) => order(left[0], right[0]) || order(left[1], right[1]));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

/** Every service but S3 signs the path with its segments encoded once more. */
function canonicalPath(path: string): string {
  return path.split('/').map(encodeRfc3986).join('/') || '/';
}

/**
 * The hash in the canonical request. A declared hash is only good if it is the body's; `UNSIGNED-PAYLOAD`
 * is taken as it is. Undefined when the body is not what was declared.
 */
function payloadHash(request: WireRequest): string | undefined {
  const declared = request.header('x-amz-content-sha256');
  const actual = sha256Hex(request.rawBody);
  if (declared === undefined || declared === actual) return actual;
  return declared === UNSIGNED_PAYLOAD ? declared : undefined;
}

/** The text whose SHA-256 is signed. */
export function canonicalRequest(request: WireRequest, parts: SignatureParts): string | undefined {
  const hash = payloadHash(request);
  if (hash === undefined) return undefined;
  const headers = parts.signedHeaders.map(
    (name) => `${name}:${(request.header(name) ?? '').trim().replace(/ +/g, ' ')}\n`,
  );
  return [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request),
    headers.join(''),
    parts.signedHeaders.join(';'),
    hash,
  ].join('\n');
}

/** The signature that the holder of `secretAccessKey` would have made; undefined for a changed body. */
export function expectedSignature(
  request: WireRequest,
  parts: SignatureParts,
  secretAccessKey: string,
): string | undefined {
  const canonical = canonicalRequest(request, parts);
  if (canonical === undefined) return undefined;
  const scope = `${parts.date}/${parts.region}/${parts.signingName}/aws4_request`;
  const stringToSign = [ALGORITHM, parts.amzDate, scope, sha256Hex(canonical)].join('\n');
  const dateKey = hmac(`AWS4${secretAccessKey}`, parts.date);
  const signingKey = hmac(hmac(hmac(dateKey, parts.region), parts.signingName), 'aws4_request');
  return hmac(signingKey, stringToSign).toString('hex');
}

export function signatureMatches(
  request: WireRequest,
  parts: SignatureParts,
  secretAccessKey: string,
): boolean {
  const expected = expectedSignature(request, parts, secretAccessKey);
  if (expected === undefined || expected.length !== parts.signature.length) return false;
  return timingSafeEqual(Buffer.from(expected), Buffer.from(parts.signature));
}
