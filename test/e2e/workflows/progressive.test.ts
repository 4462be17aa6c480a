/** progressive.yml and watch.yml, run for real: rests between approvals, and who watches over them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { toolAvailable } from '../../support/tools.ts';
import { repository } from './region.ts';
import { runDeadlineMs, setUpTeam, starter, type Team, tellingOutputs } from './team.ts';

const withAct = toolAvailable('act', 'test/e2e/workflows/progressive') ? describe : describe.skip;

/** act knows no environments, and so no approvals: versions of the kit stand for what people may do. */
const versions = {
  rejected: inJob('second', (job) =>
    job.replace('    steps:\n', '$&      - run: exit 1 # reviewers say no\n'),
  ),
  waiting: (text: string) =>
    ['second', 'last', 'back'].reduce((changed, name) => inJob(name, neverRun)(changed), text),
  late: (text: string) =>
    ['first', 'last', 'back'].reduce(
      (changed, name) => inJob(name, neverRun)(changed),
      inJob('second', (job) => job.replace(/^ {4}(needs|if): .*\n/gm, ''))(text),
    ),
};

function neverRun(job: string): string {
  return job.replace(/^ {4}if: (>-\n( {6}.*\n)+|.*\n)/m, '').replace('    runs-on:', '    if: false\n$&');
}

/** Changes one job of progressive.yml, and no other workflow. */
function inJob(name: string, change: (job: string) => string): (text: string) => string {
  return (text) =>
    text.includes('name: Deploy progressively\n')
      ? text.replace(new RegExp(`^ {2}${name}:\\n(?: {4}.*\\n|\\n)+`, 'm'), change)
      : text;
}

/** The starter as it is, with what the region needs: where its listener answers, and the first weight as an input. */
const deploy = tellingOutputs(
  `${starter('progressive.yml').replace('push:\n    branches: [main]', 'workflow_dispatch:\n    inputs:\n      first-weight:\n        description: First\n        default: "10"\n      tag:\n        default: ""')}      first-weight: \${{ inputs.first-weight }}\n      probe-url: \${{ vars.LISTENER_URL }}\n      git-tag: \${{ inputs.tag }}\n      issue-on-rollback: true\n`,
  'deploy',
);

withAct('progressive.yml and watch.yml', () => {
  let team: Team;

  beforeAll(async () => {
    team = await setUpTeam({
      versions,
      workflows: {
        'progressive.yml': deploy,
        ...Object.fromEntries(
          Object.keys(versions).map((version) => [`${version}.yml`, deploy.replace('@v1', `@${version}`)]),
        ),
        'watch.yml': tellingOutputs(
          `${starter('watch.yml')}      notify-topic: \${{ vars.TOPIC_ARN }}\n      issue-on-rollback: true\n`,
          'watch',
        ),
      },
      prepare: async ({ region }) => {
        const { TopicArn } = region.lab.world.must('sns', 'CreateTopic', { Name: 'ips-api-alerts' }) as {
          TopicArn: string;
        };
        return { variables: { TOPIC_ARN: TopicArn } };
      },
    });
  }, 60_000);

  afterAll(() => team?.close());

  const run = (workflow: string, exitCode: 0 | 1, inputs: Readonly<Record<string, string>> = {}) =>
    team.run({ event: 'workflow_dispatch', workflow, inputs }, exitCode);
  /** Without the counts of tasks: those of a green that was taken back are on their way out. */
  const served = async () => {
    const { weights, services, images } = await team.state();
    const revisions = Object.entries(services).map(([name, { taskDefinition }]) => [name, taskDefinition]);
    return { weights, images, revisions };
  };
  /** Outcomes of which the team's topic has been told. */
  const told = () =>
    team.guide.region.lab.world.sns
      .published('arn:aws:sns:ap-south-1:123456789012:ips-api-alerts')
      .flatMap(({ attributes }) => attributes['outcome'] ?? []);
  const atGitHub = () => team.guide.region.lab.world.github.repository(repository);
  const bodies = () =>
    [...atGitHub().issues.values(), ...atGitHub().comments.values()].map(({ body }) => body);
  const onGroupB = { 'ips-api-targets': 0, 'ips-api-targets-b': 100 };

  test('says what is wrong with its inputs before it asks for credentials', async () => {
    const before = await team.state();
    const { log } = await run('progressive.yml', 1, {
      'first-weight': '$(touch "$RESULTS/injected")',
      tag: '`touch "$RESULTS/injected"`',
    });
    expect(log).toContain('Input "git-tag": a tag name');
    expect(log).toContain('Input "first-weight": a whole number from 1 to 99.');
    expect(log).not.toContain('Main Credentials');
    expect(team.injected()).toEqual([]);
    expect(await team.state()).toEqual(before);
  });

  test(
    'rests at two weights and goes on from them, job by job',
    async () => {
      const sha = team.commit('Version 2 $(touch "$RESULTS/injected")', { 'config/version.txt': '2\n' });
      team.sessions();
      const { log, outputs } = await run('progressive.yml', 0, { tag: 'v2' });
      expect(outputs).toMatchObject({
        image: expect.stringMatching(/@sha256:[0-9a-f]{64}$/),
        'first-outcome': 'paused',
        'second-outcome': 'paused',
        outcome: expect.stringMatching(/^promoted(-on-probes)?$/),
        'rollback-outcome': '',
        'git-tag': 'v2',
        issue: '',
      });
      expect(atGitHub().refs.get('refs/tags/v2')).toBe(sha);
      // Each of the three jobs renews the credentials of its shift itself.
      expect(team.sessions().filter((name) => name.startsWith('ips-deploy-1-'))).toHaveLength(3);
      expect(log).toMatch(/Shown as deployed *\]/);
      expect((await team.state()).weights).toEqual(onGroupB);
      expect(log).toMatch(/Shift to 10 %.*Summary - ### ✅ .*: paused/);
      expect(log).toMatch(/Shift to 100 %.*Summary - ### ✅ .*: promoted/);
      expect(log).not.toMatch(/Take the traffic back *\]/);
      expect(team.injected()).toEqual([]);
    },
    runDeadlineMs,
  );

  test(
    'an approval that does not come takes the traffic back',
    async () => {
      team.commit('Version 3', { 'config/version.txt': '3\n' });
      const { log } = await run('rejected.yml', 1, { tag: 'v3' });
      expect(log).toMatch(/Shift to 10 %\].*::set-output:: outcome=paused/);
      expect(log).toMatch(/Take the traffic back\].*::set-output:: outcome=rolled-back/);
      expect(log).not.toMatch(/Shown as deployed *\]/);
      expect(atGitHub().refs.has('refs/tags/v3')).toBe(false);
      expect(bodies()).toEqual([expect.stringContaining('rolled-back')]);
      expect((await team.state()).weights).toEqual(onGroupB);
    },
    runDeadlineMs,
  );

  describe('while it waits for its approval', () => {
    test(
      'the starter watch.yml lets a good version rest',
      async () => {
        team.commit('Version 4', { 'config/version.txt': '4\n' });
        await run('waiting.yml', 0);
        const resting = await team.state();
        expect(resting.weights).toEqual({ 'ips-api-targets': 10, 'ips-api-targets-b': 90 });
        const { outputs } = await run('watch.yml', 0);
        expect(outputs).toMatchObject({ outcome: 'paused', cause: '' });
        expect(told()).toEqual([]);
        expect(await team.state()).toEqual(resting);
      },
      runDeadlineMs,
    );

    test(
      'and takes a bad one back: an approval that comes later begins nothing',
      async () => {
        // Somebody's hand on green: other tasks than those that were proven meet users now.
        const { world, clock } = team.guide.region.lab;
        clock.poke();
        world.must('ecs', 'UpdateService', {
          cluster: 'ips-api-cluster',
          service: 'ips-api-service',
          taskDefinition: 'ips-api-task:1',
        });
        const watched = await run('watch.yml', 1);
        expect(watched.log).toContain('::set-output:: outcome=rolled-back');
        expect(watched.log).toMatch(/Summary - ### ❌/);
        expect(told()).toEqual(['rolled-back']);
        // About the same listener as the approval that did not come: one issue, and a comment.
        expect([atGitHub().issues.size, bodies().length]).toEqual([1, 2]);
        expect((await team.state()).weights).toEqual(onGroupB);
        const before = await served();
        const late = await run('late.yml', 1);
        expect(late.log).toContain('::set-output:: cause=nothing-rests');
        expect(await served()).toEqual(before);
        expect((await run('watch.yml', 0)).outputs).toMatchObject({ outcome: 'no-change' });
      },
      runDeadlineMs,
    );
  });
});
