/** One request to GitHub's API over real HTTP: what is sent, and that nothing that goes wrong is an exception. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/runner/clock.ts';
import { createGitHubApi } from '../../../src/runner/github-api.ts';

let server: Server;
let url: string;
const seen: unknown[] = [];

beforeEach(async () => {
  seen.length = 0;
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      seen.push([request.method, request.url, request.headers.authorization, text]);
      if (request.url?.includes('/html/')) response.writeHead(502).end('<h1>Bad gateway</h1>');
      else if (request.url?.includes('/cut/')) request.socket.destroy();
      else response.writeHead(201, { 'content-type': 'application/json' }).end('{"id":1}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const api = (repository: string, signal?: AbortSignal) =>
  createGitHubApi({ apiUrl: url, repository, token: 'ghs_1', clock: systemClock }, signal);

test('method, path, token and body go out; JSON comes back', async () => {
  expect(await api('a/b').addComment(7, 'x')).toEqual({ ok: true, value: { id: 1, body: '' } });
  expect(seen).toEqual([['POST', '/repos/a/b/issues/7/comments', 'Bearer ghs_1', '{"body":"x"}']]);
});

test('a page of HTML, a connection that is cut, a job that is cancelled: answers, no exceptions', async () => {
  expect(await api('html/b').addComment(7, 'x')).toEqual({
    ok: false,
    kind: 'unreachable',
    reason: 'GitHub: it answers 502',
  });
  expect(await api('cut/b').addComment(7, 'x')).toMatchObject({ ok: false, kind: 'unreachable' });
  expect(await api('a/b', AbortSignal.abort()).addComment(7, 'x')).toMatchObject({
    ok: false,
    reason: 'GitHub: the job was cancelled',
  });
});
