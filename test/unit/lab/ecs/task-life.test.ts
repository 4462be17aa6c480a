import type * as ecs from '@aws-sdk/client-ecs';
import { describe, expect, test } from '@jest/globals';
import { network, Region, targetGroup } from './support.ts';

const statesOf = (region: Region, arn: string): unknown[] =>
  region.kernel.journal
    .filter((entry) => entry.kind === 'ecs.task-state' && entry.subject === arn)
    .map((entry) => entry.detail['to']);

const run = (region: Region, taskDefinition: string, change: Partial<ecs.RunTaskRequest> = {}): ecs.Task => {
  region.call('CreateCluster', { clusterName: 'main', capacityProviders: ['FARGATE', 'FARGATE_SPOT'] });
  const answer = region.call<ecs.RunTaskResponse>('RunTask', {
    cluster: 'main',
    taskDefinition,
    launchType: 'FARGATE',
    networkConfiguration: network,
    ...change,
  });
  return answer.tasks![0]!;
};

const describeTask = (region: Region, arn: string): ecs.Task =>
  region.call<ecs.DescribeTasksResponse>('DescribeTasks', { cluster: 'main', tasks: [arn] }).tasks![0]!;

/** Runs one task to its end. */
const ended = (region: Region, definition: string, change: Partial<ecs.RunTaskRequest> = {}): ecs.Task => {
  const arn = run(region, definition, change).taskArn!;
  region.until(() => describeTask(region, arn).lastStatus === 'STOPPED');
  return describeTask(region, arn);
};

describe('the states of a task', () => {
  test('of a service, from start to drained stop, with times in order', () => {
    const region = new Region();
    region.createService(region.register(), { desiredCount: 1 });
    region.steady();
    const arn = region.tasks()[0]!.taskArn!;
    region.update({ desiredCount: 0 });
    region.until(() => region.tasks({ desiredStatus: 'STOPPED' })[0]?.lastStatus === 'STOPPED');
    expect(statesOf(region, arn)).toEqual([
      'PROVISIONING',
      'PENDING',
      'ACTIVATING',
      'RUNNING',
      'DEACTIVATING',
      'STOPPING',
      'DEPROVISIONING',
      'STOPPED',
    ]);
    const task = describeTask(region, arn);
    const times = [
      task.createdAt,
      task.connectivityAt,
      task.pullStoppedAt,
      task.startedAt,
      task.stoppingAt,
      task.executionStoppedAt,
      task.stoppedAt,
    ].map((time) => time!.getTime());
    expect(times).toEqual([...times].sort((one, other) => one - other));
    expect(task.executionStoppedAt!.getTime() - task.stoppingAt!.getTime()).toBeGreaterThanOrEqual(
      region.targets.drainMs,
    );
    expect(task).toMatchObject({
      group: 'service:api',
      launchType: 'FARGATE',
      containers: [{ name: 'app', exitCode: 0, lastStatus: 'STOPPED' }],
    });
  });

  test('a job that ends with 0', () => {
    const region = new Region();
    const task = ended(region, region.register({ exits: [{ afterMs: 20_000, code: 0 }] }), {
      startedBy: 'migrate',
    });
    expect(task).toMatchObject({
      startedBy: 'migrate',
      group: 'family:api',
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      containers: [{ exitCode: 0 }],
    });
    expect(task.attachments![0]!.status).toBe('DELETED');
    const details = Object.fromEntries(
      task.attachments![0]!.details!.map(({ name, value }) => [name, value]),
    );
    expect(details).toMatchObject({
      privateDnsName: `ip-${details['privateIPv4Address']!.replaceAll('.', '-')}.ap-south-1.compute.internal`,
    });
  });

  test('out of memory', () => {
    const region = new Region();
    const task = ended(
      region,
      region.register({ exits: [{ afterMs: 9_000, code: 137, outOfMemory: true }] }),
    );
    expect(task.containers![0]).toMatchObject({
      exitCode: 137,
      reason: 'OutOfMemoryError: Container killed due to memory usage',
    });
  });

  test('the end of a container that is not essential does not stop the task', () => {
    const region = new Region();
    const definition = region.register(
      { exits: [{ container: 'init', afterMs: 2_000, code: 0 }] },
      {
        containerDefinitions: [
          { name: 'app', image: 'api:1', portMappings: [{ containerPort: 5000 }] },
          { name: 'init', image: 'init:1', essential: false },
        ],
      },
    );
    const arn = run(region, definition).taskArn!;
    region.advance(60_000);
    const task = describeTask(region, arn);
    expect(task.lastStatus).toBe('RUNNING');
    expect(task.containers!.map((container) => container.lastStatus)).toEqual(['RUNNING', 'STOPPED']);
    region.call('StopTask', { cluster: 'main', task: arn, reason: 'enough' });
    region.until(() => describeTask(region, arn).lastStatus === 'STOPPED');
    expect(describeTask(region, arn)).toMatchObject({ stopCode: 'UserInitiated', stoppedReason: 'enough' });
  });

  test('the end of an essential container stops the others', () => {
    const region = new Region();
    const definition = region.register(
      { exits: [{ container: 'app', afterMs: 9_000, code: 1 }] },
      {
        containerDefinitions: [
          { name: 'app', image: 'api:1' },
          { name: 'proxy', image: 'proxy:1' },
        ],
      },
    );
    const task = ended(region, definition);
    expect(task.containers!.map((container) => container.exitCode)).toEqual([1, 0]);
    expect(region.effects.at(-1)).toBe(`stop-task ${task.taskArn}`);
  });

  test('a task that ignores SIGTERM is killed', () => {
    const region = new Region();
    const arn = run(region, region.register({ ignoresStop: true })).taskArn!;
    region.advance(60_000);
    region.call('StopTask', { cluster: 'main', task: arn });
    region.until(() => describeTask(region, arn).lastStatus === 'STOPPED');
    expect(describeTask(region, arn).containers![0]!.exitCode).toBe(137);
    expect(region.effects.at(-1)).toBe(`kill-task ${arn}`);
  });

  test('a task stopped before its containers starts none', () => {
    const region = new Region();
    const arn = run(region, region.register()).taskArn!;
    region.call('StopTask', { cluster: 'main', task: arn });
    region.until(() => describeTask(region, arn).lastStatus === 'STOPPED');
    expect(region.started).toEqual([]);
  });

  test('a stopped task is visible for an hour', () => {
    const region = new Region();
    const task = ended(region, region.register({ exits: [{ afterMs: 1, code: 0 }] }));
    region.advance(60 * 60_000 - 1);
    expect(region.tasks({ desiredStatus: 'STOPPED' })).toHaveLength(1);
    region.advance(1);
    expect(region.tasks({ desiredStatus: 'STOPPED' })).toEqual([]);
    expect(region.call('DescribeTasks', { cluster: 'main', tasks: [task.taskArn] })).toEqual({
      tasks: [],
      failures: [{ arn: task.taskArn, reason: 'MISSING' }],
    });
  });
});

describe('what a task needs to start', () => {
  test('secrets, overrides and logs reach the substrate', () => {
    const region = new Region();
    region.secrets.set(
      'arn:aws:secretsmanager:ap-south-1:123456789012:secret:db-AbCdEf:password::',
      'hunter2',
    );
    const definition = region.register(
      {},
      {},
      {
        environment: [{ name: 'MODE', value: 'production' }],
        secrets: [
          {
            name: 'PASSWORD',
            valueFrom: 'arn:aws:secretsmanager:ap-south-1:123456789012:secret:db-AbCdEf:password::',
          },
        ],
        logConfiguration: {
          logDriver: 'awslogs',
          options: {
            'awslogs-group': '/ecs/api',
            'awslogs-stream-prefix': 'ecs',
            'awslogs-region': 'ap-south-1',
          },
        },
      },
    );
    const task = run(region, definition, {
      overrides: {
        containerOverrides: [
          { name: 'app', command: ['migrate'], environment: [{ name: 'MODE', value: 'job' }] },
        ],
      },
    });
    region.advance(60_000);
    const id = task.taskArn!.split('/').at(-1);
    expect(region.started[0]!.containers[0]).toMatchObject({
      command: ['migrate'],
      environment: { MODE: 'job', PASSWORD: 'hunter2' },
      log: { group: '/ecs/api', stream: `ecs/app/${id}` },
    });
    expect(JSON.stringify(region.kernel.journal)).not.toContain('hunter2');
    expect(JSON.stringify(describeTask(region, task.taskArn!))).not.toContain('hunter2');
  });

  test.each([
    [
      'a secret that is not there',
      {
        secrets: [
          { name: 'PASSWORD', valueFrom: 'arn:aws:secretsmanager:ap-south-1:123456789012:secret:gone' },
        ],
      },
      /^ResourceInitializationError: unable to pull secrets or registry auth: .*retrieve secret from asm: .*can't find/,
    ],
    [
      'a log group that is not there',
      { logConfiguration: { logDriver: 'awslogs' as const, options: { 'awslogs-group': '/ecs/none' } } },
      /^ResourceInitializationError: failed to validate logger args: .*The specified log group does not exist/,
    ],
    ['an image that is not there', { image: 'missing:1' }, /^CannotPullContainerError: pull image manifest/],
  ])('%s fails the task', (_title, container, reason) => {
    const region = new Region();
    const task = ended(region, region.register({}, {}, container));
    expect(task.stopCode).toBe('TaskFailedToStart');
    expect(task.stoppedReason).toMatch(reason);
    expect(region.started).toEqual([]);
  });

  test('awslogs-create-group makes the group', () => {
    const region = new Region();
    const options = { 'awslogs-group': '/ecs/new', 'awslogs-create-group': 'true' };
    run(region, region.register({}, {}, { logConfiguration: { logDriver: 'awslogs', options } }));
    region.advance(60_000);
    expect(region.started).toHaveLength(1);
    expect(region.logGroups.has('/ecs/new')).toBe(true);
  });

  test('a revision keeps the digest of its first pull; the next deployment resolves anew', () => {
    const region = new Region();
    region.tags.set('api:1', 'sha256:aaa');
    region.createService(region.register(), { desiredCount: 1 });
    region.steady();
    region.tags.set('api:1', 'sha256:bbb');
    region.update({ desiredCount: 2 });
    region.steady();
    expect(region.started.map((spec) => spec.containers[0]!.imageDigest)).toEqual([
      'sha256:aaa',
      'sha256:aaa',
    ]);
    region.update({ forceNewDeployment: true });
    region.until(() => region.serviceDeployments()[0]!.status === 'SUCCESSFUL');
    expect(region.started.at(-1)!.containers[0]!.imageDigest).toBe('sha256:bbb');
    const [newest, first] = region.serviceDeployments().map((item) => item.targetServiceRevision!.arn!);
    const answer = region.call<ecs.DescribeServiceRevisionsResponse>('DescribeServiceRevisions', {
      serviceRevisionArns: [newest, first],
    });
    expect(answer.serviceRevisions!.map((revision) => revision.containerImages![0]!.imageDigest)).toEqual([
      'sha256:bbb',
      'sha256:aaa',
    ]);
    expect(answer.serviceRevisions![0]!.resolvedConfiguration).toEqual({
      loadBalancers: [{ targetGroupArn: targetGroup }],
    });
  });
});

describe('container health', () => {
  const check = { healthCheck: { command: ['CMD', 'true'] } };

  test('HEALTHY gates the deployment together with the target', () => {
    const region = new Region();
    region.createService(
      region.register({ containerHealth: [{ afterMs: 60_000, status: 'HEALTHY' }] }, {}, check),
      {
        desiredCount: 1,
      },
    );
    region.until(() => region.tasks()[0]?.lastStatus === 'RUNNING');
    region.advance(50_000);
    expect(region.service().deployments![0]!.rolloutState).toBe('IN_PROGRESS');
    expect(region.tasks()[0]!.healthStatus).toBe('UNKNOWN');
    region.steady();
    expect(region.tasks()[0]!.healthStatus).toBe('HEALTHY');
  });

  test('UNHEALTHY replaces a task of a service', () => {
    const region = new Region();
    const behaviour = { containerHealth: [{ afterMs: 5_000, status: 'HEALTHY' as const }] };
    region.createService(region.register(behaviour, {}, check), { desiredCount: 1 });
    region.steady();
    const arn = region.tasks()[0]!.taskArn!;
    region.report({ kind: 'container-health', taskArn: arn, container: 'app', status: 'UNHEALTHY' });
    region.steady();
    expect(describeTask(region, arn).stoppedReason).toBe('Task failed container health checks');
    expect(region.tasks()[0]!.taskArn).not.toBe(arn);
  });
});

describe('faults', () => {
  test('a Spot interruption takes the task and a new one comes', () => {
    const region = new Region();
    region.createService(region.register({ ignoresStop: true }), {
      desiredCount: 2,
      capacityProviderStrategy: [
        { capacityProvider: 'FARGATE', base: 1, weight: 0 },
        { capacityProvider: 'FARGATE_SPOT', weight: 1 },
      ],
    });
    region.steady();
    const [onDemand, spot] = region.tasks();
    expect([onDemand!.capacityProviderName, spot!.capacityProviderName]).toEqual(['FARGATE', 'FARGATE_SPOT']);
    expect(() => region.ecs.interruptSpotTask(onDemand!.taskArn!)).toThrow('not a task on FARGATE_SPOT');
    region.ecs.interruptSpotTask(spot!.taskArn!);
    region.advance(130_000);
    expect(describeTask(region, spot!.taskArn!)).toMatchObject({
      lastStatus: 'STOPPED',
      stopCode: 'SpotInterruption',
      stoppedReason: 'Your Spot Task was interrupted.',
    });
    region.steady();
    expect(region.service().runningCount).toBe(2);
  });

  test('a dark zone loses its tasks, and they come back elsewhere', () => {
    const region = new Region();
    region.createService(region.register());
    region.steady();
    region.ecs.killZone('ap-south-1a');
    region.steady();
    const zones = () => region.tasks().map((task) => task.availabilityZone);
    expect(zones()).toHaveLength(3);
    expect(zones()).not.toContain('ap-south-1a');
    expect(region.effects.filter((effect) => effect.startsWith('kill-task'))).toHaveLength(1);
    region.update({ desiredCount: 6 });
    region.steady();
    region.ecs.restoreZone('ap-south-1a');
    region.advance(20 * 60_000);
    expect(zones().sort()).toEqual(['a', 'a', 'b', 'b', 'c', 'c'].map((letter) => `ap-south-1${letter}`));
    expect(region.serviceDeployments()).toHaveLength(1);
    expect(region.events().at(-1)).toBe('has reached a steady state.');
  });

  test('a service that does not balance its zones stays where it is', () => {
    const region = new Region();
    region.createService(region.register(), { availabilityZoneRebalancing: 'DISABLED' });
    region.steady();
    region.ecs.killZone('ap-south-1a');
    region.steady();
    region.ecs.restoreZone('ap-south-1a');
    region.advance(20 * 60_000);
    expect(region.tasks().map((task) => task.availabilityZone)).not.toContain('ap-south-1a');
    expect(region.started).toHaveLength(4);
  });

  test('without capacity nothing is placed until there is some', () => {
    const region = new Region();
    region.ecs.failCapacity(true);
    region.createService(region.register(), { desiredCount: 1 });
    region.advance(300_000);
    expect(region.events()).toEqual([
      expect.stringMatching(/^was unable to place a task\. Reason: Capacity is unavailable/),
    ]);
    expect(region.service().deployments![0]!.failedTasks).toBeGreaterThan(1);
    const answer = region.call<ecs.RunTaskResponse>('RunTask', {
      cluster: 'main',
      taskDefinition: 'api',
      networkConfiguration: network,
    });
    expect(answer).toMatchObject({
      tasks: [],
      failures: [{ reason: expect.stringContaining('Capacity is unavailable') }],
    });
    region.ecs.failCapacity(false);
    region.steady();
  });
});

test('utilization becomes the metrics of the service', () => {
  const region = new Region();
  region.createService(region.register(), { desiredCount: 1 });
  region.steady();
  region.report({
    kind: 'utilization',
    tasks: [
      { taskArn: region.tasks()[0]!.taskArn!, cpuPercent: 41, memoryPercent: 52 },
      { taskArn: 'arn:aws:ecs:ap-south-1:123456789012:task/main/gone', cpuPercent: 1, memoryPercent: 2 },
    ],
  });
  const [published] = region.published;
  const dimensions = { ClusterName: 'main', ServiceName: 'api' };
  expect([...published!.names()]).toEqual([
    { metric: 'CPUUtilization', dimensions },
    { metric: 'MemoryUtilization', dimensions },
  ]);
  expect(published!.samples('CPUUtilization', dimensions)).toEqual([{ unit: 'Percent', values: [41] }]);
  expect(published!.samples('MemoryUtilization', dimensions)).toEqual([{ unit: 'Percent', values: [52] }]);
  expect(published!.samples('CPUUtilization', { ...dimensions, ServiceName: 'web' })).toEqual([]);
  expect(published!.samples('CPUUtilization', { ClusterName: 'main' })).toEqual([]);
  expect(published!.samples('RequestCount', dimensions)).toEqual([]);
});
