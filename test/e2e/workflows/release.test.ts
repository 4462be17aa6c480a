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
    .replace('run-name:', `      window:\n        default: ''\n      watch-for:\n        default: 1s\n$&`)
    .replace('Sun 02:00-04:00 UTC', `\${{ inputs.window }}`)}      watch-for: \${{ inputs.watch-for }}
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
    for (const alarm of alarms) setAlarm(guide, alarm, 'notBreaching');
    const words = { ...guideWords, SERVICE: 'ips-api-*', FAMILY: 'ips-api-*' };
    const actions = ['build-push-ecr', 'render-task-def', 'rolling-deploy', 'rollback'];
    const definition = JSON.parse(applicationFiles(guide)['task-definition.json']!) as object;
    return {
      variables: { DEPLOY_ROLE_ARN: createRole(guide.region, 'release', productionSubject, actions, words) },
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
      { event: 'workflow_dispatch', workflow: 'release.yml', inputs: { window: window(-1), ...inputs } },
      exitCode,
    );
  const tagOf = (version: string) =>
    team.guide.region.lab.world.github.repository(repository).refs.get(`refs/tags/${version}`);
  const serves = async (service: string) => (await team.state()).services[service]!.taskDefinition;

  /** Of four hours, that opens so many hours from the region's now. */
  function window(hours: number): string {
    const at = (offset: number) =>
      new Date(team.guide.region.lab.world.kernel.now + offset * 3_600_000).toISOString().slice(11, 16);
    return `daily ${at(hours)}-${at(hours + 4)} UTC`;
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

  test(
    'inside of its window: staging, snapshot, production, watch, tag',
    async () => {
      const sha = commit('Version 1 $(touch "$RESULTS/injected")', { 'config/version.txt': '1\n' });
      const before = await serves('ips-api-service');
      const { log, outputs } = await run(0, { version: 'v1.0.0' });
      const snapshot = `ips-database-v1-0-0-${sha.slice(0, 7)}`;
      expect(outputs).toMatchObject({
        'staging-outcome': 'succeeded',
        outcome: 'succeeded',
        cause: '',
        snapshot,
        'previous-task-definition-arn': before,
      });
      expect(log).toContain('tested v1.0.0');
      expect(snapshots()).toEqual([snapshot]);
      expect(tagOf('v1.0.0')).toBe(sha);
      const { images, services } = await team.state();
      const [image] = images;
      expect(outputs['image']).toContain(image!.digest);
      expect(image!.tags).toContain('v1.0.0');
      expect(services['ips-api-service']).toMatchObject({ runningCount: 2 });
      expect(services[staging]!.taskDefinition).toMatch(/ips-api-staging:2$/);
      expect(log).toMatch(/Summary - ### ✅ Released as v1\.0\.0/);
    },
    runDeadlineMs,
  );

  test(
    'outside of its window it is on staging, and production is untouched',
    async () => {
      const before = await serves('ips-api-service');
      commit('Version 2', { 'config/version.txt': '2\n' });
      const { log } = await run(1, { version: 'v1.1.0', window: window(6) });
      expect(log).toContain('::set-output:: cause=outside-window');
      expect(await serves(staging)).toMatch(/ips-api-staging:3$/);
      expect(await serves('ips-api-service')).toBe(before);
      expect(snapshots()).toHaveLength(1);
      expect(tagOf('v1.1.0')).toBeUndefined();
    },
    runDeadlineMs,
  );

  test(
    'an alarm that goes off after the deployment takes the version back, and it gets no tag',
    async () => {
      const before = await serves('ips-api-service');
      commit('Version 3', { 'config/version.txt': '3\n' });
      const released = run(1, { version: 'v1.2.0', 'watch-for': '60s' });
      await Promise.race([released, promotion(before)]);
      setAlarm(team.guide, alarms[1]!, 'breaching');
      const { log } = await released;
      setAlarm(team.guide, alarms[1]!, 'notBreaching');
      expect(log).toContain('::set-output:: ringing=ips-api-high-latency');
      expect(log).toContain('Alarms went off after the release - ips-api-high-latency');
      expect(await serves('ips-api-service')).toBe(before);
      expect((await team.state()).services['ips-api-service']!.runningCount).toBe(2);
      expect(tagOf('v1.2.0')).toBeUndefined();
    },
    runDeadlineMs,
  );

  test('says what is wrong with its inputs, and that a version is released once, before it asks for credentials', async () => {
    const before = await team.state();
    const hostile = await run(1, { version: '../$(touch "$RESULTS/injected")', 'watch-for': '`id`' });
    expect(hostile.log).toContain('Input "version": up to 100 letters');
    expect(hostile.log).toContain('Input "watch-for": a time such as 10m');
    commit('Version 4', { 'config/version.txt': '4\n' });
    const twice = await run(1, { version: 'v1.0.0' });
    expect(twice.log).toContain('The tag v1.0.0 is there already, on another commit.');
    for (const { log } of [hostile, twice]) expect(log).not.toContain('Main Credentials');
    expect(team.injected()).toEqual([]);
    expect(await team.state()).toEqual(before);
  });

  /** Until production serves another revision, and that revision is known to be good. */
  async function promotion(before: string): Promise<void> {
    const { lab } = team.guide.region;
    for (;;) {
      await sleep(100);
      const resourceArn = await serves('ips-api-service');
      if (resourceArn === before) continue;
      const { tags } = lab.world.must('ecs', 'ListTagsForResource', { resourceArn }) as {
        tags: { key: string }[];
      };
      if (tags.some(({ key }) => key.startsWith('ips-deploy:promoted'))) return;
    }
  }
});

/** An alarm without data: quiet, or ringing from its next minute on. */
function setAlarm({ region }: GuideRegion, AlarmName: string, TreatMissingData: string): void {
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
    TreatMissingData,
  });
}
