import { describe, expect, test } from '@jest/globals';
import type { Clock } from '../../../src/runner/clock.ts';
import { createGitHubApi } from '../../../src/runner/github-api.ts';
import type { HttpAnswer, HttpRequest, SendHttp } from '../../../src/runner/http.ts';

const comparison = { status: 'behind', ahead_by: 0, behind_by: 2 };

function answer(status: number, json: unknown = {}, headers: Record<string, string> = {}): HttpAnswer {
  return { status, header: (name) => headers[name], json: async () => json };
}

/** Answers in their order; an error stands for no answer. */
function setUp(answers: readonly (HttpAnswer | Error)[], token: string | undefined = 'secret') {
  const asked: HttpRequest[] = [];
  const slept: number[] = [];
  let now = 1_000_000_000_000;
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
  };
  const left = [...answers];
  const send: SendHttp = async (request) => {
    asked.push(request);
    const next = left.shift();
    if (next === undefined) throw new Error('asked once too often');
    if (next instanceof Error) throw next;
    return next;
  };
  const api = createGitHubApi({
    apiUrl: 'https://ghes.example.com/api/v3/',
    repository: 'o/r',
    token,
    clock,
    send,
  });
  return { api, ask: (signal?: AbortSignal) => api.compare('aaa', 'b/b', signal), asked, slept, left };
}

test('a comparison, on an enterprise server too', async () => {
  const { ask, asked } = setUp([answer(200, comparison)]);
  expect(await ask()).toEqual({ ok: true, value: { status: 'behind', aheadBy: 0, behindBy: 2 } });
  expect(asked).toMatchObject([
    {
      method: 'GET',
      url: 'https://ghes.example.com/api/v3/repos/o/r/compare/aaa...b%2Fb?per_page=1',
      headers: { authorization: 'Bearer secret' },
    },
  ]);
});

describe('failures are values', () => {
  test.each([
    ['wrong token', [answer(401)], 'denied', []],
    ['missing permission', [answer(403)], 'denied', []],
    ['unknown commit', [answer(404)], 'not-found', []],
    ['strange status', [answer(418)], 'unexpected', []],
    ['not to be had', [answer(422)], 'rejected', []],
    ['no JSON', [{ ...answer(200), json: async () => JSON.parse('<html>') }], 'unexpected', []],
    ['no comparison', [answer(200, { status: 'sideways' })], 'unexpected', []],
    ['no answer, three times', [new Error('a'), new Error('b'), new Error('c')], 'unreachable', [1000, 2000]],
    ['5xx, three times', [answer(502), answer(503), answer(500)], 'unreachable', [1000, 1000]],
    [
      'rate limit, for long',
      [answer(403, {}, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1000003600' })],
      'rate-limited',
      [],
    ],
    ['secondary limit, for long', [answer(429, {}, { 'retry-after': '60' })], 'rate-limited', []],
    [
      'redirect to another host',
      [answer(301, {}, { location: 'https://elsewhere.example.com/x' })],
      'unexpected',
      [],
    ],
    ['redirect to nowhere', [answer(302)], 'unexpected', []],
  ] as const)('%s', async (_name, answers, kind, pauses) => {
    const { ask, slept, left } = setUp(answers as readonly (HttpAnswer | Error)[]);
    expect(await ask()).toMatchObject({ ok: false, kind, reason: expect.stringContaining('GitHub: ') });
    expect(slept).toEqual(pauses);
    expect(left).toEqual([]);
  });

  test('without a token it is not asked', async () => {
    const { clock } = { clock: { now: () => 0, sleep: async () => undefined } };
    const api = createGitHubApi({
      apiUrl: 'https://x',
      repository: 'o/r',
      token: undefined,
      clock,
      send: () => {
        throw new Error('asked');
      },
    });
    expect(await api.compare('a', 'b')).toMatchObject({ ok: false, kind: 'no-token' });
  });
});

describe('is asked again', () => {
  const good = answer(200, comparison);
  test.each([
    ['after no answer', [new Error('ECONNRESET'), good], [1000]],
    ['after a 5xx', [answer(502), good], [1000]],
    ['after a short limit', [answer(429, {}, { 'retry-after': '5' }), good], [5000]],
    [
      'after a limit that ends soon',
      [answer(403, {}, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1000000010' }), good],
      [10_000],
    ],
    [
      'at its new place',
      [answer(301, {}, { location: '/api/v3/repositories/7/compare/aaa...bbb' }), good],
      [],
    ],
  ] as const)('%s', async (_name, answers, pauses) => {
    const { ask, slept } = setUp(answers as readonly (HttpAnswer | Error)[]);
    expect(await ask()).toMatchObject({ ok: true });
    expect(slept).toEqual(pauses);
  });
});

test('redirects go round in circles: it ends', async () => {
  const loop = answer(302, {}, { location: '/again' });
  expect(await setUp([loop, loop, loop, loop]).ask()).toMatchObject({ ok: false, kind: 'unexpected' });
});

test('a cancelled job asks no further', async () => {
  const { ask, asked } = setUp([new Error('aborted')]);
  expect(await ask(AbortSignal.abort())).toMatchObject({ ok: false });
  expect(asked.length).toBe(1);
});

describe('writes', () => {
  const lost = new Error('ECONNRESET');
  const id = answer(201, { id: 7 });
  const deployment = {
    ref: 'main',
    task: 'deploy',
    environment: 'Production',
    description: '',
    payload: {},
  };
  const status = { state: 'success', description: '', environmentUrl: undefined, logUrl: undefined } as const;

  test('that may have happened are not made again where that would make two', async () => {
    const { api, left } = setUp([lost, id]);
    expect(await api.addDeployment(deployment)).toMatchObject({ ok: false, kind: 'unreachable' });
    expect(left).toEqual([id]);
    const broken = setUp([answer(502), id]);
    expect(await broken.api.addIssue('t', 'b', 'l')).toMatchObject({ ok: false, kind: 'unreachable' });
    expect(broken.left).toEqual([id]);
  });

  test('that did nothing are made again', async () => {
    const { api, slept } = setUp([answer(403, {}, { 'retry-after': '2' }), id]);
    expect(await api.addDeployment(deployment)).toEqual({ ok: true, value: { id: 7 } });
    expect(slept).toEqual([2000]);
  });

  test('that may happen twice are made again', async () => {
    const { api } = setUp([lost, answer(500), id]);
    expect(await api.addStatus(7, status)).toEqual({ ok: true, value: { id: 7 } });
  });

  test('a description is cut to what GitHub takes', async () => {
    const { api, asked } = setUp([id, id]);
    await api.addStatus(7, { ...status, description: 'x'.repeat(141) });
    await api.addStatus(7, { ...status, description: 'x'.repeat(140) });
    const lengths = asked.map(({ body }) => JSON.parse(body!).description.length);
    expect(lengths).toEqual([140, 140]);
    expect(JSON.parse(asked[0]!.body!).description).toMatch(/x…$/);
  });

  test('what GitHub says of a refusal is told', async () => {
    const { api } = setUp([answer(422, { message: 'Validation Failed', errors: [{ message: 'too long' }] })]);
    expect(await api.addTag('v1', 'abc')).toEqual({
      ok: false,
      kind: 'rejected',
      reason: 'GitHub: it will not have this (422: Validation Failed, too long)',
    });
  });
});
