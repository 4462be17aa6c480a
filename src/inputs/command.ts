/**
 * A command as an input: a JSON list, or words split by the quoting rules of POSIX shells, without anything
 * else that a shell would do. What only a shell understands is refused, for none runs: a command that is cut
 * or passed on differently from what its author meant is worse than none.
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02
 */
import type { Field, Parsed } from './field.ts';

const forms = `a JSON list such as ["./migrate","--to","head"], or words with quotes as in a shell`;

export function command(): Field<readonly string[]> {
  return { allowed: forms, parse: (given) => (given.startsWith('[') ? fromJson(given) : fromWords(given)) };
}

function refuse(why: string): Parsed<readonly string[]> {
  return { ok: false, allowed: `${forms}; ${why}` };
}

function fromJson(given: string): Parsed<readonly string[]> {
  let value: unknown;
  try {
    value = JSON.parse(given);
  } catch {
    return refuse('this begins like a JSON list and is none');
  }
  if (!Array.isArray(value) || value.length === 0 || value.some((each) => typeof each !== 'string')) {
    return refuse('the list needs at least one text, and nothing but texts');
  }
  return value[0] === '' ? refuse('its first word is empty') : { ok: true, value };
}

/** Outside of quotes these mean something to a shell; in double quotes `$` and the backtick still do. */
const shellOnly = new Set([...'|&;<>()$`*?']);

function fromWords(given: string): Parsed<readonly string[]> {
  const words: string[] = [];
  let word: string | undefined;
  const needsShell = (char: string): Parsed<readonly string[]> =>
    refuse(`${char} means something to a shell, and none runs: quote it, or give ["sh","-c","..."]`);
  for (let at = 0; at < given.length; at++) {
    const char = given[at]!;
    if (char === "'") {
      const end = given.indexOf("'", at + 1);
      if (end < 0) return refuse("a ' is not closed");
      word = (word ?? '') + given.slice(at + 1, end);
      at = end;
    } else if (char === '"') {
      word ??= '';
      for (at++; given[at] !== '"'; at++) {
        const inside = given[at];
        if (inside === undefined) return refuse('a " is not closed');
        if (inside === '$' || inside === '`') return needsShell(inside);
        if (inside === '\\' && '"\\$`'.includes(given[at + 1] ?? ' ')) word += given[++at]!;
        else word += inside;
      }
    } else if (char === '\\') {
      const next = given[++at];
      if (next === undefined) return refuse('it ends with a backslash');
      if (next !== '\n') word = (word ?? '') + next;
    } else if (char === '\n') {
      return refuse('it is one command: lines go on after a backslash only');
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (shellOnly.has(char) || ((char === '#' || char === '~') && word === undefined)) {
      return needsShell(char);
    } else {
      word = (word ?? '') + char;
    }
  }
  if (word !== undefined) words.push(word);
  return words[0] === '' || words.length === 0
    ? refuse('its first word is empty')
    : { ok: true, value: words };
}
