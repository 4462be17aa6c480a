/**
 * The starter workflows as a user has them, and the reusable ones that they call, run for real: an application's
 * repository, act as the runner, and the lab as AWS, with the roles and policies of the documents.
 */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Workbench } from '../../support/act.ts';
import { noteSkip, toolAvailable } from '../../support/tools.ts';
import { type GuideRegion, repository } from './region.ts';
import { applicationFiles, caller, runDeadlineMs, setUpTeam, starter, type Team } from './team.ts';

const withAct = toolAvailable('act', 'test/e2e/workflows') ? describe : describe.skip;

const dockerAnswers = spawnSync('docker', ['version'], { stdio: 'ignore' }).status === 0;
if (!dockerAnswers)
  noteSkip('Docker: start its daemon and run npm test test/e2e/workflows, for the image of a pull request');

/** A starter workflow for who cannot assume a role by OIDC. */
function withKeys(text: string): string {
  const secret = (name: string): string => `\${{ secrets.${name} }}`;
  return `${text.replace(/ *role-to-assume: .*\n/, '')}    secrets:
      aws-access-key-id: ${secret('DEPLOY_ACCESS_KEY_ID')}
      aws-secret-access-key: ${secret('DEPLOY_SECRET_ACCESS_KEY')}
`;
}

withAct('workflows', () => {
  let team: Team;
  let guide: GuideRegion;
  let workbench: Workbench;

  beforeAll(async () => {
    team = await setUpTeam({
      workflows: {
        'deploy.yml': starter('deploy.yml'),
        'rollback.yml': `${starter('rollback.yml').replace('permissions:\n', '$&  deployments: write\n  issues: write\n')}      github-deployment: true\n      issue-on-rollback: true\n`,
        'pr-check.yml': starter('pr-check.yml'),
        'caller.yml': caller('caller.yml'),
        'rollback-with-keys.yml': withKeys(starter('rollback.yml')),
        ...Object.fromEntries(
          ['pull_request', 'pull_request_target', 'workflow_run'].map((event) => [
            `deploy-on-${event}.yml`,
            starter('deploy.yml').replace(
              /push:\n.*\n/,
              event === 'workflow_run' ? 'workflow_run:\n    workflows: [Checks]\n' : `${event}:\n`,
            ),
          ]),
        ),
        'pr-check-without-image.yml': starter('pr-check.yml').replace('    with:\n', '$&      image: none\n'),
      },
    });
    ({ guide, workbench } = team);
  }, 60_000);

  afterAll(() => team?.close());

  const run: Team['run'] = (request, exitCode) => team.run(request, exitCode);
  const state: Team['state'] = () => team.state();
  const behaviour = (name: string) => ({ 'behaviour.json': `${JSON.stringify({ behaviour: name })}\n` });
  const issues = () => [...guide.region.lab.world.github.repository(repository).issues.values()];
  const deployments = () =>
    guide.region.lab.world.github
      .repository(repository)
      .deployments.map(({ sha, environment, statuses }) => [
        sha,
        environment,
        ...statuses.map(({ state: is }) => is),
      ]);
  let first = '';
  const tagged = (tag: string) =>
    guide.region.lab.world.github.repository(repository).refs.get(`refs/tags/${tag}`);
  const serves = async () => (await state()).services['ips-api-service']!.taskDefinition;

  test(
    'starter deploy.yml: the first release on a push',
    async () => {
      const before = await state();
      const commit = team.commit('Version 1 $(touch "$RESULTS/injected")\n\n::error::from a commit message');
      const { log } = await run({ event: 'push', workflow: 'deploy.yml' }, 0);
      const after = await state();
      first = commit;
      expect(after.images).toContainEqual({ digest: expect.anything(), tags: [commit] });
      expect(after.services['ips-api-service']).toMatchObject({ runningCount: 2 });
      expect(after.services['ips-api-service']).not.toEqual(before.services['ips-api-service']);
      expect(log).toMatch(/Summary - ### ✅/);
    },
    runDeadlineMs,
  );

  test(
    'deploy.yml gives its outputs to the caller',
    async () => {
      const before = await serves();
      const sha = team.commit('Version 2', { 'config/version.txt': '2\n' });
      // A name that git allows for a branch, and that a shell would carry out.
      workbench.checkOut('main', 'v2;$(touch$IFS$RESULTS/injected)`touch$IFS$RESULTS/injected`');
      team.sessions();
      const { log, outputs } = await run(
        { event: 'workflow_dispatch', workflow: 'caller.yml', inputs: { tag: 'v2-{sha7}' } },
        0,
      );
      expect(outputs).toMatchObject({
        outcome: 'succeeded',
        image: expect.stringMatching(/@sha256:[0-9a-f]{64}$/),
        'previous-task-definition-arn': before,
        'task-definition-arn': await serves(),
        'git-tag': `v2-${sha.slice(0, 7)}`,
        issue: '',
      });
      expect(tagged(`v2-${sha.slice(0, 7)}`)).toBe(sha);
      // For building and rendering, fresh for the deployment, and the one that the deployment renews itself.
      expect(team.sessions()).toEqual([
        'GitHubActions',
        'GitHubActions',
        expect.stringMatching(/^ips-deploy-1-/),
      ]);
      expect(log).toContain('Tag, or issue');
      expect(outputs['image']).toContain(outputs['digest']);
      workbench.checkOut('main');
      expect(team.injected()).toEqual([]);
      expect((await state()).images.flatMap(({ tags }) => tags)).toContainEqual(
        expect.stringMatching(/^v2-touch-IFS-RESULTS-injected-touch/),
      );
    },
    runDeadlineMs,
  );

  test(
    'deploy.yml of an older commit: what serves is newer, and stays',
    async () => {
      const before = await state();
      workbench.checkOut('main~1');
      const { log } = await run({ event: 'push', workflow: 'deploy.yml' }, 1);
      workbench.checkOut('main');
      expect(log).toContain('::set-output:: outcome=refused');
      expect(log).toContain('::set-output:: cause=stale-commit');
      expect(log).toContain('an older run would take a newer one back');
      expect((await state()).services).toEqual(before.services);
    },
    runDeadlineMs,
  );

  test(
    'starter rollback.yml: the list changes nothing, the way back leads to the release before',
    async () => {
      const before = await state();
      const bad = await serves();
      team.sessions();
      const list = { mode: 'list', to: 'auto', reason: 'a look' };
      const listed = await run({ event: 'workflow_dispatch', workflow: 'rollback.yml', inputs: list }, 0);
      expect(listed.log).toContain('::set-output:: candidates=[{');
      expect(await state()).toEqual(before);
      expect(issues()).toEqual([]);
      expect(deployments()).toEqual([]);
      expect(team.sessions()).toEqual(['GitHubActions', expect.stringMatching(/^ips-deploy-1-/)]);
      const reason = 'orders are lost $(touch "$RESULTS/injected") `touch "$RESULTS/injected"`';
      const back = { mode: 'roll-back', to: 'previous-good', reason };
      const ended = await run({ event: 'workflow_dispatch', workflow: 'rollback.yml', inputs: back }, 0);
      expect(ended.log).toMatch(/Summary - ### ✅ Rollback of ips-api-service[\s\S]*orders are lost/);
      const revision = (arn: string): number => Number(arn.split(':').at(-1));
      expect(revision(await serves())).toBe(revision(bad) - 1);
      expect((await state()).services['ips-api-service']!.runningCount).toBe(2);
      // GitHub shows the first version as the one that serves, whatever commit the workflow was started on.
      expect(deployments()).toEqual([[first, 'Production', 'success']]);
      expect(issues()).toMatchObject([
        { title: 'Rollback of ips-api-service: succeeded', body: expect.stringContaining('orders are lost') },
      ]);
      expect(team.injected()).toEqual([]);
    },
    runDeadlineMs,
  );

  test(
    'rollback.yml with access keys, as the second choice',
    async () => {
      const inputs = { mode: 'list', to: 'auto', reason: 'a look' };
      const { log } = await run(
        { event: 'workflow_dispatch', workflow: 'rollback-with-keys.yml', inputs },
        0,
      );
      expect(log).toContain('::set-output:: candidates=[{');
      expect(log).not.toContain(guide.region.stage.secretAccessKey);
    },
    runDeadlineMs,
  );

  test(
    'deploy.yml with a release that crashes: taken back, and red',
    async () => {
      const before = await state();
      team.commit('Version 3', behaviour('crash-at-start'));
      const inputs = { tag: 'bad' };
      const { log } = await run({ event: 'workflow_dispatch', workflow: 'caller.yml', inputs }, 1);
      expect(tagged('bad')).toBeUndefined();
      // act keeps the outputs of a called workflow that failed from its caller, GitHub does not.
      expect(log).toContain('::set-output:: outcome=rolled-back');
      expect(log).toContain('::set-output:: cause=container-exited');
      expect((await state()).services).toEqual(before.services);
      expect(log).toMatch(/Summary - ### ❌/);
      // About the same service as the rollback before: one issue, and a comment.
      const { comments } = guide.region.lab.world.github.repository(repository);
      expect(issues()).toHaveLength(1);
      expect([...comments.values()].map(({ body }) => body)).toEqual([
        expect.stringContaining('container-exited'),
      ]);
      team.commit('Version 4', behaviour('good'));
    },
    runDeadlineMs,
  );

  test(
    'deploy.yml says what is wrong with its inputs before it asks for credentials',
    async () => {
      const before = await state();
      const tag = '$(touch "$RESULTS/injected")';
      const inputs = { strategy: tag, service: '`id`', image: 'two words', tag };
      const { log } = await run({ event: 'workflow_dispatch', workflow: 'caller.yml', inputs }, 1);
      expect(log).toContain('allowed is rolling or blue-green.');
      expect(log).toContain('Input "image": a reference has no blanks');
      expect(log).toContain('Input "git-tag": a tag name');
      expect(log).not.toContain('Main Credentials');
      expect(team.injected()).toEqual([]);
      expect(await state()).toEqual(before);
    },
    runDeadlineMs,
  );

  const pullRequest = {
    number: 1,
    pull_request: { number: 1, head: { ref: 'patch' }, base: { ref: 'main' } },
  };
  test.each([
    { event: 'pull_request', payload: pullRequest, why: 'what a pull request brings is not deployed' },
    { event: 'pull_request_target', payload: pullRequest, why: 'what a pull request brings is not deployed' },
    {
      event: 'workflow_run',
      payload: { workflow_run: { head_repository: { full_name: 'stranger/ips-data-acquisition-api' } } },
      why: 'what a run of a fork has made is not deployed',
    },
  ] as const)(
    'deploy.yml deploys nothing on $event',
    async ({ event, payload, why }) => {
      const before = await state();
      const { log } = await run({ event, workflow: `deploy-on-${event}.yml`, payload }, 1);
      expect(log).toContain(why);
      expect(log).not.toContain('Main Credentials');
      expect(await state()).toEqual(before);
    },
    runDeadlineMs,
  );

  test(
    'deploy.yml, blue/green',
    async () => {
      const inputs = { strategy: 'blue-green' };
      team.commit('Version 5', { 'config/version.txt': '5\n' });
      const { outputs } = await run({ event: 'workflow_dispatch', workflow: 'caller.yml', inputs }, 0);
      expect(outputs['outcome']).toMatch(/^promoted(-on-probes)?$/);
      expect(JSON.parse(outputs['weights']!)).toEqual({ 'ips-api-targets': 0, 'ips-api-targets-b': 100 });
      expect((await state()).weights).toEqual({ 'ips-api-targets': 0, 'ips-api-targets-b': 100 });
    },
    runDeadlineMs,
  );

  describe('starter pr-check.yml', () => {
    const pullRequest = (number: number, owner: string) => ({
      action: 'opened',
      number,
      pull_request: {
        number,
        head: { ref: 'patch', repo: { full_name: `${owner}/ips-data-acquisition-api` } },
        base: { ref: 'main' },
      },
    });
    const open = (title: string): number =>
      guide.region.lab.world.github.addIssue(repository, {
        title,
        body: '',
        user: 'octocat',
        isPullRequest: true,
      }).number;
    const commentsOf = (number: number): readonly string[] =>
      [...guide.region.lab.world.github.repository(repository).comments.values()]
        .filter((comment) => comment.issueNumber === number)
        .map(({ body }) => body);
    /** The image of a pull request is built by Docker; where none answers, that job is left out. */
    const workflow = dockerAnswers ? 'pr-check.yml' : 'pr-check-without-image.yml';

    test(
      'tests run, and the change is a comment',
      async () => {
        const before = await state();
        const definition = JSON.parse(applicationFiles(guide)['task-definition.json']!);
        workbench.commit('Bigger', {
          'package.json': JSON.stringify({ scripts: { test: 'echo tests have run' } }),
          Dockerfile: 'FROM scratch\nCOPY server.js /\n',
          'task-definition.json': JSON.stringify({ ...definition, cpu: '1024', memory: '2048' }),
        });
        const number = open('Bigger');
        const payload = pullRequest(number, 'acme');
        const { log } = await run({ event: 'pull_request', workflow, payload }, 0);
        expect(log).toContain('tests have run');
        expect(commentsOf(number)).toEqual([expect.stringContaining('1024')]);
        expect(await state()).toEqual(before);
      },
      runDeadlineMs,
    );

    test(
      'from a fork there are neither credentials nor a comment',
      async () => {
        const number = open('From a fork');
        const payload = pullRequest(number, 'stranger');
        const { log } = await run({ event: 'pull_request', workflow, payload }, 0);
        expect(log).toContain('tests have run');
        expect(log).not.toContain('Main Credentials');
        expect(commentsOf(number)).toEqual([]);
      },
      runDeadlineMs,
    );
  });
});
