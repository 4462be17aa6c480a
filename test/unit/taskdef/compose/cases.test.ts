/**
 * Compose files of many kinds, each with the task definition that it becomes, or what is said against it. Files
 * beside a case (`NAME.d/…`) are what it reads. `IPS_WRITE_CASES=1` writes what comes out, to be read before it is
 * committed.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ConfigurationError } from '../../../../src/runner/configuration-error.ts';
import { checkDefinition } from '../../../../src/taskdef/checks.ts';
import { composeDefinition } from '../../../../src/taskdef/compose/definition.ts';
import { checkFields } from '../../../../src/taskdef/known-fields.ts';

const folder = join(import.meta.dirname, 'cases');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.yml') && !file.endsWith('.override.yml'))
  .map((file) => file.replace(/\.yml$/, ''))
  .sort();

/** How a case is read: its first comment lines, as YAML behind `#:`. */
interface Setting {
  readonly files?: readonly string[];
  readonly profiles?: readonly string[];
  readonly services?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly family?: string;
}

interface Told {
  readonly definition: unknown;
  readonly problems: readonly string[];
  readonly notices: readonly string[];
}

async function readCase(name: string): Promise<Told> {
  const text = readFileSync(join(folder, `${name}.yml`), 'utf8');
  const lines = text.split('\n').filter((line) => line.startsWith('#:'));
  const setting = (parse(lines.map((line) => line.slice(2)).join('\n')) ?? {}) as Setting;
  const result = await composeDefinition(
    {
      paths: [`${name}.yml`, ...(setting.files ?? [])],
      envFiles: [],
      profiles: setting.profiles ?? [],
      services: setting.services ?? [],
      environment: (variable) => setting.variables?.[variable],
      family: setting.family,
      region: 'ap-south-1',
    },
    {
      readFile: async (path) => {
        // `.env` of one case must not speak into the others.
        const own = path.startsWith('.') ? `${name}.d/${path}` : path;
        try {
          return readFileSync(join(folder, own), 'utf8');
        } catch {
          throw new ConfigurationError('file-unreadable', `${path} cannot be read.`);
        }
      },
    },
  );
  const place = ({ file, line }: { file: string; line: number }): string => `${file}:${line}: `;
  return {
    definition: result.problems.length > 0 ? null : result.definition,
    problems: result.problems.map(
      (problem) => `${problem.place ? place(problem.place) : ''}${problem.message}`,
    ),
    notices: [...result.notices],
  };
}

test('there are cases of at least 25 kinds', () => {
  expect(names.length).toBeGreaterThanOrEqual(25);
});

describe.each(names)('%s', (name) => {
  const expectedPath = join(folder, `${name}.expected.json`);

  test('becomes what is expected, or is refused', async () => {
    const told = await readCase(name);
    if (process.env['IPS_WRITE_CASES'] !== undefined) {
      writeFileSync(expectedPath, `${JSON.stringify(told, null, 2)}\n`);
    }
    expect(told).toEqual(JSON.parse(readFileSync(expectedPath, 'utf8')));
  });

  test('what comes out is a definition that nothing is to be said against', async () => {
    const { definition } = await readCase(name);
    if (definition === null) return;
    // Roles come from inputs, and images of services that are built, too.
    const complete = { ...(definition as object), executionRoleArn: 'arn:aws:iam::123456789012:role/x' };
    const { problems, unknown } = checkFields(complete);
    const others = checkDefinition(complete).filter(({ code }) => code !== 'image');
    expect([...problems, ...unknown, ...others]).toEqual([]);
  });
});
