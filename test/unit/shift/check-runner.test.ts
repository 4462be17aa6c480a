import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { judgeJson, runCheck } from '../../../src/shift/check-runner.ts';

const never = new AbortController().signal;
const command = (text: string, timeoutMs = 10_000) =>
  runCheck({ kind: 'command', command: text, timeoutMs }, { IPS_DEPLOY_STEP: '10' }, never);

describe('a command', () => {
  test.each([
    { what: 'exit code 0', command: 'true', result: { kind: 'passed' } },
    {
      what: 'exit code 1',
      command: 'echo checkout is broken; exit 1',
      result: { kind: 'failed', detail: 'exit code 1: checkout is broken' },
    },
    { what: 'exit code 75', command: 'exit 75', result: { kind: 'inconclusive', detail: 'exit code 75' } },
    {
      what: 'the step in its environment',
      command: 'test "$IPS_DEPLOY_STEP" = 10',
      result: { kind: 'passed' },
    },
    {
      what: 'not found',
      command: 'no-such-command-here 2>/dev/null',
      result: { kind: 'failed', detail: 'exit code 127' },
    },
    {
      what: 'ended by a signal',
      command: 'kill -9 $$',
      result: { kind: 'failed', detail: 'ended by SIGKILL' },
    },
  ])('$what', async ({ command: text, result }) => {
    expect(await command(text)).toEqual(result);
  });
  test('is ended at its time limit with all that it started', async () => {
    const begun = performance.now();
    expect(await command('sleep 30 & sleep 30; true', 200)).toEqual({
      kind: 'failed',
      detail: 'no end within 0.2 s',
    });
    expect(performance.now() - begun).toBeLessThan(5000);
  });
  test('is ended with the job', async () => {
    const cancel = new AbortController();
    const work = runCheck({ kind: 'command', command: 'sleep 30', timeoutMs: 60_000 }, {}, cancel.signal);
    cancel.abort();
    expect(await work).toMatchObject({ kind: 'failed', detail: 'ended by SIGTERM' });
  });
});

describe('a URL', () => {
  let base = '';
  const server = createServer((request, response) => {
    const [, code, ...rest] = (request.url ?? '').split('/');
    if (code === 'hang') return;
    response.statusCode = Number(code);
    if (code === '302') response.setHeader('location', '/200');
    response.end(decodeURIComponent(rest.join('/')));
  });
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const ask = (path: string, json?: { path: string; value: string }, timeoutMs = 5000) =>
    runCheck(
      { kind: 'url', url: base + path, timeoutMs, goodCodes: [{ from: 200, to: 299 }], json },
      {},
      never,
    );
  test.each([
    { path: '/200', result: { kind: 'passed' } },
    { path: '/204', result: { kind: 'passed' } },
    { path: '/503', result: { kind: 'failed', detail: 'HTTP 503' } },
    // A redirect to a login page is no yes.
    { path: '/302', result: { kind: 'failed', detail: 'HTTP 302' } },
  ])('$path', async ({ path, result }) => {
    expect(await ask(path)).toEqual(result);
  });
  test('has to answer in time, and at all', async () => {
    expect(await ask('/hang', undefined, 100)).toEqual({ kind: 'failed', detail: 'no answer within 0.1 s' });
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const closed = {
      kind: 'url',
      url: `http://127.0.0.1:${port}/`,
      timeoutMs: 1000,
      goodCodes: [],
      json: undefined,
    } as const;
    expect(await runCheck(closed, {}, never)).toEqual({ kind: 'failed', detail: 'ECONNREFUSED' });
  });
  test('may have to hold a value', async () => {
    const body = encodeURIComponent('{"status":"ok"}');
    expect(await ask(`/200/${body}`, { path: 'status', value: 'ok' })).toEqual({ kind: 'passed' });
    expect(await ask(`/200/${body}`, { path: 'status', value: 'up' })).toEqual({
      kind: 'failed',
      detail: 'status is "ok", not up',
    });
  });
});

test.each([
  ['{"a":{"b":true}}', 'a.b', 'true', 'passed'],
  ['{"a":{"b":1.5}}', 'a.b', '1.5', 'passed'],
  ['{"a":"1"}', 'a', '1', 'passed'],
  ['{"a":null}', 'a', 'null', 'passed'],
  ['{"a":[{"b":2}]}', 'a.0.b', '2', 'passed'],
  ['{"a":1}', 'b', '1', 'failed'],
  ['{"a":1}', 'a.b', 'undefined', 'failed'],
  ['{}', 'constructor.name', 'Object', 'failed'],
  ['no json', 'a', '1', 'failed'],
])('%s has %s = %s: %s', (body, path, value, kind) => {
  expect(judgeJson(body, { path, value }).kind).toBe(kind);
});
