/**
 * Whatever RegisterTaskDefinition refuses in the lab is refused here first: each broken definition is given to
 * both. And the other way round: what passes here is registered.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { validateTaskDefinition } from '../../../src/lab/world/ecs/task-definition-validation.ts';
import type { JsonObject, JsonValue } from '../../../src/taskdef/json.ts';
import { root } from '../../support/source-files.ts';
import { guideDefinition, noChanges, renderSimply } from './changes.ts';

const place = { accountId: '123456789012', region: 'ap-south-1' };

/** What the lab's ECS says; undefined where it takes the definition. */
function refusalOf(definition: JsonObject): string | undefined {
  try {
    validateTaskDefinition(definition as unknown as RegisterTaskDefinitionRequest);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

type Breaking = (definition: JsonObject, container: JsonObject) => void;

function broken(breaking: Breaking): JsonObject {
  const definition = guideDefinition();
  breaking(definition, (definition['containerDefinitions'] as JsonObject[])[0]!);
  return definition;
}

function inTask(field: string, value: JsonValue): Breaking {
  return (task) => {
    task[field] = value;
  };
}

function inWeb(field: string, value: JsonValue): Breaking {
  return (_, web) => {
    web[field] = value;
  };
}

function another(container: JsonObject): JsonObject {
  return { name: 'side', image: 'side:1', ...container };
}

/** One for each refusal of the lab's task-definition-validation.ts, and where it is told here. */
const refusals: readonly (readonly [what: string, pointer: string, breaking: Breaking])[] = [
  ['no family', '/family', (task) => void delete task['family']],
  ['an empty family', '/family', inTask('family', '')],
  ['a family with blanks', '/family', inTask('family', 'ips api')],
  ['no containers', '/containerDefinitions', inTask('containerDefinitions', [])],
  ['an empty list of tags', '/tags', inTask('tags', [])],
  [
    '51 tags',
    '/tags',
    inTask(
      'tags',
      Array.from({ length: 51 }, (_, n) => ({ key: `k${n}`, value: '' })),
    ),
  ],
  ['a tag without a key', '/tags/0/key', inTask('tags', [{ key: '', value: '1' }])],
  [
    'a tag with a value of 257 characters',
    '/tags/0/value',
    inTask('tags', [{ key: 'a', value: 'x'.repeat(257) }]),
  ],
  ['an asterisk in the key of a tag', '/tags/0/key', inTask('tags', [{ key: 'a*', value: '1' }])],
  ['an asterisk in the value of a tag', '/tags/0/value', inTask('tags', [{ key: 'a', value: '*' }])],
  ['bridge on Fargate', '/networkMode', inTask('networkMode', 'bridge')],
  ['no cpu', '/cpu', (task) => void delete task['cpu']],
  ['no memory', '/memory', (task) => void delete task['memory']],
  ['a size that Fargate has not', '/memory', inTask('memory', '5120')],
  ['more cpu in containers than in the task', '/cpu', inWeb('cpu', 513)],
  ['more memory in a container than in the task', '/containerDefinitions/0/memory', inWeb('memory', 1025)],
  ['a container without a name', '/containerDefinitions/0/name', (_, web) => void delete web['name']],
  ['a container with a bad name', '/containerDefinitions/0/name', inWeb('name', 'a b')],
  ['a container without an image', '/containerDefinitions/0/image', inWeb('image', '')],
  [
    'one name twice',
    '/containerDefinitions/1/name',
    (task, web) => {
      task['containerDefinitions'] = [web, another({ name: 'ips-api' })];
    },
  ],
  ['no essential container', '/containerDefinitions', inWeb('essential', false)],
  [
    'a secret without valueFrom',
    '/containerDefinitions/0/secrets/0/valueFrom',
    inWeb('secrets', [{ name: 'A', valueFrom: '' }]),
  ],
  [
    'one name in environment and secrets',
    '/containerDefinitions/0/secrets/0/name',
    inWeb('secrets', [{ name: 'ASPNETCORE_ENVIRONMENT', valueFrom: 'parameter' }]),
  ],
  [
    'secrets without an execution role',
    '/containerDefinitions/0/secrets',
    (task) => void delete task['executionRoleArn'],
  ],
  [
    'awslogs without an execution role',
    '/executionRoleArn',
    (task, web) => {
      delete task['executionRoleArn'];
      delete web['secrets'];
      web['image'] = 'public:1';
    },
  ],
  [
    'an image in ECR without an execution role',
    '/executionRoleArn',
    (task, web) => {
      delete task['executionRoleArn'];
      delete web['secrets'];
      delete web['logConfiguration'];
    },
  ],
  [
    'secrets of the log driver without an execution role',
    '/containerDefinitions/0/logConfiguration/secretOptions',
    (task, web) => {
      delete task['executionRoleArn'];
      delete web['secrets'];
      web['image'] = 'public:1';
      web['logConfiguration'] = {
        logDriver: 'splunk',
        options: {},
        secretOptions: [{ name: 'a', valueFrom: 'b' }],
      };
    },
  ],
  ['a stop timeout of 121 s', '/containerDefinitions/0/stopTimeout', inWeb('stopTimeout', 121)],
  ['a privileged container', '/containerDefinitions/0/privileged', inWeb('privileged', true)],
  [
    'another host port',
    '/containerDefinitions/0/portMappings/0/hostPort',
    inWeb('portMappings', [{ containerPort: 5000, hostPort: 80 }]),
  ],
  [
    'a health check without a command',
    '/containerDefinitions/0/healthCheck/command',
    inWeb('healthCheck', { command: [] }),
  ],
  ...(
    [
      ['interval', 4],
      ['interval', 301],
      ['timeout', 1],
      ['timeout', 121],
      ['retries', 0],
      ['retries', 11],
      ['startPeriod', 301],
    ] as const
  ).map(
    ([field, value]) =>
      [
        `a health check with ${field} ${value}`,
        `/containerDefinitions/0/healthCheck/${field}`,
        (_: JsonObject, web: JsonObject) => {
          (web['healthCheck'] as JsonObject)[field] = value;
        },
      ] as const,
  ),
  [
    'a container that waits for itself',
    '/containerDefinitions/0/dependsOn/0/containerName',
    inWeb('dependsOn', [{ containerName: 'ips-api', condition: 'START' }]),
  ],
  [
    'a container that waits for nobody there',
    '/containerDefinitions/0/dependsOn/0/containerName',
    inWeb('dependsOn', [{ containerName: 'ghost', condition: 'START' }]),
  ],
  [
    'no memory at all outside Fargate',
    '/containerDefinitions/0',
    (task) => {
      delete task['requiresCompatibilities'];
      delete task['memory'];
    },
  ],
];

describe('what ECS refuses is refused here first', () => {
  test.each(refusals)('%s', (_what, pointer, breaking) => {
    const definition = broken(breaking);
    expect(refusalOf(definition)).toBeDefined();
    const { problems } = renderSimply(definition, { ...noChanges, place });
    expect(problems.map((problem) => problem.pointer)).toContain(pointer);
  });

  test('that is: each refusal of the lab has its line above', () => {
    const said = refusals.map(([, , breaking]) => refusalOf(broken(breaking)) ?? '');
    const read = (file: string) => readFileSync(join(root, 'src/lab/world/ecs', file), 'utf8');
    // Below that line tags.ts speaks of other calls.
    const ofTags = read('tags.ts').split('export class')[0]!;
    const source = `${read('task-definition-validation.ts')}\n${ofTags}`;
    const thrown = [
      ...source.matchAll(/(?:clientError|invalidParameter)\(\s*(`[^`]*`|'[^']*'|"[^"]*")/g),
    ].map((match) => match[1]!.slice(1, -1));
    expect(thrown.length).toBeGreaterThan(30);
    const never = [...new Set(thrown)].filter((text) => {
      const pattern = text.split(/\$\{[^}]*\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      return !said.some((one) => new RegExp(`^${pattern.join('.*')}$`).test(one));
    });
    // Those are never sent on: below.
    expect(never).toEqual([expect.stringMatching(/^The prefix aws: of tag .* is reserved\.$/)]);
  });

  test('tags of AWS are never sent on', () => {
    const tags = [
      { key: 'aws:cloudformation:stack-name', value: 'x' },
      { key: 'ips-deploy:promoted', value: 'now' },
    ];
    const definition = broken(inTask('tags', tags));
    const rendered = renderSimply(definition, { ...noChanges, place });
    expect([rendered.ok, rendered.definition['tags']]).toEqual([true, undefined]);
  });
});

/** What ECS itself refuses by its documents, beyond what the lab looks at. */
const documented: readonly (readonly [what: string, pointer: string, breaking: Breaking])[] = [
  [
    'a tag twice',
    '/tags/1/key',
    inTask('tags', [
      { key: 'a', value: '1' },
      { key: 'a', value: '2' },
    ]),
  ],
  ['a number where a text is wanted', '/executionRoleArn', inTask('executionRoleArn', 7)],
  ['a text where a number is wanted', '/containerDefinitions/0/stopTimeout', inWeb('stopTimeout', '30')],
  ['a text where a list is wanted', '/containerDefinitions/0/command', inWeb('command', 'npm start')],
  ['the name of a role', '/executionRoleArn', inTask('executionRoleArn', 'ecsTaskExecutionRole')],
  [
    'a health check of 61 s',
    '/containerDefinitions/0/healthCheck/timeout',
    (_, web) => {
      (web['healthCheck'] as JsonObject)['timeout'] = 61;
    },
  ],
  ['20 GiB of disk', '/ephemeralStorage/sizeInGiB', inTask('ephemeralStorage', { sizeInGiB: 20 })],
  [
    'a mount of nothing',
    '/containerDefinitions/0/mountPoints/0/sourceVolume',
    inWeb('mountPoints', [{ sourceVolume: 'x', containerPath: '/x' }]),
  ],
  [
    'a folder of the host',
    '/volumes/0/host/sourcePath',
    inTask('volumes', [{ name: 'x', host: { sourcePath: '/x' } }]),
  ],
  [
    'a log driver that Fargate has not',
    '/containerDefinitions/0/logConfiguration/logDriver',
    inWeb('logConfiguration', { logDriver: 'json-file' }),
  ],
  [
    'awslogs without a group',
    '/containerDefinitions/0/logConfiguration/options',
    inWeb('logConfiguration', { logDriver: 'awslogs' }),
  ],
  [
    'an architecture that nobody has',
    '/runtimePlatform/cpuArchitecture',
    inTask('runtimePlatform', { cpuArchitecture: 'RISCV' }),
  ],
  [
    'a capability',
    '/containerDefinitions/0/linuxParameters/capabilities/add/0',
    inWeb('linuxParameters', { capabilities: { add: ['NET_ADMIN'] } }),
  ],
  [
    'a JSON key behind half an ARN',
    '/containerDefinitions/0/secrets/0/valueFrom',
    inWeb('secrets', [
      { name: 'A', valueFrom: 'arn:aws:secretsmanager:ap-south-1:123456789012:secret:db:key::' },
    ]),
  ],
  [
    'a reservation above the limit',
    '/containerDefinitions/0/memoryReservation',
    (_, web) => Object.assign(web, { memory: 256, memoryReservation: 256 }),
  ],
  [
    'a restart after 59 s',
    '/containerDefinitions/0/restartPolicy/restartAttemptPeriod',
    inWeb('restartPolicy', { enabled: true, restartAttemptPeriod: 59 }),
  ],
  [
    'a wait for the health of a container without a check',
    '/containerDefinitions/0/dependsOn/0/condition',
    (task, web) => {
      web['dependsOn'] = [{ containerName: 'side', condition: 'HEALTHY' }];
      task['containerDefinitions'] = [web, another({})];
    },
  ],
  [
    'a wait for the end of an essential container',
    '/containerDefinitions/0/dependsOn/0/condition',
    (task, web) => {
      web['dependsOn'] = [{ containerName: 'side', condition: 'SUCCESS' }];
      task['containerDefinitions'] = [web, another({})];
    },
  ],
  [
    'a circle',
    '/containerDefinitions',
    (task, web) => {
      web['dependsOn'] = [{ containerName: 'side', condition: 'START' }];
      task['containerDefinitions'] = [
        web,
        another({ dependsOn: [{ containerName: 'ips-api', condition: 'START' }] }),
      ];
    },
  ],
  [
    'one port of two containers',
    '/containerDefinitions/1/portMappings/0/containerPort',
    (task, web) => {
      task['containerDefinitions'] = [web, another({ portMappings: [{ containerPort: 5000 }] })];
    },
  ],
  [
    'eleven containers',
    '/containerDefinitions',
    (task, web) => {
      task['containerDefinitions'] = [
        web,
        ...Array.from({ length: 10 }, (_, n) => another({ name: `side${n}` })),
      ];
    },
  ],
  ['more than 64 KiB', '', inWeb('dockerLabels', { long: 'x'.repeat(66_000) })],
];

describe('what the documents of ECS refuse is refused, too', () => {
  test.each(documented)('%s', (_what, pointer, breaking) => {
    const { problems } = renderSimply(broken(breaking), { ...noChanges, place });
    expect(problems.map((problem) => problem.pointer)).toContain(pointer);
  });
});

describe('laws', () => {
  const scraps: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue>(
    null,
    '',
    0,
    1,
    4096,
    'x',
    true,
    [],
    {},
    ['CMD', 'a'],
    '512',
    'awsvpc',
  );
  const steps = fc.constantFrom<readonly (string | number)[]>(
    ...[
      ['family'],
      ['networkMode'],
      ['cpu'],
      ['memory'],
      ['executionRoleArn'],
      ['tags'],
      ['requiresCompatibilities'],
      ['volumes'],
    ],
    ...[
      'name',
      'image',
      'cpu',
      'memory',
      'essential',
      'stopTimeout',
      'privileged',
      'environment',
      'secrets',
      'portMappings',
    ].map((field) => ['containerDefinitions', 0, field] as const),
    ...['command', 'interval', 'timeout', 'retries'].map(
      (field) => ['containerDefinitions', 0, 'healthCheck', field] as const,
    ),
  );

  test('whatever stands in a field: what passes here passes there', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(steps, scraps), { minLength: 1, maxLength: 3 }), (changes) => {
        const definition = guideDefinition();
        for (const [path, value] of changes) {
          // biome-ignore lint/suspicious/noExplicitAny: walks whatever is there
          let here: any = definition;
          for (const step of path.slice(0, -1)) here = here?.[step];
          if (typeof here === 'object' && here !== null) here[path.at(-1)!] = value;
        }
        const rendered = renderSimply(definition, { ...noChanges, place });
        if (!rendered.ok) return;
        // ECS takes null for "not given", as the SDK sends it.
        const sent = JSON.parse(JSON.stringify(rendered.definition), (_, each) =>
          each === null ? undefined : each,
        );
        expect(refusalOf(sent)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });
});
