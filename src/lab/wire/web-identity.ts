/**
 * GitHub's OIDC provider as a job sees it: a token endpoint behind a bearer token, RS256 tokens, and the
 * public key for whoever verifies them.
 * https://docs.github.com/en/actions/reference/security/oidc
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';

export interface TokenIssuer {
  /** A signed token (JWT, RS256) with these claims. */
  issue(claims: Readonly<Record<string, unknown>>): string;
  /**
   * The claims of a token that this issuer signed, unchanged since; undefined for any other. Whether the
   * claims are good (audience, expiry) is for the reader to judge.
   */
  verify(token: string): Readonly<Record<string, unknown>> | undefined;
  /** RFC 7517 key set. */
  jwks(): { readonly keys: readonly Readonly<Record<string, unknown>>[] };
}

const KEY_ID = 'lab-1';
const HEADER = { typ: 'JWT', alg: 'RS256', kid: KEY_ID };

function base64Url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** The key is made with the first token: most labs never need one. */
export function createTokenIssuer(): TokenIssuer {
  let pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } | undefined;
  const keys = (): NonNullable<typeof pair> => {
    pair ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
    return pair;
  };
  return {
    issue(claims) {
      const content = `${base64Url(HEADER)}.${base64Url(claims)}`;
      const signature = sign('RSA-SHA256', Buffer.from(content), keys().privateKey);
      return `${content}.${signature.toString('base64url')}`;
    },
    verify(token) {
      const parts = token.split('.');
      const [header = '', payload = '', signature = ''] = parts;
      if (parts.length !== 3 || header !== base64Url(HEADER)) return undefined;
      const content = Buffer.from(`${header}.${payload}`);
      const signed = verify('RSA-SHA256', content, keys().publicKey, Buffer.from(signature, 'base64url'));
      if (!signed) return undefined;
      // Only this issuer could have signed it, so it is an object in JSON.
      return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>;
    },
    jwks() {
      const jwk = createPublicKey(keys().privateKey).export({ format: 'jwk' });
      return { keys: [{ ...jwk, kid: KEY_ID, use: 'sig', alg: 'RS256' }] };
    },
  };
}

export interface OidcSettings {
  /** What `ACTIONS_ID_TOKEN_REQUEST_TOKEN` has to be. */
  readonly requestToken: string;
  /** All claims of a token for this audience, times as epoch seconds: `iss`, `sub`, `aud`, `exp`... */
  claims(audience: string): Readonly<Record<string, unknown>>;
}
