/** Less usual ways a deployment can end. */

import type * as ecs from '@aws-sdk/client-ecs';
import { describe, expect, test } from '@jest/globals';
import { Region, targetGroup } from './support.ts';

const breaker = { deploymentCircuitBreaker: { enable: true, rollback: true } };
const crash = { exits: [{ afterMs: 50, code: 1 }] };

const newest = (region: Region): ecs.ServiceDeployment => region.serviceDeployments()[0]!;

describe('a rollback', () => {
  const rollingBack = () => {
    const region = new Region();
    const good = region.register();
    region.createService(good, { deploymentConfiguration: breaker });
    region.steady();
    region.update({ taskDefinition: region.register(crash) });
    return { region, good };
  };

  test('can fail too', () => {
    const { region, good } = rollingBack();
    region.until(() => region.service().deployments![0]!.failedTasks === 2);
    // The good version has become a bad one, and so have its running tasks.
    region.behaviours.set(good, crash);
    region.until(() => newest(region).status === 'ROLLBACK_IN_PROGRESS');
    for (const task of region.tasks()) {
      region.report({
        kind: 'container-exited',
        taskArn: task.taskArn!,
        container: 'app',
        exitCode: 1,
        outOfMemory: false,
      });
    }
    region.until(() => newest(region).status === 'ROLLBACK_FAILED');
    region.advance(60 * 60_000);
    expect(region.tasks()).toEqual([]);
    expect(region.service().deployments![0]!.rolloutState).toBe('FAILED');
  });

  test('is superseded by an update', () => {
    const { region } = rollingBack();
    region.until(() => newest(region).status === 'ROLLBACK_IN_PROGRESS');
    const fixed = region.register();
    region.update({ taskDefinition: fixed });
    region.until(() => newest(region).status === 'SUCCESSFUL');
    expect(region.serviceDeployments().map((item) => item.status)).toEqual([
      'SUCCESSFUL',
      'STOPPED',
      'SUCCESSFUL',
    ]);
    expect(region.service()).toMatchObject({ taskDefinition: fixed, runningCount: 3 });
  });

  test('that was only requested is superseded by an update', () => {
    const { region } = rollingBack();
    region.until(() => newest(region).status === 'ROLLBACK_REQUESTED');
    region.update({ taskDefinition: region.register() });
    region.until(() => newest(region).status === 'SUCCESSFUL');
    expect(region.serviceDeployments()[1]).toMatchObject({ status: 'STOPPED' });
    expect(region.serviceDeployments()[1]!.rollback).toBeUndefined();
    expect(region.events().some((text) => text.startsWith('rolling back'))).toBe(false);
  });
});

test('an alarm without rollback stops the deployment where it is', () => {
  const region = new Region();
  region.createService(region.register(), {
    deploymentConfiguration: { alarms: { alarmNames: ['errors'], enable: true, rollback: false } },
  });
  region.until(() => newest(region).status === 'SUCCESSFUL');
  region.update({ taskDefinition: region.register({ healthyAfterMs: 300_000 }) });
  region.advance(60_000);
  region.alarm('others', 'ALARM');
  expect(newest(region).status).toBe('IN_PROGRESS');
  region.alarm('errors', 'ALARM');
  expect(newest(region).status).toBe('STOPPED');
  const id = region.service().deployments![0]!.id;
  expect(region.events()).toContain(`(deployment ${id}) deployment failed: alarm detected.`);
});

test('an alarm of a finished deployment changes nothing', () => {
  const region = new Region();
  region.createService(region.register(), {
    deploymentConfiguration: { alarms: { alarmNames: ['errors'], enable: true, rollback: true } },
  });
  region.until(() => newest(region).status === 'SUCCESSFUL');
  expect(newest(region).alarms).toMatchObject({ status: 'MONITORING_COMPLETE', triggeredAlarmNames: [] });
  region.alarm('errors', 'ALARM');
  expect(newest(region).status).toBe('SUCCESSFUL');
});

test('early success comes before the old tasks are gone', () => {
  const region = new Region();
  region.targets.drainMs = 300_000;
  region.createService(region.register(), {
    deploymentConfiguration: {
      earlySuccessCriteria: { enable: true, healthyPercent: 100, sourceServiceRevisionCleanup: 'DEFERRED' },
    },
  });
  region.steady();
  region.update({ taskDefinition: region.register() });
  region.until(() => newest(region).status === 'SUCCESSFUL');
  expect(region.service()).toMatchObject({
    runningCount: 6,
    deployments: [{ runningCount: 3 }, { runningCount: 3 }],
  });
  region.steady();
  expect(region.service().runningCount).toBe(3);
});

test('a target group that was deleted leaves the deployment waiting, and says so once', () => {
  const region = new Region();
  region.createService(region.register());
  region.targets.targetGroupExists = () => false;
  region.advance(600_000);
  expect(newest(region).status).toBe('IN_PROGRESS');
  expect(region.events().filter((text) => text.startsWith('failed to register targets'))).toEqual([
    `failed to register targets in (target-group ${targetGroup}) with (error The specified target group does not exist)`,
  ]);
});

test('service deployments are forgotten after 90 days', () => {
  const region = new Region();
  region.createService(region.register());
  region.steady();
  const arn = newest(region).serviceDeploymentArn!;
  region.advance(90 * 24 * 60 * 60_000);
  region.update({ forceNewDeployment: true });
  expect(region.serviceDeployments()).toHaveLength(1);
  expect(region.call('DescribeServiceDeployments', { serviceDeploymentArns: [arn] })).toMatchObject({
    failures: [{ arn, reason: 'MISSING' }],
  });
});

test('a stop of the first deployment has nothing to go back to', () => {
  const region = new Region();
  region.createService(region.register());
  region.call('StopServiceDeployment', { serviceDeploymentArn: newest(region).serviceDeploymentArn });
  expect(newest(region)).toMatchObject({
    status: 'ROLLBACK_FAILED',
    statusReason: expect.stringContaining('There is no completed deployment to roll back to.'),
  });
  region.advance(600_000);
  expect(region.started).toEqual([]);
});

test('a load balancer can be changed: the new tasks register in the new target group', () => {
  const region = new Region();
  region.createService(region.register());
  region.steady();
  const other = targetGroup.replace('targetgroup/api', 'targetgroup/other');
  region.update({ loadBalancers: [{ targetGroupArn: other, containerName: 'app', containerPort: 5000 }] });
  region.until(() => newest(region).status === 'SUCCESSFUL');
  expect(region.events()).toContain(`registered 1 targets in (target-group ${other})`);
  expect(region.service().loadBalancers![0]!.targetGroupArn).toBe(other);
});

test('starts that keep failing pause at most 27 minutes', () => {
  const region = new Region();
  region.createService(region.register(crash), { desiredCount: 1 });
  region.advance(12 * 60 * 60_000);
  const begun = region.kernel.journal
    .filter((entry) => entry.kind === 'ecs.task-state' && entry.detail['to'] === 'PROVISIONING')
    .map((entry) => entry.at);
  const pauses = begun.slice(1).map((at, index) => at - begun[index]!);
  expect(Math.max(...pauses)).toBeGreaterThan(27 * 60_000);
  expect(Math.max(...pauses)).toBeLessThan(28 * 60_000);
  // The lasting cause is told again every six hours.
  expect(region.events().filter((text) => text.startsWith('is unable to consistently start')).length).toBe(2);
});
