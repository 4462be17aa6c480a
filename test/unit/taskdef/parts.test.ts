import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseRender } from '../../../src/inputs/render-task-def.ts';
import { lineOf, parseDefinition } from '../../../src/taskdef/definition-text.ts';
import { diffDefinitions, renderDiff } from '../../../src/taskdef/diff.ts';
import { nearestName } from '../../../src/taskdef/nearest-name.ts';
import { fillPlaceholders, hasPlaceholders } from '../../../src/taskdef/placeholders.ts';
import { parseSecretRef } from '../../../src/taskdef/secret-ref.ts';
import { exampleFile, guideDefinition, small } from './changes.ts';

describe('parseSecretRef', () => {
  test.each([
    ['ips/db', { kind: 'name', name: 'ips/db', suffix: '' }],
    ['ips/db:password', { kind: 'name', name: 'ips/db', suffix: ':password::' }],
    ['ips/db:password:AWSPREVIOUS', { kind: 'name', name: 'ips/db', suffix: ':password:AWSPREVIOUS:' }],
    ['ips/db:::v-1', { kind: 'name', name: 'ips/db', suffix: ':::v-1' }],
    [
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-AbCdEf:key::',
      { kind: 'arn', arn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-AbCdEf:key::' },
    ],
    [
      'arn:aws-cn:ssm:cn-north-1:123456789012:parameter/a/b',
      { kind: 'arn', arn: 'arn:aws-cn:ssm:cn-north-1:123456789012:parameter/a/b' },
    ],
    ['arn:aws:s3:::bucket', undefined],
    ['two words', undefined],
    ['a:b:c:d:e', undefined],
    ['', undefined],
  ])('%s', (text, expected) => {
    expect(parseSecretRef(text)).toEqual(expected);
  });
});

describe('nearestName', () => {
  const known = ['name', 'image', 'portMappings', 'secrets', 'cpu'];
  test.each([
    ['portMapings', 'portMappings'],
    ['portmappings', 'portMappings'],
    ['prtMapings', 'portMappings'],
    ['prtMapngs', undefined],
    ['nmae', 'name'],
    ['cpus', undefined],
    ['CPU', 'cpu'],
    ['gpu', undefined],
    ['secret', 'secrets'],
    ['flavour', undefined],
  ])('%s: %s', (given, expected) => {
    expect(nearestName(given, known)).toBe(expected);
  });
});

test("placeholders: the guide's ARNs and image names, and nothing that only looks like them", () => {
  const given = {
    a: 'arn:aws:secretsmanager:region:account-id:secret:jwt',
    b: ['arn:aws:iam::account-id:role/x', 'arn:aws:sns:region:account:topic'],
    c: 'account-id.dkr.ecr.region.amazonaws.com/app:1',
    d: 'the region and the account-id',
    e: 'arn:aws:ecs:eu-west-1:123456789012:cluster/region',
  };
  expect(fillPlaceholders(given, { accountId: '1', region: 'ap-south-1' })).toEqual({
    filled: 4,
    definition: {
      a: 'arn:aws:secretsmanager:ap-south-1:1:secret:jwt',
      b: ['arn:aws:iam::1:role/x', 'arn:aws:sns:ap-south-1:1:topic'],
      c: '1.dkr.ecr.ap-south-1.amazonaws.com/app:1',
      d: 'the region and the account-id',
      e: 'arn:aws:ecs:eu-west-1:123456789012:cluster/region',
    },
  });
  expect([hasPlaceholders(given), hasPlaceholders({ d: given.d })]).toEqual([true, false]);
});

describe('diff', () => {
  test('containers and variables by name, secrets hidden', () => {
    const before = small({
      environment: [
        { name: 'LOG', value: 'info' },
        { name: 'API_KEY', value: 'old-key-value' },
        { name: 'URL', value: 'postgres://user:hunter2@db/x' },
      ],
    });
    const after = small({
      image: 'web:2',
      environment: [
        { name: 'API_KEY', value: 'new-key-value' },
        { name: 'LOG', value: 'debug' },
        { name: 'DB_PASSWORD', value: 'hunter2' },
      ],
      secrets: [{ name: 'URL', valueFrom: 'arn:url' }],
    });
    expect(renderDiff(diffDefinitions(before, after))).toBe(`@ containerDefinitions[web].image
- "web:1"
+ "web:2"
@ containerDefinitions[web].environment[LOG].value
- "info"
+ "debug"
@ containerDefinitions[web].environment[API_KEY]
- {"name":"API_KEY","value":"(hidden)"}
+ {"name":"API_KEY","value":"(hidden)"}
@ containerDefinitions[web].environment[URL]
- {"name":"URL","value":"(hidden)"}
@ containerDefinitions[web].environment[DB_PASSWORD]
+ {"name":"DB_PASSWORD","value":"(hidden)"}
@ containerDefinitions[web].secrets[URL]
+ {"name":"URL","valueFrom":"arn:url"}`);
  });

  test('a container that is new is shown whole, its suspicious values hidden', () => {
    const before = small();
    const after = structuredClone(before);
    (after['containerDefinitions'] as object[]).push({
      name: 'side',
      environment: [{ name: 'TOKEN', value: 'abcd' }],
    });
    expect(renderDiff(diffDefinitions(before, after))).toBe(
      '@ containerDefinitions[side]\n+ {"name":"side","environment":[{"name":"TOKEN","value":"(hidden)"}]}',
    );
  });

  test('the same definition has no difference', () => {
    expect(diffDefinitions(guideDefinition(), guideDefinition())).toEqual([]);
  });
});

describe('definition text', () => {
  test('JSON with tabs, YAML with anchors, a byte order mark', () => {
    expect(parseDefinition('x.json', '\ufeff{\n\t"family": "a"\n}')).toEqual({ family: 'a' });
    expect(parseDefinition('x.yaml', 'base: &b {v: 1}\nother: *b\n')).toEqual({
      base: { v: 1 },
      other: { v: 1 },
    });
  });

  test.each([
    ['x.json', '{', /^x\.json is not JSON: /],
    ['x.yaml', 'a: [1', /^x\.yaml is neither JSON nor YAML: /],
    ['x.yaml', 'a: 1\na: 2\n', /^x\.yaml is neither JSON nor YAML: Map keys must be unique/],
    ['x.yaml', '- 1', /^x\.yaml holds no task definition/],
  ])('%s with %j is refused', (path, text, message) => {
    expect(() => parseDefinition(path, text)).toThrow(message);
  });

  test('a pointer leads to its line, or to that of what is above it', () => {
    const text = readFileSync(exampleFile, 'utf8');
    const lineWith = (part: string): number => text.split('\n').findIndex((line) => line.includes(part)) + 1;
    expect(lineOf(text, '/cpu')).toBe(lineWith('"cpu"'));
    expect(lineOf(text, '/containerDefinitions/0/healthCheck/interval')).toBe(lineWith('"interval"'));
    expect(lineOf(text, '/containerDefinitions/0/stopTimeout')).toBe(lineWith('"containerDefinitions"') + 1);
    expect(lineOf(text, '/nothing')).toBeUndefined();
  });
});

describe('inputs', () => {
  const defaults = {
    source: { kind: 'file', path: 'td.json' },
    containerName: undefined,
    image: undefined,
    images: new Map(),
    environment: new Map(),
    environmentRemove: [],
    secrets: new Map(),
    cpu: undefined,
    memory: undefined,
    logGroup: undefined,
    accountId: undefined,
    outputPath: undefined,
    dryRun: false,
    reportPath: undefined,
    service: undefined,
    family: undefined,
    containers: undefined,
    platform: undefined,
    executionRole: undefined,
    taskRole: undefined,
    plainSecrets: 'warn',
    checkAws: 'auto',
    comment: false,
    githubToken: undefined,
  };

  test('one input is enough', () => {
    expect(parseRender({ 'task-definition': 'td.json' })).toEqual({ ok: true, request: defaults });
  });

  test('all of them', () => {
    const parsed = parseRender({
      'task-definition': 'ips-api-task:3',
      'container-name': 'web',
      images: 'web=a/b:1\nlog = c@sha256:1',
      environment: 'A=b=c\nB=\n# note\nC="x y"',
      'environment-remove': 'X, Y',
      secrets: 'S=ips/db:key\nT=arn:aws:ssm:eu-west-1:123456789012:parameter/t',
      cpu: '.5 vCPU',
      memory: '1024',
      'log-group': '/ecs/x',
      'account-id': '123456789012',
      output: 'out.json',
      'dry-run': 'true',
      report: 'r.json',
    });
    expect(parsed).toEqual({
      ok: true,
      request: {
        ...defaults,
        source: { kind: 'revision', name: 'ips-api-task:3' },
        containerName: 'web',
        image: undefined,
        images: new Map([
          ['web', 'a/b:1'],
          ['log', 'c@sha256:1'],
        ]),
        environment: new Map([
          ['A', 'b=c'],
          ['B', ''],
          ['C', '"x y"'],
        ]),
        environmentRemove: ['X', 'Y'],
        secrets: new Map([
          ['S', 'ips/db:key'],
          ['T', 'arn:aws:ssm:eu-west-1:123456789012:parameter/t'],
        ]),
        cpu: '.5 vCPU',
        memory: '1024',
        logGroup: '/ecs/x',
        accountId: '123456789012',
        outputPath: 'out.json',
        dryRun: true,
        reportPath: 'r.json',
      },
    });
  });

  test('cluster and service are a source of their own, or what another one is compared with', () => {
    const service = { kind: 'service', cluster: 'c', service: 's' };
    expect(parseRender({ cluster: 'c', service: 's' })).toMatchObject({
      request: { source: service, service },
    });
    expect(parseRender({ cluster: 'c', service: 's', 'task-definition': 'f:1' })).toMatchObject({
      request: { source: { kind: 'revision', name: 'f:1' }, service },
    });
  });

  test('compose files, with everything that says how they are read', () => {
    const parsed = parseRender({
      'from-compose': 'compose.yml\ncompose.ecs.yml',
      'compose-services': 'web, worker',
      'compose-profiles': 'prod',
      'compose-env-files': 'prod.env',
      'compose-variables': 'TAG=1=2',
      size: 'Medium',
      family: 'shop',
      'execution-role': 'ecsTaskExecutionRole',
      'task-role': 'arn:aws:iam::123456789012:role/path/x',
      platform: 'linux/arm64',
    });
    expect(parsed).toMatchObject({
      ok: true,
      request: {
        source: {
          kind: 'compose',
          paths: ['compose.yml', 'compose.ecs.yml'],
          services: ['web', 'worker'],
          profiles: ['prod'],
          envFiles: ['prod.env'],
          variables: new Map([['TAG', '1=2']]),
        },
        cpu: '1024',
        memory: '2048',
        executionRole: 'ecsTaskExecutionRole',
      },
    });
  });

  test.each([
    [{ cluster: 'c' }, ['task-definition', 'service']],
    [{ 'task-definition': 'f:1', service: 's' }, ['cluster']],
    [{ 'task-definition': 'f:1', 'from-compose': 'a.yml' }, ['from-compose']],
    [{ 'task-definition': 'f:1', 'compose-profiles': 'a' }, ['compose-profiles']],
    [{ 'task-definition': 'f:1', size: 'small', cpu: '512' }, ['size']],
    [{ 'task-definition': 'f:1', comment: 'true' }, ['github-token']],
    [{ 'task-definition': 'f:1', size: 'tiny', platform: 'windows/amd64' }, ['size', 'platform']],
  ])('%j: %j is to be corrected', (raw, inputs) => {
    const parsed = parseRender(raw as Record<string, string>);
    expect(parsed.ok ? [] : parsed.problems.map((problem) => problem.input)).toEqual(inputs);
  });

  test('every bad input is named at once; between fields comes after', () => {
    const parsed = parseRender({ 'account-id': '12', secrets: 'A=two words', images: 'x=', cpu: 'many' });
    expect(parsed.ok ? [] : parsed.problems.map((problem) => problem.input)).toEqual([
      'task-definition',
      'images',
      'secrets',
      'cpu',
      'account-id',
    ]);
    const between = parseRender({
      'task-definition': 'td.json',
      image: 'a',
      images: 'x=b',
      environment: 'A=1',
      secrets: 'A=s',
    });
    expect(between.ok ? [] : between.problems.map((problem) => problem.input)).toEqual(['image', 'secrets']);
  });
});
