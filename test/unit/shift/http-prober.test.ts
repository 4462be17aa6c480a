import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHttpProber } from '../../../src/shift/http-prober.ts';
import { sendProbes } from '../../../src/shift/prober.ts';
import { createAuthority } from '../../support/certificates.ts';

let server: Server;
let baseUrl: string;
const headers: (string | string[] | undefined)[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    headers.push(request.headers['x-ips-probe'], request.headers.host);
    if (request.url === '/hang') return;
    if (request.url === '/close') return void request.socket.destroy();
    if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setTimeout(() => request.socket.destroy(), 10);
      return;
    }
    response.writeHead(request.url === '/bad' ? 500 : 200).end('answer');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const proberOf = (host?: string) =>
  createHttpProber({ baseUrl, host, header: 'x-ips-probe', headerValue: 'secret', timeoutMs: 200 });
const never = new AbortController().signal;

test.each([
  ['/', { kind: 'answered', status: 200 }],
  ['/bad', { kind: 'answered', status: 500 }],
  ['/hang', { kind: 'failed', reason: 'no answer within 0.2 s' }],
  ['/close', { kind: 'failed', reason: 'connection closed' }],
  ['/cut', { kind: 'failed', reason: 'connection closed' }],
])('%s', async (path, answer) => {
  expect(await proberOf().probe(path, never)).toMatchObject(answer);
});

test('carries the secret header and the host it was given', async () => {
  headers.length = 0;
  await proberOf('api.example.com').probe('/', never);
  expect(headers).toEqual(['secret', 'api.example.com']);
});

test('nobody listens', async () => {
  const prober = createHttpProber({
    baseUrl: 'http://127.0.0.1:1',
    host: undefined,
    header: 'x',
    headerValue: 'y',
    timeoutMs: 1000,
  });
  expect(await prober.probe('/', never)).toEqual({ kind: 'failed', reason: 'connection refused' });
});

describe('a listener with a certificate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ips-probe-'));
  let secure: Server;
  let url = '';
  const usual = getCACertificates('default');

  beforeAll(async () => {
    const authority = createAuthority(folder);
    setDefaultCACertificates([...usual, readFileSync(authority.file, 'utf8')]);
    secure = createSecureServer(authority.issue('api.example.test'), (request, response) =>
      response.writeHead(request.headers.host === 'api.example.test' ? 200 : 421).end(),
    );
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    url = `https://localhost:${(secure.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    setDefaultCACertificates(usual);
    secure.close();
    rmSync(folder, { recursive: true });
  });
  const ask = (host: string | undefined) =>
    createHttpProber({ baseUrl: url, host, header: 'x', headerValue: 'y', timeoutMs: 5000 }).probe(
      '/',
      never,
    );

  test('is asked for the name that it is for', async () => {
    expect(await ask('api.example.test')).toMatchObject({ kind: 'answered', status: 200 });
  });

  test('says which name that is, where another one is asked for', async () => {
    expect(await ask(undefined)).toEqual({
      kind: 'failed',
      reason: 'ERR_TLS_CERT_ALTNAME_INVALID: its certificate is for api.example.test',
    });
  });
});

test('a cancelled probe is not counted', async () => {
  const cancel = new AbortController();
  const answer = proberOf().probe('/hang', cancel.signal);
  cancel.abort();
  expect(await answer).toBeUndefined();
  expect(await proberOf().probe('/', cancel.signal)).toBeUndefined();
});

test('a batch takes the paths in turn and tells what failed', async () => {
  const wanted = { paths: ['/', '/bad'], goodCodes: [{ from: 200, to: 399 }] };
  expect(await sendProbes(proberOf(), wanted, 0, 5, never)).toEqual({
    sent: 5,
    bad: 2,
    reasons: { 'HTTP 500 on /bad': 2 },
  });
});
