/** One request to GitHub's API over real HTTP: what is sent, and that nothing that goes wrong is an exception. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createGitHubRest } from '../../../src/runner/github-rest.ts';

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
      if (request.url === '/html') response.writeHead(502).end('<h1>Bad gateway</h1>');
      else if (request.url === '/cut') request.socket.destroy();
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

test('method, path, token and body go out; status and JSON come back', async () => {
  const github = createGitHubRest(url, 'ghs_1', new AbortController().signal);
  expect(await github('POST', '/repos/a/b', { body: 'x' })).toEqual({ status: 201, json: { id: 1 } });
  expect(seen).toEqual([['POST', '/repos/a/b', 'Bearer ghs_1', '{"body":"x"}']]);
});

test('a page of HTML, a connection that is cut, a job that is cancelled: answers, no exceptions', async () => {
  const cancelled = new AbortController();
  const github = createGitHubRest(url, 'ghs_1', cancelled.signal);
  expect(await github('GET', '/html')).toEqual({ status: 502, json: { message: '<h1>Bad gateway</h1>' } });
  expect(await github('GET', '/cut')).toMatchObject({ status: 0 });
  cancelled.abort();
  expect(await github('GET', '/repos/a/b')).toMatchObject({ status: 0 });
});
