/** The example as a process: it is started on a free port and spoken to over HTTP. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from '@jest/globals';

const folder = join(import.meta.dirname, '../../../examples/ips-data-acquisition-api');
const running: ChildProcess[] = [];

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

interface Service {
  readonly child: ChildProcess;
  readonly url: string;
  readonly log: string[];
}

async function start(environment: Record<string, string> = {}): Promise<Service> {
  const child = spawn(process.execPath, ['server.js'], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', IPS_VERSION: '1.2.3', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
  const log: string[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      log.push(line);
      const entry = JSON.parse(line);
      if (typeof entry.port === 'number') resolve(entry.port);
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${log.join('\n')}`)));
  });
  return { child, url: `http://127.0.0.1:${port}`, log };
}

const post = (url: string, body: unknown): Promise<Response> =>
  fetch(url, { method: 'POST', body: JSON.stringify(body) });

const sample = { timestamp: 1, accelerometer: [0, 0, 9.8], gyroscope: [0, 0, 0] };

describe('the API', () => {
  test('reports its version in the health answer and in a header', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/health`);
    expect({
      status: response.status,
      header: response.headers.get('x-ips-version'),
      body: await response.json(),
    }).toEqual({
      status: 200,
      header: '1.2.3',
      body: { status: 'healthy', version: '1.2.3', uptimeSeconds: expect.any(Number) },
    });
  });

  test('a session lives: opened, filled, read, closed, and then refuses data', async () => {
    const { url } = await start();
    const session = (await (await post(`${url}/api/v1/sessions`, { userId: 'u-1' })).json()) as {
      id: string;
    };
    const batch = await post(`${url}/api/v1/imu-data`, { sessionId: session.id, samples: [sample, sample] });
    expect([batch.status, await batch.json()]).toEqual([
      202,
      { sessionId: session.id, accepted: 2, held: 2 },
    ]);
    const read = await fetch(`${url}/api/v1/imu-data/${session.id}`);
    expect(await read.json()).toEqual({ sessionId: session.id, samples: [sample, sample] });
    const closed = await post(`${url}/api/v1/sessions/${session.id}/close`, undefined);
    expect(await closed.json()).toEqual({
      ...session,
      userId: 'u-1',
      status: 'closed',
      endedAt: expect.any(String),
    });
    const late = await post(`${url}/api/v1/imu-data`, { sessionId: session.id, samples: [sample] });
    expect([late.status, await late.json()]).toEqual([409, { error: 'The session is closed.' }]);
    const list = (await (await fetch(`${url}/api/v1/sessions`)).json()) as { sessions: { id: string }[] };
    expect(list.sessions.map((entry) => entry.id)).toEqual([session.id]);
  });

  test.each([
    ['POST', '/api/v1/sessions', '{}', 400],
    ['POST', '/api/v1/sessions', '{', 400],
    ['PUT', '/api/v1/sessions', '{}', 405],
    ['GET', '/api/v1/sessions/none', undefined, 404],
    ['GET', '/api/v1/sessionsx', undefined, 404],
    ['POST', '/api/v1/imu-data', '{"sessionId":"none","samples":[]}', 400],
    ['POST', '/api/v1/imu-data', `{"sessionId":"none","samples":[${JSON.stringify(sample)}]}`, 404],
    ['GET', '/nothing', undefined, 404],
  ])('%s %s with %s answers %i', async (method, path, body, status) => {
    const { url } = await start();
    const response = await fetch(`${url}${path}`, { method, ...(body === undefined ? {} : { body }) });
    expect(response.status).toBe(status);
  });

  test('secrets never reach the log, whatever the settings are', async () => {
    const secret = 'Host=db;Password="s3cret\\value"';
    const service = await start({
      ConnectionStrings__Default: secret,
      JwtSettings__SecretKey: 'jwt-key-0123',
    });
    await fetch(`${service.url}/api/v1/sessions/jwt-key-0123`);
    service.child.kill('SIGTERM');
    await once(service.child, 'close');
    const log = service.log.join('\n');
    expect(log).toContain('"database":"configured"');
    expect(log).not.toContain('jwt-key-0123');
    expect(log).not.toContain('s3cret');
  });
});

describe('shutting down', () => {
  test('SIGTERM answers the request in flight, closes the connection and ends with 0', async () => {
    const service = await start({ IPS_BEHAVIOUR: 'slow:400' });
    const agent = new Agent({ keepAlive: true });
    const answered = new Promise<[number | undefined, string | undefined]>((resolve, reject) => {
      request(`${service.url}/api/v1/sessions`, { agent }, (response) => {
        response.resume();
        resolve([response.statusCode, response.headers.connection]);
      })
        .on('error', reject)
        .on('socket', (socket) =>
          socket.once('connect', () => setTimeout(() => service.child.kill('SIGTERM'), 100)),
        )
        .end();
    });
    expect(await answered).toEqual([200, 'close']);
    const [code] = await once(service.child, 'close');
    expect(code).toBe(0);
    expect(service.log.at(-1)).toContain('All requests are answered');
    agent.destroy();
  });

  test('a second instance on a taken port says so and ends with 1', async () => {
    const { url } = await start();
    await expect(start({ PORT: new URL(url).port })).rejects.toThrow(/ended with 1: .*cannot listen on port/);
  });
});

describe('bad behaviour', () => {
  test('crash-at-start ends with 1 and says why', async () => {
    await expect(start({ IPS_BEHAVIOUR: 'crash-at-start' })).rejects.toThrow(
      /ended with 1: .*does not exist/,
    );
  });

  test('never-healthy answers 503 on /health and works otherwise', async () => {
    const { url } = await start({ IPS_BEHAVIOUR: 'never-healthy' });
    expect((await fetch(`${url}/health`)).status).toBe(503);
    expect((await fetch(`${url}/api/v1/sessions`)).status).toBe(200);
  });

  test('errors:0.25 fails exactly one in four, and never the health check', async () => {
    const { url } = await start({ IPS_BEHAVIOUR: 'errors:0.25' });
    const statuses: number[] = [];
    for (let count = 0; count < 20; count++) {
      statuses.push((await fetch(`${url}/api/v1/sessions`)).status);
      expect((await fetch(`${url}/health`)).status).toBe(200);
    }
    expect(statuses.filter((status) => status === 500)).toHaveLength(5);
  });

  test('hang-route answers everything but its route', async () => {
    const { url } = await start({ IPS_BEHAVIOUR: 'hang-route:/api/v1/imu-data' });
    expect((await fetch(`${url}/api/v1/sessions`)).status).toBe(200);
    await expect(fetch(`${url}/api/v1/imu-data/x`, { signal: AbortSignal.timeout(300) })).rejects.toThrow(
      /aborted|timeout/i,
    );
  });

  test('close-connections:1 closes each connection, but not that of the health check', async () => {
    const { url } = await start({ IPS_BEHAVIOUR: 'close-connections:1' });
    await expect(fetch(`${url}/api/v1/sessions`)).rejects.toThrow('fetch failed');
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });
});
