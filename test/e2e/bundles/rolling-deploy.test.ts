/** The committed bundle of rolling-deploy under trouble, against a standing lab. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeServiceDeploymentsCommand, ListTaskDefinitionsCommand } from '@aws-sdk/client-ecs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { noteSkip } from '../../support/tools.ts';
import { cancelAt, cluster, explanation, Job, revisionName, service, theJob, type Words } from './job.ts';

/** What GitHub leaves a cancelled step between SIGINT and SIGTERM. */
const cancelLimitMs = 7500;
const deploys = /ECS deploys/;
const tasksStart = /2 pending/;

let job: Job;
let good = '';

beforeAll(async () => {
  job = await Job.open();
  good = await job.render(await job.build('1.0.0'));
  await job.createService(good, 2);
  await job.untilSteady();
}, 60_000);

afterAll(() => job?.close());

/** Each test begins with one good revision serving. */
afterEach(async () => {
  await job.faults();
  await job.untilSteady();
}, 60_000);

let variants = 0;
const version = (more: Words = {}): string =>
  job.variant(good, `version-${++variants}`, (definition) => {
    const [container] = definition.containerDefinitions;
    for (const [name, value] of Object.entries({ MARK: String(variants), ...more }))
      container!.environment!.push({ name, value });
  });

const inputs = (file: string, more: Words = {}): Words => ({
  cluster,
  service,
  'task-definition': file,
  ...more,
});

const serving = async (): Promise<string> => revisionName((await job.readService()).taskDefinition);

test('a good version serves, and the outputs say which', async () => {
  const before = await serving();
  const step = await job.step('rolling-deploy', inputs(version()));
  expect(step.exitCode).toBe(0);
  expect(step.outputs).toMatchObject({ outcome: 'succeeded', cause: '', 'running-count': '2' });
  expect(revisionName(step.outputs['previous-task-definition-arn'])).toBe(before);
  expect(await job.untilSteady()).toBe(revisionName(step.outputs['task-definition-arn']));
  expect(step.summaryMarkdown).toContain('✅ Rolling deploy of ips-api-service: succeeded');
  expect(step.log.join('\n')).not.toContain('after the job');
}, 30_000);

test('what the SDK does not know of a definition is told, and the rest is deployed', async () => {
  const file = job.variant(version(), 'newer', (definition) => {
    Object.assign(definition, { novelty: { on: true } });
    Object.assign(definition.containerDefinitions[0]!, { startTimeouts: 30 });
  });
  const step = await job.step('rolling-deploy', inputs(file));
  expect(step.outputs).toMatchObject({ outcome: 'succeeded' });
  expect(step.log.join('\n')).toMatch(
    /does not have what the file says at novelty, containerDefinitions\[0\]\.startTimeouts/,
  );
}, 30_000);

describe('a version that does not start is taken back by the circuit breaker, and its cause is named', () => {
  test('a crash at start, with its last words and without the secrets in them', async () => {
    const before = await serving();
    const file = job.variant(good, 'crashing', (definition) => {
      Object.assign(definition.containerDefinitions[0]!, {
        image: `${job.variable('LAB_REGISTRY')}/lab/node:24`,
        command: [
          'node',
          '-e',
          `console.error('connecting with ' + process.env.ConnectionStrings__Default);
           console.error(JSON.stringify({ jwtSecret: process.env.JwtSettings__SecretKey }));
           console.error('the database has no column device_model');
           process.exit(3)`,
        ],
      });
    });
    const step = await job.step('rolling-deploy', inputs(file));
    expect(step.exitCode).toBe(1);
    expect(step.outputs).toMatchObject({ outcome: 'rolled-back', cause: 'container-exited' });
    expect(explanation(step)).toMatch(/exit code 3/);
    expect(step.summaryMarkdown).toContain('the database has no column device_model');
    expect(step.summaryMarkdown).toContain('connecting with Host=db.internal');
    expect(step.summaryMarkdown).toContain('"jwtSecret":***');
    expect(await job.untilSteady()).toBe(before);
  }, 30_000);

  test.each([
    [
      'an image that is not there',
      { image: `/ips-data-acquisition-api@sha256:${'0'.repeat(64)}` },
      'image-not-found',
      /image/i,
    ],
    ['a secret that is not there', { secret: 'ips/nowhere-AbCdEf' }, 'secret-not-found', /ips\/nowhere/],
  ])(
    '%s',
    async (_what, wrong: { image?: string; secret?: string }, cause, saying) => {
      const before = await serving();
      const file = job.variant(good, `wrong-${cause}`, (definition) => {
        const [container] = definition.containerDefinitions;
        if (wrong.image !== undefined) container!.image = `${job.variable('LAB_REGISTRY')}${wrong.image}`;
        if (wrong.secret !== undefined)
          container!.secrets![0]!.valueFrom =
            `arn:aws:secretsmanager:${job.variable('AWS_REGION')}:123456789012:secret:${wrong.secret}`;
      });
      const step = await job.step('rolling-deploy', inputs(file));
      expect({ exitCode: step.exitCode, ...step.outputs }).toMatchObject({
        exitCode: 1,
        outcome: 'rolled-back',
        cause,
      });
      expect(explanation(step)).toMatch(saying);
      expect(await job.untilSteady()).toBe(before);
    },
    30_000,
  );
});

describe('cancelled in the middle', () => {
  test.each([
    ['in time', 'real' as const, []],
    [
      'in time, while AWS throttles every read',
      'real' as const,
      [{ id: 'throttle', match: { ...theJob, mutates: false }, fromMs: 60_000, effect: 'throttle' }],
    ],
    [
      'in time, while the answer to that is lost',
      'real' as const,
      [
        {
          id: 'lost',
          match: { ...theJob, operation: 'StopServiceDeployment' },
          nth: 1,
          effect: 'reset-after-effect',
        },
      ],
    ],
    ["in the lab's time", 'lab' as const, []],
  ])(
    'it takes its deployment back %s',
    async (_how, clock, rules) => {
      const before = await serving();
      await job.faults(rules);
      // In real time the whole deployment passes within some looks: the first sign has to do.
      const cancel = cancelAt(clock === 'real' ? /Following service deployment/ : tasksStart);
      const step = await job.step('rolling-deploy', inputs(version()), { ...cancel, clock });
      const tookMs = performance.now() - cancel.at();
      expect({ exitCode: step.exitCode, ...step.outputs }).toMatchObject({
        exitCode: 1,
        outcome: 'cancelled',
      });
      expect(step.outputs['aftermath']).toMatch(/^rolling-back$|^rolled-back$/);
      expect(tookMs).toBeLessThan(cancelLimitMs);
      expect(await job.untilSteady()).toBe(before);
      const { serviceDeployments } = await job.ecs.send(
        new DescribeServiceDeploymentsCommand({
          serviceDeploymentArns: [step.outputs['service-deployment-arn']!],
        }),
      );
      expect(serviceDeployments![0]!.status).toBe('ROLLBACK_SUCCESSFUL');
    },
    30_000,
  );
});

(process.platform === 'linux' ? test : test.skip)(
  'killed in the middle, the post step takes it back, and the second run ends right',
  async () => {
    const before = await serving();
    const file = version();
    const killed = await job.step('rolling-deploy', inputs(file), {
      onLine: (line) => {
        if (tasksStart.test(line)) job.kill('rolling-deploy');
      },
    });
    expect(killed.exitCode).toBe(137);
    expect(job.processes()).toEqual([]);
    expect(killed.annotations).toEqual([
      {
        level: 'warning',
        title: 'rolling-deploy: after the job',
        message: expect.stringMatching(/asked to roll it back \(ROLLBACK_/),
      },
    ]);
    expect(killed.summaryMarkdown).toContain('asked to roll it back');
    expect(await job.untilSteady()).toBe(before);
    const second = await job.step('rolling-deploy', inputs(file));
    expect(second.exitCode).toBe(0);
    expect(second.outputs['outcome']).toMatch(/^succeeded$|^no-change$/);
    expect(await job.untilSteady()).toBe(revisionName(second.outputs['task-definition-arn']));
  },
  30_000,
);
if (process.platform !== 'linux') noteSkip('killed runners: run npm test test/e2e/bundles on Linux');

describe('an AWS that errs', () => {
  test('every read throttled for a minute delays the verdict and does not change it', async () => {
    const match = { ...theJob, mutates: false };
    let loaded: Promise<void> | undefined;
    const step = await job.step('rolling-deploy', inputs(version()), {
      onLine: (line) => {
        if (!/Following service deployment/.test(line)) return;
        loaded ??= job.faults([{ id: 'throttle', match, untilMs: 60_000, effect: 'throttle' }]);
      },
    });
    await loaded;
    expect({ exitCode: step.exitCode, outcome: step.outputs['outcome'] }).toEqual({
      exitCode: 0,
      outcome: 'succeeded',
    });
    expect(step.log.join('\n')).toMatch(/AWS does not answer \(.*Throttling/);
  }, 30_000);

  test('lost answers of both writes: one revision, one deployment', async () => {
    const revisions = async (): Promise<number> =>
      (await job.ecs.send(new ListTaskDefinitionsCommand({ familyPrefix: 'ips-api-task' })))
        .taskDefinitionArns!.length;
    const before = await revisions();
    await job.faults(
      ['RegisterTaskDefinition', 'UpdateService'].map((operation) => ({
        id: operation,
        match: { ...theJob, operation },
        nth: 1,
        effect: 'reset-after-effect',
      })),
    );
    const { now } = await job.state();
    const step = await job.step('rolling-deploy', inputs(version()));
    expect({ exitCode: step.exitCode, outcome: step.outputs['outcome'] }).toEqual({
      exitCode: 0,
      outcome: 'succeeded',
    });
    expect(await revisions()).toBe(before + 1);
    const hits = (await job.journal(now)).filter((entry) => entry.kind === 'fault.hit');
    expect(hits.map((entry) => entry.subject).sort()).toEqual(['RegisterTaskDefinition', 'UpdateService']);
  }, 30_000);

  test.each([
    [
      'access denied before anything began',
      { match: { ...theJob, operation: 'UpdateService' }, effect: 'access-denied' },
      { outcome: 'refused', cause: 'access-denied' },
      /ecs:UpdateService.*docs\/iam/,
      undefined,
    ],
    [
      'access denied in mid flight',
      { match: { ...theJob, operation: 'DescribeServiceDeployments' }, effect: 'access-denied' },
      { outcome: 'unobserved' },
      /ecs:DescribeServiceDeployments.*docs\/iam/,
      undefined,
    ],
    [
      'credentials that are expired from the start',
      { match: theJob, effect: 'expired-credentials' },
      { outcome: 'refused', cause: 'credentials' },
      /expired.*credentials of this job/,
      undefined,
    ],
    [
      'credentials that expire in mid flight',
      { match: theJob, effect: 'expired-credentials' },
      { outcome: 'unobserved' },
      /expired.*[Cc]heck the credentials of this job/,
      /Following service deployment/,
    ],
  ] as const)(
    '%s is named, with what to do',
    async (_what, rule, outputs, saying, after) => {
      // From the beginning, or once the job has said so.
      let loaded = after === undefined ? job.faults([{ id: 'fault', ...rule }]) : undefined;
      await loaded;
      const step = await job.step('rolling-deploy', inputs(version()), {
        onLine: (line) => {
          if (after?.test(line)) loaded ??= job.faults([{ id: 'fault', ...rule }]);
        },
      });
      await loaded;
      expect({ exitCode: step.exitCode, ...step.outputs }).toMatchObject({ exitCode: 1, ...outputs });
      expect(explanation(step)).toMatch(saying);
    },
    30_000,
  );
});

describe('AWS is gone in mid flight: the deadline holds and what was seen is kept', () => {
  test.each([
    ['nothing listens any more', 'SIGKILL'],
    ['nothing answers any more', 'SIGSTOP'],
  ] as const)(
    '%s',
    async (_how, signal) => {
      const other = await Job.open();
      try {
        const file = await other.render(await other.build('1.0.0'));
        await other.createService(file, 2);
        await other.untilSteady();
        const next = other.variant(file, 'next', (definition) => {
          definition.containerDefinitions[0]!.environment!.push({ name: 'MARK', value: 'next' });
        });
        const report = join(other.folder, 'report.json');
        const step = await other.step('rolling-deploy', inputs(next, { timeout: '2m', report }), {
          onLine: (line) => {
            if (deploys.test(line)) other.lab.child.kill(signal);
          },
          deadlineMs: 45_000,
        });
        job.shown.push(...other.shown);
        expect({ exitCode: step.exitCode, ...step.outputs }).toMatchObject({
          exitCode: 1,
          outcome: 'timed-out',
        });
        expect(step.summaryMarkdown).toContain('ECS deploys ips-api-task:2');
        expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ outputs: { outcome: 'timed-out' } });
      } finally {
        other.lab.child.kill('SIGKILL');
        await other.close();
      }
    },
    60_000,
  );
});

test('nothing that was shown holds a secret', () => {
  const shown = job.shown.join('\n');
  expect(shown.length).toBeGreaterThan(1000);
  for (const secret of job.secrets()) expect(shown).not.toContain(secret);
});
