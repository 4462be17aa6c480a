/**
 * Env files as Compose reads them: not quite what other readers of `.env` files make of quotes and comments. Pure.
 * @see https://github.com/compose-spec/compose-spec/blob/main/05-services.md#env_file-format
 */
import { interpolate, type Lookup } from './interpolate.ts';

/** Variable to value; undefined where the file names it without "=": then the environment's value counts. */
export type EnvFile = ReadonlyMap<string, string | undefined>;

export class EnvFileError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** Values may name variables of `lookup` and of the lines above. */
export function parseEnvFile(text: string, lookup: Lookup, format: 'compose' | 'raw' = 'compose'): EnvFile {
  const values = new Map<string, string | undefined>();
  const inFile: Lookup = (name) => lookup(name) ?? values.get(name);
  const missing = (): void => undefined;
  const clean = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  let at = 0;
  let line = 1;
  while (at < clean.length) {
    const end = endOfLine(clean, at);
    const row = clean.slice(at, end);
    const here = line;
    if (row.trim() === '' || row.trimStart().startsWith('#')) {
      at = end + 1;
      line++;
      continue;
    }
    const match = /^\s*(?:export\s+)?([A-Za-z_][\w.[\]-]*)[ \t]*(?:(?<sign>[=:])[ \t]*|$)/.exec(row);
    if (match === null) throw new EnvFileError(here, `"${row.trim().split('=')[0]}" is no VARIABLE=value`);
    const name = match[1]!;
    const from = at + match[0].length;
    const quote = clean[from];
    if (match.groups?.['sign'] === undefined) values.set(name, undefined);
    else if (format === 'raw') values.set(name, clean.slice(from, end));
    else if (quote === '"' || quote === "'") {
      const closing = closingQuote(clean, from, quote);
      if (closing < 0) throw new EnvFileError(here, `the value of ${name} has no closing ${quote}`);
      const inner = clean.slice(from + 1, closing);
      values.set(
        name,
        quote === "'" ? inner.replaceAll("\\'", "'") : interpolate(unescaped(inner), inFile, missing),
      );
      const rest = endOfLine(clean, closing);
      line += inner.split('\n').length;
      at = rest + 1;
      continue;
    } else {
      const bare = clean
        .slice(from, end)
        .replace(/(^|\s+)#.*$/, '')
        .trim();
      values.set(name, interpolate(bare, inFile, missing));
    }
    at = end + 1;
    line++;
  }
  return values;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

function closingQuote(text: string, open: number, quote: string): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '\\': '\\',
  '"': '"',
  $: '$$',
};

function unescaped(text: string): string {
  return text.replace(/\\([nrt\\"$])/g, (_, letter: string) => escapes[letter]!);
}
