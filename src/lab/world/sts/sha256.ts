/** Digests and keyed digests: the one pure thing the world takes from Node. */
import { createHash } from 'node:crypto';

export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** HMAC-SHA-256 (RFC 2104) as base64url text. */
export function hmacSha256(key: string, message: string): string {
  const block = new Uint8Array(64);
  block.set(new TextEncoder().encode(key).slice(0, 64));
  const inner = createHash('sha256')
    .update(block.map((byte) => byte ^ 0x36))
    .update(message)
    .digest();
  return createHash('sha256')
    .update(block.map((byte) => byte ^ 0x5c))
    .update(inner)
    .digest('base64url');
}
