/**
 * release-service.yml, run for real: staging and production in the lab, the database in moto (which we did not write),
 * GitHub's tags in the lab.
 */
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Backend, motoBackend } from '../../contract/adapters/backends.ts';
import { guideWords } from '../../support/policies.ts';
import { toolAvailable } from '../../support/tools.ts';
import { createRole, type GuideRegion, productionSubject } from './region.ts';
import { applicationFiles, runDeadlineMs, setUpTeam, starter, type Team, tellingOutputs } from './team.ts';

const suite = 'test/e2e/workflows/release';
const tools = (['act', 'AWS CLI', 'moto'] as const).map((tool) => toolAvailable(tool, suite));
const withTools = tools.every(Boolean) ? describe : describe.skip;

const repository = 'acme/ips-data-acquisition-api';
const staging = 'ips-api-staging';
const alarms = ['ips-api-high-error-rate', 'ips-api-high-latency'];

/** The starter, with its window and its watch as inputs, and a test on staging. */
const release = tellingOutputs(
  `${starter('release.yml')
    .replace(
      'run-name:',
      `${['window', 'outside', 'watch-for', 'command'].map((name) => `      ${name}:\n        default: ''\n`).join('')}$&`,
    )
    .replace('Sun 02:00-04:00 UTC', `\${{ inputs.window }}`)
    .replace(
      'database: ips-database',
      `database: \${{ inputs.command == '' && 'ips-database' || '' }}`,
    )}      watch-for: \${{ inputs.watch-for || '0s' }}
      outside-window: \${{ inputs.outside || 'refuse' }}
      snapshot-command: \${{ inputs.command }}
      keep-images: 1
      staging-test-command: 'echo "tested $VERSION"'
`,
  'release',
);

withTools('release-service.yml', () => {
  let team: Team;
  let moto: Backend;

  beforeAll(async () => {
    moto = await motoBackend();
    rds(
      'create-db-instance',
      '--db-instance-identifier=ips-database',
      '--db-instance-class=db.t3.medium',
      '--engine=postgres',
    );
    team = await setUpTeam({ workflows: { 'release.yml': release }, prepare });
  }, 60_000);

  afterAll(async () => {
    await team?.close();
    await moto?.stop();
  });

  async function prepare(guide: GuideRegion) {
    const { lab, stage } = guide.region;
    lab.clock.poke();
    lab.world.must('ecs', 'RegisterTaskDefinition', {
      family: staging,
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '512',
      memory: '1024',
      executionRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
      containerDefinitions: [
        {
          name: 'ips-api',
          image: `${guide.admin['LAB_REGISTRY']}/lab/node:24`,
          command: ['node', '-e', 'setInterval(() => {}, 1000)'],
        },
      ],
    });
    lab.world.must('ecs', 'CreateService', {
      cluster: guideWords['CLUSTER'],
      serviceName: staging,
      taskDefinition: staging,
      desiredCount: 1,
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: stage.subnets, assignPublicIp: 'ENABLED' } },
    });
    for (const alarm of alarms) setAlarm(guide, alarm);
    const words = { ...guideWords, SERVICE: 'ips-api-*', FAMILY: 'ips-api-*', DATABASE: 'ips-database' };
    const definition = JSON.parse(applicationFiles(guide)['task-definition.json']!) as object;
    return {
      variables: { DEPLOY_ROLE_ARN: createRole(guide.region, 'release-service', productionSubject, words) },
      environment: { AWS_ENDPOINT_URL_RDS: moto.environment['AWS_ENDPOINT_URL']! },
      files: { 'task-definition-staging.json': JSON.stringify({ ...definition, family: staging }) },
    };
  }

  /** A commit that GitHub knows. */
  function commit(message: string, files: Readonly<Record<string, string>>): string {
    const sha = team.workbench.commit(message, files);
    const { world } = team.guide.region.lab;
    const { commits } = world.github.repository(repository);
    commits.set(sha, { sha, parents: [], message, authoredAtMs: world.kernel.now, files: [] });
    return sha;
  }

  const run = (exitCode: 0 | 1, inputs: Readonly<Record<string, string>>) =>
    team.run(
      { event: 'workflow_dispatch', workflow: 'release.yml', inputs: { window: window(-hour), ...inputs } },
      exitCode,
    );
  const tagOf = (version: string) =>
    team.guide.region.lab.world.github.repository(repository).refs.get(`refs/tags/${version}`);
  const serves = async (service: string) => (await team.state()).services[service]!.taskDefinition;

  const hour = 3_600_000;
  const now = () => team.guide.region.lab.world.kernel.now;

  /** Of four hours, that opens in the first minute that is so far from the region's now. */
  function window(inMs: number): string {
    const at = (offsetMs: number) =>
      new Date(Math.ceil((now() + inMs) / 60_000) * 60_000 + offsetMs).toISOString().slice(11, 16);
    return `daily ${at(0)}-${at(4 * hour)} UTC`;
  }

  function rds(...words: string[]): unknown {
    const output = execFileSync('aws', ['rds', ...words, '--output=json'], {
      env: {
        ...moto.environment,
        AWS_REGION: 'ap-south-1',
        AWS_DEFAULT_REGION: 'ap-south-1',
        PATH: process.env['PATH'],
      },
      encoding: 'utf8',
    });
    return JSON.parse(output);
  }
  /** Without the instance's own automated one. */
  const snapshots = () =>
    (rds('describe-db-snapshots') as { DBSnapshots: { DBSnapshotIdentifier: string }[] }).DBSnapshots.map(
      (each) => each.DBSnapshotIdentifier,
    ).filter((name) => !name.startsWith('rds:'));

  let digest: string;
  /** In the region's time, from the start of a release to its end. */
  let takesMs: number;

  test(
    'inside of its window: staging, snapshot, production, watch, tag',
    async () => {
      const sha = commit('Version 1 $(touch "$RESULTS/injected")', { 'config/version.txt': '1\n' });
      const before = await serves('ips-api-service');
      const startedAt = now();
      const { log, outputs } = await run(0, { version: 'v1.0.0', 'watch-for': '5m' });
      takesMs = now() - startedAt;
      const snapshot = `ips-database-v1-0-0-${sha.slice(0, 7)}`;
      expect(outputs).toMatchObject({
        'staging-outcome': 'succeeded',
        outcome: 'succeeded',
        cause: '',
        snapshot,
        'previous-task-definition-arn': before,
      });
      expect(log).toContain('tested v1.0.0');
      expect(log).toContain('of errors and latency nothing is known.');
      expect(snapshots()).toEqual([snapshot]);
      expect(tagOf('v1.0.0')).toBe(sha);
      const { images, services } = await team.state();
      digest = images[0]!.digest;
      expect(outputs['image']).toContain(digest);
      expect(images[0]!.tags).toContain('v1.0.0');
      expect(services['ips-api-service']).toMatchObject({ runningCount: 2 });
      expect(services[staging]!.taskDefinition).toMatch(/ips-api-staging:2$/);
      expect(log).toMatch(/Summary - ### ✅ Released as v1\.0\.0/);
      expect(log).toMatch(/Summary - ### ✅ Snapshot ips-database-v1-0-0/);
    },
    runDeadlineMs,
  );

  test(
    'outside of its window it is on staging, production is untouched, and the next opening is named',
    async () => {
      const before = await serves('ips-api-service');
      commit('Version 2', { 'config/version.txt': '2\n' });
      // act hands on no outputs of a job that has failed.
      const { log } = await run(1, { version: 'v1.1.0', window: window(6 * hour) });
      expect(log).toContain('::set-output:: outcome=refused');
      expect(log).toMatch(/This is outside of the maintenance window .* It opens next on .* UTC, in [56]h/);
      expect(await serves(staging)).toMatch(/ips-api-staging:3$/);
      expect(await serves('ips-api-service')).toBe(before);
      expect(snapshots()).toHaveLength(1);
      expect(tagOf('v1.1.0')).toBeUndefined();
    },
    runDeadlineMs,
  );

  test(
    'waits for its window; a version that is healthy and wrong goes back to the image that was kept, and gets no tag',
    async () => {
      const before = await serves('ips-api-service');
      commit('Version 3', { 'behaviour.json': '{ "behaviour": "errors:0.3" }\n' });
      const stop = new AbortController();
      const users = visit(`${team.guide.region.listenerUrl}/api/v1/sessions`, stop.signal);
      const released = run(1, {
        version: 'v1.2.0',
        window: window(takesMs),
        outside: 'wait',
        command: 'echo "asking the vault"; echo "vault/ips-$VERSION"; echo',
        'watch-for': '10m',
      });
      await Promise.race([released, another(before)]);
      const { log } = await released;
      stop.abort();
      await users;
      expect(log).toMatch(/Outside of the maintenance window .* Waiting for it\./);
      for (const output of ['outcome=rolled-back', 'cause=errors', 'snapshot=vault/ips-v1.2.0'])
        expect(log).toContain(`::set-output:: ${output}`);
      expect(log).toMatch(/After the deployment [\d,]+ of [\d,]+ requests failed; before it 0 % did/);
      // The image of version 1 was kept, and runs again.
      expect(await serves('ips-api-service')).toBe(before);
      expect(runningDigests()).toEqual(new Set([digest]));
      expect(tagOf('v1.2.0')).toBeUndefined();
    },
    runDeadlineMs,
  );

  test(
    'a command that does not tell what it made is no snapshot',
    async () => {
      const before = await serves('ips-api-service');
      commit('Version 4', { 'behaviour.json': '{ "behaviour": "good" }\n' });
      const { log } = await run(1, { version: 'v1.3.0', command: 'echo "done, all is fine"' });
      expect(log).toContain(
        'has to print the name of what it made as its last line. Production is untouched.',
      );
      expect(log).not.toContain('::set-output:: snapshot=');
      expect(await serves('ips-api-service')).toBe(before);
    },
    runDeadlineMs,
  );

  test('says what is wrong with its inputs, and that a version is released once, before it asks for credentials', async () => {
    const before = await team.state();
    const hostile = await run(1, {
      version: '../$(touch "$RESULTS/injected")',
      'watch-for': '`id`',
      outside: 'wait',
    });
    expect(hostile.log).toContain('Input "version": up to 100 letters');
    expect(hostile.log).toContain('Input "watch-for": a time such as 10m');
    const long = await run(1, { version: 'v1.4.0', 'watch-for': '59m', outside: 'wait' });
    expect(long.log).toContain(
      'Input "timeout-minutes": 210, and with window-timeout, timeout and watch-for it takes 283 at most.',
    );
    const short = await run(1, { version: 'v1.4.0', 'watch-for': '1m' });
    expect(short.log).toContain('Input "watch-for": 0s, or 5m and more');
    commit('Version 5', { 'config/version.txt': '5\n' });
    const twice = await run(1, { version: 'v1.0.0' });
    expect(twice.log).toContain('The tag v1.0.0 is there already, on another commit.');
    for (const { log } of [hostile, long, short, twice]) expect(log).not.toContain('Main Credentials');
    expect(team.injected()).toEqual([]);
    expect(await team.state()).toEqual(before);
  });

  /** Until production serves another revision, all of it. */
  async function another(before: string): Promise<void> {
    for (;;) {
      await sleep(100);
      const { taskDefinition, runningCount } = (await team.state()).services['ips-api-service']!;
      if (taskDefinition !== before && runningCount === 2) return;
    }
  }

  function runningDigests(): ReadonlySet<string> {
    const { world } = team.guide.region.lab;
    const cluster = guideWords['CLUSTER'];
    const { taskArns } = world.must('ecs', 'ListTasks', { cluster, serviceName: 'ips-api-service' });
    const { tasks } = world.must('ecs', 'DescribeTasks', { cluster, tasks: taskArns }) as {
      tasks: { containers: { imageDigest: string }[] }[];
    };
    return new Set(tasks.flatMap(({ containers }) => containers.map((each) => each.imageDigest)));
  }
});

/** Users, about thirty requests a second of real time. */
async function visit(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await fetch(url).then(
      (answer) => answer.arrayBuffer(),
      () => undefined,
    );
    await sleep(25);
  }
}

/** An alarm without data, that is quiet. */
function setAlarm({ region }: GuideRegion, AlarmName: string): void {
  region.lab.clock.poke();
  region.lab.world.must('cloudwatch', 'PutMetricAlarm', {
    AlarmName,
    Namespace: 'Test',
    MetricName: 'Nothing',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
}
