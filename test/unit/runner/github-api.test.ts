import { describe, expect, test } from '@jest/globals';
import type { Clock } from '../../../src/runner/clock.ts';
import { createGitHubApi, type HttpAnswer, type HttpGet } from '../../../src/runner/github-api.ts';

const comparison = { status: 'behind', ahead_by: 0, behind_by: 2 };

function answer(status: number, json: unknown = {}, headers: Record<string, string> = {}): HttpAnswer {
  return { status, header: (name) => headers[name], json: async () => json };
}

/** Answers in their order; an error stands for no answer. */
function setUp(answers: readonly (HttpAnswer | Error)[], token: string | undefined = 'secret') {
  const asked: { url: string; authorization: string | undefined }[] = [];
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
  const get: HttpGet = async (url, headers) => {
    asked.push({ url, authorization: headers['authorization'] });
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
    get,
  });
  return { ask: (signal?: AbortSignal) => api.compare('aaa', 'b/b', signal), asked, slept, left };
}

test('a comparison, on an enterprise server too', async () => {
  const { ask, asked } = setUp([answer(200, comparison)]);
  expect(await ask()).toEqual({ ok: true, value: { status: 'behind', aheadBy: 0, behindBy: 2 } });
  expect(asked).toEqual([
    {
      url: 'https://ghes.example.com/api/v3/repos/o/r/compare/aaa...b%2Fb?per_page=1',
      authorization: 'Bearer secret',
    },
  ]);
});

describe('failures are values', () => {
  test.each([
    ['wrong token', [answer(401)], 'denied', []],
    ['missing permission', [answer(403)], 'denied', []],
    ['unknown commit', [answer(404)], 'not-found', []],
    ['strange status', [answer(422)], 'unexpected', []],
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
      get: () => {
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
