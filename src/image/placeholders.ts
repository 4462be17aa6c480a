/**
 * The EC2 era's `#{NAME}#` in configuration files, filled in for the build. Pure. Settings go in; a value that is a
 * secret is refused, for whatever is in an image can be read by all who can pull it.
 */
import { posix } from 'node:path';
import { shortestSecret } from './secret-search/needles.ts';

export interface PlaceholderFile {
  /** As given. */
  readonly path: string;
  /** Undefined where there is no such file. */
  readonly text: string | undefined;
}

export interface FilledFile {
  readonly path: string;
  readonly text: string;
}

export type Filling =
  | { readonly kind: 'filled'; readonly files: readonly FilledFile[]; readonly count: number }
  /** All of them, one sentence each. */
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

const placeholder = /#\{([A-Za-z0-9_.-]+)\}#/g;

export function fillPlaceholders(
  files: readonly PlaceholderFile[],
  values: ReadonlyMap<string, string>,
  secrets: ReadonlyMap<string, string>,
): Filling {
  const problems: string[] = [];
  for (const [name, value] of values) {
    const secret = secretIn(value, secrets);
    if (secret !== undefined) problems.push(moveToSecretsManager(name, secret));
  }
  const used = new Set<string>();
  let count = 0;
  const filled: FilledFile[] = [];
  for (const { path, text } of files) {
    if (text === undefined) {
      problems.push(`${path} does not exist.`);
      continue;
    }
    const lines = text.split('\n').map((line, index) =>
      line.replace(placeholder, (whole, name: string) => {
        const value = values.get(name);
        if (value === undefined) {
          problems.push(`${path} line ${index + 1}: #{${name}}# has no value.`);
          return whole;
        }
        used.add(name);
        count++;
        return escapeFor(path, value);
      }),
    );
    filled.push({ path, text: lines.join('\n') });
  }
  for (const name of values.keys()) {
    if (!used.has(name))
      problems.push(`#{${name}}# is in none of the files: ${files.map((each) => each.path).join(', ')}.`);
  }
  return problems.length > 0 ? { kind: 'refused', problems } : { kind: 'filled', files: filled, count };
}

function secretIn(value: string, secrets: ReadonlyMap<string, string>): string | undefined {
  for (const [name, secret] of secrets) {
    const text = secret.trim();
    if (text.length >= shortestSecret && value.includes(text)) return name;
  }
  return undefined;
}

/** The way out, with the lines for it; never the value. */
function moveToSecretsManager(name: string, secret: string): string {
  const id = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return [
    `#{${name}}# would put the secret ${secret} into the image.`,
    `Keep it in Secrets Manager (aws secretsmanager create-secret --name ${id} --secret-string file://value.txt)`,
    `and give it to the container when it starts, under secrets of the task definition:`,
    `{"name": "${name}", "valueFrom": "arn:aws:secretsmanager:REGION:ACCOUNT:secret:${id}-XXXXXX"}.`,
  ].join(' ');
}

/** A value stays one value, whatever is in it. */
function escapeFor(path: string, value: string): string {
  switch (posix.extname(path).toLowerCase()) {
    case '.json':
      return JSON.stringify(value).slice(1, -1);
    case '.xml':
    case '.config':
      return value
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;');
    default:
      return value;
  }
}
