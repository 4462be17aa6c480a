import { describe, expect, test } from '@jest/globals';
import { Region, targetGroup } from './support.ts';

const breaker = { deploymentCircuitBreaker: { enable: true, rollback: true } };

/** What a client sees of the deployments, newest first. */
const deploymentsOf = (region: Region) =>
  region.service().deployments!.map(({ status, rolloutState, runningCount, desiredCount }) => ({
    status,
    rolloutState,
    runningCount,
    desiredCount,
  }));

describe('a first deployment', () => {
  test('starts its tasks in three zones, registers them and completes', () => {
    const region = new Region();
    region.createService(region.register());
    expect(deploymentsOf(region)).toEqual([
      { status: 'PRIMARY', rolloutState: 'IN_PROGRESS', runningCount: 0, desiredCount: 3 },
    ]);
    region.steady();
    expect(deploymentsOf(region)).toEqual([
      { status: 'PRIMARY', rolloutState: 'COMPLETED', runningCount: 3, desiredCount: 3 },
    ]);
    const service = region.service();
    const id = service.deployments![0]!.id!;
    expect(service.deployments![0]!.rolloutStateReason).toBe(`ECS deployment ${id} completed.`);
    const tasks = region.tasks();
    expect(tasks.map((task) => task.availabilityZone).sort()).toEqual([
      'ap-south-1a',
      'ap-south-1b',
      'ap-south-1c',
    ]);
    expect(new Set(tasks.map((task) => task.startedBy))).toEqual(new Set([id]));
    const taskIds = tasks.map((task) => `(task ${task.taskArn!.split('/').at(-1)})`).join(' ');
    expect(region.events()).toEqual([
      `has started 3 tasks: ${taskIds}.`,
      `registered 1 targets in (target-group ${targetGroup})`,
      `registered 1 targets in (target-group ${targetGroup})`,
      `registered 1 targets in (target-group ${targetGroup})`,
      `(deployment ${id}) deployment completed.`,
      'has reached a steady state.',
    ]);
    expect(region.serviceDeployments()[0]).toMatchObject({
      status: 'SUCCESSFUL',
      targetServiceRevision: { requestedTaskCount: 3, runningTaskCount: 3 },
      deploymentCircuitBreaker: { status: 'DISABLED' },
    });
    expect(region.serviceDeployments()[0]!.lifecycleStage).toBeUndefined();
  });

  test('of zero tasks completes at once', () => {
    const region = new Region();
    region.createService(region.register(), { desiredCount: 0 });
    region.steady();
    expect(region.tasks()).toEqual([]);
    expect(deploymentsOf(region)[0]!.rolloutState).toBe('COMPLETED');
  });

  test('without health checks a task counts 40 s after RUNNING and not before', () => {
    const region = new Region();
    region.createService(region.register(), { desiredCount: 1, loadBalancers: [] });
    region.until(() => region.tasks()[0]?.lastStatus === 'RUNNING');
    region.advance(39_000);
    expect(deploymentsOf(region)[0]!.rolloutState).toBe('IN_PROGRESS');
    region.advance(5_000);
    expect(deploymentsOf(region)[0]!.rolloutState).toBe('COMPLETED');
  });
});

describe('an update', () => {
  test('keeps all old tasks until new ones are healthy, and is done when the old ones are gone', () => {
    const region = new Region();
    region.createService(region.register());
    region.steady();
    const next = region.register();
    region.update({ taskDefinition: next });
    expect(deploymentsOf(region)).toEqual([
      { status: 'PRIMARY', rolloutState: 'IN_PROGRESS', runningCount: 0, desiredCount: 3 },
      { status: 'ACTIVE', rolloutState: 'COMPLETED', runningCount: 3, desiredCount: 0 },
    ]);
    let fewest = 9;
    let most = 0;
    region.until(() => {
      const service = region.service();
      const healthy = region.targets.healthyCount;
      fewest = Math.min(fewest, healthy);
      most = Math.max(most, service.runningCount! + service.pendingCount!);
      return (
        region.events().at(-1) === 'has reached a steady state.' &&
        service.taskDefinition === next &&
        service.deployments!.length === 1
      );
    });
    expect(fewest).toBeGreaterThanOrEqual(3);
    expect(most).toBeLessThanOrEqual(6);
    expect(region.serviceDeployments().map((item) => item.status)).toEqual(['SUCCESSFUL', 'SUCCESSFUL']);
    const drained = region
      .events()
      .flatMap((text) => /^has begun draining connections on (\d) tasks\.$/.exec(text)?.[1] ?? []);
    expect(drained.reduce((sum, count) => sum + Number(count), 0)).toBe(3);
    const gone = region.tasks({ desiredStatus: 'STOPPED' });
    expect(gone).toHaveLength(3);
    expect(gone[0]).toMatchObject({ stopCode: 'ServiceSchedulerInitiated', lastStatus: 'STOPPED' });
    expect(gone[0]!.stoppedReason).toBe(
      `Scaling activity initiated by (deployment ${region.service().deployments![0]!.id})`,
    );
  });

  test('within 50 and 100 percent makes room first', () => {
    const region = new Region();
    region.createService(region.register(), {
      desiredCount: 4,
      deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 100 },
    });
    region.steady();
    const next = region.register();
    region.update({ taskDefinition: next });
    let live = 0;
    region.until(() => {
      const wanted = region.tasks({ desiredStatus: 'RUNNING' });
      live = Math.max(live, wanted.length);
      expect(region.targets.healthyCount).toBeGreaterThanOrEqual(2);
      return region.serviceDeployments()[0]!.status === 'SUCCESSFUL';
    });
    expect(live).toBe(4);
  });

  test('says so when the percentages leave no way', () => {
    const region = new Region();
    region.createService(region.register(), {
      desiredCount: 1,
      deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 150 },
    });
    region.steady();
    region.update({ taskDefinition: region.register() });
    region.advance(600_000);
    expect(region.events().at(-1)).toMatch(/^was unable to stop or start tasks during a deployment/);
    expect(deploymentsOf(region)).toHaveLength(2);
  });

  test('that changes nothing starts no deployment; force does', () => {
    const region = new Region();
    const definition = region.register();
    region.createService(definition);
    region.steady();
    const before = region.service().deployments![0]!.id;
    region.update({ taskDefinition: definition });
    region.update({ desiredCount: 4 });
    region.update({ healthCheckGracePeriodSeconds: 10 });
    region.update({ deploymentConfiguration: breaker });
    region.advance(120_000);
    expect(region.serviceDeployments()).toHaveLength(1);
    expect(region.service()).toMatchObject({ desiredCount: 4, runningCount: 4 });
    expect(region.service().deployments![0]!.id).toBe(before);
    region.update({ forceNewDeployment: true });
    expect(region.serviceDeployments()).toHaveLength(2);
    region.until(() => region.serviceDeployments()[0]!.status === 'SUCCESSFUL');
    expect(region.service().deployments![0]!.id).not.toBe(before);
  });

  test('supersedes the one in flight', () => {
    const region = new Region();
    region.createService(region.register());
    region.steady();
    region.update({ taskDefinition: region.register() });
    region.advance(8_000);
    const last = region.register();
    region.update({ taskDefinition: last });
    const statuses = () => region.serviceDeployments().map((item) => item.status);
    expect(statuses()).toEqual(['PENDING', 'STOP_REQUESTED', 'SUCCESSFUL']);
    region.advance(3_000);
    expect(statuses()).toEqual(['IN_PROGRESS', 'STOPPED', 'SUCCESSFUL']);
    expect(region.serviceDeployments()[0]!.sourceServiceRevisions).toHaveLength(2);
    region.until(() => statuses()[0] === 'SUCCESSFUL');
    expect(region.service()).toMatchObject({ taskDefinition: last, runningCount: 3 });
    expect(deploymentsOf(region)).toHaveLength(1);
  });

  test('scaling in stops the surplus, and protected tasks last', () => {
    const region = new Region();
    region.createService(region.register());
    region.steady();
    const kept = region.tasks()[2]!.taskArn!;
    region.call('UpdateTaskProtection', {
      cluster: 'main',
      tasks: [kept],
      protectionEnabled: true,
      expiresInMinutes: 60,
    });
    region.update({ desiredCount: 1 });
    region.steady();
    expect(region.tasks().map((task) => task.taskArn)).toEqual([kept]);
    region.update({ desiredCount: 0 });
    region.advance(30 * 60_000);
    expect(region.service().runningCount).toBe(1);
    region.advance(31 * 60_000);
    expect(region.service().runningCount).toBe(0);
  });
});

describe('the circuit breaker', () => {
  const withHistory = (behaviour: Parameters<Region['register']>[0], extra: object = {}) => {
    const region = new Region();
    const good = region.register();
    region.createService(good, { deploymentConfiguration: breaker, ...extra });
    region.steady();
    const bad = region.register(behaviour);
    region.update({ taskDefinition: bad });
    return { region, good, bad };
  };

  test.each([
    ['tasks that exit before RUNNING', { exits: [{ afterMs: 50, code: 1 }] }],
    ['tasks whose image cannot be pulled', { startFailure: 'CannotPullContainerError: no such image' }],
    ['tasks that fail their target health checks', { unhealthyAfterMs: 20_000 }],
    [
      'tasks that exit before they are healthy',
      { healthyAfterMs: 60_000, exits: [{ afterMs: 10_000, code: 1 }] },
    ],
  ])('rolls back after three %s', (_title, behaviour) => {
    const { region, good, bad } = withHistory(behaviour);
    const failing = region.service().deployments![0]!.id!;
    region.until(() => region.serviceDeployments()[0]!.status === 'ROLLBACK_IN_PROGRESS');
    const rolling = region.service().deployments!;
    expect(rolling[0]).toMatchObject({
      status: 'PRIMARY',
      rolloutState: 'IN_PROGRESS',
      taskDefinition: good,
    });
    expect(rolling[0]!.rolloutStateReason).toBe(
      `ECS deployment circuit breaker: rolling back to deploymentId ${rolling[0]!.id}.`,
    );
    expect(rolling[1]).toMatchObject({
      id: failing,
      rolloutState: 'FAILED',
      taskDefinition: bad,
      failedTasks: 3,
    });
    expect(region.events()).toContain(`(deployment ${failing}) deployment failed: tasks failed to start.`);
    expect(region.events()).toContain(`rolling back to deployment ${rolling[0]!.id}.`);
    region.until(() => region.serviceDeployments()[0]!.status === 'ROLLBACK_SUCCESSFUL');
    const [record, first] = region.serviceDeployments();
    expect(record!.deploymentCircuitBreaker).toEqual({ status: 'TRIGGERED', failureCount: 3, threshold: 3 });
    expect(record!.rollback!.serviceRevisionArn).toBe(first!.targetServiceRevision!.arn);
    expect(region.service()).toMatchObject({ taskDefinition: good, runningCount: 3 });
    expect(deploymentsOf(region)).toHaveLength(1);
  });

  test('two failures are not enough', () => {
    const { region, bad } = withHistory({ exits: [{ afterMs: 50, code: 1 }] });
    region.until(() => region.service().deployments![0]!.failedTasks === 2);
    expect(region.serviceDeployments()[0]!.status).toBe('IN_PROGRESS');
    region.behaviours.set(bad, {});
    region.until(() => region.service().deployments![0]!.failedTasks !== 2);
  });

  test('a healthy task sets the count back unless that is off', () => {
    for (const resetOnHealthyTask of [true, false]) {
      const region = new Region();
      region.createService(region.register(), {
        deploymentConfiguration: {
          deploymentCircuitBreaker: { enable: true, rollback: true, resetOnHealthyTask },
        },
      });
      region.steady();
      const next = region.register({ exits: [{ afterMs: 50, code: 1 }] });
      region.update({ taskDefinition: next });
      region.until(() => region.service().deployments![0]!.failedTasks === 1);
      region.behaviours.set(next, {});
      region.until(() => region.serviceDeployments()[0]!.status === 'SUCCESSFUL');
      expect(region.service().deployments![0]!.failedTasks === 0).toBe(resetOnHealthyTask);
    }
  });

  test('without rollback the deployment stops and nothing more is started', () => {
    const { region } = withHistory(
      { exits: [{ afterMs: 50, code: 1 }] },
      { deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } } },
    );
    region.until(() => region.serviceDeployments()[0]!.status === 'STOPPED');
    const started = region.started.length;
    region.advance(60 * 60_000);
    expect(region.started.length).toBeLessThanOrEqual(started + 3);
    expect(deploymentsOf(region)).toEqual([
      { status: 'PRIMARY', rolloutState: 'FAILED', runningCount: 0, desiredCount: 3 },
      { status: 'ACTIVE', rolloutState: 'COMPLETED', runningCount: 3, desiredCount: 0 },
    ]);
  });

  test('with nothing to go back to it stalls', () => {
    const region = new Region();
    region.createService(region.register({ exits: [{ afterMs: 50, code: 1 }] }), {
      deploymentConfiguration: breaker,
    });
    region.until(() => region.serviceDeployments()[0]!.status === 'ROLLBACK_FAILED');
    region.advance(60 * 60_000);
    expect(deploymentsOf(region)).toEqual([
      { status: 'PRIMARY', rolloutState: 'FAILED', runningCount: 0, desiredCount: 3 },
    ]);
    const good = region.register();
    region.update({ taskDefinition: good });
    region.until(() => region.serviceDeployments()[0]!.status === 'SUCCESSFUL');
  });

  test('is off by default: the service tries for ever, and ever slower', () => {
    const region = new Region();
    region.createService(region.register({ exits: [{ afterMs: 50, code: 1 }] }));
    region.advance(30 * 60_000);
    const half = region.started.length;
    region.advance(30 * 60_000);
    expect(region.started.length - half).toBeLessThan(half);
    expect(
      region.events().filter((text) => text.startsWith('is unable to consistently start tasks')),
    ).toHaveLength(1);
    expect(region.serviceDeployments()[0]!.status).toBe('IN_PROGRESS');
  });
});

describe('deployment alarms', () => {
  const alarms = { alarmNames: ['errors'], enable: true, rollback: true };

  test('an alarm raised while baking rolls back', () => {
    const region = new Region();
    const good = region.register();
    region.createService(good, { deploymentConfiguration: { alarms } });
    region.until(() => region.serviceDeployments()[0]!.status === 'SUCCESSFUL');
    region.update({ taskDefinition: region.register() });
    region.until(() => region.tasks().length === 3 && region.service().deployments!.length === 1);
    region.advance(60_000);
    expect(region.serviceDeployments()[0]!.status).toBe('IN_PROGRESS');
    region.alarm('errors', 'ALARM');
    expect(region.serviceDeployments()[0]).toMatchObject({
      status: 'ROLLBACK_REQUESTED',
      alarms: { status: 'TRIGGERED', alarmNames: ['errors'], triggeredAlarmNames: ['errors'] },
    });
    region.until(() => region.serviceDeployments()[0]!.status === 'ROLLBACK_SUCCESSFUL');
    expect(region.service().taskDefinition).toBe(good);
  });

  test('an alarm that was on at the start is ignored throughout', () => {
    const region = new Region();
    region.createService(region.register(), { deploymentConfiguration: { alarms } });
    region.until(() => region.serviceDeployments()[0]!.status === 'SUCCESSFUL');
    region.alarm('errors', 'ALARM');
    region.update({ taskDefinition: region.register() });
    region.advance(20_000);
    region.alarm('errors', 'OK');
    region.alarm('errors', 'ALARM');
    region.until(() => region.serviceDeployments()[0]!.status === 'SUCCESSFUL');
  });
});

describe('StopServiceDeployment', () => {
  test('rolls back a deployment in flight, and refuses a finished one', () => {
    const region = new Region();
    const good = region.register();
    region.createService(good);
    region.steady();
    region.update({ taskDefinition: region.register() });
    region.advance(10_000);
    const arn = region.serviceDeployments()[0]!.serviceDeploymentArn!;
    expect(region.call('StopServiceDeployment', { serviceDeploymentArn: arn, stopType: 'ROLLBACK' })).toEqual(
      {
        serviceDeploymentArn: arn,
      },
    );
    region.until(() => region.serviceDeployments()[0]!.status === 'ROLLBACK_SUCCESSFUL');
    expect(region.service()).toMatchObject({ taskDefinition: good, runningCount: 3 });
    expect(() => region.call('StopServiceDeployment', { serviceDeploymentArn: arn })).toThrow(
      expect.objectContaining({ code: 'ConflictException' }),
    );
  });
});

describe('steady state', () => {
  test('an unhealthy task is replaced before it goes', () => {
    const region = new Region();
    region.createService(region.register());
    region.steady();
    const sick = region.tasks()[0]!;
    const ip = sick.containers![0]!.networkInterfaces![0]!.privateIpv4Address!;
    region.targets.set(targetGroup, ip, 5000, 'unhealthy', 'Health checks failed with these codes: [503]');
    expect(region.events().at(-1)).toBe(
      `(port 5000) is unhealthy in (target-group ${targetGroup}) due to (reason Health checks failed with these codes: [503])`,
    );
    region.advance(5_000);
    expect(region.tasks()).toHaveLength(4);
    region.steady();
    const gone = region.tasks({ desiredStatus: 'STOPPED' });
    expect(gone.map((task) => task.taskArn)).toEqual([sick.taskArn]);
    expect(gone[0]!.stoppedReason).toBe(`Task failed ELB health checks in (target-group ${targetGroup})`);
  });

  test('within the grace period a failing target is left alone', () => {
    const region = new Region();
    region.createService(region.register({ unhealthyAfterMs: 10_000, healthyAfterMs: 80_000 }), {
      healthCheckGracePeriodSeconds: 90,
    });
    region.steady();
    expect(region.started).toHaveLength(3);
  });

  test('past the grace period it is not', () => {
    const region = new Region();
    region.createService(region.register({ unhealthyAfterMs: 10_000, healthyAfterMs: 80_000 }), {
      healthCheckGracePeriodSeconds: 40,
    });
    region.advance(90_000);
    expect(region.started.length).toBeGreaterThan(3);
  });
});
