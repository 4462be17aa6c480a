/**
 * Identity tokens (JWT) as GitHub's OIDC issuer hands them out. The lab signs with a keyed digest of its
 * own secret: a token that this lab did not issue is refused, as AWS does after checking the signature.
 */
import { hmacSha256 } from './sha256.ts';

export type TokenClaims = Readonly<Record<string, unknown>>;

const encode = (value: object) => Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');

export function signToken(claims: TokenClaims, issuerKey: string): string {
  const body = `${encode({ typ: 'JWT', alg: 'HS256', kid: 'lab' })}.${encode(claims)}`;
  return `${body}.${hmacSha256(issuerKey, body)}`;
}

/** The claims of a token with a right signature; undefined for anything else. */
export function readToken(token: string, issuerKey: string): TokenClaims | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  if (hmacSha256(issuerKey, `${parts[0]}.${parts[1]}`) !== parts[2]) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1]!, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? (claims as TokenClaims) : undefined;
  } catch {
    return undefined;
  }
}
