/** Plain values that look like secrets: never shown, and told. Pure. */
import { type JsonObject, objectsOf, pointer } from './json.ts';
import type { TaskDefinitionProblem } from './problem.ts';

const secretName = /pass|pwd|secret|token|key|credential|private|connectionstring|dsn|auth/i;
/** Named like a secret, but a setting: `TOKEN_TTL`, `KEY_PREFIX`, `AUTH_URL`. */
const settingName =
  /(?:_|-|\.|:|(?<=[a-z])(?=[A-Z]))(?:ttl|url|uri|host|port|path|file|name|id|prefix|arn|enabled|timeout|expiry|expires|expiration|lifetime|seconds|minutes|hours|days|issuer|audience|mode|type|algorithm|length|size|region)(?:_?(?:ms|seconds|minutes|hours|days))?$/i;
/** Told apart by their form, whatever the name is. */
const secretValue =
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{20,}|\bxox[abps]-[\w-]{10,}|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.|:\/\/[^/\s:@]+:[^/\s@]+@|\b(?:password|pwd)\s*=\s*[^;\s]+/i;

/** May be shown: false where either looks like a secret. Errs on the side of hiding. */
export function mayShow(name: string, value: string): boolean {
  return !secretName.test(name) && !secretValue.test(value);
}

/** A plain value that most likely is a secret; errs on the side of saying nothing. */
export function looksLikeSecret(name: string, value: string): boolean {
  if (secretValue.test(value)) return true;
  if (value.length < 8 || !secretName.test(name) || settingName.test(name)) return false;
  return !/^(?:true|false|\d+|https?:\/\/\S*|arn:\S*|\/\S*)$/i.test(value);
}

export function findPlainSecrets(definition: JsonObject): TaskDefinitionProblem[] {
  return objectsOf(definition['containerDefinitions']).flatMap((container, index) =>
    objectsOf(container['environment']).flatMap((entry, position) => {
      const { name, value } = entry;
      if (typeof name !== 'string' || typeof value !== 'string' || !looksLikeSecret(name, value)) return [];
      const at = pointer(['containerDefinitions', index, 'environment', position]);
      const message = `${name} of container ${String(container['name'])} looks like a secret in plain text, which everybody sees who may describe the task definition: keep it in Secrets Manager and name it in secrets.`;
      return [{ code: 'plain-secret', pointer: at, message }];
    }),
  );
}
