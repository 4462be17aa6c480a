/** `ENV` and `LABEL`: `name=value …`, or the old form `name value`. Pure. */
import { expand, splitWords, type Variables } from './words.ts';

export function readPairs(text: string, variables: Variables, escapeChar: string): [string, string][] {
  const words = splitWords(text, escapeChar);
  const [first] = words;
  if (first === undefined) throw new Error('name=value is missing');
  if (!first.includes('=')) {
    if (words.length < 2) throw new Error(`"${first}" has no value: write ${first}=value`);
    return [
      [expand(first, variables, escapeChar), expand(text.slice(first.length).trim(), variables, escapeChar)],
    ];
  }
  return words.map((word) => {
    const at = word.indexOf('=');
    if (at < 1) throw new Error(`"${word}" is not name=value`);
    return [
      expand(word.slice(0, at), variables, escapeChar),
      expand(word.slice(at + 1), variables, escapeChar),
    ];
  });
}
