import { describe, expect, test } from '@jest/globals';
import { AwsCallError } from '../../../src/aws/call-error.ts';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { readImagePresence } from '../../../src/aws/ecr-image-presence.ts';
import { newestDeployment, readService, toServiceFacts } from '../../../src/aws/ecs-service.ts';
import {
  isTerminal,
  listServiceDeployments,
  readServiceDeployments,
} from '../../../src/aws/ecs-service-deployments.ts';
import { readTaskDefinition } from '../../../src/aws/ecs-task-definition.ts';
import { logLocation, readLogLines } from '../../../src/aws/ecs-task-logs.ts';
import { readProtectedTaskArns } from '../../../src/aws/ecs-task-protection.ts';
import { readServiceTasks, toTaskFacts } from '../../../src/aws/ecs-tasks.ts';

interface Sent {
  readonly operation: string;
  readonly input: unknown;
}

/** Answers by operation; a function gets the input, an Error is thrown. */
function scripted(answers: Readonly<Record<string, unknown>>): AwsCaller & { readonly sent: Sent[] } {
  const sent: Sent[] = [];
  return {
    sent,
    async call(operation: string, input: unknown): Promise<never> {
      sent.push({ operation, input });
      const answer = answers[operation];
      const value = typeof answer === 'function' ? answer(input) : answer;
      if (value instanceof Error) throw value;
      return value as never;
    },
  };
}
const failure = (kind: AwsCallError['kind'], code = 'X'): AwsCallError =>
  new AwsCallError('ecs:X', code, 'words', kind);

test('a service without anything optional', () => {
  expect(toServiceFacts({ serviceName: 'api' })).toEqual({
    arn: '',
    name: 'api',
    clusterArn: '',
    status: '',
    controller: 'ECS',
    strategy: 'ROLLING',
    schedulingStrategy: 'REPLICA',
    desiredCount: 0,
    runningCount: 0,
    pendingCount: 0,
    taskDefinitionArn: '',
    currentServiceDeploymentArn: undefined,
    deployments: [],
    loadBalancers: [],
    healthCheckGracePeriodSeconds: 0,
    deploymentConfiguration: {},
    launch: {
      launchType: undefined,
      capacityProviderStrategy: [],
      platformVersion: undefined,
      networkConfiguration: undefined,
    },
    events: [],
  });
});

test('PRIMARY is the newest deployment, wherever it stands', () => {
  const facts = toServiceFacts({
    deployments: [
      { id: 'old', status: 'ACTIVE' },
      { id: 'new', status: 'PRIMARY', createdAt: new Date(5) },
    ],
  });
  expect(newestDeployment(facts)).toMatchObject({ id: 'new', createdAt: 5 });
});

test('a service that is not there is undefined', async () => {
  expect(
    await readService(
      scripted({ 'ecs:DescribeServices': { services: [], failures: [{ reason: 'MISSING' }] } }),
      'c',
      's',
    ),
  ).toBeUndefined();
});

describe('service deployments', () => {
  test.each([
    ['SUCCESSFUL', true],
    ['STOPPED', true],
    ['ROLLBACK_SUCCESSFUL', true],
    ['ROLLBACK_FAILED', true],
    ['PENDING', false],
    ['IN_PROGRESS', false],
    ['STOP_REQUESTED', false],
    ['ROLLBACK_REQUESTED', false],
    ['ROLLBACK_IN_PROGRESS', false],
    ['SOMETHING_NEW', false],
  ])('%s is an end: %s', (status, end) => {
    expect(isTerminal(status)).toBe(end);
  });

  test('all pages, newest first', async () => {
    const pages: Record<string, unknown> = {
      first: {
        serviceDeployments: [{ serviceDeploymentArn: 'a', createdAt: new Date(1) }],
        nextToken: 'second',
      },
      second: { serviceDeployments: [{ serviceDeploymentArn: 'b', createdAt: new Date(2) }] },
    };
    const caller = scripted({
      'ecs:ListServiceDeployments': (input: { nextToken?: string }) => pages[input.nextToken ?? 'first'],
    });
    const found = await listServiceDeployments(caller, { cluster: 'c', service: 's', after: 1000 });
    expect(found.map((each) => each.arn)).toEqual(['b', 'a']);
    expect(caller.sent.map((each) => each.input)).toEqual([
      { cluster: 'c', service: 's', createdAt: { after: new Date(1000) } },
      { cluster: 'c', service: 's', createdAt: { after: new Date(1000) }, nextToken: 'second' },
    ]);
  });

  test('twenty in one call', async () => {
    const caller = scripted({ 'ecs:DescribeServiceDeployments': { serviceDeployments: [] } });
    await readServiceDeployments(
      caller,
      Array.from({ length: 41 }, (_, index) => `${index}`),
    );
    expect(
      caller.sent.map(
        (each) => (each.input as { serviceDeploymentArns: string[] }).serviceDeploymentArns.length,
      ),
    ).toEqual([20, 20, 1]);
  });

  test.each([
    [
      'off',
      { status: 'DISABLED', failureCount: 0, threshold: 0 },
      { enable: false, rollback: false },
      undefined,
      false,
    ],
    [
      'on',
      { status: 'MONITORING', failureCount: 2, threshold: 3 },
      { enable: true, rollback: false },
      { failureCount: 2, threshold: 3 },
      false,
    ],
    [
      'on with rollback',
      { status: 'TRIGGERED', failureCount: 3, threshold: 3 },
      { enable: true, rollback: true },
      { failureCount: 3, threshold: 3 },
      true,
    ],
    ['not told', undefined, undefined, undefined, false],
  ])(
    'circuit breaker %s',
    async (_name, deploymentCircuitBreaker, configured, circuitBreaker, rollsBackByItself) => {
      const deployment = {
        deploymentCircuitBreaker,
        deploymentConfiguration: { deploymentCircuitBreaker: configured },
      };
      const [facts] = await readServiceDeployments(
        scripted({ 'ecs:DescribeServiceDeployments': { serviceDeployments: [deployment] } }),
        ['a'],
      );
      expect({ circuitBreaker: facts?.circuitBreaker, rollsBackByItself: facts?.rollsBackByItself }).toEqual({
        circuitBreaker,
        rollsBackByItself,
      });
    },
  );
});

describe('tasks', () => {
  const eni = {
    attachments: [
      {
        type: 'ElasticNetworkInterface',
        details: [
          { name: 'subnetId', value: 's' },
          { name: 'privateIPv4Address', value: '10.0.0.9' },
        ],
      },
    ],
  };
  test.each([
    ['from its interface', eni, '10.0.0.9'],
    [
      'from its container',
      { containers: [{ networkInterfaces: [{ privateIpv4Address: '10.0.0.8' }] }] },
      '10.0.0.8',
    ],
    ['of an instance: none', { containers: [{ networkBindings: [{ hostPort: 32768 }] }] }, undefined],
  ])('address %s', (_name, task, address) => {
    expect(toTaskFacts({ taskArn: 'arn:aws:ecs:x:1:task/main/abc', ...task })).toMatchObject({
      id: 'abc',
      privateIp: address,
    });
  });

  test('a hundred in one call, and no more than asked for', async () => {
    const taskArns = Array.from({ length: 150 }, (_, index) => `t${index}`);
    const caller = scripted({ 'ecs:ListTasks': { taskArns }, 'ecs:DescribeTasks': { tasks: [] } });
    const sizes = () =>
      caller.sent
        .filter((each) => each.operation === 'ecs:DescribeTasks')
        .map((each) => (each.input as { tasks: string[] }).tasks.length);
    await readServiceTasks(caller, { cluster: 'c', service: 's', desiredStatus: 'RUNNING' });
    expect(sizes()).toEqual([100, 50]);
    await readServiceTasks(caller, { cluster: 'c', service: 's', desiredStatus: 'STOPPED', atMost: 30 });
    expect(sizes()).toEqual([100, 50, 30]);
  });

  test('no tasks, no second call', async () => {
    const caller = scripted({ 'ecs:ListTasks': { taskArns: [] } });
    expect(await readServiceTasks(caller, { cluster: 'c', service: 's', desiredStatus: 'RUNNING' })).toEqual(
      [],
    );
    expect(caller.sent).toHaveLength(1);
  });
});

describe('protection of tasks', () => {
  test('the protected ones', async () => {
    const protectedTasks = [
      { taskArn: 'a', protectionEnabled: true },
      { taskArn: 'b', protectionEnabled: false },
    ];
    expect(
      await readProtectedTaskArns(scripted({ 'ecs:GetTaskProtection': { protectedTasks } }), 'c', ['a', 'b']),
    ).toEqual(new Set(['a']));
  });

  test('without the permission there is no answer, which is not the empty one', async () => {
    expect(
      await readProtectedTaskArns(scripted({ 'ecs:GetTaskProtection': failure('access-denied') }), 'c', [
        'a',
      ]),
    ).toBeUndefined();
  });

  test.each(['throttled', 'transient', 'credentials'] as const)('%s is no answer', async (kind) => {
    await expect(
      readProtectedTaskArns(scripted({ 'ecs:GetTaskProtection': failure(kind) }), 'c', ['a']),
    ).rejects.toThrow();
  });
});

describe('a task definition that does not exist', () => {
  test.each([
    ['rejected', 'ClientException'],
    ['not-found', 'X'],
  ] as const)('%s %s: undefined', async (kind, code) => {
    expect(
      await readTaskDefinition(scripted({ 'ecs:DescribeTaskDefinition': failure(kind, code) }), 'api:9'),
    ).toBeUndefined();
  });

  test('another refusal is thrown', async () => {
    await expect(
      readTaskDefinition(scripted({ 'ecs:DescribeTaskDefinition': failure('access-denied') }), 'api:9'),
    ).rejects.toThrow();
  });
});

describe('where a container logs', () => {
  const options = { 'awslogs-group': '/ecs/api', 'awslogs-stream-prefix': 'api' };
  test.each([
    ['awslogs', { logDriver: 'awslogs' as const, options }, { group: '/ecs/api', stream: 'api/app/t1' }],
    [
      'awslogs without a prefix',
      { logDriver: 'awslogs' as const, options: { 'awslogs-group': '/ecs/api' } },
      undefined,
    ],
    ['another driver', { logDriver: 'splunk' as const, options }, undefined],
    ['none', undefined, undefined],
  ])('%s', (_name, logConfiguration, location) => {
    expect(
      logLocation({ name: 'app', ...(logConfiguration === undefined ? {} : { logConfiguration }) }, 't1'),
    ).toEqual(location);
  });

  test.each([
    [
      'first' as const,
      [
        { at: 1, text: 'a' },
        { at: 2, text: 'b' },
      ],
    ],
    [
      'last' as const,
      [
        { at: 2, text: 'b' },
        { at: 0, text: '' },
      ],
    ],
  ])('the %s lines, oldest first', async (end, lines) => {
    const events = [{ message: 'a', timestamp: 1 }, { message: 'b', timestamp: 2 }, {}];
    const caller = scripted({ 'logs:GetLogEvents': { events } });
    expect(await readLogLines(caller, { group: 'g', stream: 's' }, end, 2)).toEqual(lines);
    expect(caller.sent[0]?.input).toEqual({
      logGroupName: 'g',
      logStreamName: 's',
      limit: 2,
      startFromHead: end === 'first',
    });
  });
});

describe('images', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const other = `sha256:${'b'.repeat(64)}`;
  const repository = '123456789012.dkr.ecr.ap-south-1.amazonaws.com/team/api';
  const there = { imageDetails: [{ imageDigest: digest }] };
  test.each([
    ['by tag, the same', `${repository}:1`, digest, there, 'present'],
    ['by tag, unknown what it was', `${repository}:1`, undefined, there, 'present'],
    ['by tag, another by now', `${repository}:1`, other, there, 'moved'],
    ['by digest', `${repository}@${digest}`, other, there, 'present'],
    ['by tag and digest', `${repository}:1@${digest}`, digest, there, 'present'],
    [
      'archived',
      `${repository}:1`,
      digest,
      { imageDetails: [{ imageDigest: digest, imageStatus: 'ARCHIVED' }] },
      'gone',
    ],
    ['expired', `${repository}:1`, digest, failure('not-found', 'ImageNotFoundException'), 'gone'],
    ['not to be read', `${repository}:1`, digest, failure('access-denied'), 'unchecked'],
    ['elsewhere', 'public.ecr.aws/nginx/nginx:1', digest, there, 'unchecked'],
    ['on Docker Hub', 'nginx', digest, there, 'unchecked'],
  ])('%s', async (_name, image, ran, answer, kind) => {
    expect((await readImagePresence(scripted({ 'ecr:DescribeImages': answer }), image, ran)).kind).toBe(kind);
  });

  test('what ECR is asked', async () => {
    const caller = scripted({ 'ecr:DescribeImages': there });
    await readImagePresence(caller, `${repository}:1`, digest);
    await readImagePresence(caller, `${repository}@${digest}`, digest);
    const place = { registryId: '123456789012', repositoryName: 'team/api' };
    expect(caller.sent.map((each) => each.input)).toEqual([
      { ...place, imageIds: [{ imageTag: '1' }] },
      { ...place, imageIds: [{ imageDigest: digest }] },
    ]);
  });
});
