import { expect, test } from '@jest/globals';
import type { SendHttp } from '../../../src/runner/http.ts';
import { requestIdToken } from '../../../src/runner/id-token.ts';

const environment = {
  ACTIONS_ID_TOKEN_REQUEST_URL: 'https://vstoken.example.com/token?api-version=2.0',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'bearer',
};

function setUp(answers: readonly (readonly [number, string] | Error)[]) {
  const asked: unknown[] = [];
  const slept: number[] = [];
  const left = [...answers];
  const send: SendHttp = async ({ method, url, headers }) => {
    expect(method).toBe('GET');
    asked.push([url, headers['authorization']]);
    const next = left.shift();
    if (next === undefined) throw new Error('asked once too often');
    if (next instanceof Error) throw next;
    const [status, text] = next;
    return { status, header: () => undefined, json: async () => JSON.parse(text) };
  };
  const clock = { now: () => 0, sleep: async (ms: number) => void slept.push(ms) };
  return { ask: () => requestIdToken(environment, 'sts.amazonaws.com', { clock, send }), asked, slept, left };
}

test('the audience is asked for, with the bearer of the job', async () => {
  const { ask, asked } = setUp([[200, '{"value":"a.b.c"}']]);
  expect(await ask()).toEqual({ ok: true, token: 'a.b.c' });
  expect(asked).toEqual([
    ['https://vstoken.example.com/token?api-version=2.0&audience=sts.amazonaws.com', 'Bearer bearer'],
  ]);
});

test.each([
  [
    '5xx, then good',
    [
      [503, ''],
      [200, '{"value":"t"}'],
    ],
    true,
    [1000],
  ],
  [
    '429, then good',
    [
      [429, ''],
      [200, '{"value":"t"}'],
    ],
    true,
    [1000],
  ],
  ['no answer, then good', [new TypeError('fetch failed'), [200, '{"value":"t"}']], true, [1000]],
  ['refused', [[401, '']], false, []],
  ['sent elsewhere', [[302, '']], false, []],
  [
    'no token in it',
    [
      [200, '{}'],
      [200, 'no JSON'],
      [200, '{"value":""}'],
    ],
    false,
    [1000, 2000],
  ],
  [
    'never',
    [
      [500, ''],
      [500, ''],
      [502, ''],
    ],
    false,
    [1000, 2000],
  ],
] as const)('%s', async (_name, answers, ok, pauses) => {
  const { ask, slept, left } = setUp(answers);
  expect((await ask()).ok).toBe(ok);
  expect([slept, left]).toEqual([pauses, []]);
});

test('a job without the permission is told so', async () => {
  const clock = { now: () => 0, sleep: async () => undefined };
  expect(await requestIdToken({}, 'x', { clock })).toEqual({
    ok: false,
    reason: 'this job has no identity token: it needs the permission id-token: write',
  });
});
