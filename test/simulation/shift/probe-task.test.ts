/** `probe-from: vpc-task`: green behind a load balancer that only the VPC reaches, probed by a one-off task. */
import { describe, expect, test } from '@jest/globals';
import type { ActionResult } from '../../../src/engine/action.ts';
import type { AppModel } from '../../../src/lab/world/sim/app-model.ts';
import { putAlarm } from '../alarm.ts';
import { expectTidy } from './leftovers.ts';
import {
  cancelAfter,
  cluster,
  liveWeights,
  makeRegion,
  minute,
  type Region,
  registerImage,
  serviceNow,
  shift,
} from './region.ts';

const probers = {
  good: { crashAfterMs: 20_000, exitCode: 0, crashLog: ['ips-deploy-probes sent=400 bad=0'] },
  silent: { crashAfterMs: 20_000, exitCode: 0, crashLog: ['all good'] },
  boasts: { crashAfterMs: 20_000, exitCode: 0, crashLog: ['ips-deploy-probes sent=99999 bad=0'] },
  bad: {
    crashAfterMs: 20_000,
    exitCode: 3,
    crashLog: ['GET /cart: HTTP 500', 'password=hunter2', 'ips-deploy-probes sent=400 bad=400'],
  },
  few: { crashAfterMs: 20_000, exitCode: 0, crashLog: ['ips-deploy-probes sent=400 bad=2'] },
  some: { crashAfterMs: 20_000, exitCode: 0, crashLog: ['ips-deploy-probes sent=400 bad=3'] },
  hangs: {},
  noImage: { startFailure: 'CannotPullContainerError: failed to resolve ref: image not found' },
} as const satisfies Readonly<Record<string, Partial<AppModel>>>;

const inputs = {
  'probe-from': 'vpc-task',
  'probe-task-definition': 'prober',
  'probe-paths': '/cart',
  'probe-count': '400',
};
/** Nothing of the runner gets through to an internal load balancer. */
const outside = {
  createProber: () => ({ probe: async () => ({ kind: 'failed', reason: 'ETIMEDOUT' }) as const }),
};

async function internal(
  prober: keyof typeof probers,
  seed: number,
  requestsPerSecond = 100,
): Promise<Region> {
  const region = await makeRegion('ecs', { seed, apps: probers, requestsPerSecond });
  region.world.must('logs', 'CreateLogGroup', { logGroupName: '/ecs/prober' });
  region.world.must('ecs', 'RegisterTaskDefinition', {
    family: 'prober',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
    containerDefinitions: [
      {
        name: 'prober',
        image: `prober:${prober}`,
        essential: true,
        logConfiguration: {
          logDriver: 'awslogs',
          options: {
            'awslogs-group': '/ecs/prober',
            'awslogs-region': 'ap-south-1',
            'awslogs-stream-prefix': 'probe',
          },
        },
      },
    ],
  });
  registerImage(region, 'v2');
  return region;
}

function expectOutcome(region: Region, { outputs }: ActionResult, outcome: string, cause = ''): void {
  if (outputs['outcome'] !== outcome || outputs['cause'] !== cause) {
    throw new Error(
      `expected ${outcome} (${cause}), got ${outputs['outcome']} (${outputs['cause']})\n${region.log.join('\n')}`,
    );
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the answer is of the operation's own shape
function probeTasks(region: Region): readonly any[] {
  const { taskArns } = region.world.must('ecs', 'ListTasks', {
    cluster,
    family: 'prober',
    desiredStatus: 'STOPPED',
  });
  return taskArns.length === 0
    ? []
    : region.world.must('ecs', 'DescribeTasks', { cluster, tasks: taskArns }).tasks;
}

describe('a probe task', () => {
  test('that passes lets the shift go on: one task, in the network of the service, with what it has to know', async () => {
    const region = await internal('good', 981);
    const planned = await shift(region, { ...inputs, 'dry-run': 'true' }, outside);
    expectOutcome(region, planned, 'planned');
    expect(region.log.join('\n')).toContain(
      'Run prober:1 once in the VPC, for at most 10m, to send 400 probes',
    );
    const result = await shift(region, inputs, outside);
    expectOutcome(region, result, 'promoted');
    const [task, ...more] = probeTasks(region);
    expect(more).toEqual([]);
    const words = Object.fromEntries(
      task.overrides.containerOverrides[0].environment.map((each: { name: string; value: string }) => [
        each.name,
        each.value,
      ]),
    );
    expect(words).toMatchObject({
      IPS_DEPLOY_PROBE_PATHS: '/cart',
      IPS_DEPLOY_PROBE_HEADER: 'x-ips-probe',
      IPS_DEPLOY_PROBE_COUNT: '400',
      IPS_DEPLOY_PROBE_CODES: '200-499',
    });
    expect(words.IPS_DEPLOY_PROBE_VALUE).toMatch(/^secret-/);
    expect(words.IPS_DEPLOY_PROBE_URL).toMatch(/^http:\/\/.*:80$/);
    expect(task.attachments[0].details.map((each: { name: string }) => each.name)).toContain('subnetId');
    expect(region.log.join('\n')).toContain('400 probes at weight 0, 0 failed');
    expect(region.log.join('\n')).not.toContain(words.IPS_DEPLOY_PROBE_VALUE);
    expectTidy(region);
  });

  test('whose count is enough stands in for traffic that is too low', async () => {
    const region = await internal('good', 982, 0.02);
    expectOutcome(region, await shift(region, inputs, outside), 'promoted-on-probes');
  });

  test('that does not say what it sent proves by its exit code alone, and stands in for nothing', async () => {
    const region = await internal('silent', 983, 0.02);
    const result = await shift(region, inputs, outside);
    expectOutcome(region, result, 'rolled-back', 'not-proven');
    expect(region.log.join('\n')).toContain('it does not say how many probes it sent, so none are counted');
    const busy = await internal('silent', 984);
    expectOutcome(busy, await shift(busy, inputs, outside), 'promoted');
  });

  test('counts no more than was asked for', async () => {
    const region = await internal('boasts', 985);
    await shift(region, inputs, outside);
    expect(region.states.at(-1)!.evidence.probes.sent).toBe(400);
  });

  test('that says no takes green back before anybody met it, with its last words', async () => {
    const region = await internal('bad', 986);
    const result = await shift(region, inputs, outside);
    expectOutcome(region, result, 'rolled-back', 'probes');
    expect(result.report.sentence).toContain('container prober ended with exit code 3');
    expect(result.report.sentence).toContain('GET /cart: HTTP 500');
    expect(result.report.sentence).not.toContain('hunter2');
    expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
    expect(region.traffic.total.harmed).toBe(0);
    expect(serviceNow(region, 'api-green').desiredCount).toBe(0);
    expectTidy(region);
  });

  test('whose bad probes are more than green may fail takes it back, whatever its exit code', async () => {
    const region = await internal('some', 987);
    const result = await shift(region, inputs, outside);
    expectOutcome(region, result, 'rolled-back', 'probes');
    expect(result.report.sentence).toContain(
      '3 of 400 probes from inside of the VPC failed; max-5xx-rate allows 0.5 %',
    );
    expect(region.traffic.total.harmed).toBe(0);
    const few = await internal('few', 994);
    expectOutcome(few, await shift(few, inputs, outside), 'promoted');
  });

  test('that does not end is stopped', async () => {
    const region = await internal('hangs', 988);
    const result = await shift(region, { ...inputs, 'probe-task-timeout': '2m' }, outside);
    expectOutcome(region, result, 'rolled-back', 'probes');
    expect(result.report.sentence).toContain('did not end within 2m');
    expect(probeTasks(region)[0].stoppedReason).toContain('the probe task is given up');
  });

  const denied = (region: Region, service: 'ecs' | 'logs', operation: string): void =>
    region.world.loadFaults({
      rules: [{ id: operation, match: { service, operation }, effect: { kind: 'access-denied' } }],
      events: [],
    });

  test('that may not be stopped goes on, and that is told', async () => {
    const region = await internal('hangs', 995);
    denied(region, 'ecs', 'StopTask');
    const result = await shift(region, { ...inputs, 'probe-task-timeout': '2m' }, outside);
    expectOutcome(region, result, 'rolled-back', 'probes');
    expect(result.report.sentence).toMatch(
      /did not end within 2m, and could not be stopped: ecs:StopTask .*; it may still run\.$/,
    );
    expect(result.report.remedy).toContain('aws ecs stop-task --cluster shop --task ');
    expect(probeTasks(region)).toEqual([]);
  });

  test.each([
    ['the job was cancelled', {}, 'cancelled'],
    ['another gate speaks', { alarms: 'checkout' }, 'rolled-back'],
  ])('that may not be stopped when %s is told with what to do', async (_, change, outcome) => {
    const region = await internal('hangs', 998);
    denied(region, 'ecs', 'StopTask');
    putAlarm(region.world, 'checkout');
    if (outcome === 'cancelled') cancelAfter(region, 2 * minute);
    else {
      const ring = { AlarmName: 'checkout', StateValue: 'ALARM', StateReason: 'test' };
      void region.time.sleep(2 * minute).then(() => region.world.must('cloudwatch', 'SetAlarmState', ring));
    }
    const startedAt = region.time.now();
    const result = await shift(region, { ...inputs, ...change }, outside);
    expect(result.outputs['outcome']).toBe(outcome);
    expect(region.time.now() - startedAt).toBeLessThan(2 * minute + 30_000);
    const [id] = region.world
      .must('ecs', 'ListTasks', { cluster, family: 'prober' })
      .taskArns.map((arn: string) => arn.split('/').at(-1));
    const words = `The probe task ${id} may still run: aws ecs stop-task --cluster shop --task ${id}`;
    expect(result.report.remedy).toContain(words);
    expect(region.log).toContain(`warning: ${words}`);
    expectTidy(region);
  });

  test('whose log may not be read counts for nothing, and both say so', async () => {
    const good = await internal('good', 996);
    denied(good, 'logs', 'GetLogEvents');
    expectOutcome(good, await shift(good, inputs, outside), 'promoted');
    expect(good.log.join('\n')).toMatch(
      /passed: its log could not be read, so no probes are counted \(logs:GetLogEvents /,
    );
    const bad = await internal('bad', 997);
    denied(bad, 'logs', 'GetLogEvents');
    const result = await shift(bad, inputs, outside);
    expectOutcome(bad, result, 'rolled-back', 'probes');
    expect(result.report.sentence).toMatch(
      /ended with exit code 3; its last words could not be read: logs:GetLogEvents /,
    );
  });

  test('that cannot start says why', async () => {
    const region = await internal('noImage', 989);
    const result = await shift(region, inputs, outside);
    expectOutcome(region, result, 'rolled-back', 'probes');
    expect(result.report.sentence).toContain('CannotPullContainerError');
  });

  test('of a cancelled job is stopped', async () => {
    const region = await internal('hangs', 990);
    cancelAfter(region, 2 * minute);
    expectOutcome(region, await shift(region, inputs, outside), 'cancelled', 'cancelled');
    await region.time.run(region.time.sleep(2 * minute));
    expect(probeTasks(region)).toHaveLength(1);
    expectTidy(region);
  });

  test('is stopped where another gate speaks', async () => {
    const region = await internal('hangs', 991);
    putAlarm(region.world, 'checkout');
    void region.time.sleep(2 * minute).then(() =>
      region.world.must('cloudwatch', 'SetAlarmState', {
        AlarmName: 'checkout',
        StateValue: 'ALARM',
        StateReason: 'test',
      }),
    );
    expectOutcome(
      region,
      await shift(region, { ...inputs, alarms: 'checkout' }, outside),
      'rolled-back',
      'alarm',
    );
    await region.time.run(region.time.sleep(2 * minute));
    expect(probeTasks(region)).toHaveLength(1);
  });
});

describe('before anything is changed', () => {
  test('an unreachable load balancer is told with the way out', async () => {
    const region = await internal('good', 992);
    const result = await shift(region, { 'probe-paths': '/cart' }, outside);
    expectOutcome(region, result, 'refused', 'unreachable');
    expect(result.report.sentence).toContain('probe-from: vpc-task');
  });

  test.each([
    [{ 'probe-task-definition': 'nothing' }, 'no active task definition nothing'],
    [{ 'probe-container': 'other' }, 'name it by probe-container, one of prober'],
  ])('%j is refused', async (change, words) => {
    const region = await internal('good', 993);
    const result = await shift(region, { ...inputs, ...change }, outside);
    expectOutcome(region, result, 'refused', 'probe-task');
    expect(result.report.sentence).toContain(words);
  });
});
