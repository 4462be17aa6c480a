/** BLUE_GREEN of a service without a load balancer: stages in their order, pauses, and the way back to blue. */
import type * as ecs from '@aws-sdk/client-ecs';
import { describe, expect, test } from '@jest/globals';
import { Region } from './support.ts';

type Hook = ecs.DeploymentLifecycleHook;

const pauseAt = (stage: ecs.DeploymentLifecycleHookStage, more: Partial<Hook> = {}): Hook => ({
  targetType: 'PAUSE',
  lifecycleStages: [stage],
  ...more,
});

function makeRegion(configuration: Partial<ecs.DeploymentConfiguration> = {}): Region {
  const region = new Region();
  region.createService(region.register(), {
    loadBalancers: [],
    healthCheckGracePeriodSeconds: undefined,
    desiredCount: 2,
    deploymentConfiguration: { strategy: 'BLUE_GREEN', ...configuration },
  });
  region.steady();
  return region;
}

function deployNext(region: Region): void {
  region.update({ taskDefinition: region.register() });
}

const stagesOf = (region: Region) =>
  region.kernel.journal
    .filter((entry) => entry.kind === 'ecs.lifecycle-stage')
    .map((entry) => entry.detail['stage']);
const newest = (region: Region) => region.serviceDeployments()[0]!;
const pausesOf = (region: Region) => newest(region).lifecycleHookDetails!;
/** Tasks that live, by revision of the definition. */
function running(region: Region): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { taskDefinitionArn } of region.tasks()) {
    const revision = taskDefinitionArn!.split(':').at(-1)!;
    counts[revision] = (counts[revision] ?? 0) + 1;
  }
  return counts;
}

test('the first deployment of a service has no blue and no stages', () => {
  const region = makeRegion();
  expect(newest(region)).toMatchObject({ status: 'SUCCESSFUL' });
  expect(newest(region).lifecycleStage).toBeUndefined();
});

test('green comes beside blue, every stage passes, and blue goes last', () => {
  const region = makeRegion({ bakeTimeInMinutes: 3 });
  deployNext(region);
  region.advance(100_000);
  expect(newest(region)).toMatchObject({ status: 'IN_PROGRESS', lifecycleStage: 'BAKE_TIME' });
  expect(running(region)).toEqual({ 1: 2, 2: 2 });
  expect(region.service().deployments!.map(({ status }) => status)).toEqual(['PRIMARY', 'ACTIVE']);
  region.advance(400_000);
  expect(newest(region)).toMatchObject({ status: 'SUCCESSFUL', lifecycleStage: 'CLEAN_UP' });
  expect(running(region)).toEqual({ 2: 2 });
  expect(stagesOf(region)).toEqual([
    'PRE_SCALE_UP',
    'SCALE_UP',
    'POST_SCALE_UP',
    'TEST_TRAFFIC_SHIFT',
    'POST_TEST_TRAFFIC_SHIFT',
    'PRE_PRODUCTION_TRAFFIC_SHIFT',
    'PRODUCTION_TRAFFIC_SHIFT',
    'POST_PRODUCTION_TRAFFIC_SHIFT',
    'BAKE_TIME',
    'CLEAN_UP',
  ]);
});

describe('a pause', () => {
  test('before SCALE_UP starts nothing, and after CONTINUE it goes on', () => {
    const region = makeRegion({ lifecycleHooks: [pauseAt('PRE_SCALE_UP')] });
    deployNext(region);
    region.advance(3_600_000);
    expect(newest(region)).toMatchObject({ status: 'IN_PROGRESS', lifecycleStage: 'PRE_SCALE_UP' });
    expect(running(region)).toEqual({ 1: 2 });
    const [pause] = pausesOf(region);
    expect(pause).toMatchObject({
      targetType: 'PAUSE',
      status: 'AWAITING_ACTION',
      timeoutAction: 'ROLLBACK',
    });
    expect(pause!.expiresAt!.getTime() - newest(region).startedAt!.getTime()).toBeGreaterThan(86_000_000);
    region.call('ContinueServiceDeployment', {
      serviceDeploymentArn: newest(region).serviceDeploymentArn,
      hookId: pause!.hookId,
      action: 'CONTINUE',
    });
    region.advance(600_000);
    expect(newest(region)).toMatchObject({ status: 'SUCCESSFUL' });
    expect(pausesOf(region)[0]!.status).toBe('SUCCEEDED');
  });

  test('is answered once, and by its own id', () => {
    const region = makeRegion({ lifecycleHooks: [pauseAt('POST_SCALE_UP')] });
    deployNext(region);
    region.advance(300_000);
    const { serviceDeploymentArn } = newest(region);
    const answer = (hookId: string | undefined) =>
      region.call('ContinueServiceDeployment', { serviceDeploymentArn, hookId });
    expect(() => answer('ecs-pause-other')).toThrow('no lifecycle hook ecs-pause-other');
    const { hookId } = pausesOf(region)[0]!;
    answer(hookId);
    expect(() => answer(hookId)).toThrow('that awaits an action');
  });

  test.each([
    ['ROLLBACK by hand', undefined, 'FAILED', 'ROLLBACK_SUCCESSFUL', { 1: 2 }],
    ['its time is up', 'ROLLBACK', 'TIMED_OUT', 'ROLLBACK_SUCCESSFUL', { 1: 2 }],
    ['its time is up, to go on', 'CONTINUE', 'TIMED_OUT', 'SUCCESSFUL', { 2: 2 }],
  ] as const)('%s', (_name, action, hook, status, left) => {
    const region = makeRegion({
      lifecycleHooks: [
        pauseAt('POST_SCALE_UP', {
          timeoutConfiguration: { timeoutInMinutes: 10, ...(action === undefined ? {} : { action }) },
        }),
      ],
    });
    const blue = region.tasks().map((task) => task.taskArn);
    deployNext(region);
    region.advance(300_000);
    expect(running(region)).toEqual({ 1: 2, 2: 2 });
    if (action === undefined) {
      region.call('ContinueServiceDeployment', {
        serviceDeploymentArn: newest(region).serviceDeploymentArn,
        hookId: pausesOf(region)[0]!.hookId,
        action: 'ROLLBACK',
      });
    }
    region.advance(900_000);
    expect(newest(region).status).toBe(status);
    expect(pausesOf(region)[0]!.status).toBe(hook);
    expect(running(region)).toEqual(left);
    if (status === 'SUCCESSFUL') return;
    // Blue was never touched: these are the very tasks.
    expect(region.tasks().map((task) => task.taskArn)).toEqual(blue);
    expect(region.service().deployments).toHaveLength(1);
    expect(region.service().deployments![0]).toMatchObject({ status: 'PRIMARY', rolloutState: 'COMPLETED' });
  });

  test('StopServiceDeployment takes it back', () => {
    const region = makeRegion({ lifecycleHooks: [pauseAt('POST_PRODUCTION_TRAFFIC_SHIFT')] });
    deployNext(region);
    region.advance(300_000);
    const { serviceDeploymentArn } = newest(region);
    region.call('StopServiceDeployment', { serviceDeploymentArn, stopType: 'ROLLBACK' });
    region.advance(300_000);
    expect(newest(region).status).toBe('ROLLBACK_SUCCESSFUL');
    expect(running(region)).toEqual({ 1: 2 });
  });

  test('a newer deployment replaces one that waits, and reconciles first', () => {
    const region = makeRegion({ lifecycleHooks: [pauseAt('POST_SCALE_UP')] });
    deployNext(region);
    region.advance(300_000);
    deployNext(region);
    region.advance(300_000);
    const [third, second] = region.serviceDeployments();
    expect(second!.status).toBe('STOPPED');
    expect(third).toMatchObject({ status: 'IN_PROGRESS', lifecycleStage: 'POST_SCALE_UP' });
    expect(stagesOf(region).filter((stage) => stage === 'RECONCILE_SERVICE')).toHaveLength(1);
  });
});

test.each([
  [
    'a hook of a rolling deployment',
    { lifecycleHooks: [pauseAt('POST_SCALE_UP')] },
    'need the deployment strategy',
  ],
  [
    'a pause while traffic shifts',
    { strategy: 'BLUE_GREEN', lifecycleHooks: [pauseAt('PRODUCTION_TRAFFIC_SHIFT')] },
    'cannot be configured at PRODUCTION_TRAFFIC_SHIFT',
  ],
  [
    'a Lambda hook',
    { strategy: 'BLUE_GREEN', lifecycleHooks: [{ lifecycleStages: ['POST_SCALE_UP'] }] },
    'PAUSE only',
  ],
  [
    'a pause of no time',
    {
      strategy: 'BLUE_GREEN',
      lifecycleHooks: [pauseAt('POST_SCALE_UP', { timeoutConfiguration: { timeoutInMinutes: 0 } })],
    },
    'between 1 and 20160',
  ],
  ['LINEAR', { strategy: 'LINEAR' }, 'LINEAR'],
] as const)('%s is refused', (_name, deploymentConfiguration, message) => {
  const region = new Region();
  const create = () =>
    region.createService(region.register(), {
      loadBalancers: [],
      healthCheckGracePeriodSeconds: undefined,
      deploymentConfiguration: deploymentConfiguration as ecs.DeploymentConfiguration,
    });
  expect(create).toThrow(message);
});
