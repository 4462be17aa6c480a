import { describe, expect, test } from '@jest/globals';
import { AwsCallError } from '../../../src/aws/call-error.ts';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { registerOnce, updateOnce } from '../../../src/rollout/start.ts';
import { deployment, newRevision, oldRevision, serviceFacts } from './facts.ts';

const lost = new AwsCallError('x', 'ECONNRESET', 'reset', 'transient');

/** Answers each operation from its own queue; the last answer stays. */
function ports(queues: Readonly<Record<string, readonly unknown[]>>) {
  const calls: string[] = [];
  let now = 0;
  const aws = {
    async call(operation: string): Promise<never> {
      const queue = queues[operation] ?? [];
      const answer = queue[Math.min(calls.filter((each) => each === operation).length, queue.length - 1)];
      calls.push(operation);
      if (answer instanceof Error) throw answer;
      return answer as never;
    },
  } as AwsCaller;
  const clock = {
    now: () => now,
    sleep: async (durationMs: number) => {
      now += durationMs;
    },
  };
  return { calls, ports: { aws, clock, cancelled: new AbortController().signal } };
}

const input = { family: 'api', containerDefinitions: [{ name: 'app', image: 'api:2' }] };
const registered = (image: string, revision: number) => ({
  taskDefinition: {
    family: 'api',
    revision,
    status: 'ACTIVE',
    taskDefinitionArn: `api:${revision}`,
    containerDefinitions: [{ name: 'app', image }],
  },
});

describe('registering once', () => {
  test('a lost answer whose effect happened is found', async () => {
    const { ports: given, calls } = ports({
      'ecs:RegisterTaskDefinition': [lost],
      'ecs:DescribeTaskDefinition': [registered('api:2', 2)],
    });
    expect((await registerOnce(given, input)).revision).toBe(2);
    expect(calls).toEqual(['ecs:RegisterTaskDefinition', 'ecs:DescribeTaskDefinition']);
  });

  test('a lost answer without effect is tried again', async () => {
    const { ports: given, calls } = ports({
      'ecs:RegisterTaskDefinition': [lost, registered('api:2', 2)],
      'ecs:DescribeTaskDefinition': [registered('api:1', 1)],
    });
    expect((await registerOnce(given, input)).revision).toBe(2);
    expect(calls.filter((each) => each === 'ecs:RegisterTaskDefinition')).toHaveLength(2);
  });

  test('a refusal is final', async () => {
    const refusal = new AwsCallError('x', 'ClientException', 'no', 'rejected');
    const { ports: given, calls } = ports({ 'ecs:RegisterTaskDefinition': [refusal] });
    await expect(registerOnce(given, input)).rejects.toBe(refusal);
    expect(calls).toHaveLength(1);
  });
});

const before = serviceFacts({
  taskDefinitionArn: oldRevision,
  deployments: [deployment({ id: 'ecs-svc/1', taskDefinitionArn: oldRevision })],
});
const answer = (...deployments: readonly (readonly [id: string, status: string, definition: string])[]) => ({
  service: {
    status: 'ACTIVE',
    deployments: deployments.map(([id, status, taskDefinition]) => ({ id, status, taskDefinition })),
  },
});
const described = (of: { service: unknown }) => ({ services: [of.service] });
const old = ['ecs-svc/1', 'ACTIVE', oldRevision] as const;
const ours = ['ecs-svc/2', 'PRIMARY', newRevision] as const;
const change = { cluster: 'main', service: 'api', taskDefinition: newRevision };

describe('updating once', () => {
  test("the deployment stands in ECS's answer", async () => {
    const { ports: given } = ports({ 'ecs:UpdateService': [answer(ours, old)] });
    expect(await updateOnce(given, before, change)).toMatchObject({ id: 'ecs-svc/2' });
  });

  test('a lost answer of a forced deployment is not repeated where it had its effect', async () => {
    const { ports: given, calls } = ports({
      'ecs:UpdateService': [lost],
      'ecs:DescribeServices': [described(answer(ours, old))],
    });
    expect(await updateOnce(given, before, { ...change, forceNewDeployment: true })).toMatchObject({
      id: 'ecs-svc/2',
    });
    expect(calls).toEqual(['ecs:UpdateService', 'ecs:DescribeServices']);
  });

  test('an answer that lags behind is looked at again', async () => {
    const { ports: given } = ports({
      'ecs:UpdateService': [answer(['ecs-svc/1', 'PRIMARY', oldRevision])],
      'ecs:DescribeServices': [
        described(answer(['ecs-svc/1', 'PRIMARY', oldRevision])),
        described(answer(ours, old)),
      ],
    });
    expect(await updateOnce(given, before, change)).toMatchObject({ id: 'ecs-svc/2' });
  });

  test('somebody else was faster: none of ours', async () => {
    const { ports: given } = ports({
      'ecs:UpdateService': [answer(['ecs-svc/3', 'PRIMARY', oldRevision], old)],
    });
    expect(await updateOnce(given, before, change)).toBeUndefined();
  });

  test('an update that starts no deployment answers with the one that stands', async () => {
    const stands = serviceFacts();
    const { ports: given } = ports({ 'ecs:UpdateService': [answer(ours)] });
    expect(await updateOnce(given, stands, change)).toMatchObject({ id: 'ecs-svc/2' });
  });

  test('what never shows is given up after a while', async () => {
    const { ports: given, calls } = ports({
      'ecs:UpdateService': [answer(['ecs-svc/1', 'PRIMARY', oldRevision])],
      'ecs:DescribeServices': [described(answer(['ecs-svc/1', 'PRIMARY', oldRevision]))],
    });
    expect(await updateOnce(given, before, change)).toBeUndefined();
    expect(calls.filter((each) => each === 'ecs:DescribeServices')).toHaveLength(15);
  });
});
