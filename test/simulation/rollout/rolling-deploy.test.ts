/**
 * Whole rolling deploys in virtual time: the real plan, engine and adapters against the lab's world. What
 * the action says is compared with what the world knows.
 */
import { describe, expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { runRollingDeploy } from '../../../src/rollout/run.ts';
import { ConfigurationError } from '../../../src/runner/configuration-error.ts';
import {
  cluster,
  definitionOf,
  deploy,
  family,
  filesOf,
  makeRegion,
  portsOf,
  type Region,
  request,
  revisionsOf,
  runningImages,
  secondDeployer,
  service,
  serviceDeploymentStatus,
  settle,
} from './region.ts';

const breaker = { enable: true, rollback: true };
const crashing = { apps: { bad: badApps.crashAtStart } };

const calls = (region: Region): number =>
  Object.values(region.world.callCounts()).reduce((sum, count) => sum + count, 0);

test('a good revision is deployed: the tasks that run are its own', async () => {
  const region = await makeRegion();
  const { ok, outputs } = await deploy(region, 'good-2');
  expect({ ok, outcome: outputs['outcome'], running: outputs['running-count'] }).toEqual({
    ok: true,
    outcome: 'succeeded',
    running: '3',
  });
  expect(runningImages(region)).toEqual({ 'good-2': 3 });
  expect(serviceDeploymentStatus(region)).toBe('SUCCESSFUL');
});

test('the end is seen within a second of it, at the price of at most 80 calls', async () => {
  const region = await makeRegion();
  await deploy(region, 'good-2');
  const { serviceDeployments } = region.world.must('ecs', 'ListServiceDeployments', { cluster, service });
  expect(region.world.kernel.now - serviceDeployments[0].finishedAt.getTime()).toBeLessThan(1000);
  expect(calls(region)).toBeLessThanOrEqual(80);
});

test.each([undefined, breaker])(
  'a rollout of four minutes takes at most 80 calls for every 226 s (breaker %j)',
  async (circuitBreaker) => {
    const region = await makeRegion({
      apps: { slow: { pullMs: 75_000 } },
      ...(circuitBreaker === undefined ? {} : { circuitBreaker }),
    });
    region.world.must('elasticloadbalancing', 'ModifyTargetGroupAttributes', {
      TargetGroupArn: region.targetGroupArn,
      Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '120' }],
    });
    const { outputs } = await deploy(region, 'slow');
    expect(outputs['outcome']).toBe('succeeded');
    const seconds = Number(outputs['duration-seconds']);
    expect(seconds).toBeGreaterThan(226);
    expect(calls(region)).toBeLessThanOrEqual((80 * seconds) / 226);
  },
);

test('a diagnosis that cannot be made does not hide the verdict', async () => {
  const region = await makeRegion(crashing);
  const denied = ['GetLogEvents', 'DescribeTargetHealth'].map(
    (operation) => ({ id: operation, match: { operation }, effect: { kind: 'access-denied' } }) as const,
  );
  region.world.loadFaults({ rules: denied, events: [] });
  const { outputs, report } = await deploy(region, 'bad');
  expect({ outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
    outcome: 'rolled-back',
    cause: 'container-exited',
  });
  expect(report.sections.at(-1)).toMatchObject({
    heading: 'What could not be read',
    text: expect.stringContaining('logs:GetLogEvents'),
  });
});

describe('a revision that crashes at its start', () => {
  test('with the circuit breaker: rolled back, with the cause', async () => {
    const region = await makeRegion({ ...crashing, circuitBreaker: breaker });
    const { ok, outputs, report } = await deploy(region, 'bad');
    expect({ ok, outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
      ok: false,
      outcome: 'rolled-back',
      cause: 'container-exited',
    });
    expect(report.sentence).toContain('Container ips-api exits by itself (exit code 1)');
    expect(report.sections.map((section) => section.heading)).toEqual([
      'Course of the rollout',
      'Stopped tasks',
      expect.stringMatching(/^Last line of container ips-api in task /),
      'Service events since the start',
    ]);
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
    expect(serviceDeploymentStatus(region)).toBe('ROLLBACK_SUCCESSFUL');
  });

  test('without the circuit breaker: three crashes are enough to roll back', async () => {
    const region = await makeRegion(crashing);
    const { outputs } = await deploy(region, 'bad');
    expect({ outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
      outcome: 'rolled-back',
      cause: 'container-exited',
    });
    expect(Number(outputs['duration-seconds'])).toBeLessThan(180);
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
  });

  test('without breaker and without fail-fast: the time-out rolls back, and says so', async () => {
    const region = await makeRegion(crashing);
    const { outputs } = await deploy(region, 'bad', { failFast: false, timeoutMs: 240_000 });
    expect({ outcome: outputs['outcome'], aftermath: outputs['aftermath'], cause: outputs['cause'] }).toEqual(
      {
        outcome: 'timed-out',
        aftermath: 'rolled-back',
        cause: 'container-exited',
      },
    );
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
  });

  test('left as it is where that was asked for', async () => {
    const region = await makeRegion(crashing);
    const { outputs } = await deploy(region, 'bad', { onFailure: 'leave' });
    expect(outputs['outcome']).toBe('failed');
    expect(serviceDeploymentStatus(region)).toBe('IN_PROGRESS');
  });

  test('stopped by a breaker without rollback: the former revision is deployed again', async () => {
    const region = await makeRegion({ ...crashing, circuitBreaker: { enable: true, rollback: false } });
    const { outputs } = await deploy(region, 'bad');
    expect(outputs['outcome']).toBe('rolled-back');
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
    const { services } = region.world.must('ecs', 'DescribeServices', { cluster, services: [service] });
    expect(services[0].taskDefinition).toMatch(/ips-api-task:1$/);
  });
});

describe('other ways to fail are named', () => {
  test.each([
    ['image that does not exist', badApps.pullFails, 'image-not-found'],
    ['health check that answers 503', badApps.neverHealthy, 'target-health-code'],
    ['health check that hangs', { healthHangs: true }, 'target-health-timeout'],
    ['too much memory', { ...badApps.outOfMemory, crashAfterMs: 2000 }, 'out-of-memory'],
  ])('%s', async (_name, app, cause) => {
    const region = await makeRegion({ apps: { bad: app } });
    const { outputs } = await deploy(region, 'bad');
    expect({ outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
      outcome: 'rolled-back',
      cause,
    });
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
  });

  test('a secret that does not exist', async () => {
    const region = await makeRegion();
    const valueFrom = 'arn:aws:secretsmanager:ap-south-1:123456789012:secret:nowhere-AbCdEf';
    const { outputs, report } = await deploy(region, 'good-2', {}, (image) => {
      const definition = definitionOf(image);
      const [container] = definition.containerDefinitions!;
      return {
        ...definition,
        containerDefinitions: [{ ...container, secrets: [{ name: 'KEY', valueFrom }] }],
      } as never;
    });
    expect({ outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
      outcome: 'rolled-back',
      cause: 'secret-not-found',
    });
    expect(report.sentence).toContain(valueFrom);
  });
});

test('superseded by a second deployer', async () => {
  const region = await makeRegion();
  region.world.must('ecs', 'RegisterTaskDefinition', definitionOf('good-2'));
  region.world.loadFaults({ rules: [], events: [secondDeployer(20_000, `${family}:2`)] });
  const { ok, outputs, report } = await deploy(region, 'good-3');
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: false, outcome: 'superseded' });
  expect(report.sentence).toContain('ips-api-task:2');
  await settle(region, 300_000);
  expect(runningImages(region)).toEqual({ 'good-2': 3 });
});

test('a cancelled job rolls back and does not wait for the end', async () => {
  const region = await makeRegion();
  void region.time.sleep(20_000).then(() => region.cancel.abort());
  const startedAt = region.world.kernel.now;
  const { outputs } = await deploy(region, 'good-2');
  expect({ outcome: outputs['outcome'], aftermath: outputs['aftermath'] }).toEqual({
    outcome: 'cancelled',
    aftermath: 'rolling-back',
  });
  expect(region.world.kernel.now - startedAt).toBeLessThan(22_000);
  await settle(region, 300_000);
  expect(runningImages(region)).toEqual({ 'good-1': 3 });
  expect(serviceDeploymentStatus(region)).toBe('ROLLBACK_SUCCESSFUL');
});

test('a cancelled job that is told to leave leaves', async () => {
  const region = await makeRegion();
  void region.time.sleep(20_000).then(() => region.cancel.abort());
  const { outputs } = await deploy(region, 'good-2', { onCancel: 'leave' });
  expect({ outcome: outputs['outcome'], aftermath: outputs['aftermath'] }).toEqual({
    outcome: 'cancelled',
    aftermath: 'left',
  });
  await settle(region, 300_000);
  expect(runningImages(region)).toEqual({ 'good-2': 3 });
});

test('a slow rollout times out and is taken back', async () => {
  const region = await makeRegion({ apps: { slow: { startMs: 10_000_000 } } });
  const { outputs } = await deploy(region, 'slow', { timeoutMs: 20_000 });
  expect({ outcome: outputs['outcome'], aftermath: outputs['aftermath'] }).toEqual({
    outcome: 'timed-out',
    aftermath: 'rolled-back',
  });
  expect(runningImages(region)).toEqual({ 'good-1': 3 });
});

describe('nothing to do, or nothing that may be done', () => {
  test('a file equal to the newest revision registers nothing, and what serves is verified', async () => {
    const region = await makeRegion();
    const { ok, outputs } = await deploy(region, 'good-1');
    expect({ ok, outcome: outputs['outcome'], running: outputs['running-count'] }).toEqual({
      ok: true,
      outcome: 'no-change',
      running: '3',
    });
    expect(revisionsOf(region)).toBe(1);
    expect(region.world.callCounts()['ecs:UpdateService']).toBeUndefined();
  });

  test('the same revision by force is deployed anew', async () => {
    const region = await makeRegion();
    const { outputs } = await deploy(region, 'good-1', { forceNewDeployment: true });
    expect(outputs['outcome']).toBe('succeeded');
    expect(revisionsOf(region)).toBe(1);
    const { serviceDeployments } = region.world.must('ecs', 'ListServiceDeployments', { cluster, service });
    expect(serviceDeployments.length).toBe(2);
  });

  test('a deployment of the same revision under way is followed, not begun again', async () => {
    const region = await makeRegion();
    await deploy(region, 'good-2', { wait: false });
    const { outputs } = await deploy(region, 'good-2');
    expect(outputs['outcome']).toBe('succeeded');
    expect(region.world.callCounts()['ecs:UpdateService']).toBe(1);
  });

  test('desired count 0 is told before anything is registered', async () => {
    const region = await makeRegion();
    region.world.must('ecs', 'UpdateService', { cluster, service, desiredCount: 0 });
    await settle(region, 120_000);
    const { ok, outputs } = await deploy(region, 'good-2');
    expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: false, outcome: 'zero-desired' });
    expect(revisionsOf(region)).toBe(1);
  });

  test.each([
    ['service', { service: 'nowhere' }],
    ['cluster', { cluster: 'nowhere' }],
  ])('a %s that does not exist leaves no orphan revision', async (_name, change) => {
    const region = await makeRegion();
    const { outputs } = await deploy(region, 'good-2', change);
    expect({ outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
      outcome: 'refused',
      cause: 'service-missing',
    });
    expect(revisionsOf(region)).toBe(1);
  });

  test('a deleted service', async () => {
    const region = await makeRegion();
    region.world.must('ecs', 'DeleteService', { cluster, service, force: true });
    await settle(region, 120_000);
    const { outputs } = await deploy(region, 'good-2');
    expect(outputs['cause']).toBe('service-inactive');
  });

  test('scaled to zero in the middle is no success', async () => {
    const region = await makeRegion();
    const input = { cluster, service, desiredCount: 0 };
    const event = { kind: 'call', service: 'ecs', operation: 'UpdateService', input } as const;
    region.world.loadFaults({ rules: [], events: [{ id: 'zero', atMs: 15_000, event }] });
    const { ok, outputs } = await deploy(region, 'good-2');
    expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: false, outcome: 'zero-desired' });
  });

  test('scaled out in the middle: the new count is proven', async () => {
    const region = await makeRegion();
    const input = { cluster, service, desiredCount: 5 };
    const event = { kind: 'call', service: 'ecs', operation: 'UpdateService', input } as const;
    region.world.loadFaults({ rules: [], events: [{ id: 'more', atMs: 40_000, event }] });
    const { outputs } = await deploy(region, 'good-2');
    expect({ outcome: outputs['outcome'], running: outputs['running-count'] }).toEqual({
      outcome: 'succeeded',
      running: '5',
    });
    expect(runningImages(region)).toEqual({ 'good-2': 5 });
  });

  test('a desired count that was not given is never sent', async () => {
    const region = await makeRegion();
    const sent: unknown[] = [];
    const run = region.world.ecs.operations['UpdateService']!.run;
    region.world.ecs.operations['UpdateService']!.run = (input, context) => {
      sent.push(input);
      return run(input, context);
    };
    await deploy(region, 'good-2');
    expect(sent).toEqual([{ cluster, service, taskDefinition: expect.stringMatching(/ips-api-task:2$/) }]);
  });

  test('a dry run plans and changes nothing', async () => {
    const region = await makeRegion();
    const { ok, outputs, report } = await deploy(region, 'good-2', {
      dryRun: true,
      circuitBreaker: 'ensure',
    });
    expect({ ok, outcome: outputs['outcome'], sentence: report.sentence }).toEqual({
      ok: true,
      outcome: 'planned',
      sentence:
        'Nothing was changed. Register a new revision of ips-api-task: it differs from the latest one. Update service ips-api-service from ips-api-task:1 to that revision. Turn the deployment circuit breaker on, with rollback.',
    });
    expect(revisionsOf(region)).toBe(1);
  });

  test('a report that cannot be written does not hide the verdict', async () => {
    const region = await makeRegion();
    const writeFile = async (path: string): Promise<void> => {
      throw new ConfigurationError('file-unwritable', `${path} cannot be written: the disk is full.`);
    };
    const work = runRollingDeploy(
      request({ taskDefinition: { kind: 'family', name: family }, reportPath: 'report.json' }),
      { ...portsOf(region), ...filesOf(region), writeFile },
    );
    expect((await region.time.run(work)).outputs['outcome']).toBe('no-change');
    expect(region.log).toContain('warning: report.json cannot be written: the disk is full.');
  });

  test('the report is written as JSON', async () => {
    const region = await makeRegion();
    await deploy(region, 'good-2', { reportPath: 'out/report.json' });
    expect(JSON.parse(region.files.get('out/report.json') ?? '')).toMatchObject({
      outcome: 'succeeded',
      outputs: { 'running-count': '3' },
    });
  });
});
