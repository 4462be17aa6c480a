import http from 'node:http';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LoadGenerator } from '../../../src/lab/dataplane/load/load-generator.ts';
import { createRng } from '../../../src/lab/world/random.ts';
import type { CodeCounts, TargetGroupTraffic } from '../../../src/lab/world/substrate.ts';
import { forwardTo, group, listener, send, serve, startLab, type TestLab, target } from './support/lab.ts';

/** Sums of all traffic facts so far. */
function traffic(lab: TestLab) {
  lab.plane.loadBalancers.flush();
  const elbCodes: Record<number, number> = {};
  const groups: Record<
    string,
    { requests: number; connectionErrors: number; codes: Record<number, number>; times: number }
  > = {};
  const add = (sums: Record<number, number>, codes: CodeCounts): void => {
    for (const [code, count] of codes) sums[code] = (sums[code] ?? 0) + count;
  };
  for (const fact of lab.facts) {
    if (fact.kind !== 'traffic') continue;
    add(elbCodes, fact.batch.elbCodes);
    for (const part of fact.batch.groups as readonly TargetGroupTraffic[]) {
      groups[part.targetGroupArn] ??= { requests: 0, connectionErrors: 0, codes: {}, times: 0 };
      const sums = groups[part.targetGroupArn]!;
      sums.requests += part.requests;
      sums.connectionErrors += part.connectionErrors;
      sums.times += part.responseTimesSeconds.length;
      add(sums.codes, part.targetCodes);
    }
  }
  return { elbCodes, groups };
}

async function sendMany(
  count: number,
  endpoint: { readonly host: string; readonly port: number } | undefined,
): Promise<Record<string, number>> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
  const seen: Record<string, number> = {};
  await Promise.all(
    Array.from({ length: count }, async () => {
      const { body } = await send(endpoint, '/', { agent });
      seen[body] = (seen[body] ?? 0) + 1;
    }),
  );
  agent.destroy();
  return seen;
}

describe('load balancers', () => {
  let lab: TestLab;
  const servers: { close(): Promise<void> }[] = [];
  const serveAs = async (handler: http.RequestListener): Promise<number> => {
    const server = await serve(handler);
    servers.push(server);
    return server.port;
  };
  const named = (name: string): Promise<number> => serveAs((_request, response) => response.end(name));
  const address = () => lab.plane.addressOf('arn:listener');

  beforeEach(async () => {
    lab = await startLab();
  });

  afterEach(async () => {
    await lab.close();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  test('90/10 over 10,000 is exact, weight 0 gets none, and every request is booked once', async () => {
    const [blue, green, idle] = await Promise.all([named('blue'), named('green'), named('idle')]);
    lab.routing.groups = [
      group('blue', [target('127.0.0.1', blue)]),
      group('green', [target('127.0.0.1', green)]),
      group('idle', [target('127.0.0.1', idle)]),
    ];
    lab.routing.listeners = [listener(forwardTo(['blue', 90], ['green', 10], ['idle', 0]))];
    await lab.apply();
    expect(await sendMany(10_000, address())).toEqual({ blue: 9000, green: 1000 });
    const { groups, elbCodes } = traffic(lab);
    expect(groups['blue']).toEqual({
      requests: 9000,
      connectionErrors: 0,
      codes: { 200: 9000 },
      times: 9000,
    });
    expect(groups['green']?.requests).toBe(1000);
    expect(groups['idle']).toBeUndefined();
    expect(elbCodes).toEqual({});
  });

  test('a seeded random pick keeps the binomial bounds', async () => {
    await lab.close();
    const seed = 7;
    const rng = createRng(seed, 'weights');
    lab = await startLab({ random: () => rng.next() });
    const [blue, green] = await Promise.all([named('blue'), named('green')]);
    lab.routing.groups = [
      group('blue', [target('127.0.0.1', blue)]),
      group('green', [target('127.0.0.1', green)]),
    ];
    lab.routing.listeners = [listener(forwardTo(['blue', 90], ['green', 10]))];
    await lab.apply();
    const seen = await sendMany(10_000, address());
    // Five standard deviations of B(10000, 0.1): 150.
    expect(Math.abs(seen['green']! - 1000)).toBeLessThanOrEqual(150);
    expect(seen['blue']! + seen['green']!).toBe(10_000);
  });

  test('a draining target gets nothing new and finishes what it has', async () => {
    let release = (): void => {};
    const slow = await serveAs((_request, response) => {
      response.write('half ');
      release = () => response.end('whole');
    });
    const other = await named('other');
    lab.routing.groups = [group('tg', [target('127.0.0.1', slow)])];
    lab.routing.listeners = [listener(forwardTo(['tg', 1]))];
    await lab.apply();
    const open = send(address());
    while (lab.plane.loadBalancers.outstanding('tg') === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    lab.routing.groups = [group('tg', [target('127.0.0.1', slow, 'draining'), target('127.0.0.1', other)])];
    await lab.apply();
    expect(await sendMany(20, address())).toEqual({ other: 20 });
    lab.routing.groups = [group('tg', [target('127.0.0.1', other)])];
    await lab.apply();
    release();
    expect(await open).toMatchObject({ status: 200, body: 'half whole' });
  });

  test('502 for a closed port, a cut connection and nonsense; booked on the load balancer only', async () => {
    const cutter = await serveAs((request) => request.socket.destroy());
    const nonsense = net.createServer((socket) => socket.end('this is not HTTP\r\n\r\n'));
    await new Promise<void>((resolve) => nonsense.listen(0, '127.0.0.1', resolve));
    const gone = await serve(() => {});
    await gone.close();
    for (const port of [cutter, (nonsense.address() as net.AddressInfo).port, gone.port]) {
      lab.routing.groups = [group('tg', [target('127.0.0.1', port)])];
      lab.routing.listeners = [listener(forwardTo(['tg', 1]))];
      await lab.apply();
      expect((await send(address())).status).toBe(502);
    }
    nonsense.close();
    const { groups, elbCodes } = traffic(lab);
    expect(elbCodes).toEqual({ 502: 3 });
    expect(groups['tg']).toEqual({ requests: 3, connectionErrors: 1, codes: {}, times: 0 });
  });

  test('503 without targets or weight; all targets when none is healthy', async () => {
    const port = await named('ill');
    lab.routing.groups = [group('empty', []), group('ill', [target('127.0.0.1', port, 'unhealthy')])];
    const expectStatus = async (action: ReturnType<typeof forwardTo>, status: number): Promise<void> => {
      lab.routing.listeners = [listener(action)];
      await lab.apply();
      expect((await send(address())).status).toBe(status);
    };
    await expectStatus(forwardTo(['empty', 1]), 503);
    await expectStatus(forwardTo(['ill', 0]), 503);
    await expectStatus(forwardTo(['ill', 1]), 200);
    expect(traffic(lab).elbCodes).toEqual({ 503: 2 });
  });

  test('504 when the target hangs beyond the idle time-out; 460 when the client goes first', async () => {
    const hanging = await serveAs(() => {});
    lab.routing.groups = [group('tg', [target('127.0.0.1', hanging)])];
    lab.routing.listeners = [listener(forwardTo(['tg', 1]))];
    await lab.apply();
    const leaving = http.get({ ...address() });
    leaving.on('error', () => {});
    while (lab.plane.loadBalancers.outstanding('tg') === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    leaving.destroy();
    expect((await send(address())).status).toBe(504);
    expect(traffic(lab).elbCodes).toEqual({ 460: 1, 504: 1 });
  });

  test('rules by priority; headers to the target; bodies both ways; stickiness', async () => {
    const echo = await serveAs((request, response) => {
      response.setHeader('x-seen', JSON.stringify(request.headers));
      request.pipe(response);
    });
    const other = await named('other');
    lab.routing.groups = [
      group('echo', [target('127.0.0.1', echo)]),
      group('other', [target('127.0.0.1', other)]),
    ];
    lab.routing.listeners = [
      listener(forwardTo(['other', 1]), {
        rules: [
          {
            ruleArn: 'fixed',
            conditions: [{ field: 'path-pattern', values: ['/fixed'] }],
            action: { kind: 'fixed-response', status: 418, contentType: 'text/plain', body: 'short' },
          },
          {
            ruleArn: 'old',
            conditions: [{ field: 'path-pattern', values: ['/old/*'] }],
            action: { kind: 'redirect', status: 301, location: 'https://#{host}:443/new/#{path}?#{query}' },
          },
          {
            ruleArn: 'header',
            conditions: [{ field: 'http-header', header: 'X-Probe', values: ['secret'] }],
            action: forwardTo(['echo', 1]),
          },
          {
            ruleArn: 'sticky',
            conditions: [{ field: 'path-pattern', values: ['/sticky'] }],
            action: {
              kind: 'forward',
              groups: [
                { targetGroupArn: 'echo', weight: 1 },
                { targetGroupArn: 'other', weight: 1 },
              ],
              stickinessSeconds: 3600,
            },
          },
          { ruleArn: 'default', conditions: [], action: forwardTo(['other', 1]) },
        ],
      }),
    ];
    await lab.apply();
    expect(await send(address(), '/fixed')).toMatchObject({ status: 418, body: 'short' });
    const moved = await send(address(), '/old/a?b=1', { headers: { host: 'api.example:80' } });
    expect([moved.status, moved.headers.location]).toEqual([301, 'https://api.example:443/new/old/a?b=1']);
    const content = Buffer.alloc(1 << 20, 'x').toString();
    const answer = await send(address(), '/', {
      method: 'POST',
      content,
      headers: { 'x-probe': 'secret', 'x-forwarded-for': '198.51.100.7' },
    });
    expect(answer.body).toBe(content);
    expect(JSON.parse(String(answer.headers['x-seen']))).toMatchObject({
      'x-forwarded-for': '198.51.100.7, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '80',
      'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
    });
    expect((await send(address())).body).toBe('other');
    const first = await send(address(), '/sticky');
    const cookie = String(first.headers['set-cookie']).split(';')[0]!;
    expect(cookie).toMatch(/^AWSALBTG=/);
    for (let round = 0; round < 6; round++) {
      expect((await send(address(), '/sticky', { headers: { cookie } })).body).toBe(first.body);
    }
  });

  test('a reset is a 502 on a busy connection, and costs nothing on one that had rested', async () => {
    const used = new WeakSet<object>();
    const onceOnly = await serveAs((request, response) => {
      if (used.has(request.socket)) {
        request.socket.destroy();
        return;
      }
      used.add(request.socket);
      request.pipe(response);
    });
    lab.routing.groups = [group('tg', [target('127.0.0.1', onceOnly)])];
    lab.routing.listeners = [listener(forwardTo(['tg', 1]))];
    await lab.apply();
    const post = (content: string) => send(address(), '/', { method: 'POST', content });
    expect((await post('first')).body).toBe('first');
    expect((await post('at once')).status).toBe(502);
    expect((await post('again')).body).toBe('again');
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect((await post('rested')).body).toBe('rested');
    expect(traffic(lab).elbCodes).toEqual({ 502: 1 });
  });

  test('a port that was asked for is used once, and a busy one is named in one line', async () => {
    const spare = await serve(() => {});
    await spare.close();
    const busy = await serve(() => {});
    servers.push(busy);
    await lab.close();
    lab = await startLab({ listenerPorts: { 80: spare.port, 81: busy.port } });
    const of = (listenerArn: string, port: number) => listener(forwardTo(['tg', 1]), { listenerArn, port });
    lab.routing.listeners = [of('first', 80), of('second', 80)];
    await lab.apply();
    expect(lab.plane.addressOf('first')?.port).toBe(spare.port);
    expect(lab.plane.addressOf('second')?.port).not.toBe(spare.port);
    lab.routing.listeners = [of('third', 81)];
    await expect(lab.apply()).rejects.toThrow(
      `Port ${busy.port} on 127.0.0.1 is already in use; it was meant for listener third.`,
    );
    expect(lab.plane.addressOf('first')).toBeUndefined();
  });

  test('health checks are real requests, and their results facts', async () => {
    const port = await serveAs((request, response) => {
      response.statusCode = request.url === '/health' ? 200 : 404;
      response.end();
    });
    const probing = { ...group('', []).healthCheck, enabled: true };
    lab.routing.groups = [
      group('good', [target('127.0.0.1', port, 'initial')], { healthCheck: probing }),
      group('bad', [target('127.0.0.1', port, 'initial')], { healthCheck: { ...probing, path: '/nope' } }),
      group('gone', [target('10.9.9.9', 80, 'initial')], { healthCheck: probing }),
    ];
    const resultOf = async (arn: string) =>
      (await lab.fact('target-probe', (fact) => fact.targetGroupArn === arn)).result;
    expect(await resultOf('good')).toEqual({ ok: true });
    expect(await resultOf('bad')).toEqual({ ok: false, reason: 'code', code: 404 });
    expect(await resultOf('gone')).toEqual({ ok: false, reason: 'connection' });
  });

  test('steady load through it is counted exactly, and none of it is lost', async () => {
    const [one, two] = await Promise.all([named('one'), named('two')]);
    lab.routing.groups = [group('tg', [target('127.0.0.1', one), target('127.0.0.1', two)])];
    lab.routing.listeners = [listener(forwardTo(['tg', 1]))];
    await lab.apply();
    const load = new LoadGenerator({
      target: address,
      requestsPerSecond: 300,
      routes: [
        { method: 'GET', path: '/', weight: 3 },
        { method: 'POST', path: '/data', weight: 1, body: '{"x":1}' },
      ],
      random: createRng(1, 'users').next,
    });
    load.start();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const totals = await load.stop();
    expect(totals.sent).toBeGreaterThan(0);
    expect(totals).toMatchObject({ ok: totals.sent, harmed: 0, dropped: 0, codes: { 200: totals.sent } });
    expect(traffic(lab).groups['tg']?.requests).toBe(totals.sent);
  });

  // Users and weights that both go round in ten gave green the same request each time: one path that hangs was never seen.
  test('a tenth of the requests is a tenth of each kind of them', async () => {
    const asked: string[] = [];
    const green = await serveAs((request, response) => {
      asked.push(request.url!);
      response.end();
    });
    lab.routing.groups = [
      group('blue', [target('127.0.0.1', await named('blue'))]),
      group('green', [target('127.0.0.1', green)]),
    ];
    lab.routing.listeners = [listener(forwardTo(['blue', 90], ['green', 10]))];
    await lab.apply();
    const load = new LoadGenerator({
      target: address,
      requestsPerSecond: 500,
      routes: [
        { method: 'GET', path: '/most', weight: 9 },
        { method: 'GET', path: '/few', weight: 1 },
      ],
      random: createRng(2, 'users').next,
    });
    load.start();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await load.stop();
    const few = asked.filter((path) => path === '/few').length;
    expect(asked.length).toBeGreaterThan(50);
    // Five standard deviations of a tenth.
    expect(Math.abs(few - asked.length / 10)).toBeLessThanOrEqual(5 * Math.sqrt(asked.length * 0.09));
    expect(few).toBeGreaterThan(0);
  });
});
