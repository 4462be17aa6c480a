/** The migration guide answers for every secret of the pipeline that it replaces. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { describeProblem } from '../../src/inputs/parse.ts';
import { parseRender } from '../../src/inputs/render-task-def.ts';
import { root } from '../support/source-files.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const guide = read('docs/migration.md');
const rows = new Map(
  [...guide.matchAll(/^\| `([A-Z0-9_]+)` \| ([^|]+) \|/gm)].map((match) => [match[1]!, match[2]!.trim()]),
);

test('each secret of the old pipeline has its place', () => {
  const old = read('examples/ips-data-acquisition-api/.github/workflows/deploy.yml');
  const secrets = new Set([...old.matchAll(/secrets\.([A-Z0-9_]+)/g)].map((match) => match[1]!));
  expect([...rows.keys()].sort()).toEqual([...secrets].sort());
  expect([...rows.values()].every((place) => /workflow|nowhere|Secrets Manager/.test(place))).toBe(true);
});

test('what goes to Secrets Manager is made there, and taken from there', () => {
  const names = [...rows.values()].flatMap((place) => /Secrets Manager, `([^`]+)`/.exec(place)?.[1] ?? []);
  expect(names).toHaveLength(3);
  for (const name of names) {
    expect(guide).toContain(`create-secret --name ${name} `);
    expect(guide).toMatch(new RegExp(`^      \\w+=${name}$`, 'm'));
  }
});

test('the new workflows need none of them', () => {
  for (const file of ['deploy', 'pr-check', 'rollback', 'cutover', 'watch'])
    expect(read(`workflows/${file}.yml`)).not.toMatch(/secrets\./);
});

test('the step that makes the task definition has inputs that are taken', () => {
  const [step] = parse(/```yaml\n(- uses: org[\s\S]*?)```/.exec(guide)![1]!) as [
    { with: Record<string, string> },
  ];
  const parsed = parseRender(step.with);
  expect(parsed.ok ? [] : parsed.problems.map(describeProblem)).toEqual([]);
});
