/** What a rolling deploy can be asked for besides the revision: alarms, tags, no tasks, rules to fail fast. */
import { describe, expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { putAlarm } from '../alarm.ts';
import {
  cluster,
  definitionOf,
  deploy,
  family,
  makeRegion,
  type Region,
  revisionsOf,
  runningImages,
  service,
  serviceDeploymentStatus,
  settle,
} from './region.ts';

const revisionArn = (region: Region, revision: number): string =>
  region.world.must('ecs', 'DescribeTaskDefinition', { taskDefinition: `${family}:${revision}` })
    .taskDefinition.taskDefinitionArn;

function tagsOf(region: Region, revision: number): Readonly<Record<string, string>> {
  const { tags } = region.world.must('ecs', 'ListTagsForResource', {
    resourceArn: revisionArn(region, revision),
  });
  return Object.fromEntries(tags.map((tag: { key: string; value: string }) => [tag.key, tag.value]));
}

function alarmIn(region: Region, AlarmName: string, StateValue: string): void {
  putAlarm(region.world, AlarmName);
  setState(region, AlarmName, StateValue);
}

function setState(region: Region, AlarmName: string, StateValue: string): void {
  region.world.must('cloudwatch', 'SetAlarmState', { AlarmName, StateValue, StateReason: '7 > 1' });
}

describe('alarms', () => {
  test('that are quiet change nothing', async () => {
    const region = await makeRegion();
    alarmIn(region, 'errors', 'OK');
    const { outputs } = await deploy(region, 'good-2', { alarms: ['errors'] });
    expect(outputs['outcome']).toBe('succeeded');
    expect(region.world.callCounts()['cloudwatch:DescribeAlarms']).toBeGreaterThan(5);
  });

  test('one that goes off takes the deployment back', async () => {
    const region = await makeRegion();
    alarmIn(region, 'errors', 'OK');
    void region.time.sleep(20_000).then(() => setState(region, 'errors', 'ALARM'));
    const { outputs, report } = await deploy(region, 'good-2', { alarms: ['errors'] });
    expect({ outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
      outcome: 'rolled-back',
      cause: 'deployment-alarm',
    });
    expect(report.sentence).toContain('Alarm errors went off: 7 > 1');
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
    expect(serviceDeploymentStatus(region)).toBe('ROLLBACK_SUCCESSFUL');
  });

  test('a composite one counts like any other', async () => {
    const region = await makeRegion();
    alarmIn(region, 'errors', 'OK');
    region.world.must('cloudwatch', 'PutCompositeAlarm', { AlarmName: 'any', AlarmRule: 'ALARM("errors")' });
    void region.time.sleep(20_000).then(() => setState(region, 'errors', 'ALARM'));
    const { outputs, report } = await deploy(region, 'good-2', { alarms: ['any'] });
    expect(outputs['outcome']).toBe('rolled-back');
    expect(report.sentence).toContain('Alarm any went off');
  });

  test('one that goes off and is left is told as a failure', async () => {
    const region = await makeRegion();
    alarmIn(region, 'errors', 'OK');
    void region.time.sleep(20_000).then(() => setState(region, 'errors', 'ALARM'));
    const { ok, outputs } = await deploy(region, 'good-2', { alarms: ['errors'], onFailure: 'leave' });
    expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: false, outcome: 'failed' });
  });

  test.each([
    ['in ALARM already', ['errors'], 'alarm-active', /Alarm errors is in ALARM already/],
    ['missing', ['errors', 'nothing'], 'alarm-missing', /no alarm nothing/],
  ])('%s: nothing is changed', async (_name, alarms, cause, saying) => {
    const region = await makeRegion();
    alarmIn(region, 'errors', 'ALARM');
    const { ok, outputs, report } = await deploy(region, 'good-2', { alarms });
    expect({ ok, outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
      ok: false,
      outcome: 'refused',
      cause,
    });
    expect(report.sentence).toMatch(saying);
    expect(revisionsOf(region)).toBe(1);
  });

  test('in ALARM already, and ignored: the deployment that is to mend it goes through', async () => {
    const region = await makeRegion();
    alarmIn(region, 'errors', 'ALARM');
    alarmIn(region, 'latency', 'OK');
    const { outputs, report } = await deploy(region, 'good-2', {
      alarms: ['errors', 'latency'],
      alarmsInAlarm: 'ignore',
    });
    expect(outputs['outcome']).toBe('succeeded');
    expect(report.events.map((each) => each.message)).toContain(
      'Alarm errors is in ALARM already and is not watched in this run.',
    );
  });

  test('one goes off after ECS called it done: the former revision is deployed again', async () => {
    const region = await makeRegion();
    alarmIn(region, 'errors', 'OK');
    const { world } = region;
    const run = world.ecs.operations['DescribeServiceDeployments']!.run;
    world.ecs.operations['DescribeServiceDeployments']!.run = (input, context) => {
      const answer = run(input, context) as { serviceDeployments: readonly { status: string }[] };
      if (
        answer.serviceDeployments[0]?.status === 'SUCCESSFUL' &&
        world.callCounts()['ecs:UpdateService'] === 1
      )
        setState(region, 'errors', 'ALARM');
      return answer;
    };
    // The tasks' health is behind: time for another look at the alarm.
    const rule = {
      id: 'late',
      match: { operation: 'DescribeTargetHealth' },
      count: 12,
      effect: { kind: 'throttle' },
    };
    world.loadFaults({ rules: [rule as never], events: [] });
    const { outputs } = await deploy(region, 'good-2', { alarms: ['errors'] });
    expect({ outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
      outcome: 'rolled-back',
      cause: 'deployment-alarm',
    });
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
  });

  test('a permission that is missing is told before anything is changed', async () => {
    const region = await makeRegion();
    const match = { operation: 'DescribeAlarms' };
    region.world.loadFaults({ rules: [{ id: 'no', match, effect: { kind: 'access-denied' } }], events: [] });
    const { outputs, report } = await deploy(region, 'good-2', { alarms: ['errors'] });
    expect(outputs['outcome']).toBe('refused');
    expect(report.remedy).toContain('cloudwatch:DescribeAlarms');
    expect(revisionsOf(region)).toBe(1);
  });
});

describe('what is remembered of a revision', () => {
  const origin = {
    'ips-deploy:commit': '0'.repeat(40),
    'ips-deploy:ref': 'refs/heads/main',
    'ips-deploy:run': 'https://github.com/o/r/actions/runs/1',
  };
  const promoted = {
    'ips-deploy:promoted': expect.stringMatching(/^2026-.*@ips-api-cluster\/ips-api-service$/),
  };

  test('where it comes from, that it was promoted, and the tags of file and input', async () => {
    const region = await makeRegion();
    const tags = new Map([['team', 'shop']]);
    await deploy(region, 'good-2', { tags }, (image) => ({
      ...definitionOf(image),
      tags: [
        { key: 'team', value: 'of the file' },
        { key: 'cost', value: '7' },
      ],
    }));
    expect(tagsOf(region, 2)).toEqual({ ...origin, ...promoted, team: 'shop', cost: '7' });
  });

  test('a revision that failed is not promoted', async () => {
    const region = await makeRegion({ apps: { bad: badApps.crashAtStart } });
    await deploy(region, 'bad');
    expect(tagsOf(region, 2)).toEqual(origin);
  });

  test('an existing revision is promoted, and is not said to come from this run', async () => {
    const region = await makeRegion();
    region.world.must('ecs', 'RegisterTaskDefinition', definitionOf('good-2'));
    const taskDefinition = { kind: 'revision', name: `${family}:2` } as const;
    const { outputs } = await deploy(region, '', { taskDefinition });
    expect(outputs['outcome']).toBe('succeeded');
    expect(revisionsOf(region)).toBe(2);
    expect(tagsOf(region, 2)).toEqual(promoted);
  });

  test('what serves already is marked where nothing is known of it, and once', async () => {
    const region = await makeRegion();
    expect((await deploy(region, 'good-1')).outputs['outcome']).toBe('no-change');
    const first = tagsOf(region, 1);
    expect(first).toMatchObject(promoted);
    await settle(region, 60_000);
    await deploy(region, 'good-1');
    expect(tagsOf(region, 1)).toEqual(first);
  });

  test.each([
    ['only our own', new Map<string, string>(), 'succeeded'],
    ['what was asked for', new Map([['team', 'shop']]), 'refused'],
  ])('a role that may not tag: %s tags', async (_name, tags, outcome) => {
    const region = await makeRegion();
    const allow = { Effect: 'Allow', Action: '*', Resource: '*' };
    const deny = { Effect: 'Deny', Action: 'ecs:TagResource', Resource: '*' };
    const policies = { deploy: { Version: '2012-10-17', Statement: [allow, deny] } };
    const { arn } = region.world.iam.addUser({ name: 'deployer', policies });
    region.caller = { kind: 'user', arn, name: 'deployer' };
    const { outputs, report } = await deploy(region, 'good-2', { tags });
    expect(outputs['outcome']).toBe(outcome);
    expect(JSON.stringify(report)).toContain('ecs:TagResource');
    expect(revisionsOf(region)).toBe(outcome === 'succeeded' ? 2 : 1);
  });
});

describe('a desired count of 0 that is allowed', () => {
  async function makeEmpty(): Promise<Region> {
    const region = await makeRegion();
    region.world.must('ecs', 'UpdateService', { cluster, service, desiredCount: 0 });
    await settle(region, 120_000);
    return region;
  }

  test('the revision is there for the next scale-out', async () => {
    const region = await makeEmpty();
    const { ok, outputs } = await deploy(region, 'good-2', { allowZeroDesired: true });
    expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: true, outcome: 'zero-desired' });
    region.world.must('ecs', 'UpdateService', { cluster, service, desiredCount: 2 });
    await settle(region, 120_000);
    expect(runningImages(region)).toEqual({ 'good-2': 2 });
    expect(tagsOf(region, 2)['ips-deploy:promoted']).toBeUndefined();
  });

  test('deployed again it is looked at', async () => {
    const region = await makeEmpty();
    await deploy(region, 'good-2', { allowZeroDesired: true });
    const { ok, outputs } = await deploy(region, 'good-2', { allowZeroDesired: true });
    expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: true, outcome: 'zero-desired' });
    expect(revisionsOf(region)).toBe(2);
  });
});

describe('fail-fast', () => {
  test('one crash is enough where that was said, with the breaker on or off', async () => {
    for (const circuitBreaker of [undefined, { enable: true, rollback: true }]) {
      const region = await makeRegion({
        apps: { bad: badApps.crashAtStart },
        ...(circuitBreaker === undefined ? {} : { circuitBreaker }),
        desiredCount: 1,
      });
      const { outputs, report } = await deploy(region, 'bad', { failFastTasks: 1 });
      expect(outputs['outcome']).toBe('rolled-back');
      expect(report.sentence).not.toContain('Seen in');
    }
  });

  test('a cause that was not named is left to the time-out', async () => {
    const region = await makeRegion({ apps: { bad: badApps.crashAtStart } });
    const failFastCauses = new Set(['image-not-found'] as const);
    const { outputs } = await deploy(region, 'bad', { failFastCauses, timeoutMs: 240_000 });
    expect({ outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
      outcome: 'timed-out',
      cause: 'container-exited',
    });
  });
});

test('a deployment of the same revision that failed is deployed again', async () => {
  const apps: Record<string, object> = { flaky: badApps.crashAtStart };
  const region = await makeRegion({ apps, circuitBreaker: { enable: true, rollback: false } });
  const first = await deploy(region, 'flaky', { onFailure: 'leave' });
  expect(first.ok).toBe(false);
  apps['flaky'] = {};
  const { outputs } = await deploy(region, 'flaky');
  expect(outputs['outcome']).toBe('succeeded');
  expect(revisionsOf(region)).toBe(2);
  expect(runningImages(region)).toEqual({ flaky: 3 });
});

describe('long waits', () => {
  test('ninety minutes are waited for', async () => {
    const region = await makeRegion({ apps: { slow: { startMs: 90 * 60_000 } } });
    const { services } = region.world.must('ecs', 'DescribeServices', { cluster, services: [service] });
    expect(services).toHaveLength(1);
    region.world.must('ecs', 'UpdateService', { cluster, service, healthCheckGracePeriodSeconds: 7200 });
    const { outputs } = await deploy(region, 'slow', { timeoutMs: 3 * 3_600_000 });
    expect(outputs['outcome']).toBe('succeeded');
    expect(Number(outputs['duration-seconds'])).toBeGreaterThan(90 * 60);
  });

  test('credentials that expire after an hour: the outcome says so, at once', async () => {
    const region = await makeRegion({ apps: { slow: { startMs: 90 * 60_000 } } });
    region.world.must('ecs', 'UpdateService', { cluster, service, healthCheckGracePeriodSeconds: 7200 });
    const rule = {
      id: 'hour',
      match: {},
      fromMs: 3_600_000,
      effect: { kind: 'expired-credentials' },
    } as const;
    region.world.loadFaults({ rules: [rule], events: [] });
    const { ok, outputs, report } = await deploy(region, 'slow', { timeoutMs: 3 * 3_600_000 });
    expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: false, outcome: 'unobserved' });
    expect(Number(outputs['duration-seconds'])).toBeLessThan(3610);
    expect(report.remedy).toContain('credentials');
  });
});
