/** `WWW-Authenticate` of a registry. Pure. @see https://distribution.github.io/distribution/spec/auth/token/ */

export interface BearerChallenge {
  readonly realm: string;
  readonly service: string | undefined;
  readonly scope: string | undefined;
}

export function parseBearerChallenge(header: string | null): BearerChallenge | undefined {
  const match = /^Bearer\s+(.*)$/is.exec(header ?? '');
  if (match === null) return undefined;
  const values: Record<string, string> = {};
  for (const [, key, quoted, plain] of match[1]!.matchAll(/([a-z]+)=(?:"([^"]*)"|([^,\s]+))/gi)) {
    values[key!.toLowerCase()] = quoted ?? plain ?? '';
  }
  const { realm, service, scope } = values;
  return realm === undefined ? undefined : { realm, service, scope };
}
