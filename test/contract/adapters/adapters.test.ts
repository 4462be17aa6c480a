/**
 * One suite for the kit's own adapters, through the real SDK: against the lab, and against moto where moto
 * is right (task definitions, weighted forwards, scalable targets).
 */

import { CreateClusterCommand, CreateServiceCommand, ECSClient } from '@aws-sdk/client-ecs';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AwsCallError } from '../../../src/aws/call-error.ts';
import { readService } from '../../../src/aws/ecs-service.ts';
import { readTaskDefinition, registerTaskDefinition } from '../../../src/aws/ecs-task-definition.ts';
import { readForward, writeWeights } from '../../../src/aws/elb-forward.ts';
import { readParameterPresence } from '../../../src/aws/parameter-presence.ts';
import { readScaling, writeScaling } from '../../../src/aws/scaling-targets.ts';
import { createSdkCaller } from '../../../src/aws/sdk/caller.ts';
import { parameterClient } from '../../../src/main/parameter-client.ts';
import { toolAvailable } from '../../support/tools.ts';
import { type Backend, labBackend, motoBackend } from './backends.ts';

const backends: readonly (readonly [string, () => Promise<Backend>])[] = [
  ['the lab', labBackend],
  ...(toolAvailable('moto', 'test/contract/adapters') ? ([['moto', motoBackend]] as const) : []),
];

const definition = {
  family: 'contract',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  containerDefinitions: [
    {
      name: 'app',
      image: 'public.ecr.aws/docker/library/node:24',
      essential: true,
      portMappings: [{ containerPort: 5000, protocol: 'tcp' }],
      environment: [{ name: 'EMPTY', value: '' }],
    },
  ],
} as const;

describe.each(backends)('against %s', (_name, start) => {
  let backend: Backend;
  const before = { ...process.env };
  const aws = createSdkCaller({}, parameterClient);
  const groups: string[] = [];
  let listenerArn = '';
  let ruleArn = '';
  let taskDefinitionArn = '';

  beforeAll(async () => {
    backend = await start();
    Object.assign(process.env, backend.environment);
    const elb = new ElasticLoadBalancingV2Client({});
    const suffix = String(Date.now() % 1_000_000);
    for (const colour of ['blue', 'green']) {
      const { TargetGroups } = await elb.send(
        new CreateTargetGroupCommand({
          Name: `contract-${colour}-${suffix}`,
          Protocol: 'HTTP',
          Port: 5000,
          VpcId: backend.vpcId,
          TargetType: 'ip',
        }),
      );
      groups.push(TargetGroups![0]!.TargetGroupArn!);
    }
    const { LoadBalancers } = await elb.send(
      new CreateLoadBalancerCommand({ Name: `contract-${suffix}`, Subnets: [...backend.subnets] }),
    );
    const forward = [
      {
        Type: 'forward' as const,
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: groups[0]!, Weight: 100 },
            { TargetGroupArn: groups[1]!, Weight: 0 },
          ],
        },
      },
    ];
    const { Listeners } = await elb.send(
      new CreateListenerCommand({
        LoadBalancerArn: LoadBalancers![0]!.LoadBalancerArn!,
        Protocol: 'HTTP',
        Port: 8081,
        DefaultActions: forward,
      }),
    );
    listenerArn = Listeners![0]!.ListenerArn!;
    const { Rules } = await elb.send(
      new CreateRuleCommand({
        ListenerArn: listenerArn,
        Priority: 10,
        Conditions: [{ Field: 'path-pattern', Values: ['/api/*'] }],
        Actions: forward,
      }),
    );
    ruleArn = Rules![0]!.RuleArn!;
    await new ECSClient({}).send(new CreateClusterCommand({ clusterName: 'contract' }));
  }, 60_000);

  afterAll(async () => {
    await backend?.stop();
    for (const name of Object.keys(backend?.environment ?? {})) delete process.env[name];
    Object.assign(process.env, before);
  });

  test('a parameter that is there, and one that is not', async () => {
    const Name = `/contract/${Date.now()}`;
    await new SSMClient({}).send(new PutParameterCommand({ Name, Value: 'hidden', Type: 'SecureString' }));
    const home = { region: process.env['AWS_REGION'] ?? '', account: async () => undefined };
    expect(await readParameterPresence(aws, Name, home)).toEqual({ kind: 'present' });
    expect(await readParameterPresence(aws, `${Name}-absent`, home)).toEqual({
      kind: 'gone',
      why: `parameter ${Name}-absent does not exist any more`,
    });
  });

  test('a task definition is registered and read back as it was given', async () => {
    const registered = await registerTaskDefinition(aws, structuredClone(definition) as never);
    taskDefinitionArn = registered.arn;
    expect(registered.arn).toMatch(/:task-definition\/contract:\d+$/);
    const read = await readTaskDefinition(aws, registered.arn);
    expect(read).toMatchObject({ arn: registered.arn });
    expect(JSON.stringify(read)).toContain('{"name":"EMPTY","value":""}');
  });

  test('a family that does not exist is no revision', async () => {
    const outcome = await readTaskDefinition(aws, 'no-such-family').catch(
      (error: AwsCallError) => error.kind,
    );
    expect([undefined, 'not-found', 'rejected']).toContain(outcome);
  });

  test.each(['rule', 'default-action'] as const)(
    'weights of a %s are written, kept apart and read back',
    async (kind) => {
      const location = kind === 'rule' ? ({ kind, ruleArn } as const) : ({ kind, listenerArn } as const);
      const state = await readForward(aws, location);
      expect(state.split).toEqual([
        { targetGroupArn: groups[0], weight: 100 },
        { targetGroupArn: groups[1], weight: 0 },
      ]);
      const wanted = [
        { targetGroupArn: groups[0]!, weight: 90 },
        { targetGroupArn: groups[1]!, weight: 10 },
      ];
      await writeWeights(aws, state, wanted);
      const after = await readForward(aws, location);
      expect(after.split).toEqual(wanted);
      expect(after.conditions).toEqual(state.conditions);
      expect(after.priority).toBe(kind === 'rule' ? '10' : 'default');
    },
  );

  test('a rule that does not exist is said to be missing', async () => {
    const missing = `${ruleArn.slice(0, -16)}0000000000000000`;
    await expect(readForward(aws, { kind: 'rule', ruleArn: missing })).rejects.toMatchObject({
      kind: 'not-found',
    });
  });

  test('a scalable target is suspended and restored without losing its bounds', async () => {
    await new ECSClient({}).send(
      new CreateServiceCommand({
        cluster: 'contract',
        serviceName: 'web',
        taskDefinition: taskDefinitionArn,
        desiredCount: 0,
        launchType: 'FARGATE',
        networkConfiguration: {
          awsvpcConfiguration: { subnets: [...backend.subnets], securityGroups: [...backend.securityGroups] },
        },
      }),
    );
    const resourceId = 'service/contract/web';
    await aws.call('application-autoscaling:RegisterScalableTarget', {
      ServiceNamespace: 'ecs',
      ResourceId: resourceId,
      ScalableDimension: 'ecs:service:DesiredCount',
      MinCapacity: 0,
      MaxCapacity: 10,
    });
    const former = await readScaling(aws, resourceId);
    expect(former).toMatchObject({ minCapacity: 0, maxCapacity: 10 });
    await writeScaling(aws, { ...former!, minCapacity: 3 });
    expect(await readScaling(aws, resourceId)).toMatchObject({ minCapacity: 3, maxCapacity: 10 });
    await writeScaling(aws, former!);
    expect(await readScaling(aws, resourceId)).toEqual(former);
  });

  test('a service that does not exist is undefined, not an error', async () => {
    expect(await readService(aws, 'contract', 'nobody')).toBeUndefined();
  });
});
