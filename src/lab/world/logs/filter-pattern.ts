/**
 * CloudWatch Logs filter patterns for unstructured text: terms (all must be there), `"exact phrases"`,
 * `?any` of the optional ones, `-not` this one, `%regex%`. Case matters.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
import { AwsError } from '../aws-error.ts';

type Matcher = (message: string) => boolean;

const token = /\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|([^\s"]+))/y;

/** @throws AwsError InvalidParameterException for JSON and space-delimited patterns, and for bad syntax */
export function compileFilterPattern(pattern: string | undefined): Matcher {
  const text = (pattern ?? '').trim();
  if (text === '') return () => true;
  if (text.startsWith('{') || text.startsWith('['))
    throw new AwsError(
      'InvalidParameterException',
      `The lab knows filter patterns for plain text only; ${text.startsWith('{') ? 'a JSON' : 'a space-delimited'} pattern was given.`,
    );
  const required: Matcher[] = [];
  const optional: Matcher[] = [];
  const excluded: Matcher[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const found = token.exec(text);
    if (found === null) throw new AwsError('InvalidParameterException', 'Invalid filter pattern');
    const [, sign, quoted, expression, word] = found;
    const term = quoted?.replace(/\\(.)/g, '$1') ?? word ?? '';
    const matcher =
      expression === undefined ? (message: string) => message.includes(term) : regex(expression);
    (sign === '?' ? optional : sign === '-' ? excluded : required).push(matcher);
  }
  return (message) =>
    required.every((matches) => matches(message)) &&
    // As documented: optional terms only count where nothing is required.
    (optional.length === 0 || required.length > 0 || optional.some((matches) => matches(message))) &&
    !excluded.some((matches) => matches(message));
}

function regex(expression: string): Matcher {
  try {
    const compiled = new RegExp(expression);
    return (message) => compiled.test(message);
  } catch {
    throw new AwsError('InvalidParameterException', `Invalid regular expression: ${expression}`);
  }
}
