/** Changes merge as promised, checks against the service, values that look like secrets. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkAgainstService } from '../../../src/taskdef/against-service.ts';
import {
  type ContainerChanges,
  changesNothing,
  mergeContainerChanges,
  noContainerChanges,
} from '../../../src/taskdef/changes.ts';
import type { JsonObject } from '../../../src/taskdef/json.ts';
import { render } from '../../../src/taskdef/render.ts';
import { looksLikeSecret, mayShow } from '../../../src/taskdef/suspicious.ts';
import { small } from './changes.ts';

const plainNames = fc.constantFrom('A', 'B', 'C');
const secretNames = fc.constantFrom('S', 'T');
const text = fc.constantFrom('1', '2', '');
const map = (names: fc.Arbitrary<string>) =>
  fc.array(fc.tuple(names, text), { maxLength: 3 }).map((pairs) => new Map(pairs));
const changes: fc.Arbitrary<ContainerChanges> = fc.record({
  image: fc.option(fc.constantFrom('a:1', 'b:1'), { nil: undefined }),
  environment: map(plainNames),
  environmentRemove: fc.uniqueArray(fc.oneof(plainNames, secretNames), { maxLength: 2 }),
  secrets: map(fc.oneof(plainNames, secretNames)),
  logs: fc.option(
    fc.record({
      driver: fc.constantFrom(undefined, 'awslogs', 'splunk'),
      options: map(fc.constantFrom('awslogs-group', 'x')),
    }),
    { nil: undefined },
  ),
  healthCheck: fc.option(fc.constantFrom<JsonObject>({ interval: 5 }, { timeout: 9 }), { nil: undefined }),
  fields: fc.constantFrom<JsonObject>({}, { cpu: 1 }, { command: ['a'] }),
});

describe('merging changes', () => {
  test('is associative, and no changes are neutral', () => {
    fc.assert(
      fc.property(changes, changes, changes, (one, two, three) => {
        const left = mergeContainerChanges(mergeContainerChanges(one, two), three);
        const right = mergeContainerChanges(one, mergeContainerChanges(two, three));
        expect(left).toEqual(right);
        expect([...left.environment]).toEqual([...right.environment]);
        expect(mergeContainerChanges(one, noContainerChanges)).toEqual(
          mergeContainerChanges(noContainerChanges, one),
        );
      }),
    );
    expect(changesNothing(noContainerChanges)).toBe(true);
  });

  test('two renderings are one with both changes, where each name is plain or a secret', () => {
    const apart = changes.map(
      (each): ContainerChanges => ({
        ...each,
        environmentRemove: [],
        logs: undefined,
        secrets: new Map([...each.secrets].filter(([name]) => name === 'S' || name === 'T')),
      }),
    );
    const apply = (given: JsonObject, container: ContainerChanges): JsonObject =>
      render(given, { task: {}, containerName: 'web', container, containers: new Map() }).definition;
    fc.assert(
      fc.property(apart, apart, (one, two) => {
        const given = small({ environment: [{ name: 'B', value: 'old' }] });
        expect(apply(apply(given, one), two)).toEqual(apply(given, mergeContainerChanges(one, two)));
      }),
    );
  });
});

describe('against the service', () => {
  const service = {
    name: 'api',
    loadBalancers: [{ containerName: 'web', containerPort: 80 }],
    healthCheckGracePeriodSeconds: 60,
  };
  const definition = (web: JsonObject, others: readonly JsonObject[] = []): JsonObject => ({
    containerDefinitions: [{ name: 'web', portMappings: [{ containerPort: 80 }], ...web }, ...others],
  });
  const told = (given: JsonObject) => {
    const { problems, warnings } = checkAgainstService(given, service);
    return [...problems, ...warnings].map((each) => `${each.code} ${each.pointer}`);
  };

  test.each([
    ['container and port are there', definition({}), []],
    ['the container has another name', definition({ name: 'api' }), ['load-balancer /containerDefinitions']],
    [
      'another port',
      definition({ portMappings: [{ containerPort: 81 }] }),
      ['load-balancer /containerDefinitions/0/portMappings'],
    ],
    ['60 s to start', definition({ healthCheck: { startPeriod: 60 } }), []],
    [
      '61 s to start',
      definition({ healthCheck: { startPeriod: 61 } }),
      ['grace-period /containerDefinitions/0/healthCheck/startPeriod'],
    ],
    [
      'two checks of 30 s before it',
      definition({ dependsOn: [{ containerName: 'a', condition: 'HEALTHY' }] }, [
        { name: 'a', healthCheck: {}, dependsOn: [{ containerName: 'b', condition: 'HEALTHY' }] },
        { name: 'b', healthCheck: { interval: 30 } },
      ]),
      [],
    ],
    [
      'two checks of 61 s in all before it',
      definition({ dependsOn: [{ containerName: 'a', condition: 'HEALTHY' }] }, [
        { name: 'a', healthCheck: {}, dependsOn: [{ containerName: 'b', condition: 'HEALTHY' }] },
        { name: 'b', healthCheck: { interval: 31 } },
      ]),
      ['grace-period /containerDefinitions/0/dependsOn'],
    ],
  ])('%s', (_what, given, expected) => {
    expect(told(given)).toEqual(expected);
  });

  test('without a load balancer nothing is said', () => {
    const alone = { ...service, loadBalancers: [] };
    const given = definition({ name: 'x', healthCheck: { startPeriod: 300 } });
    expect(checkAgainstService(given, alone)).toEqual({ problems: [], warnings: [] });
  });
});

test.each([
  ['DB_PASSWORD', 'correct horse', true],
  ['JwtSettings__SecretKey', 'YGvxiN18CaPGW', true],
  ['API_TOKEN', 'short', false],
  ['TOKEN_TTL', '3600000000', false],
  ['AUTH_URL', 'https://auth.example.com', false],
  ['SECRET_ARN', 'arn:aws:secretsmanager:x', false],
  ['KEY_PREFIX', 'prod-cache-', false],
  ['ACCESS', 'AKIAIOSFODNN7EXAMPLE', true],
  ['DSN', 'postgres://user:hunter2@db/x', true],
  ['URL', 'postgres://db/x', false],
  ['CONNECTION', 'Host=db;Password=hunter2', true],
  ['LOG_LEVEL', 'information', false],
  ['FEATURE_TOKEN', 'true', false],
])('%s=%s looks like a secret: %s', (name, value, expected) => {
  expect(looksLikeSecret(name, value)).toBe(expected);
  // What looks like one is never shown.
  if (expected) expect(mayShow(name, value)).toBe(false);
});
