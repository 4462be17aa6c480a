/** The kit's GitHub client against the lab's GitHub, over real HTTP. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createWireServer, type WireServer } from '../../../src/lab/wire/server.ts';
import { World } from '../../../src/lab/world/world.ts';
import { systemClock } from '../../../src/runner/clock.ts';
import { createGitHubApi } from '../../../src/runner/github-api.ts';

const world = new World();
let server: WireServer;
let base = '';
let head = '';
let branch = '';

beforeAll(async () => {
  world.github.addRepository({ owner: 'acme', name: 'api' });
  base = world.github.addCommit('acme/api', 'main', 'base');
  branch = world.github.addCommit('acme/api', 'branch', 'grown apart');
  head = world.github.addCommit('acme/api', 'main', 'head');
  server = createWireServer({
    call: (request) => world.call(request),
    credentials: { lookup: () => undefined },
    now: () => world.kernel.now,
    region: world.kernel.config.region,
    github: world.github,
  });
  await server.listen();
});
afterAll(() => server.close(0));

const api = (token: string | undefined, repository = 'acme/api', apiUrl = `${server.url}/api/v3`) =>
  createGitHubApi({ apiUrl, repository, token, clock: systemClock });
const token = world.github.addToken;
const good = (): string => token.call(world.github, 'acme/api', { contents: 'read' });

test('commits are compared', async () => {
  const github = api(good());
  expect(await github.compare(base, head)).toEqual({
    ok: true,
    value: { status: 'ahead', aheadBy: 1, behindBy: 0 },
  });
  expect(await github.compare(head, base)).toMatchObject({ value: { status: 'behind', behindBy: 1 } });
  expect(await github.compare(head, head)).toMatchObject({ value: { status: 'identical' } });
  expect(await github.compare(head, branch)).toMatchObject({
    value: { status: 'diverged', aheadBy: 1, behindBy: 1 },
  });
});

test('what GitHub refuses has its kind', async () => {
  expect(await api('wrong').compare(base, head)).toMatchObject({ ok: false, kind: 'denied' });
  const without = token.call(world.github, 'acme/api', {});
  expect(await api(without).compare(base, head)).toMatchObject({ ok: false, kind: 'denied' });
  expect(await api(good()).compare('f'.repeat(40), head)).toMatchObject({ ok: false, kind: 'not-found' });
  expect(await api(good(), 'acme/other').compare(base, head)).toMatchObject({ ok: false, kind: 'not-found' });
});

test('nobody listens there', async () => {
  const answer = await api(good(), 'acme/api', 'http://127.0.0.1:9').compare(base, head);
  expect(answer).toMatchObject({ ok: false, kind: 'unreachable' });
}, 15_000);
