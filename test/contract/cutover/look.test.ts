/** A service seen from outside, with real name servers, TLS and HTTP on the loopback. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import {
  createServer as createHttp,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { askDns } from '../../../src/cutover/ask-dns.ts';
import { type GetOptions, httpGet } from '../../../src/cutover/http-get.ts';
import { judgeEntrance } from '../../../src/cutover/judge-entrance.ts';
import { lookAtEntrance } from '../../../src/cutover/look.ts';
import { type DnsServer, parseCutoverCheck } from '../../../src/inputs/cutover-check.ts';
import { type Authority, createAuthority } from '../../support/certificates.ts';
import { type DnsTestServer, startDnsServer, type Zone } from '../../support/dns-server.ts';

const name = 'api.example.test';
const balancer = 'ips-api-alb-1.elb.test';
const folder = mkdtempSync(join(tmpdir(), 'ips-cutover-'));
let authority: Authority;
const open: { close(): unknown }[] = [];

beforeAll(() => {
  authority = createAuthority(folder);
  // As NODE_EXTRA_CA_CERTS does it at the start of a process.
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(authority.file, 'utf8')]);
});
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const zone = (ttl = 60, authoritative = true): Zone => ({
  authoritative,
  records: [
    { name, type: 'CNAME', ttl, data: balancer },
    { name: balancer, type: 'A', ttl: 60, data: '127.0.0.1' },
  ],
});

async function nameServer(served: Zone, address?: string): Promise<DnsTestServer> {
  const server = await startDnsServer(served, address);
  open.push(server);
  return server;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
const answers: Handler = (_request, response) => void response.end('well');

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(server);
  return (server.address() as AddressInfo).port;
}

const https = (handler: Handler, certificate = authority.issue(name)): Promise<number> =>
  listening(createHttps(certificate, handler));
const http = (handler: Handler): Promise<number> => listening(createHttp(handler));

interface Case {
  readonly servers?: readonly DnsServer[];
  readonly dns?: DnsTestServer;
  readonly port: number;
  readonly more?: Readonly<Record<string, string>>;
  readonly zonePort?: number;
}

async function look({ dns, servers = [], port, more = {}, zonePort }: Case): Promise<readonly string[]> {
  const parsed = parseCutoverCheck({
    'public-url': `https://${name}:${port}`,
    'load-balancer-dns-name': balancer,
    ...(dns === undefined ? {} : { 'dns-servers': `127.0.0.1:${dns.port}` }),
    ...more,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const get = (url: URL, options: GetOptions = {}) => httpGet(url, options);
  const facts = await lookAtEntrance(parsed.request, {
    askDns,
    httpGet: get,
    systemServers: () => servers,
    random: () => 0.5,
    ...(zonePort === undefined ? {} : { zonePort }),
  });
  return judgeEntrance(parsed.request, facts, Date.now()).map(({ kind, sentence }) => `${kind}: ${sentence}`);
}

const problems = (said: readonly string[]): readonly string[] =>
  said.filter((each) => each.startsWith('problem'));

describe('the name', () => {
  test('that leads to the load balancer, with its TTL from a server of the zone', async () => {
    const dns = await nameServer(zone());
    const said = await look({ dns, port: await https(answers) });
    expect(said).toEqual([
      `good: ${name} is a name for the load balancer (${balancer}).`,
      `good: The record of ${name} has a TTL of 1m.`,
      expect.stringMatching(
        /^good: The certificate covers api\.example\.test and is good for 36\d\d days\.$/,
      ),
      'good: / is answered with 200 through the load balancer.',
    ]);
    expect(dns.asked).toContain(`A ${name}`);
  });

  test('whose TTL a server counts down is asked of the zone', async () => {
    const zoneServer = await nameServer(zone(86_400), '127.0.0.2');
    const remembering = await nameServer({
      authoritative: false,
      records: [
        ...zone(17).records,
        { name: 'example.test', type: 'NS', ttl: 60, data: 'ns1.example.test' },
        { name: 'ns1.example.test', type: 'A', ttl: 60, data: '127.0.0.2' },
      ],
    });
    const port = await https(answers);
    const servers = [{ address: '127.0.0.1', port: remembering.port }];
    expect(problems(await look({ servers, port, zonePort: zoneServer.port }))).toEqual([
      expect.stringContaining('has a TTL of 24h, and 5m is the most'),
    ]);
    expect(zoneServer.asked).toEqual([`A ${name}`]);
  });

  test('of a zone that does not answer is a note; a server that is silent is passed over', async () => {
    const remembering = await nameServer(zone(17, false));
    const servers = [
      { address: '127.0.0.1', port: await freeUdpPort() },
      { address: '127.0.0.1', port: remembering.port },
    ];
    const said = await look({ servers, port: await https(answers) });
    expect(problems(said)).toEqual([]);
    expect(said).toContainEqual(
      expect.stringMatching(/^note: A name server remembers the record .* for 17s more/),
    );
  });

  test('that nobody knows, and that leads to the host', async () => {
    const dns = await nameServer({ authoritative: true, records: zone().records.slice(1) });
    const port = await https(answers);
    expect(problems(await look({ dns, port }))).toEqual([
      `problem: ${name} leads nowhere: the name server says NXDOMAIN. Make its record first.`,
      'problem: / gets no answer through the load balancer: its name has no address.',
    ]);
    dns.serve({
      authoritative: true,
      records: [{ name, type: 'A', ttl: 60, data: '127.0.0.9' }, ...zone().records.slice(1)],
    });
    expect(problems(await look({ dns, port }))[0]).toContain('leads to 127.0.0.9, and the load balancer');
  });
});

describe('the certificate', () => {
  test.each([
    [
      'of another name',
      () => authority.issue('other.example.test'),
      /not good for api\.example\.test: .*altnames/,
    ],
    ['that ends in a week', () => authority.issue(name, 8), /ends in 7 days, and 14 are the least/],
    [
      'of nobody who is trusted here',
      () => createAuthority(mkdtempSync(join(folder, 'strange-'))).issue(name),
      /not good for api\.example\.test: .*(self-signed|verify)/,
    ],
  ])('%s', async (_name, certificate, words) => {
    const dns = await nameServer(zone());
    const said = await look({ dns, port: await https(answers, certificate()) });
    expect(problems(said)[0]).toMatch(words);
  });

  test('plain HTTP is a problem, or accepted', async () => {
    const dns = await nameServer(zone());
    const port = await http(answers);
    const more = { 'public-url': `http://${name}:${port}` };
    expect(problems(await look({ dns, port, more }))).toEqual([
      expect.stringContaining('Clients come by plain HTTP.'),
    ]);
    expect(problems(await look({ dns, port, more: { ...more, 'plain-http': 'accept' } }))).toEqual([]);
  });
});

describe('answers', () => {
  test('redirects in a circle, as of an application that does not know its scheme', async () => {
    const dns = await nameServer(zone());
    const port = await https((request, response) => {
      response.writeHead(301, { location: `https://${request.headers.host}${request.url}` }).end();
    });
    expect(problems(await look({ dns, port, more: { paths: '/start' } }))).toEqual([
      expect.stringContaining('/start is redirected in a circle'),
    ]);
  });

  test('redirects that end, and one that leads elsewhere', async () => {
    const dns = await nameServer(zone());
    const port = await https((request, response) => {
      if (request.url === '/old') return void response.writeHead(302, { location: '/new' }).end();
      if (request.url === '/out')
        return void response.writeHead(302, { location: 'https://login.example.org/' }).end();
      response.end('well');
    });
    expect(await look({ dns, port, more: { paths: '/old,/out' } })).toEqual(
      expect.arrayContaining([
        'good: /old is answered with 200 through the load balancer, after 1 redirect.',
        'good: /out is answered with 302 through the load balancer.',
      ]),
    );
  });

  test('errors, and nobody there', async () => {
    const dns = await nameServer(zone());
    const port = await https((_request, response) => void response.writeHead(503).end());
    expect(problems(await look({ dns, port }))).toEqual([
      'problem: / is answered with 503 through the load balancer.',
    ]);
    const closed = await freeTcpPort();
    expect(problems(await look({ dns, port: closed }))).toEqual([
      'problem: / gets no answer through the load balancer: connection refused.',
    ]);
  });
});

describe('forwarded headers', () => {
  const show =
    (scheme: string, address: (request: IncomingMessage) => string): Handler =>
    (request, response) =>
      void response.end(JSON.stringify({ scheme, address: address(request) }));
  test.each([
    ['read', show('https', () => '203.0.113.99'), []],
    [
      'not read',
      show('http', () => '10.0.1.17'),
      [/came by https: it does not read X-Forwarded-Proto/, /takes 10\.0\.1\.17 for the address/],
    ],
    [
      'not there',
      ((_request, response) => void response.writeHead(404).end()) as Handler,
      [/does not answer: status 404/],
    ],
  ])('%s', async (_name, handler, expected) => {
    const dns = await nameServer(zone());
    const port = await https((request, response) =>
      request.url === '/whoami' ? handler(request, response) : answers(request, response),
    );
    const said = problems(await look({ dns, port, more: { 'forwarded-path': '/whoami' } }));
    expect(said).toEqual(expected.map((words) => expect.stringMatching(words)));
  });

  test('an address that any client can claim is said', async () => {
    const dns = await nameServer(zone());
    const port = await https(show('https', (request) => String(request.headers['x-forwarded-for'])));
    expect(await look({ dns, port, more: { 'forwarded-path': '/whoami' } })).toContainEqual(
      expect.stringContaining('takes the first address of X-Forwarded-For, which any client can write'),
    );
  });
});

describe('the host', () => {
  test('answers at its old address, or is gone too early', async () => {
    const dns = await nameServer(zone());
    const port = await https(answers);
    const host = `http://127.0.0.1:${await http(answers)}`;
    expect(await look({ dns, port, more: { 'old-address': host } })).toContain(
      `good: The host still answers at its old address ${host}.`,
    );
    const gone = `http://127.0.0.1:${await freeTcpPort()}`;
    expect(problems(await look({ dns, port, more: { 'old-address': gone } }))).toEqual([
      expect.stringContaining(`The host does not answer at its old address ${gone} (connection refused)`),
    ]);
  });

  test('may be stopped once nobody comes past the load balancer', async () => {
    const dns = await nameServer(zone());
    const port = await https(answers);
    const end = { mode: 'end', 'old-address': 'http://203.0.113.10:5000' };
    expect(problems(await look({ dns, port, more: { ...end, 'direct-requests': '0' } }))).toEqual([]);
    expect(problems(await look({ dns, port, more: { ...end, 'direct-requests': '1200' } }))).toEqual([
      'problem: 1,200 requests have come to the host past the load balancer: its old address is still in use.',
    ]);
    dns.serve({
      authoritative: true,
      records: [...zone().records, { name, type: 'A', ttl: 60, data: '203.0.113.10' }],
    });
    expect(problems(await look({ dns, port, more: { ...end, 'direct-requests': '0' } }))).toContainEqual(
      `problem: ${name} still leads to the host (203.0.113.10).`,
    );
  });
});

async function freeTcpPort(): Promise<number> {
  const server = createHttp();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function freeUdpPort(): Promise<number> {
  const server = await startDnsServer(zone());
  await server.close();
  return server.port;
}
