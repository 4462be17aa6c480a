import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { EndpointMap } from '../../../../src/lab/dataplane/endpoints.ts';
import { LatencyHistogram } from '../../../../src/lab/dataplane/load/latency-histogram.ts';
import { companionFile } from '../../../../src/lab/dataplane/tasks/companion-file.ts';
import { DockerFrames } from '../../../../src/lab/dataplane/tasks/docker-stream.ts';
import { freePort } from '../../../../src/lab/dataplane/tasks/free-port.ts';
import { planHealthCheck } from '../../../../src/lab/dataplane/tasks/health-command.ts';
import { imageLocation } from '../../../../src/lab/dataplane/tasks/image-location.ts';
import { LineSplitter, lineLimit } from '../../../../src/lab/dataplane/tasks/line-splitter.ts';

describe('container health commands', () => {
  const http = (port: number, path: string, failsOnError = true) => ({
    kind: 'http',
    port,
    path,
    failsOnError,
  });
  const shell = (line: string) => planHealthCheck(['CMD-SHELL', line]);

  test.each([
    ['curl -f http://localhost:5000/health || exit 1', http(5000, '/health')],
    [
      'curl -sSf "http://127.0.0.1:5000/health?deep=1" > /dev/null 2>&1 || exit 1',
      http(5000, '/health?deep=1'),
    ],
    ['curl http://localhost/', http(80, '/', false)],
    ['wget -q --spider http://localhost:8080 || exit 1', http(8080, '/')],
  ])('%s is an HTTP request', (line, expected) => {
    expect(shell(line)).toEqual(expected);
  });

  test.each([
    'curl -f http://localhost:5000/health && test -f /ready',
    'curl -f -H "X-Key: 1" http://localhost:5000/health',
    'curl -f http://db.internal:5000/health',
    'pg_isready',
  ])('%s is run', (line) => {
    expect(shell(line)).toEqual({ kind: 'command', command: ['/bin/sh', '-c', line] });
  });

  test('CMD takes words, NONE nothing', () => {
    expect(planHealthCheck(['CMD', 'wget', '-q', 'http://localhost:1/x'])).toEqual(http(1, '/x'));
    expect(planHealthCheck(['CMD', 'node', 'check.js'])).toEqual({
      kind: 'command',
      command: ['node', 'check.js'],
    });
    expect(planHealthCheck(['NONE'])).toEqual({ kind: 'none' });
  });
});

test('image names', () => {
  expect(imageLocation('127.0.0.1:5001/a/b:1')).toEqual({
    host: '127.0.0.1:5001',
    repository: 'a/b',
    reference: '1',
  });
  expect(imageLocation('x.amazonaws.com/a:1@sha256:ab')).toEqual({
    host: 'x.amazonaws.com',
    repository: 'a',
    reference: 'sha256:ab',
  });
  expect(imageLocation('lab/node')).toEqual({ host: undefined, repository: 'lab/node', reference: 'latest' });
});

test('lines: across chunks, within a character, without an end, too long', () => {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  const bytes = Buffer.from('one\r\ntwo é\n\nlast');
  for (const byte of bytes) splitter.write(Buffer.from([byte]));
  splitter.end();
  expect(lines.splice(0)).toEqual(['one', 'two é', '', 'last']);
  splitter.write(Buffer.from(`${'x'.repeat(lineLimit + 1)}\n`));
  splitter.write(Buffer.alloc(lineLimit + 1, 'y'));
  splitter.end();
  expect(lines.map((line) => line.length)).toEqual([lineLimit, 1, lineLimit, 1]);
});

test('Docker frames come apart wherever the chunks are cut', () => {
  const frame = (stream: number, text: string): Buffer => {
    const head = Buffer.alloc(8);
    head[0] = stream;
    head.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([head, Buffer.from(text)]);
  };
  const seen: string[] = [];
  const frames = new DockerFrames((stream, payload) => seen.push(`${stream}:${payload}`));
  for (const byte of Buffer.concat([frame(1, 'out'), frame(2, 'err'), frame(1, '')]))
    frames.write(Buffer.from([byte]));
  expect(seen).toEqual(['stdout:out', 'stderr:err', 'stdout:']);
});

test('targets resolve to tasks and instances, and never beyond this machine', () => {
  const map = new EndpointMap();
  map.addTask('arn:1', '10.0.0.1', { 5000: { host: '127.0.0.1', port: 20_001 } });
  map.registerInstance('i-1', '127.0.0.1', 20_002);
  const resolve = (id: string, ownerTaskArn?: string) => map.resolve({ id, port: 5000, ownerTaskArn });
  expect(resolve('10.0.0.1', 'arn:1')?.port).toBe(20_001);
  expect(resolve('10.0.0.1')?.port).toBe(20_001);
  expect(resolve('i-1')?.port).toBe(20_002);
  expect(resolve('127.0.0.9')).toEqual({ host: '127.0.0.9', port: 5000 });
  expect([resolve('192.0.2.1'), resolve('i-2'), resolve('10.0.0.1', 'arn:2')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  map.removeTask('arn:1');
  expect(resolve('10.0.0.1')).toBeUndefined();
});

test('percentiles are within a tenth', () => {
  const histogram = new LatencyHistogram();
  expect(histogram.percentileMs(99)).toBe(0);
  for (let ms = 1; ms <= 1000; ms++) histogram.add(ms);
  for (const percentile of [50, 90, 99]) {
    const value = histogram.percentileMs(percentile);
    expect(value).toBeGreaterThanOrEqual(percentile * 10);
    expect(value).toBeLessThanOrEqual(percentile * 11);
  }
  expect(histogram.percentileMs(100)).toBe(1000);
});

describe('port map', () => {
  const run = (map: string, program: string): string => {
    const child = spawnSync(
      process.execPath,
      ['--require', companionFile('dataplane/tasks/port-map.cjs'), '-e', program],
      {
        env: { LAB_PORT_MAP: map },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
        timeout: 20_000,
      },
    );
    return child.stdout.trim();
  };
  const listening = (call: string): string => `
    const server = require('node:http').createServer((request, response) => response.end('ok'));
    const show = () => { const { address, port } = server.address(); console.log(address + ':' + port); server.close(); };
    server.once('listening', show);
    ${call};`;

  test.each([
    'server.listen(5000)',
    'server.listen("5000")',
    'server.listen(5000, "0.0.0.0")',
    'server.listen(5000, "::", 511, () => {})',
    'server.listen({ port: 5000, host: "0.0.0.0" })',
  ])('%s listens on the mapped port of loopback', async (call) => {
    const port = await freePort();
    expect(run(`5000=${port}`, listening(call))).toBe(`127.0.0.1:${port}`);
  });

  test('a port told by PORT stays, any other fixed one becomes a free one, a socket path is left alone', async () => {
    const port = await freePort();
    expect(run(`5000=${port}`, listening(`server.listen(${port})`))).toBe(`127.0.0.1:${port}`);
    expect(run(`5000=${port}`, listening('server.listen(80)'))).toMatch(/^127\.0\.0\.1:(?!80$)\d+$/);
    const path = join('/tmp', `port-map-${process.pid}.sock`);
    const onPath = `const s = require('node:net').createServer().listen(${JSON.stringify(path)}, () => { console.log(s.address()); s.close(); });`;
    expect(run(`5000=${port}`, onPath)).toBe(path);
  });

  test('the task reaches its own ports on localhost by every way of connecting', async () => {
    const port = await freePort();
    const program = `
      const http = require('node:http'), net = require('node:net');
      const server = http.createServer((request, response) => response.end('ok')).listen(5000, async () => {
        const get = (options) => new Promise((done) => http.get(options, (answer) => answer.on('data', done)));
        const connect = (...to) => new Promise((done) => { const s = net.connect(...to, () => { s.destroy(); done('up'); }); });
        const seen = [
          await get('http://localhost:5000/'), await get({ port: 5000, agent: false }),
          await (await fetch('http://127.0.0.1:5000/')).text(),
          await connect(5000), await connect({ port: 5000, host: 'localhost' }), await new Promise((done) => { const s = new net.Socket(); s.connect(5000, () => { s.destroy(); done('up'); }); }),
        ];
        console.log(seen.join(' '));
        process.exit();
      });`;
    expect(run(`5000=${port}`, program)).toBe('ok ok ok up up up');
  });
});
