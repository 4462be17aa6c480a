import { expect, test } from '@jest/globals';
import type { TokenPermissions } from '../../../../src/lab/world/github/index.ts';
import { World } from '../../../../src/lab/world/world.ts';

function setUp(
  permissions: TokenPermissions = {
    contents: 'write',
    deployments: 'write',
    issues: 'write',
    actions: 'write',
  },
) {
  const { github, kernel } = new World();
  github.addRepository({ owner: 'acme', name: 'api' });
  const token = github.addToken('acme/api', permissions);
  const call = (method: string, path: string, body?: unknown, query: Record<string, string> = {}) => {
    const answer = github.handle({ method, path: `/repos/acme/api${path}`, query, body, token });
    // biome-ignore lint/suspicious/noExplicitAny: each path has its own shape
    return answer as { readonly status: number; readonly json: any };
  };
  const head = github.repository('acme/api').refs.get('refs/heads/main')!;
  return { github, kernel, call, head, token };
}

test('without a token nothing, with a wrong one nothing, elsewhere it does not exist', () => {
  const { github, token } = setUp();
  const get = (path: string, given: string | undefined) =>
    github.handle({ method: 'GET', path, query: {}, body: undefined, token: given });
  expect(get('/repos/acme/api', undefined)).toMatchObject({
    status: 401,
    json: { message: 'Requires authentication' },
  });
  expect(get('/repos/acme/api', 'ghs_wrong')).toMatchObject({
    status: 401,
    json: { message: 'Bad credentials' },
  });
  expect(get('/repos/acme/other', token).status).toBe(404);
  expect(get('/repos/acme/api/no/such/path', token).status).toBe(404);
  expect(get('/repos/acme/api', token)).toMatchObject({ status: 200, json: { full_name: 'acme/api' } });
});

test('a token does what its permissions say', () => {
  const { call, head } = setUp({ deployments: 'read' });
  expect(call('GET', '/deployments').status).toBe(200);
  expect(call('POST', '/deployments', { ref: 'main' })).toMatchObject({
    status: 403,
    json: { message: 'Resource not accessible by integration' },
  });
  expect(call('GET', `/commits/${head}`).status).toBe(403);
  expect(setUp({ issues: 'read' }).call('POST', '/issues', { title: 't' }).status).toBe(403);
});

test('a comment on a pull request may be made with either permission', () => {
  for (const permissions of [{ issues: 'write' }, { 'pull-requests': 'write' }] as const) {
    const { github, call } = setUp(permissions);
    const { number } = github.addIssue('acme/api', {
      title: 'PR',
      body: '',
      user: 'ana',
      isPullRequest: true,
    });
    const made = call('POST', `/issues/${number}/comments`, { body: 'one' });
    expect(made.status).toBe(201);
    expect(call('PATCH', `/issues/comments/${made.json.id}`, { body: 'two' }).json.body).toBe('two');
    expect(call('GET', `/issues/${number}/comments`).json).toMatchObject([{ body: 'two' }]);
  }
});

test('tags are made once, and moved forward only', () => {
  const { github, call, head } = setUp();
  expect(call('POST', '/git/refs', { ref: 'refs/tags/v1', sha: head }).status).toBe(201);
  expect(call('POST', '/git/refs', { ref: 'refs/tags/v1', sha: head })).toMatchObject({
    status: 422,
    json: { message: 'Reference already exists' },
  });
  expect(call('POST', '/git/refs', { ref: 'refs/tags/v2', sha: '0'.repeat(40) }).status).toBe(422);
  expect(call('POST', '/git/refs', { ref: 'v2', sha: head }).status).toBe(422);
  const next = github.addCommit('acme/api', 'main', 'more');
  expect(call('PATCH', '/git/refs/tags/v1', { sha: next }).json.object.sha).toBe(next);
  expect(call('PATCH', '/git/refs/tags/v1', { sha: head }).status).toBe(422);
  expect(call('PATCH', '/git/refs/tags/v1', { sha: head, force: true }).status).toBe(200);
  expect(call('GET', '/git/ref/tags/v1').json.object.sha).toBe(head);
  expect(call('GET', '/tags').json).toEqual([{ name: 'v1', commit: { sha: head } }]);
});

test('compare counts both sides', () => {
  const { github, call, head } = setUp();
  const one = github.addCommit('acme/api', 'main', 'one', ['src/a.ts']);
  const two = github.addCommit('acme/api', 'main', 'two', ['src/b.ts']);
  const compare = (base: string, to: string) => call('GET', `/compare/${base}...${to}`).json;
  expect(compare(head, 'main')).toMatchObject({ status: 'ahead', ahead_by: 2, behind_by: 0 });
  expect(compare(head, two).files.map((file: { filename: string }) => file.filename)).toEqual([
    'src/a.ts',
    'src/b.ts',
  ]);
  expect(compare('main', head)).toMatchObject({ status: 'behind', ahead_by: 0, behind_by: 2 });
  expect(compare(two, 'main')).toMatchObject({ status: 'identical' });
  const side = github.repository('acme/api');
  side.commits.set('f'.repeat(40), {
    sha: 'f'.repeat(40),
    parents: [one],
    message: '',
    authoredAtMs: 0,
    files: [],
  });
  expect(compare('f'.repeat(40), two)).toMatchObject({ status: 'diverged', ahead_by: 1, behind_by: 1 });
  expect(call('GET', '/compare/absent...main').status).toBe(404);
});

test('a success makes the former success of its environment inactive', () => {
  const { call, head } = setUp();
  const deploy = (environment: string) => call('POST', '/deployments', { ref: 'main', environment }).json.id;
  const status = (id: number, state: string) => call('POST', `/deployments/${id}/statuses`, { state });
  const latest = (id: number) => call('GET', `/deployments/${id}/statuses`).json[0].state;
  const [first, other, second] = [deploy('prod'), deploy('test'), deploy('prod')];
  for (const id of [first, other]) expect(status(id, 'success').status).toBe(201);
  status(second, 'in_progress');
  expect(latest(first)).toBe('success');
  status(second, 'success');
  expect([latest(first), latest(other), latest(second)]).toEqual(['inactive', 'success', 'success']);
  const found = call('GET', '/deployments', undefined, { environment: 'prod' }).json;
  expect(found.map((one: { id: number }) => one.id)).toEqual([second, first]);
  expect(found[0].sha).toBe(head);
  expect(status(second, 'done').status).toBe(422);
  expect(call('POST', '/deployments', { ref: 'absent' }).status).toBe(422);
});

test('a description may have 140 characters', () => {
  const { call } = setUp();
  const { id } = call('POST', '/deployments', { ref: 'main' }).json;
  const post = (length: number) =>
    call('POST', `/deployments/${id}/statuses`, { state: 'success', description: 'x'.repeat(length) }).status;
  expect([post(140), post(141)]).toEqual([201, 422]);
});

test('issues are found by label, and closed', () => {
  const { call } = setUp();
  const { number } = call('POST', '/issues', { title: 'rolled back', labels: ['deploy'] }).json;
  expect(call('GET', '/issues', undefined, { labels: 'deploy' }).json).toMatchObject([{ number }]);
  expect(call('GET', '/issues', undefined, { labels: 'other' }).json).toEqual([]);
  call('PATCH', `/issues/${number}`, { state: 'closed' });
  expect(call('GET', '/issues').json).toEqual([]);
  expect(call('GET', '/issues', undefined, { state: 'all' }).json).toHaveLength(1);
});

test('a run is cancelled once', () => {
  const { github, call, head } = setUp();
  const run = github.addRun('acme/api', { name: 'deploy', headSha: head, headBranch: 'main', event: 'push' });
  expect(call('POST', `/actions/runs/${run.id}/cancel`).status).toBe(202);
  expect(call('GET', `/actions/runs/${run.id}`).json).toMatchObject({
    status: 'completed',
    conclusion: 'cancelled',
  });
  expect(call('POST', `/actions/runs/${run.id}/cancel`).status).toBe(409);
});

test('a deployment waits for green checks, its own run among them, unless it asks for none', () => {
  const { github, call, head: sha } = setUp();
  const run = github.addRun('acme/api', { name: 'Deploy', headSha: sha, headBranch: 'main', event: 'push' });
  const deploy = (more: object) => call('POST', '/deployments', { ref: 'main', ...more }).status;
  expect([deploy({}), deploy({ required_contexts: ['Deploy'] })]).toEqual([409, 409]);
  expect([deploy({ required_contexts: [] }), deploy({ required_contexts: ['Other'] })]).toEqual([201, 201]);
  Object.assign(run, { status: 'completed', conclusion: 'success' });
  expect(deploy({})).toBe(201);
});

test('a branch that is behind is merged first, unless it is not to be', () => {
  const { github, call } = setUp();
  github.addCommit('acme/api', 'feature', 'begun');
  const deploy = (more: object) => call('POST', '/deployments', { ref: 'feature', ...more }).status;
  expect(deploy({})).toBe(201);
  github.addCommit('acme/api', 'main', 'goes on');
  expect([deploy({}), deploy({ auto_merge: false })]).toEqual([202, 201]);
});

test.each([
  [{ title: 't'.repeat(256), body: 'b'.repeat(65_536) }, 201],
  [{ title: 't'.repeat(257) }, 422],
  [{ title: 't', body: 'b'.repeat(65_537) }, 422],
])('an issue has its limits, %#', (issue, status) => {
  const { call } = setUp();
  expect(call('POST', '/issues', issue).status).toBe(status);
});
