import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { definitionHash } from '../../../src/aws/same-definition.ts';
import { parseDefinitionFile } from '../../../src/rollout/definition-file.ts';
import { containersOf } from '../../../src/rollout/expectation.ts';
import { ConfigurationError } from '../../../src/runner/configuration-error.ts';

const base = {
  family: 'api',
  networkMode: 'awsvpc' as const,
  cpu: '512',
  memory: '1024',
  containerDefinitions: [
    {
      name: 'app',
      image: 'registry.example.com/api:1',
      portMappings: [{ containerPort: 5000 }],
      environment: [
        { name: 'A', value: '1' },
        { name: 'B', value: '' },
      ],
      healthCheck: { command: ['CMD-SHELL', 'true'] },
    },
  ],
};
const [app] = base.containerDefinitions;
const withApp = (change: object) => ({ ...base, containerDefinitions: [{ ...app!, ...change }] });

describe('the same definition', () => {
  test('as ECS answers it: defaults filled in, output-only fields added', () => {
    const answered = {
      ...base,
      taskDefinitionArn: 'arn:aws:ecs:ap-south-1:123456789012:task-definition/api:7',
      revision: 7,
      status: 'ACTIVE' as const,
      volumes: [],
      placementConstraints: [],
      requiresAttributes: [{ name: 'ecs.capability.task-eni' }],
      compatibilities: ['FARGATE' as const],
      registeredAt: new Date(0),
      registeredBy: 'somebody',
      containerDefinitions: [
        {
          ...app!,
          cpu: 0,
          essential: true,
          mountPoints: [],
          volumesFrom: [],
          systemControls: [],
          environment: [...app!.environment].reverse(),
          portMappings: [{ containerPort: 5000, hostPort: 5000, protocol: 'tcp' as const }],
          healthCheck: { command: ['CMD-SHELL', 'true'], interval: 30, timeout: 5, retries: 3 },
        },
      ],
    };
    expect(definitionHash(answered)).toBe(definitionHash(base));
  });

  test.each([
    ['the image', withApp({ image: 'registry.example.com/api:2' })],
    [
      'a value',
      withApp({
        environment: [
          { name: 'A', value: '2' },
          { name: 'B', value: '' },
        ],
      }),
    ],
    ['an empty value gone', withApp({ environment: [{ name: 'A', value: '1' }] })],
    ['memory', { ...base, memory: '2048' }],
    ['essential false', withApp({ essential: false })],
    ['another interval', withApp({ healthCheck: { ...app!.healthCheck, interval: 31 } })],
    ['a host port of its own', withApp({ portMappings: [{ containerPort: 5000, hostPort: 80 }] })],
    ['udp', withApp({ portMappings: [{ containerPort: 5000, protocol: 'udp' }] })],
    ['the order of a command', withApp({ healthCheck: { command: ['true', 'CMD-SHELL'] } })],
    ['the family', { ...base, family: 'web' }],
  ])('%s makes it another one', (_name, changed) => {
    expect(definitionHash(changed)).not.toBe(definitionHash(base));
  });

  test('law: the order of keys means nothing', () => {
    const shuffledKeys = (value: unknown, seed: number): unknown => {
      if (Array.isArray(value)) return value.map((each) => shuffledKeys(each, seed));
      if (typeof value !== 'object' || value === null) return value;
      const entries = Object.entries(value).map(([key, each]) => [key, shuffledKeys(each, seed)] as const);
      return Object.fromEntries(
        seed % 2 === 0 ? entries.reverse() : [...entries.slice(1), ...entries.slice(0, 1)],
      );
    };
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(definitionHash(shuffledKeys(base, seed) as typeof base)).toBe(definitionHash(base));
      }),
    );
  });
});

describe('a definition from a file', () => {
  test('JSON', async () => {
    expect(await parseDefinitionFile('t.json', JSON.stringify(base))).toEqual(base);
  });

  test('YAML, where sizes are numbers', async () => {
    const yaml =
      'family: api\ncpu: 512\nmemory: 1024\ncontainerDefinitions:\n  - name: app\n    image: a:1\n';
    expect(await parseDefinitionFile('t.yaml', yaml)).toEqual({
      family: 'api',
      cpu: '512',
      memory: '1024',
      containerDefinitions: [{ name: 'app', image: 'a:1' }],
    });
  });

  test('what describe-task-definition prints: its output-only fields are left out', async () => {
    const printed = {
      taskDefinition: { ...base, taskDefinitionArn: 'arn', revision: 3, status: 'ACTIVE', registeredAt: 1 },
      tags: [{ key: 'team', value: 'ips' }],
    };
    expect(await parseDefinitionFile('t.json', JSON.stringify(printed))).toEqual({
      ...base,
      tags: [{ key: 'team', value: 'ips' }],
    });
  });

  test('an empty list of tags is left out: ECS rejects it', async () => {
    expect(await parseDefinitionFile('t.json', JSON.stringify({ ...base, tags: [] }))).toEqual(base);
  });

  test('fields this kit does not know are kept', async () => {
    const future = { ...base, somethingNew: { a: [1] } };
    expect(await parseDefinitionFile('t.json', JSON.stringify(future))).toEqual(future);
  });

  test('quotes and colons in texts are no keys', async () => {
    const odd = { ...base, somethingNew: { 'a": ': 'b": ', '\\': '\\": "' } };
    expect(await parseDefinitionFile('t.json', JSON.stringify(odd))).toEqual(odd);
  });

  test.each([
    ['[]', 'expected one task definition'],
    ['{"a": ', 'neither JSON nor YAML'],
    ['{"family":"a","family":"b","containerDefinitions":[{"name":"a"}]}', 'must be unique'],
    ['', 'expected one task definition'],
    ['{"containerDefinitions":[{"name":"a"}]}', 'family is missing'],
    ['{"family":"a b","containerDefinitions":[{"name":"a"}]}', 'family is missing'],
    ['{"family":"a","containerDefinitions":[]}', 'containerDefinitions is missing or empty'],
    ['{"family":"a","containerDefinitions":[{"name":"a"},{}]}', 'containerDefinitions[1] has no name'],
  ])('%s: %s', async (text, message) => {
    await expect(parseDefinitionFile('t.json', text)).rejects.toThrow(ConfigurationError);
    await expect(parseDefinitionFile('t.json', text)).rejects.toThrow(message);
  });
});

test('what the containers demand of the tasks', () => {
  const digest = `sha256:${'c'.repeat(64)}`;
  const definition = {
    containerDefinitions: [
      { name: 'app', image: `registry.example.com/api@${digest}`, essential: true },
      { name: 'agent', image: 'agent:1', essential: false, healthCheck: { command: ['CMD', 'x'] } },
      { name: 'proxy', image: 'proxy:1' },
    ],
  };
  expect(containersOf(definition)).toEqual({
    hasContainerHealthCheck: false,
    essentialContainers: new Set(['app', 'proxy']),
    pinnedDigests: new Map([['app', digest]]),
  });
});
