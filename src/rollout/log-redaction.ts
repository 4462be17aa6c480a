/**
 * Takes what looks like a secret out of an application's log line before it is shown in a job that more
 * people may read than the log, and what a terminal would take as a command. Pure. GitHub's own masking knows
 * only the secrets of the workflow.
 */

/** Characters of one line that are shown at most. */
const lineLimit = 500;

const patterns: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // user:password@ in any address
  [/([a-z][a-z0-9+.-]*:\/\/[^\s:/@]+:)[^\s@/]+@/gi, '$1***@'],
  // JSON Web Tokens
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, '***'],
  // AWS access key ids, GitHub tokens
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, '***'],
  [/\bgh[pousr]_[A-Za-z0-9]{20,}\b/g, '***'],
  [/\b(authorization\s*[:=]\s*(?:bearer|basic)?)\s*\S+/gi, '$1 ***'],
  [/\bbearer\s+[\w.~+/-]{8,}=*/gi, 'Bearer ***'],
  // password=..., "secret": "...", Password = '...', also inside connection strings
  [
    /((?:pass(?:word|wd)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)[\w-]*["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s,;}&]+)/gi,
    '$1***',
  ],
];

/** Escape sequences of terminals; other control characters; those that turn the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const sequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)?/g;
const controls = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

export function redactLogLine(line: string): string {
  let result = line
    .replace(/[\r\n]+$/, '')
    .replace(sequences, '')
    .replaceAll('\t', '  ')
    .replace(controls, ' ');
  for (const [pattern, replacement] of patterns) result = result.replace(pattern, replacement);
  return result.length > lineLimit ? `${result.slice(0, lineLimit)}…` : result;
}
