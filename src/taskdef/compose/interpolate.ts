/**
 * Variables in the values of a Compose file. Pure.
 * @see https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
 */

export type Lookup = (name: string) => string | undefined;

/** A variable that must be set is not, or the syntax is wrong. */
export class InterpolationError extends Error {}

/** `missing` hears of every variable that is not set and has no default. */
export function interpolate(text: string, lookup: Lookup, missing: (name: string) => void): string {
  let result = '';
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) return result + text.slice(at);
    result += text.slice(at, dollar);
    const next = text[dollar + 1];
    if (next === '$') {
      result += '$';
      at = dollar + 2;
    } else if (next === '{') {
      const end = closingBrace(text, dollar + 2);
      result += braced(text.slice(dollar + 2, end), lookup, missing);
      at = end + 1;
    } else {
      const name = /^[A-Za-z_]\w*/.exec(text.slice(dollar + 1))?.[0];
      if (name === undefined) result += '$';
      else result += valueOrMissing(name, lookup, missing);
      at = dollar + 1 + (name?.length ?? 0);
    }
  }
  return result;
}

function braced(inner: string, lookup: Lookup, missing: (name: string) => void): string {
  const match = /^([A-Za-z_]\w*)(?:(:?[-?+])([\s\S]*))?$/.exec(inner);
  if (match === null)
    throw new InterpolationError(`"\${${inner}}" is no variable of Compose; a plain "$" is written "$$"`);
  const [, name = '', operator, word = ''] = match;
  const value = lookup(name);
  const isThere = value !== undefined && !(operator?.startsWith(':') && value === '');
  switch (operator?.at(-1)) {
    case '-':
      return isThere ? value : interpolate(word, lookup, missing);
    case '+':
      return isThere ? interpolate(word, lookup, missing) : '';
    case '?': {
      if (isThere) return value;
      const why = interpolate(word, lookup, missing);
      throw new InterpolationError(`variable ${name} must be set${why === '' ? '' : `: ${why}`}`);
    }
    default:
      return valueOrMissing(name, lookup, missing);
  }
}

function valueOrMissing(name: string, lookup: Lookup, missing: (name: string) => void): string {
  const value = lookup(name);
  if (value === undefined) missing(name);
  return value ?? '';
}

/** Braces of nested variables are skipped. */
function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{' && text[at - 1] === '$') depth++;
    if (text[at] === '}' && --depth === 0) return at;
  }
  throw new InterpolationError(`"\${${text.slice(from)}" has no closing brace`);
}
