import type * as ecs from '@aws-sdk/client-ecs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { network, Region, targetGroup } from './support.ts';

const failsWith = (code: string, message?: string) =>
  expect.objectContaining(
    message === undefined ? { code } : { code, message: expect.stringContaining(message) },
  );

describe('clusters', () => {
  test('life of a cluster', () => {
    const region = new Region();
    region.createService(region.register());
    region.steady();
    const answer = region.call<ecs.DescribeClustersResponse>('DescribeClusters', {
      clusters: ['main', 'other'],
    });
    expect(answer.clusters![0]).toMatchObject({
      clusterArn: 'arn:aws:ecs:ap-south-1:123456789012:cluster/main',
      runningTasksCount: 3,
      activeServicesCount: 1,
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
    });
    expect(answer.failures).toEqual([
      { arn: 'arn:aws:ecs:ap-south-1:123456789012:cluster/other', reason: 'MISSING' },
    ]);
    expect(() => region.call('DeleteCluster', { cluster: 'main' })).toThrow(
      failsWith('ClusterContainsServicesException'),
    );
    region.call('DeleteService', { cluster: 'main', service: 'api', force: true });
    region.until(() => region.service().status === 'INACTIVE');
    region.call('DeleteCluster', { cluster: 'main' });
    expect(() => region.call('ListTasks', { cluster: 'main' })).toThrow(
      failsWith('ClusterNotFoundException'),
    );
    expect(region.call('ListClusters')).toMatchObject({ clusterArns: [] });
  });
});

describe('CreateService', () => {
  test.each([
    ['a cluster that is not there', { cluster: 'none' }, 'ClusterNotFoundException', 'Cluster not found.'],
    [
      'no network',
      { networkConfiguration: undefined },
      'InvalidParameterException',
      'Network Configuration must be provided',
    ],
    [
      'a container that is not there',
      { loadBalancers: [{ targetGroupArn: targetGroup, containerName: 'web', containerPort: 5000 }] },
      'InvalidParameterException',
      'The container web does not exist in the task definition.',
    ],
    [
      'a port that is not there',
      { loadBalancers: [{ targetGroupArn: targetGroup, containerName: 'app', containerPort: 80 }] },
      'InvalidParameterException',
      'The container app did not have a container port 80 defined.',
    ],
    [
      'BLUE_GREEN without what it shifts between',
      { deploymentConfiguration: { strategy: 'BLUE_GREEN' as const } },
      'InvalidParameterException',
      'alternateTargetGroupArn, productionListenerRule and roleArn',
    ],
    [
      'CANARY without a load balancer',
      { deploymentConfiguration: { strategy: 'CANARY' as const }, loadBalancers: [] },
      'UnsupportedFeatureException',
      'CANARY without a load balancer',
    ],
    [
      'EXTERNAL',
      { deploymentController: { type: 'EXTERNAL' as const } },
      'UnsupportedFeatureException',
      'EXTERNAL',
    ],
    ['EC2', { launchType: 'EC2' as const }, 'InvalidParameterException', 'FARGATE only'],
    ['a negative count', { desiredCount: -1 }, 'InvalidParameterException', 'desiredCount'],
  ])('rejects %s', (_title, change, code, message) => {
    const region = new Region();
    const definition = region.register();
    expect(() => region.createService(definition, change)).toThrow(failsWith(code, message));
  });

  test('rejects target groups of the wrong type or without a load balancer', () => {
    const region = new Region();
    const definition = region.register();
    region.targets.type = 'instance';
    expect(() => region.createService(definition)).toThrow('has target type instance, which is incompatible');
    region.targets.type = 'ip';
    region.targets.attached = false;
    expect(() => region.createService(definition)).toThrow('does not have an associated load balancer');
  });

  test.each(['BLUE_GREEN', 'LINEAR', 'CANARY'] as const)(
    '%s behind a load balancer has its first deployment, and the lab shifts it no further',
    (strategy) => {
      const region = new Region();
      const advancedConfiguration = {
        alternateTargetGroupArn: `${targetGroup}2`,
        productionListenerRule: 'arn:aws:elasticloadbalancing:eu:1:listener-rule/app/api/1/2/3',
        roleArn: 'arn:aws:iam::123456789012:role/ecs-shifts',
      };
      const loadBalancer = { targetGroupArn: targetGroup, containerName: 'app', containerPort: 5000 };
      region.createService(region.register(), {
        deploymentConfiguration: { strategy },
        loadBalancers: [{ ...loadBalancer, advancedConfiguration }],
      });
      region.steady();
      expect(region.service()).toMatchObject({
        runningCount: 3,
        deploymentConfiguration: { strategy },
        loadBalancers: [{ advancedConfiguration }],
      });
      expect(region.update({ desiredCount: 2 }).desiredCount).toBe(2);
      expect(() => region.update({ taskDefinition: region.register() })).toThrow(
        failsWith('UnsupportedFeatureException', `${strategy} behind a load balancer`),
      );
    },
  );

  test('is idempotent by client token only', () => {
    const region = new Region();
    const definition = region.register();
    const first = region.createService(definition, { clientToken: 'one' });
    expect(region.createService(definition, { clientToken: 'one' }).serviceArn).toBe(first.serviceArn);
    expect(() => region.createService(definition, { clientToken: 'two' })).toThrow(
      'Creation of service was not idempotent.',
    );
    expect(region.serviceDeployments()).toHaveLength(1);
  });
});

describe('services', () => {
  test('are deleted by draining, and can be made again', () => {
    const region = new Region();
    const definition = region.register();
    region.createService(definition);
    region.steady();
    const remove = (force: boolean) =>
      region.call('DeleteService', { cluster: 'main', service: 'api', force });
    expect(() => remove(false)).toThrow('The service cannot be stopped while it is scaled above 0.');
    remove(true);
    expect(region.service().status).toBe('DRAINING');
    expect(() => region.createService(definition)).toThrow('still Draining');
    expect(() => region.update({ desiredCount: 1 })).toThrow(failsWith('ServiceNotActiveException'));
    region.until(() => region.service().status === 'INACTIVE');
    expect(region.targets.healthyCount).toBe(0);
    expect(region.call('ListServices', { cluster: 'main' })).toMatchObject({ serviceArns: [] });
    region.createService(definition);
    region.steady();
  });

  test('unknown ones are failures, eleven are too many', () => {
    const region = new Region();
    region.createService(region.register());
    const services = Array.from({ length: 11 }, (_item, index) => `s${index}`);
    expect(() => region.call('DescribeServices', { cluster: 'main', services })).toThrow('at most 10');
    const answer = region.call<ecs.DescribeServicesResponse>('DescribeServices', {
      cluster: 'main',
      services: services.slice(1),
    });
    expect(answer.failures).toHaveLength(10);
    expect(() => region.call('UpdateService', { cluster: 'main', service: 'none' })).toThrow(
      failsWith('ServiceNotFoundException'),
    );
  });

  test('under CODE_DEPLOY cannot be given a new task definition', () => {
    const region = new Region();
    region.createService(region.register(), { deploymentController: { type: 'CODE_DEPLOY' } });
    region.until(() => region.service().runningCount === 3);
    expect(region.service()).toMatchObject({
      deployments: [],
      taskSets: [{ status: 'PRIMARY', runningCount: 3 }],
    });
    expect(() => region.update({ taskDefinition: region.register() })).toThrow(
      'Unable to update task definition on services with a CODE_DEPLOY deployment controller.',
    );
    region.update({ desiredCount: 2 });
    region.until(() => region.service().runningCount === 2);
  });

  test('a changed capacity provider strategy needs force', () => {
    const region = new Region();
    region.createService(region.register());
    region.steady();
    const change = { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }] };
    expect(() => region.update(change)).toThrow('you must force a new deployment');
    region.update({ ...change, forceNewDeployment: true });
    region.until(() => region.serviceDeployments()[0]!.status === 'SUCCESSFUL');
    expect(region.tasks().every((task) => task.capacityProviderName === 'FARGATE_SPOT')).toBe(true);
  });

  test('tell of at most a hundred events', () => {
    const region = new Region();
    region.createService(region.register({ unhealthyAfterMs: 5_000 }));
    region.advance(3 * 60 * 60_000);
    const events = region.service().events!;
    expect(events).toHaveLength(100);
    expect(new Set(events.map((event) => event.id)).size).toBe(100);
    expect(events[0]!.createdAt!.getTime()).toBeGreaterThan(events[99]!.createdAt!.getTime());
  });

  test('are scaled through the seam of Auto Scaling', () => {
    const region = new Region();
    region.createService(region.register());
    region.steady();
    expect(region.ecs.desiredCount('service/main/api')).toBe(3);
    region.ecs.setDesiredCount('service/main/api', 5);
    region.steady();
    expect(region.ecs.runningCount('service/main/api')).toBe(5);
    expect(region.serviceDeployments()).toHaveLength(1);
    expect(region.ecs.desiredCount('service/main/none')).toBeUndefined();
    expect(() => region.ecs.setDesiredCount('service/main/none', 1)).toThrow('no active ECS service');
  });
});

describe('service deployments', () => {
  test('are filtered, and unknown ones are told', () => {
    const region = new Region();
    region.createService(region.register());
    region.steady();
    region.update({ forceNewDeployment: true });
    const list = (input: object) =>
      region.call<ecs.ListServiceDeploymentsResponse>('ListServiceDeployments', {
        cluster: 'main',
        service: 'api',
        ...input,
      }).serviceDeployments!;
    expect(list({ status: ['SUCCESSFUL'] })).toHaveLength(1);
    expect(list({ status: ['PENDING'] })).toHaveLength(1);
    expect(list({ createdAt: { after: new Date(region.kernel.now) } })).toHaveLength(1);
    expect(list({ createdAt: { before: new Date(region.kernel.now - 1) } })).toHaveLength(1);
    expect(list({ service: region.service().serviceArn, cluster: undefined })).toHaveLength(2);
    const arn = region.service().currentServiceDeployment!;
    expect(arn).toBe(list({})[0]!.serviceDeploymentArn);
    const missing = arn.slice(0, -3).concat('xxx');
    expect(region.call('DescribeServiceDeployments', { serviceDeploymentArns: [missing] })).toEqual({
      serviceDeployments: [],
      failures: [{ arn: missing, reason: 'MISSING' }],
    });
    expect(() => region.call('StopServiceDeployment', { serviceDeploymentArn: missing })).toThrow(
      failsWith('ServiceDeploymentNotFoundException'),
    );
    expect(() =>
      region.call('ContinueServiceDeployment', { serviceDeploymentArn: arn, hookId: 'h' }),
    ).toThrow(failsWith('ClientException', 'no lifecycle hook h'));
    const many = Array.from({ length: 21 }, () => arn);
    expect(() => region.call('DescribeServiceDeployments', { serviceDeploymentArns: many })).toThrow(
      'at most 20',
    );
  });
});

describe('tasks', () => {
  test('RunTask repeats by client token and refuses another request with it', () => {
    const region = new Region();
    region.call('CreateCluster', { clusterName: 'main' });
    const taskDefinition = region.register();
    const input = {
      cluster: 'main',
      taskDefinition,
      networkConfiguration: network,
      clientToken: 'token',
      count: 2,
    };
    const first = region.call<ecs.RunTaskResponse>('RunTask', input).tasks!.map((task) => task.taskArn);
    expect(region.call<ecs.RunTaskResponse>('RunTask', input).tasks!.map((task) => task.taskArn)).toEqual(
      first,
    );
    expect(() => region.call('RunTask', { ...input, count: 1 })).toThrow(
      expect.objectContaining({ code: 'ConflictException', members: { resourceIds: first } }),
    );
    region.advance(24 * 60 * 60_000);
    expect(region.call<ecs.RunTaskResponse>('RunTask', input).tasks![0]!.taskArn).not.toBe(first[0]);
  });

  test('are listed by what is asked', () => {
    const region = new Region();
    region.createService(region.register());
    const job = region.register({}, { family: 'job' });
    region.call('RunTask', {
      cluster: 'main',
      taskDefinition: job,
      networkConfiguration: network,
      startedBy: 'ci',
    });
    region.steady();
    expect(region.tasks()).toHaveLength(4);
    expect(region.tasks({ serviceName: 'api' })).toHaveLength(3);
    expect(region.tasks({ family: 'job' })).toHaveLength(1);
    expect(region.tasks({ startedBy: 'ci' })).toHaveLength(1);
    expect(region.tasks({ startedBy: 'ci', desiredStatus: 'STOPPED' })).toHaveLength(0);
    expect(() => region.tasks({ startedBy: 'ci', family: 'api' })).toThrow('startedBy');
    expect(region.tasks({ startedBy: region.service().deployments![0]!.id })).toHaveLength(3);
    expect(region.tasks({ desiredStatus: 'STOPPED' })).toEqual([]);
    const tasks = Array.from({ length: 101 }, (_item, index) => `t${index}`);
    expect(() => region.call('DescribeTasks', { cluster: 'main', tasks })).toThrow('at most 100');
  });

  test('one subnet is one zone', () => {
    const region = new Region();
    region.createService(region.register(), {
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'] } },
    });
    region.steady();
    expect(new Set(region.tasks().map((task) => task.availabilityZone)).size).toBe(1);
  });
});

test('tags can be changed on every resource', () => {
  const region = new Region();
  const definition = region.register();
  const service = region.createService(definition);
  region.steady();
  for (const resourceArn of [
    service.clusterArn,
    service.serviceArn,
    definition,
    region.tasks()[0]!.taskArn,
  ]) {
    region.call('TagResource', {
      resourceArn,
      tags: [
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
      ],
    });
    region.call('TagResource', { resourceArn, tags: [{ key: 'a', value: '3' }] });
    region.call('UntagResource', { resourceArn, tagKeys: ['b'] });
    expect(region.call('ListTagsForResource', { resourceArn })).toEqual({ tags: [{ key: 'a', value: '3' }] });
  }
  expect(() => region.call('ListTagsForResource', { resourceArn: `${service.serviceArn}x` })).toThrow(
    'not found',
  );
});

test.each([
  ['a key of 128 characters', { key: 'k'.repeat(128), value: '' }, undefined],
  ['a key of 129', { key: 'k'.repeat(129), value: '' }, 'from 1 to 128 characters'],
  ['a value of 256 characters', { key: 'k', value: 'é'.repeat(256) }, undefined],
  ['a value of 257', { key: 'k', value: 'é'.repeat(257) }, 'at most 256 characters'],
  ['every other character that is allowed', { key: 'k:k', value: 'a +-=._:/@' }, undefined],
  ['a comma', { key: 'k', value: 'a,b' }, 'not allowed'],
  ['the prefix of AWS', { key: 'AWS:k', value: '' }, 'is reserved'],
])('a tag with %s', (_name, tag, refusal) => {
  const region = new Region();
  const resourceArn = region.register();
  const write = () => region.call('TagResource', { resourceArn, tags: [tag] });
  if (refusal !== undefined) expect(write).toThrow(failsWith('InvalidParameterException', refusal));
  else {
    write();
    expect(region.call('ListTagsForResource', { resourceArn })).toEqual({ tags: [tag] });
  }
});

describe('permissions', () => {
  const region = new Region();
  const ask = (operation: string, input: unknown) => region.ecs.operations[operation]!.permissions(input);
  const arn = (resource: string) => `arn:aws:ecs:ap-south-1:123456789012:${resource}`;

  test.each([
    ['UpdateService', { cluster: 'main', service: 'api' }, [arn('service/main/api')]],
    [
      'UpdateService',
      { cluster: arn('cluster/main'), service: arn('service/main/api') },
      [arn('service/main/api')],
    ],
    [
      'DescribeServices',
      { cluster: 'main', services: ['a', 'b'] },
      [arn('service/main/a'), arn('service/main/b')],
    ],
    [
      'StopServiceDeployment',
      { serviceDeploymentArn: arn('service-deployment/main/api/abc') },
      [arn('service/main/api'), arn('service-deployment/main/api/abc')],
    ],
    ['DescribeTaskDefinition', { taskDefinition: 'api' }, ['*']],
    ['DescribeTasks', { cluster: 'main', tasks: ['abc'] }, [arn('task/main/abc')]],
    ['RunTask', { cluster: 'main', taskDefinition: 'api:3' }, [arn('task-definition/api:3')]],
  ])('%s on %j', (operation, input, resources) => {
    expect(ask(operation, input)[0]).toMatchObject({ action: `ecs:${operation}`, resources });
  });

  test('RegisterTaskDefinition passes the roles to ECS tasks', () => {
    const roles = { taskRoleArn: 'arn:aws:iam::123456789012:role/Task', executionRoleArn: 'Execution' };
    expect(ask('RegisterTaskDefinition', { family: 'api', ...roles })).toEqual([
      { action: 'ecs:RegisterTaskDefinition', resources: [arn('task-definition/api:*')] },
      ...['Task', 'Execution'].map((name) => ({
        action: 'iam:PassRole',
        resources: [`arn:aws:iam::123456789012:role/${name}`],
        context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
      })),
    ]);
    const run = ask('RunTask', { taskDefinition: 'api', overrides: { taskRoleArn: roles.taskRoleArn } });
    expect(run.map((item) => item.action)).toEqual(['ecs:RunTask', 'iam:PassRole']);
  });

  test('never throw, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(region.ecs.operations)),
        fc.anything(),
        (operation, input) => {
          expect(ask(operation, input).length).toBeGreaterThan(0);
        },
      ),
    );
  });
});
