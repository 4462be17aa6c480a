import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '../../../src/taskdef/json.ts';
import { guideDefinition, noChanges, renderSimply, type SimpleChanges, small } from './changes.ts';

function rendered(definition: JsonObject, changes: Partial<SimpleChanges> = {}): JsonObject {
  const result = renderSimply(definition, { ...noChanges, ...changes });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.definition;
}

function problems(definition: JsonObject, changes: Partial<SimpleChanges> = {}): string[] {
  const result = renderSimply(definition, { ...noChanges, ...changes });
  return result.ok ? [] : result.problems.map((problem) => `${problem.pointer} ${problem.code}`);
}

const arn = (name: string): string => `arn:aws:secretsmanager:ap-south-1:123456789012:secret:${name}-AbCdEf`;

test("the guide's definition, as its pipeline needs it: the whole result", () => {
  const result = renderSimply(guideDefinition(), {
    ...noChanges,
    image: `123456789012.dkr.ecr.ap-south-1.amazonaws.com/ips@sha256:${'a'.repeat(64)}`,
    environment: new Map([
      ['ASPNETCORE_ENVIRONMENT', 'Staging'],
      ['QUERY', 'a=b "c d"'],
      ['EMPTY', ''],
    ]),
    secrets: new Map([['ConnectionStrings__Default', arn('ips/db-connection')]]),
    cpu: '1024',
    memory: '2048',
    logGroup: '/ecs/other',
    place: { accountId: '123456789012', region: 'ap-south-1' },
  });
  expect(result).toEqual({
    ok: true,
    problems: [],
    before: guideDefinition(),
    notices: ['Placeholders for account and region filled in with 123456789012 and ap-south-1, in 3 places.'],
    definition: {
      family: 'ips-api-task',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '1024',
      memory: '2048',
      containerDefinitions: [
        {
          name: 'ips-api',
          image: `123456789012.dkr.ecr.ap-south-1.amazonaws.com/ips@sha256:${'a'.repeat(64)}`,
          portMappings: [{ containerPort: 5000, protocol: 'tcp' }],
          environment: [
            { name: 'ASPNETCORE_ENVIRONMENT', value: 'Staging' },
            { name: 'QUERY', value: 'a=b "c d"' },
            { name: 'EMPTY', value: '' },
          ],
          secrets: [
            { name: 'ConnectionStrings__Default', valueFrom: arn('ips/db-connection') },
            {
              name: 'JwtSettings__SecretKey',
              valueFrom: 'arn:aws:secretsmanager:ap-south-1:123456789012:secret:jwt-secret',
            },
          ],
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              'awslogs-group': '/ecs/other',
              'awslogs-region': 'ap-south-1',
              'awslogs-stream-prefix': 'api',
            },
          },
          healthCheck: {
            command: ['CMD-SHELL', 'curl -f http://localhost:5000/health || exit 1'],
            interval: 30,
            timeout: 5,
            retries: 3,
          },
        },
      ],
      executionRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
      taskRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskRole',
    },
  });
});

describe('what ECS answers can be given back', () => {
  test('output-only fields go, the rest and its order stays', () => {
    const described: JsonObject = {
      taskDefinition: {
        taskDefinitionArn: 'arn:…:7',
        ...small({ cpu: 0, entryPoint: [], environment: [{ name: 'A', value: '' }] }),
        revision: 7,
        volumes: [],
        status: 'ACTIVE',
        requiresAttributes: [],
        compatibilities: ['EC2'],
        registeredAt: 1,
        registeredBy: 'me',
      },
      tags: [{ key: 'team', value: 'ips' }],
    };
    const result = rendered(described);
    expect(result).toEqual({
      ...small({ cpu: 0, entryPoint: [], environment: [{ name: 'A', value: '' }] }),
      volumes: [],
      tags: [{ key: 'team', value: 'ips' }],
    });
    expect(Object.keys(result)).toEqual(['family', 'containerDefinitions', 'volumes', 'tags']);
  });

  test('an empty list of tags beside the definition is left out; one inside is a problem', () => {
    expect(rendered({ taskDefinition: small(), tags: [] })).toEqual(small());
    expect(problems(small({}, { tags: [] }))).toEqual(['/tags tags']);
  });
});

describe('fields nobody here has heard of', () => {
  test('pass through, with a notice that names them', () => {
    const definition = small({ gpuSlices: { count: 2 } }, { quantumMode: true });
    expect(renderSimply(definition, noChanges)).toEqual({
      ok: true,
      problems: [],
      before: definition,
      definition,
      notices: [
        'Fields that this version does not know are passed on: /containerDefinitions/0/gpuSlices, /quantumMode.',
      ],
    });
  });

  test.each([
    [small({ portMapings: [] }), '/containerDefinitions/0/portMapings', 'portMappings'],
    [small({ Image: 'x' }), '/containerDefinitions/0/Image', 'image'],
    [small({ healthcheck: {} }), '/containerDefinitions/0/healthcheck', 'healthCheck'],
    [small({ secerts: [] }), '/containerDefinitions/0/secerts', 'secrets'],
    [
      small({ logConfiguration: { logDrivr: 'awslogs' } }),
      '/containerDefinitions/0/logConfiguration/logDrivr',
      'logDriver',
    ],
    [
      small({ environment: [{ name: 'A', vale: '1' }] }),
      '/containerDefinitions/0/environment/0/vale',
      'value',
    ],
    [small({}, { excutionRoleArn: 'x' }), '/excutionRoleArn', 'executionRoleArn'],
  ])('a slip is an error that names what is meant (%#)', (definition, pointer, meant) => {
    const field = pointer.split('/').at(-1);
    expect(renderSimply(definition, noChanges)).toMatchObject({
      ok: false,
      problems: [
        { code: 'misspelt-field', pointer, message: `"${field}" is no field here: "${meant}" is meant.` },
      ],
    });
  });

  test('keys of free maps are the users: none is a slip', () => {
    const definition = small({
      dockerLabels: { nme: 'x', ImageX: 'y' },
      logConfiguration: { logDriver: 'awsfirelens', options: { Nam: 'datadog' } },
    });
    expect(rendered(definition)).toEqual(definition);
  });
});

describe('variables', () => {
  const withBoth = small(
    {
      environment: [
        { name: 'A', value: '1', note: 'kept' },
        { name: 'B', value: '2' },
      ],
      secrets: [{ name: 'S', valueFrom: 'arn:s' }],
    },
    { executionRoleArn: 'arn:aws:iam::123456789012:role/x' },
  );
  const container = (definition: JsonObject): JsonObject =>
    (definition['containerDefinitions'] as JsonObject[])[0]!;

  test('a value is replaced where it stands, other keys of the entry stay', () => {
    expect(container(rendered(withBoth, { environment: new Map([['A', '9']]) }))['environment']).toEqual([
      { name: 'A', value: '9', note: 'kept' },
      { name: 'B', value: '2' },
    ]);
  });

  test('a plain variable that becomes a secret leaves environment', () => {
    const result = renderSimply(withBoth, { ...noChanges, secrets: new Map([['B', 'arn:b']]) });
    expect(result.ok && result.notices.at(-1)).toBe('B moved from environment to secrets.');
    expect(result.ok && container(result.definition)).toMatchObject({
      environment: [{ name: 'A', value: '1', note: 'kept' }],
      secrets: [
        { name: 'S', valueFrom: 'arn:s' },
        { name: 'B', valueFrom: 'arn:b' },
      ],
    });
  });

  test('a secret never becomes plain by accident, but on purpose', () => {
    const plain = { environment: new Map([['S', 'clear']]) };
    expect(problems(withBoth, plain)).toEqual(['/containerDefinitions/0/secrets secret-in-clear']);
    expect(container(rendered(withBoth, { ...plain, environmentRemove: ['S'] }))).toMatchObject({
      secrets: [],
      environment: [{ name: 'A' }, { name: 'B' }, { name: 'S', value: 'clear' }],
    });
  });

  test('numbers and booleans of YAML become the texts that ECS wants', () => {
    const definition = small(
      {
        environment: [
          { name: 'A', value: 5 },
          { name: 'B', value: false },
        ],
      },
      { cpu: 512 },
    );
    const result = rendered(definition);
    expect(result['cpu']).toBe('512');
    expect(container(result)['environment']).toEqual([
      { name: 'A', value: '5' },
      { name: 'B', value: 'false' },
    ]);
  });
});

describe('which container', () => {
  const two: JsonObject = {
    family: 'app',
    memory: '512',
    containerDefinitions: [
      { name: 'web', image: 'web:1' },
      { name: 'log', image: 'log:1' },
    ],
  };

  test('several images in one render', () => {
    const images = new Map([
      ['log', 'log:2'],
      ['web', 'web:2'],
    ]);
    expect(rendered(two, { images })['containerDefinitions']).toEqual([
      { name: 'web', image: 'web:2' },
      { name: 'log', image: 'log:2' },
    ]);
  });

  test('with several containers one must be named, and must exist', () => {
    expect(problems(two, { image: 'x' })).toEqual(['/containerDefinitions which-container']);
    expect(problems(two, { image: 'x', containerName: 'wev' })).toEqual([
      '/containerDefinitions no-such-container',
    ]);
    expect(problems(two, { images: new Map([['no', 'x']]) })).toEqual([
      '/containerDefinitions no-such-container',
    ]);
    expect(rendered(two, { image: 'x', containerName: 'log' })['containerDefinitions']).toEqual([
      { name: 'web', image: 'web:1' },
      { name: 'log', image: 'x' },
    ]);
  });
});

describe('checks', () => {
  const fargate = (cpu: string, memory: string): JsonObject =>
    small({}, { requiresCompatibilities: ['FARGATE'], networkMode: 'awsvpc', cpu, memory });

  test.each([
    ['256', '512', true],
    ['256', '1024', true],
    ['256', '1536', false],
    ['256', '2048', true],
    ['256', '3072', false],
    ['512', '1023', false],
    ['512', '1024', true],
    ['512', '4096', true],
    ['512', '5120', false],
    ['1024', '2048', true],
    ['4096', '30720', true],
    ['4096', '31744', false],
    ['8192', '16384', true],
    ['8192', '18432', false],
    ['16384', '122880', true],
    ['300', '512', false],
    ['.5 vCPU', '1 GB', true],
    ['1 vCPU', '1 GB', false],
  ])('Fargate with cpu %s and memory %s: %s', (cpu, memory, allowed) => {
    expect(problems(fargate(cpu, memory)).length === 0).toBe(allowed);
  });

  test('everything that is wrong is said at once', () => {
    const definition: JsonObject = {
      family: 'no blanks',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '512',
      memory: '512',
      containerDefinitions: [
        {
          name: 'web',
          image: '',
          essential: false,
          stopTimeout: 121,
          portMappings: [{ containerPort: 80, hostPort: 8080 }],
          environment: [
            { name: 'A', value: '1' },
            { name: 'A', value: '2' },
          ],
          secrets: [{ name: 'A', valueFrom: 'x' }],
          dependsOn: [{ containerName: 'db', condition: 'HEALTHY' }],
          healthCheck: { command: ['curl'], interval: 4 },
        },
        {
          name: 'web',
          image: 'x',
          essential: false,
          logConfiguration: { logDriver: 'awslogs' },
        },
      ],
    };
    expect(problems(definition)).toEqual([
      '/family family',
      '/memory fargate-size',
      '/containerDefinitions/0/stopTimeout range',
      '/containerDefinitions/1/logConfiguration/options log-options',
      '/containerDefinitions/0/image image',
      '/containerDefinitions/0/environment/1/name variable-twice',
      '/containerDefinitions/0/secrets/0/name variable-twice',
      '/containerDefinitions/0/portMappings/0/hostPort host-port',
      '/containerDefinitions/0/healthCheck/interval range',
      '/containerDefinitions/0/healthCheck/command health-check',
      '/containerDefinitions/0/secrets execution-role',
      '/containerDefinitions/1/name container-name',
      '/executionRoleArn execution-role',
      '/containerDefinitions/0/dependsOn/0/containerName depends-on',
      '/containerDefinitions essential',
    ]);
  });

  test('without containers nothing else is said of them', () => {
    expect(problems({ family: 'app' })).toEqual(['/containerDefinitions containers']);
    expect(problems({ family: 'app', containerDefinitions: [] })).toEqual([
      '/containerDefinitions containers',
    ]);
  });
});

describe('laws', () => {
  const name = fc
    .constantFrom('A', 'b', 'LOG_LEVEL', 'x-y', '__proto', 'value', 'Name')
    .chain((stem) => fc.nat(9).map((number) => `${stem}${number}`));
  const value = fc.oneof(fc.string(), fc.constant(''), fc.constant('a=b'));
  const pairs = fc.dictionary(name, value, { maxKeys: 4, noNullPrototype: true });
  /** Far enough from every known field, and never one that ECS only puts out. */
  const unknownName = fc.nat(99).map((number) => `xxUnheardOf${number}`);
  const definition = fc
    .record({
      family: name,
      containers: fc.uniqueArray(
        fc.record({
          name,
          environment: pairs,
          labels: pairs,
          extra: fc.dictionary(unknownName, fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true }),
        }),
        { minLength: 1, maxLength: 3, selector: (container) => container.name },
      ),
      extra: fc.dictionary(unknownName, fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true }),
    })
    .map(
      ({ family, containers, extra }) =>
        ({
          ...extra,
          family,
          executionRoleArn: 'arn:aws:iam::123456789012:role/x',
          memory: '512',
          containerDefinitions: containers.map((container) => ({
            name: container.name,
            ...container.extra,
            image: 'image:1',
            dockerLabels: container.labels,
            environment: Object.entries(container.environment).map(([key, text]) => ({
              name: key,
              value: text,
            })),
          })),
        }) as JsonObject,
    );
  const changes = fc.record({
    environment: pairs,
    secrets: fc.dictionary(
      name,
      fc.string({ minLength: 1 }).map((text) => `parameter-${text}`),
      {
        maxKeys: 4,
        noNullPrototype: true,
      },
    ),
    image: fc.option(name, { nil: undefined }),
  });
  const toChanges = (
    given: JsonObject,
    { environment, secrets, image }: { environment: object; secrets: object; image: string | undefined },
  ): SimpleChanges => ({
    ...noChanges,
    containerName: String((given['containerDefinitions'] as JsonObject[])[0]!['name']),
    image,
    environment: new Map(Object.entries(environment).filter(([key]) => !(key in secrets))),
    secrets: new Map(Object.entries(secrets)),
  });

  test('without changes the result is the same text, key by key', () => {
    fc.assert(
      fc.property(definition, (given) => {
        expect(JSON.stringify(rendered(given))).toBe(JSON.stringify(given));
      }),
    );
  });

  test('rendering twice changes nothing more', () => {
    fc.assert(
      fc.property(definition, changes, (given, wanted) => {
        const all = toChanges(given, wanted);
        const once = renderSimply(given, all);
        if (!once.ok) throw new Error(JSON.stringify(once.problems));
        const twice = renderSimply(once.definition, all);
        expect(twice.ok && JSON.stringify(twice.definition)).toBe(JSON.stringify(once.definition));
      }),
    );
  });

  test('what was given is never touched', () => {
    fc.assert(
      fc.property(definition, changes, (given, wanted) => {
        const before = JSON.stringify(given);
        renderSimply(given, toChanges(given, wanted));
        expect(JSON.stringify(given)).toBe(before);
      }),
    );
  });
});
