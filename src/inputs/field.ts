/**
 * The vocabulary of input fields: each turns one raw string into one value, or says what is allowed.
 * Pure. Empty means "not given", as on GitHub, where a missing input is an empty string.
 */

import { formatDuration } from '../report/duration.ts';

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly allowed: string };

export interface Field<T> {
  /** Parses a non-empty, trimmed text. */
  parse(text: string): Parsed<T>;
  /** What an input that was not given means; absent when the input is required. */
  readonly fallback?: { readonly value: T };
  /** One phrase for messages: what is allowed. */
  readonly allowed: string;
  /** Secret inputs are never repeated in a message. */
  readonly secret?: boolean;
}

const good = <T>(value: T): Parsed<T> => ({ ok: true, value });

/** Not given means undefined. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return { ...field, fallback: { value: undefined } };
}

export function withDefault<T>(field: Field<T>, value: T): Field<T> {
  return { ...field, fallback: { value } };
}

export function secret<T>(field: Field<T>): Field<T> {
  return { ...field, secret: true };
}

export function text(allowed = 'any text'): Field<string> {
  return { allowed, parse: good };
}

/** Text of the given form; `allowed` says the form in words. */
export function matching(pattern: RegExp, allowed: string): Field<string> {
  return { allowed, parse: (given) => (pattern.test(given) ? good(given) : { ok: false, allowed }) };
}

export function choice<const T extends string>(...values: readonly T[]): Field<T> {
  const allowed = `one of ${values.join(', ')}`;
  return {
    allowed,
    parse: (given) => {
      const wanted = given.toLowerCase();
      const value = values.find((candidate) => candidate === wanted);
      return value === undefined ? { ok: false, allowed } : good(value);
    },
  };
}

/** YAML 1.2 core schema, as @actions/core reads booleans. */
export function bool(): Field<boolean> {
  const allowed = 'true or false';
  return {
    allowed,
    parse: (given) => {
      if (/^(true|True|TRUE)$/.test(given)) return good(true);
      if (/^(false|False|FALSE)$/.test(given)) return good(false);
      return { ok: false, allowed };
    },
  };
}

export function integer(lowest: number, highest: number): Field<number> {
  const allowed = `a whole number from ${lowest} to ${highest}`;
  return {
    allowed,
    parse: (given) => {
      const value = /^-?\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
      return value >= lowest && value <= highest ? good(value) : { ok: false, allowed };
    },
  };
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `90s`, `10m`, `1h30m`, or a bare number of seconds; the value is milliseconds. */
export function duration(lowestMs: number, highestMs: number): Field<number> {
  const allowed = `a duration such as 90s, 10m or 1h30m, from ${formatDuration(lowestMs)} to ${formatDuration(highestMs)}`;
  return {
    allowed,
    parse: (given) => {
      const compact = given.replace(/\s+/g, '');
      let valueMs = Number.NaN;
      if (/^\d+(\.\d+)?$/.test(compact)) valueMs = Number(compact) * 1000;
      else if (/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(compact)) {
        valueMs = 0;
        for (const [, amount, , unit] of compact.matchAll(/(\d+(\.\d+)?)(ms|s|m|h)/g)) {
          valueMs += Number(amount) * unitsMs[unit!]!;
        }
      }
      return valueMs >= lowestMs && valueMs <= highestMs ? good(valueMs) : { ok: false, allowed };
    },
  };
}

/** One entry a line (or, where lines are absent, separated by commas); blank lines and `#` comments fall away. */
export function list<T>(item: Field<T>): Field<readonly T[]> {
  const allowed = `one entry a line, each ${item.allowed}`;
  return {
    allowed,
    parse: (given) => {
      const entries = (given.includes('\n') ? given.split('\n') : given.split(','))
        .map((entry) => entry.trim())
        .filter((entry) => entry !== '' && !entry.startsWith('#'));
      const values: T[] = [];
      for (const entry of entries) {
        const parsed = item.parse(entry);
        if (!parsed.ok) return { ok: false, allowed: `${allowed}; "${entry}" is not` };
        values.push(parsed.value);
      }
      return good(values);
    },
  };
}

/**
 * `NAME=value`, one a line. Everything after the first `=` belongs to the value, quotes and further `=`
 * included (aws-actions/amazon-ecs-render-task-definition cuts values there).
 */
export function keyValues(): Field<ReadonlyMap<string, string>> {
  const allowed = 'NAME=value, one a line, each name once';
  return {
    allowed,
    parse: (given) => {
      const entries = new Map<string, string>();
      for (const line of given.split('\n')) {
        if (line.trim() === '' || line.trim().startsWith('#')) continue;
        const at = line.indexOf('=');
        const name = line.slice(0, at).trim();
        if (at < 1 || name === '')
          return { ok: false, allowed: `${allowed}; a line without a name before "=" is not` };
        if (entries.has(name)) return { ok: false, allowed: `${allowed}; ${name} is given twice` };
        entries.set(name, line.slice(at + 1).replace(/\r$/, ''));
      }
      return good(entries);
    },
  };
}
