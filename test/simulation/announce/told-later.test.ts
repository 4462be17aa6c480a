/** What a job of its own tells GitHub after a deployment, against the lab's GitHub in virtual time. */
import { describe, expect, test } from '@jest/globals';
import { issueOf } from '../../../src/announce/issue.ts';
import { tellLater } from '../../../src/announce/told-later.ts';
import { parseTellGitHub, type TellGitHubRequest } from '../../../src/inputs/tell-github.ts';
import type { TokenPermissions } from '../../../src/lab/world/github/index.ts';
import { createGitHubApi } from '../../../src/runner/github-api.ts';
import { sendToLab } from '../../support/lab-github.ts';
import { makeRegion, portsOf } from '../rollout/region.ts';

const repository = 'acme/api';
const subject = { action: 'rolling-deploy', cluster: 'c', services: ['api'], listener: null } as const;

async function setUp(permissions: TokenPermissions) {
  const region = await makeRegion();
  const { world, time } = region;
  world.github.addRepository({ owner: 'acme', name: 'api' });
  const sha = world.github.addCommit(repository, 'main', 'a version');
  const token = world.github.addToken(repository, permissions);
  const context = {
    ...portsOf(region).context,
    repository,
    sha,
    serverUrl: 'https://github.com',
    runId: '7',
  };
  const send = sendToLab(world);
  const warnings: string[] = [];
  const summaries: string[] = [];
  const asked = (change: Partial<TellGitHubRequest>): TellGitHubRequest => ({
    outcome: '',
    issue: undefined,
    deployment: undefined,
    gitTag: undefined,
    issueOnRollback: false,
    githubToken: token,
    ...change,
  });
  return {
    sha,
    context,
    warnings,
    summaries,
    state: world.github.repository(repository),
    tell: (change: Partial<TellGitHubRequest>) =>
      time.run(
        tellLater(asked(change), {
          github: createGitHubApi({ apiUrl: '', repository, token, clock: time, send }),
          context,
          now: time.now(),
          info: () => undefined,
          warn: (message) => void warnings.push(message),
          summary: (markdown) => void summaries.push(markdown),
        }),
      ),
  };
}

/** As the action that deployed gives it, and as the next job reads it. */
function issueOfRollback(context: Awaited<ReturnType<typeof setUp>>['context'], sentence: string) {
  const report = {
    title: 'Rolling deploy of api',
    outcome: 'rolled-back',
    ok: false,
    sentence,
    facts: [],
    events: [],
    sections: [],
    startedAt: 0,
    endedAt: 5000,
  };
  const result = { ok: false, outputs: { cause: 'container-exited' }, report };
  const issue = issueOf({ subject, result, context, docsBase: undefined, redact: (text) => text }, 30_000);
  const parsed = parseTellGitHub({
    outcome: 'rolled-back',
    issue: JSON.stringify(issue),
    'github-token': 't',
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.request.issue;
}

describe('the tag', () => {
  test.each([
    ['succeeded', 'v1'],
    ['no-change', 'v1'],
    ['promoted', 'v1'],
    ['promoted-on-probes', 'v1'],
    ['paused', ''],
    ['rolled-back', ''],
    ['refused', ''],
    ['', ''],
  ])('after %j it is %j', async (outcome, name) => {
    const { tell, state, sha, warnings } = await setUp({ contents: 'write' });
    expect(await tell({ outcome, gitTag: 'v1' })).toEqual({ 'git-tag': name, issue: '' });
    expect(state.refs.get('refs/tags/v1')).toBe(name === '' ? undefined : sha);
    expect(warnings).toEqual([]);
  });

  test('without the permission: a warning that says which', async () => {
    const { tell, state, warnings } = await setUp({ contents: 'read' });
    expect(await tell({ outcome: 'succeeded', gitTag: 'v1' })).toEqual({ 'git-tag': '', issue: '' });
    expect(state.refs.has('refs/tags/v1')).toBe(false);
    expect(warnings).toEqual([expect.stringContaining('Resource not accessible by integration')]);
  });
});

describe('the issue', () => {
  test('has the diagnosis of the job before, once for each service as long as it is open', async () => {
    const { tell, state, context, summaries } = await setUp({ issues: 'write' });
    const change = { outcome: 'rolled-back', issueOnRollback: true };
    const first = await tell({
      ...change,
      issue: issueOfRollback(context, 'It went back: @team `id` $(id)'),
    });
    await tell({ ...change, issue: issueOfRollback(context, 'Again.') });
    const issues = [...state.issues.values()];
    expect(issues).toHaveLength(1);
    expect(issues[0]!.title).toBe('Rolling deploy of api: rolled-back (container-exited)');
    expect(issues[0]!.body).toContain('@\u200bteam');
    expect([...state.comments.values()].map(({ body }) => body)).toEqual([expect.stringContaining('Again')]);
    expect(first['issue']).toMatch(/\/issues\/\d+$/);
    expect(summaries[0]).toContain(`[Issue](${first['issue']})`);
  });

  test('whose diagnosis did not come along has the outcome and the run', async () => {
    const { tell, state } = await setUp({ issues: 'write' });
    await tell({ outcome: 'rollback-failed', issueOnRollback: true });
    const [issue] = [...state.issues.values()];
    expect(issue!.title).toBe('Deployment of acme/api: rollback-failed');
    expect(issue!.body).toContain('(https://github.com/acme/api/actions/runs/7/attempts/1)');
  });

  test.each([
    ['succeeded', true],
    ['refused', true],
    ['', true],
    ['rolled-back', false],
  ])('none after %j where asked for is %j', async (outcome, issueOnRollback) => {
    const { tell, state, warnings } = await setUp({ issues: 'write' });
    expect(await tell({ outcome, issueOnRollback })).toEqual({ 'git-tag': '', issue: '' });
    expect(state.issues.size).toBe(0);
    expect(warnings).toEqual([]);
  });

  test('without the permission: a warning', async () => {
    const { tell, warnings } = await setUp({ contents: 'write' });
    await tell({ outcome: 'failed', issueOnRollback: true });
    expect(warnings).toEqual([expect.stringContaining('No issue could be opened')]);
  });
});

describe('the deployment of what serves again', () => {
  const shown = (commit: string) => ({
    outcome: 'succeeded',
    deployment: { environment: 'Production', environmentUrl: 'https://api.example.com', commit },
  });

  test('makes the one before inactive', async () => {
    const { tell, state, sha, warnings } = await setUp({ deployments: 'write' });
    await tell(shown(sha));
    await tell(shown(sha));
    expect(
      state.deployments.map((each) => [each.sha, each.task, ...each.statuses.map(({ state: is }) => is)]),
    ).toEqual([
      [sha, 'rollback', 'success', 'inactive'],
      [sha, 'rollback', 'success'],
    ]);
    expect(state.deployments[1]!.statuses[0]).toMatchObject({
      environmentUrl: 'https://api.example.com',
      logUrl: 'https://github.com/acme/api/actions/runs/7/attempts/1',
    });
    expect(warnings).toEqual([]);
  });

  test.each([
    [{ contents: 'write' }, 'Resource not accessible by integration'],
    [{ deployments: 'write' }, 'No ref found for'],
  ] as const)('with %j and a commit that is not there: a warning', async (permissions, why) => {
    const { tell, state, warnings } = await setUp(permissions);
    await tell(shown('f'.repeat(40)));
    expect(warnings).toEqual([expect.stringContaining(why)]);
    expect(state.deployments).toEqual([]);
  });

  test.each([
    [{ 'github-deployment': 'Production' }, undefined],
    [{ commit: 'a'.repeat(40) }, undefined],
    [
      { 'github-deployment': 'Production', commit: 'a'.repeat(40) },
      { environment: 'Production', environmentUrl: undefined, commit: 'a'.repeat(40) },
    ],
  ])('of %j: %j', (raw, deployment) => {
    const parsed = parseTellGitHub({ 'github-token': 't', ...raw } as Record<string, string>);
    expect(parsed.ok && parsed.request.deployment).toEqual(deployment);
  });
});

test.each([
  [{}, ['github-token']],
  [{ 'github-token': 't', commit: '$(id)', 'github-deployment': 'a;b' }, ['commit', 'github-deployment']],
  [{ 'github-token': 't', outcome: 'Rolled back!' }, ['outcome']],
  [
    { 'github-token': 't', issue: 'no JSON', 'git-tag': '../x', 'issue-on-rollback': 'maybe' },
    ['git-tag', 'issue-on-rollback'],
  ],
  [{ 'github-token': 't', issue: '{"title":""}' }, ['issue']],
  [{ 'github-token': 't', issue: '{"title":1,"body":"b"}' }, ['issue']],
  [{ 'github-token': 't', issue: 'null' }, ['issue']],
])('bad inputs %j: problems of %j', (raw, inputs) => {
  const parsed = parseTellGitHub(raw as Record<string, string>);
  expect(parsed.ok ? [] : parsed.problems.map(({ input }) => input).sort()).toEqual(inputs);
});
