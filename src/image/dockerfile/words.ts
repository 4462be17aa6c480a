/**
 * Words of a Dockerfile instruction: quotes, escapes and variables (`$NAME`, `${NAME}`, `${NAME:-x}`,
 * `${NAME-x}`, `${NAME:+x}`, `${NAME+x}`, `${NAME:?x}`, `${NAME?x}`) as BuildKit reads them. Pure.
 * @see https://docs.docker.com/reference/dockerfile/#environment-replacement
 */

export type Variables = ReadonlyMap<string, string>;

/** Throws a plain Error with a phrase; the caller knows the line. */
export function expand(text: string, variables: Variables, escapeChar: string): string {
  return new WordReader(text, variables, escapeChar).read(false);
}

/** Splits on blanks outside quotes, and expands each word. Quotes fall away. */
export function expandWords(text: string, variables: Variables, escapeChar: string): string[] {
  return splitWords(text, escapeChar).map((word) => expand(word, variables, escapeChar));
}

/** Splits on blanks outside quotes; quotes and escapes stay as they are. */
export function splitWords(text: string, escapeChar: string): string[] {
  const words: string[] = [];
  let word = '';
  let inWord = false;
  let quote = '';
  for (let index = 0; index < text.length; index++) {
    const char = text[index]!;
    if (char === escapeChar && quote !== "'" && index + 1 < text.length) {
      word += char + text[++index]!;
      inWord = true;
    } else if (quote !== '') {
      word += char;
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") {
      quote = char;
      word += char;
      inWord = true;
    } else if (/\s/.test(char)) {
      if (inWord) words.push(word);
      word = '';
      inWord = false;
    } else {
      word += char;
      inWord = true;
    }
  }
  if (quote !== '') throw new Error(`a ${quote} is not closed`);
  if (inWord) words.push(word);
  return words;
}

class WordReader {
  #at = 0;
  readonly #text: string;
  readonly #variables: Variables;
  readonly #escapeChar: string;

  constructor(text: string, variables: Variables, escapeChar: string) {
    this.#text = text;
    this.#variables = variables;
    this.#escapeChar = escapeChar;
  }

  /** Up to the end, or to the `}` that ends a default value. */
  read(inBraces: boolean): string {
    let result = '';
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!;
      if (inBraces && char === '}') return result;
      this.#at++;
      if (char === "'") result += this.#until("'");
      else if (char === '"') result += this.#doubleQuoted();
      else if (char === '$') result += this.#variable();
      else if (char === this.#escapeChar && this.#at < this.#text.length) result += this.#text[this.#at++]!;
      else result += char;
    }
    if (inBraces) throw new Error('a ${ is not closed');
    return result;
  }

  #until(quote: string): string {
    const end = this.#text.indexOf(quote, this.#at);
    if (end < 0) throw new Error(`a ${quote} is not closed`);
    const part = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return part;
  }

  #doubleQuoted(): string {
    let result = '';
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at++]!;
      if (char === '"') return result;
      if (char === '$') result += this.#variable();
      else if (char === this.#escapeChar && this.#at < this.#text.length) {
        const next = this.#text[this.#at++]!;
        // In double quotes the escape only hides what would mean something.
        result += ['"', '$', this.#escapeChar].includes(next) ? next : char + next;
      } else result += char;
    }
    throw new Error('a " is not closed');
  }

  #variable(): string {
    if (this.#text[this.#at] !== '{') {
      const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(this.#text.slice(this.#at))?.[0];
      if (name === undefined) return '$';
      this.#at += name.length;
      return this.#variables.get(name) ?? '';
    }
    this.#at++;
    const head = /^([A-Za-z_][A-Za-z0-9_]*)(:?[-+?])?/.exec(this.#text.slice(this.#at));
    if (head === null) throw new Error('a ${ is not followed by a name');
    this.#at += head[0].length;
    const [, name = '', operator] = head;
    const word = operator === undefined ? '' : this.read(true);
    if (this.#text[this.#at] !== '}') {
      throw new Error(`\${${name}…} has a form that needs buildx, or is not closed`);
    }
    this.#at++;
    const value = this.#variables.get(name);
    const isSet = value !== undefined && (operator?.startsWith(':') !== true || value !== '');
    switch (operator?.at(-1)) {
      case '-':
        return isSet ? value : word;
      case '+':
        return isSet ? word : '';
      case '?':
        if (!isSet) throw new Error(`${name} is not set${word === '' ? '' : `: ${word}`}`);
        return value;
      default:
        return value ?? '';
    }
  }
}
