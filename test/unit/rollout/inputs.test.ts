import { describe, expect, test } from '@jest/globals';
import { parseRollingDeploy } from '../../../src/inputs/rolling-deploy.ts';

const given = { cluster: 'main', service: 'api', 'task-definition': 'task-definition.json' };

describe('rolling-deploy', () => {
  test('the fewest inputs', () => {
    expect(parseRollingDeploy(given)).toEqual({
      ok: true,
      request: {
        cluster: 'main',
        targets: [{ service: 'api', taskDefinition: { kind: 'file', path: 'task-definition.json' } }],
        desiredCount: undefined,
        forceNewDeployment: false,
        wait: true,
        timeoutMs: 900_000,
        pollInterval: 'auto',
        onFailure: 'rollback',
        onCancel: 'rollback',
        failFast: true,
        failFastTasks: 3,
        failFastCauses: undefined,
        circuitBreaker: 'keep',
        allowZeroDesired: false,
        alarms: [],
        alarmsInAlarm: 'refuse',
        tags: new Map(),
        preDeploy: undefined,
        maintenance: { windows: [], outside: 'refuse', timeoutMs: 5 * 3_600_000 },
        guardStale: true,
        githubToken: undefined,
        schema: 'compatible',
        dryRun: false,
        keepImages: 0,
        limits: { jobTimeoutMs: undefined, credentialsEndAt: undefined },
        reportPath: undefined,
      },
    });
  });

  test.each([
    ['ecs/task.yaml', { kind: 'file', path: 'ecs/task.yaml' }],
    ['./task', { kind: 'file', path: './task' }],
    ['api:12', { kind: 'revision', name: 'api:12' }],
    ['api', { kind: 'family', name: 'api' }],
    [
      'arn:aws:ecs:ap-south-1:123456789012:task-definition/api:12',
      { kind: 'revision', name: 'arn:aws:ecs:ap-south-1:123456789012:task-definition/api:12' },
    ],
    [
      'arn:aws:ecs:ap-south-1:123456789012:task-definition/api',
      { kind: 'family', name: 'arn:aws:ecs:ap-south-1:123456789012:task-definition/api' },
    ],
  ])('task-definition %s', (text, reference) => {
    expect(parseRollingDeploy({ ...given, 'task-definition': text })).toMatchObject({
      request: { targets: [{ service: 'api', taskDefinition: reference }] },
    });
  });

  test.each([
    ['task-definition', 'api:latest'],
    ['task-definition', 'arn:aws:ecs:ap-south-1:123456789012:service/api'],
    ['task-definition', 'two words'],
    ['desired-count', '-1'],
    ['desired-count', '1.5'],
    ['timeout', '9s'],
    ['timeout', 'soon'],
    ['poll-interval', '100ms'],
    ['on-failure', 'abort'],
    ['on-cancel', 'ignore'],
    ['circuit-breaker', 'on'],
    ['pre-deploy-command', 'migrate && seed'],
    ['pre-deploy-container', 'migrate'],
    ['pre-deploy-timeout', '9s'],
    ['maintenance-window', 'Sun 02:00-04:00'],
    ['outside-window', 'wait'],
    ['guard-stale', 'maybe'],
    ['schema', 'broken'],
    ['wait', 'yes'],
    ['fail-fast', '0'],
    ['fail-fast', '101'],
    ['fail-fast', '2, 3'],
    ['fail-fast', 'bad-luck'],
    ['fail-fast', 'deployment-alarm'],
    ['alarms-in-alarm', 'maybe'],
    ['allow-zero-desired', '1'],
    ['alarms', 'x'.repeat(256)],
    ['tags', 'aws:owner=me'],
    ['tags', 'ips-deploy:promoted=now'],
    ['tags', 'team=a;b'],
    ['tags', `team=${'x'.repeat(257)}`],
    ['tags', `${'k'.repeat(129)}=x`],
    ['tags', Array.from({ length: 31 }, (_, index) => `k${index}=v`).join('\n')],
    ['cluster', 'a b'],
    ['service', 'arn:aws:ecs:ap-south-1:123456789012:cluster/api'],
  ])('%s: %s is a problem, and the only one', (input, text) => {
    const parsed = parseRollingDeploy({ ...given, [input]: text });
    expect(parsed.ok ? [] : parsed.problems.map((each) => each.input)).toEqual([input]);
  });

  test('a breaker that would roll back past a breaking schema is a problem', () => {
    const parsed = parseRollingDeploy({ ...given, schema: 'breaking', 'circuit-breaker': 'ensure' });
    expect(parsed.ok ? [] : parsed.problems.map((each) => each.input)).toEqual(['circuit-breaker']);
  });

  test.each([
    [{ 'watch-for': '10m' }, []],
    [{ 'watch-for': '5m' }, []],
    [{ 'watch-for': '299s' }, ['watch-for']],
    [{ 'watch-for': '0s' }, []],
    [{ 'watch-for': '10m', wait: 'false' }, ['wait']],
    [{ 'slo-latency': 'p95 400ms', 'slo-error-rate': '1%' }, ['slo-error-rate', 'slo-latency']],
    [{ 'watch-for': '10m', 'slo-latency': 'fast' }, ['slo-latency']],
    [{ 'watch-for': '10m', 'slo-latency': 'p95 400ms', 'slo-error-rate': '1%', 'max-5xx-rate': '2%' }, []],
  ])('a watch after it: %j', (more, bad) => {
    const parsed = parseRollingDeploy({ cluster: 'c', service: 's', 'task-definition': 'f:1', ...more });
    expect(parsed.ok ? [] : parsed.problems.map(({ input }) => input)).toEqual(bad);
  });

  test('a token is never repeated', () => {
    const text = JSON.stringify(
      parseRollingDeploy({ ...given, timeout: 'soon', 'github-token': 'ghs_secret' }),
    );
    expect(text).not.toContain('ghs_secret');
  });

  test.each([
    ['api,worker', 'task.json', ['api task.json', 'worker task.json']],
    ['api\nworker\n', 'task.json', ['api task.json', 'worker task.json']],
    ['api\n# the queue\nworker', 'a.json, w.json', ['api a.json', 'worker w.json']],
  ])('services %j with %j', (service, definition, targets) => {
    const parsed = parseRollingDeploy({ ...given, service, 'task-definition': definition });
    expect(
      parsed.ok &&
        parsed.request.targets.map(
          (each) => `${each.service} ${(each.taskDefinition as { path: string }).path}`,
        ),
    ).toEqual(targets);
  });

  test.each([
    ['api,api', 'task.json', ['service']],
    ['api,arn:aws:ecs:ap-south-1:123456789012:service/main/api', 'task.json', ['service']],
    ['# none', 'task.json', ['service']],
    ['a,b,c', 'a.json,b.json', ['task-definition']],
    ['a', 'a.json,b.json', ['task-definition']],
    ['a,a', 'a.json,b.json,c.json', ['service', 'task-definition']],
    [Array.from({ length: 21 }, (_, index) => `s${index}`).join(','), 'task.json', ['service']],
  ])('services %j with %j are no targets', (service, definition, inputs) => {
    const parsed = parseRollingDeploy({ ...given, service, 'task-definition': definition });
    expect(parsed.ok ? [] : parsed.problems.map((each) => each.input)).toEqual(inputs);
  });

  test('twenty services are not too many', () => {
    const service = Array.from({ length: 20 }, (_, index) => `s${index}`).join(',');
    expect(parseRollingDeploy({ ...given, service }).ok).toBe(true);
  });

  test('everything missing is told at once', () => {
    const parsed = parseRollingDeploy({});
    expect(parsed.ok ? [] : parsed.problems.map((each) => each.input)).toEqual([
      'cluster',
      'service',
      'task-definition',
    ]);
  });

  test.each([
    ['true', true, 3, undefined],
    ['false', false, 3, undefined],
    ['1', true, 1, undefined],
    ['100', true, 100, undefined],
    ['image-not-found', true, 3, ['image-not-found']],
    ['Secret-Not-Found, 1, image-not-found', true, 1, ['secret-not-found', 'image-not-found']],
    ['2\ntarget-health', true, 2, ['target-health']],
  ])('fail-fast %j', (text, failFast, failFastTasks, causes) => {
    const parsed = parseRollingDeploy({ ...given, 'fail-fast': text });
    expect(parsed).toMatchObject({ ok: true, request: { failFast, failFastTasks } });
    expect(parsed.ok && parsed.request.failFastCauses && [...parsed.request.failFastCauses]).toEqual(causes);
  });

  test('alarms, each once, and tags with = in a value', () => {
    const parsed = parseRollingDeploy({ ...given, alarms: 'one, two\n one', tags: 'team=a=b\nempty=' });
    expect(parsed).toMatchObject({ ok: true, request: { alarms: ['one, two', 'one'] } });
    expect(parsed.ok && [...parsed.request.tags]).toEqual([
      ['team', 'a=b'],
      ['empty', ''],
    ]);
    expect(parseRollingDeploy({ ...given, alarms: 'one,two,one' })).toMatchObject({
      request: { alarms: ['one', 'two'] },
    });
  });

  test.each([256, 128])("texts of AWS's limits pass (%i)", (length) => {
    const tags = length === 256 ? `team=${'x'.repeat(256)}` : `${'k'.repeat(128)}=x`;
    expect(parseRollingDeploy({ ...given, tags }).ok).toBe(true);
  });

  test('poll-interval as a duration', () => {
    expect(parseRollingDeploy({ ...given, 'poll-interval': '500ms' })).toMatchObject({
      request: { pollInterval: { fixedMs: 500 } },
    });
  });
});
