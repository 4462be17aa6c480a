/**
 * The secrets of a job, as `${{ toJSON(secrets) }}` or NAME=value lines, to be looked for where they must not be.
 * Pure.
 */
import { type Field, keyValues } from './field.ts';

export function knownSecrets(): Field<ReadonlyMap<string, string>> {
  const allowed = 'a JSON object of names and texts (toJSON(secrets) is one), or NAME=value, one a line';
  const lines = keyValues();
  return {
    allowed,
    secret: true,
    parse: (given) => {
      if (!given.startsWith('{')) {
        const parsed = lines.parse(given);
        return parsed.ok ? parsed : { ok: false, allowed };
      }
      let value: unknown;
      try {
        value = JSON.parse(given);
      } catch {
        return { ok: false, allowed };
      }
      const entries = Object.entries(value as object);
      if (entries.some(([, each]) => typeof each !== 'string')) return { ok: false, allowed };
      return { ok: true, value: new Map(entries as [string, string][]) };
    },
  };
}
