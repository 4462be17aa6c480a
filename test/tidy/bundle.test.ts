/** What the build refuses, and what it takes out of the AWS SDK. */
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { chunkName } from '../../scripts/bundle/chunk-name.ts';
import { licensesOf, packageFolder } from '../../scripts/bundle/licenses.ts';
import { expectJustTheseCommands, listedOperations } from '../../scripts/bundle/operations.ts';
import { documentedErrors, withoutErrors } from '../../scripts/bundle/sdk-errors.ts';
import { permissions } from '../../src/aws/permissions.ts';
import { root } from '../support/source-files.ts';

const modules = join(root, 'node_modules');
const command = (client: string, operation: string) =>
  join(modules, client, 'dist-es/commands', `${operation}Command.js`);
const ssm = '@aws-sdk/client-ssm';
const listed = [
  { client: ssm, operation: 'ListTagsForResource' },
  { client: '@aws-sdk/client-ecs', operation: 'ListTagsForResource' },
];
const bundled = listed.map((each) => command(each.client, each.operation));

describe('commands in bundles and operations in the list', () => {
  test('the list is read in full', () => {
    // Every operation has its row of permissions: the types see to that.
    const operations = listedOperations(root).map(({ operation }) => operation);
    expect(operations.sort()).toEqual(
      Object.keys(permissions)
        .map((name) => name.split(':')[1])
        .sort(),
    );
  });

  test('the same: good; other modules and the clients inside of the SDK do not count', () => {
    const nested = join(
      modules,
      '@aws-sdk/nested-clients/dist-es/submodules/sts/commands/AssumeRoleCommand.js',
    );
    expect(() => expectJustTheseCommands(listed, [...bundled, nested, join(root, 'src/a.ts')])).not.toThrow();
  });

  test('one that no bundle has is named', () => {
    expect(() => expectJustTheseCommands(listed, bundled.slice(1))).toThrow(
      '@aws-sdk/client-ssm ListTagsForResource is in src/aws/operations.ts, and no bundle has it',
    );
  });

  test('one that is not listed is named', () => {
    expect(() => expectJustTheseCommands(listed, [...bundled, command(ssm, 'PutParameter')])).toThrow(
      '@aws-sdk/client-ssm PutParameter is in a bundle, and src/aws/operations.ts does not list it.',
    );
  });
});

describe('errors', () => {
  test('those that an operation documents are read off its declaration', () => {
    expect(documentedErrors(join(modules, ssm), 'ListTagsForResource')).toEqual([
      'InternalServerError',
      'InvalidResourceId',
      'InvalidResourceType',
      'SSMServiceException',
    ]);
    expect(() => documentedErrors(join(modules, ssm), 'ListTagsOfNothing')).toThrow('ListTagsOfNothing');
  });

  test('registered stay those to keep, and the base exception', () => {
    const base = '_s_registry.registerError(SSMServiceException$, SSMServiceException);\n';
    const kept = 'n0_registry.registerError(InvalidResourceId$, InvalidResourceId);\n';
    const other = 'n0_registry.registerError(ParameterNotFound$, ParameterNotFound);\n';
    const shape = 'export var Tag$ = [3, n0, _T, 0, [_K], [0]];\n';
    expect(withoutErrors(base + kept + shape + other, new Set(['InvalidResourceId']))).toBe(
      base + kept + shape,
    );
    expect(() => withoutErrors(shape, new Set())).toThrow('written in another way');
  });
});

test.each([
  ['the kit alone', 'retry', ['/k/src/aws/retry.ts'], 'retry'],
  ['a package', 'dist', ['/k/node_modules/yaml/dist/index.js'], 'yaml'],
  [
    'a part of one',
    'httpRequest',
    ['/k/node_modules/@smithy/x/dist-es/httpRequest.js'],
    'smithy-x-httpRequest',
  ],
  ['a group', 'aws-sdk', ['/k/node_modules/@smithy/x/dist-es/a.js'], 'aws-sdk'],
])('name of a file: %s', (_what, name, moduleIds, expected) => {
  expect(chunkName({ name, moduleIds })).toBe(expected);
});

test('a licence for every package, each text once', () => {
  expect(packageFolder('/k/node_modules/a/node_modules/@b/c/dist/index.js')).toBe(
    '/k/node_modules/a/node_modules/@b/c',
  );
  expect(packageFolder('/k/src/aws/retry.ts')).toBeUndefined();
  const text = licensesOf([
    join(modules, 'yaml/dist/index.js'),
    join(modules, 'yaml/dist/parse/lexer.js'),
    ...bundled,
    join(root, 'src/aws/retry.ts'),
  ]);
  expect(text.match(/^yaml [\d.]+ \(ISC\)$/gm)).toHaveLength(1);
  expect(text).toMatch(
    /^@aws-sdk\/client-ecs [\d.]+ \(Apache-2\.0\)\n@aws-sdk\/client-ssm [\d.]+ \(Apache-2\.0\)$/m,
  );
  expect(text.match(/Apache License\n/g)).toHaveLength(1);
});
