/** The wire as plain HTTP: what clients meet when something is wrong, and the paths beside AWS. */
import { createPublicKey, verify } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createWireServer } from '../../../src/lab/wire/server.ts';
import { AwsError } from '../../../src/lab/world/aws-error.ts';
import {
  ACCESS_KEY_ID,
  answerWith,
  type EchoServer,
  PRINCIPAL,
  REGION,
  SECRET_ACCESS_KEY,
  startEchoServer,
  VIRTUAL_NOW_MS,
} from './echo-server.ts';

const opened: EchoServer[] = [];
afterEach(async () => {
  for (const echo of opened.splice(0)) await echo.server.close(0);
});

async function start(options: Parameters<typeof startEchoServer>[0] = {}): Promise<EchoServer> {
  const echo = await startEchoServer(options);
  opened.push(echo);
  return echo;
}

function settings(echo: EchoServer) {
  return {
    region: REGION,
    endpoint: echo.server.url,
    credentials: { accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET_ACCESS_KEY },
    maxAttempts: 1,
  };
}

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

async function send(echo: EchoServer, path: string, init: RequestInit = {}): Promise<Reply> {
  const reply = await fetch(`${echo.server.url}${path}`, init);
  return { status: reply.status, headers: reply.headers, text: await reply.text() };
}

const describeServices = {
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'AmazonEC2ContainerServiceV20141113.DescribeServices',
};

describe('answers', () => {
  test('carry virtual time and a request id that counts up', async () => {
    const echo = await start();
    const first = await send(echo, '/_lab/health');
    const second = await send(echo, '/_lab/health');
    expect(first.headers.get('date')).toBe('Wed, 14 Jan 2026 17:00:00 GMT');
    expect(first.headers.get('x-amzn-requestid')).toBe('00000000-0000-4000-8000-000000000001');
    expect(second.headers.get('x-amzn-requestid')).toBe('00000000-0000-4000-8000-000000000002');
  });

  test('a delay of virtual time is waited in real time as the lab scales it', async () => {
    const asked: number[] = [];
    const echo = await start({
      toRealMs: (virtualMs) => {
        asked.push(virtualMs);
        return 1;
      },
    });
    echo.answer = () => ({ kind: 'answer', output: { services: [] }, delayMs: 60_000 });
    const client = new ECSClient(settings(echo));
    await client.send(new DescribeServicesCommand({ services: ['a'] }));
    expect(asked).toEqual([60_000]);
  });

  test('a reset connection is a reset for the client', async () => {
    const echo = await start();
    echo.answer = () => ({ kind: 'reset', effectHappened: true, delayMs: 0 });
    const client = new ECSClient(settings(echo));
    await expect(client.send(new DescribeServicesCommand({ services: ['a'] }))).rejects.toThrow('ECONNRESET');
    expect(echo.calls).toHaveLength(1);
  });

  test('an error of the world keeps code, status and members', async () => {
    const echo = await start();
    const members = { resourceIds: ['a', 'b'] };
    echo.answer = () => ({
      kind: 'error',
      error: new AwsError('ConflictException', 'Busy.', 400, members),
      delayMs: 0,
    });
    const client = new ECSClient(settings(echo));
    await expect(client.send(new DescribeServicesCommand({ services: ['a'] }))).rejects.toMatchObject({
      name: 'ConflictException',
      message: 'Busy.',
      resourceIds: ['a', 'b'],
      $metadata: { httpStatusCode: 400 },
    });
  });

  test('what the world throws becomes InternalFailure, and goes to the log only', async () => {
    const echo = await start();
    echo.answer = () => {
      throw new Error('secret inside');
    };
    const client = new ECSClient(settings(echo));
    await expect(client.send(new DescribeServicesCommand({ services: ['a'] }))).rejects.toMatchObject({
      name: 'InternalFailure',
      message: expect.not.stringContaining('secret inside'),
      $metadata: { httpStatusCode: 500 },
    });
    expect(echo.logged).toEqual([
      expect.stringContaining('ecs:DescribeServices failed inside the lab: Error: secret inside'),
    ]);
  });

  test('an output that does not fit its shape is such a defect', async () => {
    const echo = await start();
    echo.answer = answerWith({ services: [{ desiredCount: '3' }] });
    const client = new ECSClient(settings(echo));
    await expect(client.send(new DescribeServicesCommand({ services: ['a'] }))).rejects.toMatchObject({
      name: 'InternalFailure',
    });
    expect(echo.logged[0]).toContain('Output member services[0].desiredCount has to be a number');
  });
});

describe('requests that are not good', () => {
  test.each([
    ['JSON', describeServices, '{', 400, 'MissingAuthenticationTokenException'],
    ['JSON', { ...describeServices, 'x-amz-target': 'Nope.Do' }, '{}', 400, 'UnknownOperationException'],
    [
      'JSON',
      { ...describeServices, 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.Nope' },
      '{}',
      400,
      'UnknownOperationException',
    ],
    [
      'XML',
      { 'content-type': 'application/x-www-form-urlencoded' },
      'Action=DescribeRules&Version=2015-12-01',
      403,
      'MissingAuthenticationToken',
    ],
    [
      'XML',
      { 'content-type': 'application/x-www-form-urlencoded' },
      'Action=Nope&Version=2015-12-01',
      400,
      'InvalidAction',
    ],
    ['JSON', {}, '', 403, 'MissingAuthenticationTokenException'],
  ])('in %s: %j %s', async (form, headers, body, status, code) => {
    const echo = await start();
    const reply = await send(echo, '/', { method: 'POST', headers, body });
    expect(reply.status).toBe(status);
    expect(reply.headers.get('content-type')).toContain(form === 'XML' ? 'text/xml' : 'json');
    expect(reply.text).toContain(code);
    expect(echo.calls).toEqual([]);
  });

  test('GET and HEAD of the root are answered, without HTML', async () => {
    const echo = await start();
    expect((await send(echo, '/')).text).toContain('Missing Authentication Token');
    const head = await send(echo, '/', { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([403, '']);
    expect((await send(echo, '/', { method: 'OPTIONS' })).status).toBe(204);
  });

  test('bodies: 10 MB pass, one byte more is 413', async () => {
    const echo = await start();
    const limit = 10 * 1024 * 1024;
    const post = (length: number) =>
      new Promise<number | undefined>((resolve, reject) => {
        const request = httpRequest(
          `${echo.server.url}/`,
          { method: 'POST', headers: { ...describeServices, 'content-length': length } },
          (reply) => {
            reply.resume();
            reply.on('end', () => resolve(reply.statusCode));
          },
        );
        request.on('error', reject);
        request.flushHeaders();
        // A body that is too large is refused by its announced length.
        if (length <= limit) request.end(Buffer.alloc(length, 0x20));
      });
    expect(await post(limit)).toBe(400);
    expect(await post(limit + 1)).toBe(413);
  });

  test('a body without a length is refused as soon as it is too large', async () => {
    const echo = await start();
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(
        `${echo.server.url}/`,
        { method: 'POST', headers: describeServices },
        (reply) => {
          reply.resume();
          reply.on('end', () => resolve(reply.statusCode));
        },
      );
      request.on('error', reject);
      for (let part = 0; part < 11; part++) request.write(Buffer.alloc(1024 * 1024));
      request.end();
    });
    expect(status).toBe(413);
  });

  test('a body that unpacks to more than the limit, or is no gzip, is refused', async () => {
    const echo = await start();
    const bomb = gzipSync(Buffer.alloc(11 * 1024 * 1024));
    for (const body of [bomb, Buffer.from('no gzip')]) {
      const headers = { ...describeServices, 'content-encoding': 'gzip' };
      const reply = await send(echo, '/', { method: 'POST', headers, body: new Uint8Array(body) });
      expect([reply.status, JSON.parse(reply.text)]).toMatchObject([
        400,
        { __type: 'SerializationException' },
      ]);
    }
  });

  test('what is no HTTP gets an answer in JSON', async () => {
    const echo = await start();
    const text = await new Promise<string>((resolve, reject) => {
      let received = '';
      const socket = connect(echo.server.port, '127.0.0.1', () => socket.write('HELLO\r\n\r\n'));
      socket.on('data', (chunk) => {
        received += chunk.toString();
      });
      socket.on('close', () => resolve(received));
      socket.on('error', reject);
    });
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(text).toContain('{"message":"The request is no well-formed HTTP."}');
  });

  test('a large PutMetricData comes compressed, and arrives', async () => {
    const echo = await start();
    const client = new CloudWatchClient(settings(echo));
    const MetricData = Array.from({ length: 500 }, (_, index) => ({
      MetricName: `metric-${index}`,
      Value: index,
    }));
    await client.send(new PutMetricDataCommand({ Namespace: 'Test', MetricData }));
    expect(echo.calls[0]!.input).toEqual({ Namespace: 'Test', MetricData });
  });
});

describe('credentials', () => {
  const entry = { secretAccessKey: SECRET_ACCESS_KEY, principal: PRINCIPAL };
  const session = { accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET_ACCESS_KEY, sessionToken: 'token' };
  const ask = async (stored: object, given: object, options: object = {}): Promise<string> => {
    const echo = await start({ credentials: { lookup: () => ({ ...entry, ...stored }) }, ...options });
    echo.answer = answerWith({ services: [] });
    const base = settings(echo);
    const client = new ECSClient({ ...base, credentials: { ...base.credentials, ...given } });
    return client.send(new DescribeServicesCommand({ services: ['a'] })).then(
      () => 'accepted',
      (error: Error) => error.name,
    );
  };

  test('a session token has to be the right one', async () => {
    expect(await ask({ sessionToken: 'token' }, session)).toBe('accepted');
    expect(await ask({ sessionToken: 'other' }, session)).toBe('UnrecognizedClientException');
    expect(await ask({ sessionToken: 'token' }, {})).toBe('UnrecognizedClientException');
    expect(await ask({}, session)).toBe('UnrecognizedClientException');
  });

  test('expiry is in virtual time: the very moment is over', async () => {
    expect(await ask({ expiresAtMs: VIRTUAL_NOW_MS + 1 }, {})).toBe('accepted');
    expect(await ask({ expiresAtMs: VIRTUAL_NOW_MS }, {})).toBe('ExpiredTokenException');
  });

  test('clients on the real clock and on the virtual one are accepted, others are not', async () => {
    const farMs = 86_400_000;
    const offset = VIRTUAL_NOW_MS - Date.now();
    expect(await ask({}, {}, { realNow: () => Date.now() })).toBe('accepted');
    expect(await ask({}, {}, { realNow: () => 0, now: () => Date.now() })).toBe('accepted');
    expect(await ask({}, {}, { realNow: () => 0, now: () => Date.now() + farMs })).toBe(
      'InvalidSignatureException',
    );
    expect(offset).not.toBe(0);
  });
});

describe("GitHub's side", () => {
  test('REST calls reach the handler with path, query, body and token', async () => {
    const seen: unknown[] = [];
    const echo = await start({
      github: {
        handle: (request) => {
          seen.push(request);
          return request.method === 'DELETE'
            ? { status: 204, json: undefined }
            : { status: 201, json: { id: 7 } };
        },
      },
    });
    const reply = await send(echo, '/api/v3/repos/acme/api/deployments?per_page=5', {
      method: 'POST',
      headers: { authorization: 'token ghs_x', 'content-type': 'application/json' },
      body: '{"ref":"main"}',
    });
    expect([reply.status, JSON.parse(reply.text)]).toEqual([201, { id: 7 }]);
    expect(seen).toEqual([
      {
        method: 'POST',
        path: '/repos/acme/api/deployments',
        query: { per_page: '5' },
        body: { ref: 'main' },
        token: 'ghs_x',
      },
    ]);
    expect((await send(echo, '/api/v3/repos/acme/api', { method: 'DELETE' })).status).toBe(204);
    expect((await send(echo, '/api/v3/x', { method: 'POST', body: '{' })).status).toBe(400);
  });

  test('identity tokens: bearer checked, signed, verifiable with the published key', async () => {
    const echo = await start({
      oidc: {
        requestToken: 'job-token',
        claims: (aud) => ({ aud, sub: 'repo:acme/api:ref:refs/heads/main' }),
      },
    });
    const path = '/oidc/token?api-version=2.0&audience=sts.amazonaws.com';
    expect((await send(echo, path)).status).toBe(401);
    expect((await send(echo, path, { headers: { authorization: 'Bearer job-toke' } })).status).toBe(401);
    const reply = await send(echo, path, { headers: { authorization: 'bearer job-token' } });
    const { value } = JSON.parse(reply.text) as { value: string };
    const claims = { aud: 'sts.amazonaws.com', sub: 'repo:acme/api:ref:refs/heads/main' };
    expect(echo.server.tokenIssuer.verify(value)).toEqual(claims);
    expect(echo.server.tokenIssuer.verify(`${value.slice(0, -4)}AAAA`)).toBeUndefined();
    const { keys } = JSON.parse((await send(echo, '/.well-known/jwks')).text) as { keys: [{ kty: string }] };
    const [header, payload, signature] = value.split('.');
    const key = createPublicKey({ key: keys[0], format: 'jwk' });
    const signed = Buffer.from(`${header}.${payload}`);
    expect(verify('RSA-SHA256', signed, key, Buffer.from(signature!, 'base64url'))).toBe(true);
  });

  test('AssumeRoleWithWebIdentity needs no signature', async () => {
    const echo = await start();
    const client = new STSClient({ region: REGION, endpoint: echo.server.url, maxAttempts: 1 });
    const input = {
      RoleArn: 'arn:aws:iam::123456789012:role/d',
      RoleSessionName: 'run',
      WebIdentityToken: 'a.b.c',
    };
    await client.send(new AssumeRoleWithWebIdentityCommand(input));
    expect(echo.calls).toMatchObject([
      { operation: 'AssumeRoleWithWebIdentity', input, principal: { kind: 'anonymous' } },
    ]);
  });
});

describe("the lab's own paths", () => {
  test('state, journal and faults go to their handlers', async () => {
    const echo = await start({
      lab: {
        state: () => ({ services: 1 }),
        journal: (sinceMs) => [{ at: sinceMs }],
        faults: (script) => {
          if (script === null) throw new Error('A fault script is an object, and this is null.');
          return { applied: script };
        },
      },
    });
    const json = { 'content-type': 'application/json' };
    expect((await send(echo, '/_lab/health')).text).toBe(`{"status":"ok","now":${VIRTUAL_NOW_MS}}`);
    expect((await send(echo, '/_lab/state')).text).toBe('{"services":1}');
    expect((await send(echo, '/_lab/journal?since=5')).text).toBe('[{"at":5}]');
    expect((await send(echo, '/_lab/journal?since=x')).status).toBe(400);
    const faults = (body: string, headers = json) =>
      send(echo, '/_lab/faults', { method: 'POST', headers, body });
    expect((await faults('{"a":1}')).text).toBe('{"applied":{"a":1}}');
    expect(await faults('null')).toMatchObject({
      status: 400,
      text: expect.stringContaining('this is null'),
    });
    expect((await faults('{')).status).toBe(400);
    expect((await faults('{}', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await send(echo, '/_lab/nope')).text).toContain('It has: GET /_lab/health, GET /_lab/state');
  });
});

describe('opening and closing', () => {
  test('a port in use is one clear sentence', async () => {
    const echo = await start();
    const { port } = echo.server;
    const second = createWireServer({
      call: () => ({ kind: 'answer', output: {}, delayMs: 0 }),
      credentials: { lookup: () => undefined },
      now: () => 0,
      region: REGION,
      port,
    });
    await expect(second.listen()).rejects.toThrow(
      `The lab cannot listen on 127.0.0.1:${port}: another process listens there.`,
    );
  });

  test('close waits for an open answer, and ends idle connections', async () => {
    let release: (() => void) | undefined;
    const echo = await start({
      call: () =>
        new Promise((resolve) => {
          release = () => resolve({ kind: 'answer', output: { services: [] }, delayMs: 0 });
        }),
    });
    const client = new ECSClient(settings(echo));
    const answer = client.send(new DescribeServicesCommand({ services: ['a'] }));
    while (release === undefined) await new Promise((resolve) => setImmediate(resolve));
    const closed = echo.server.close(60_000);
    release();
    expect((await answer).services).toEqual([]);
    client.destroy();
    await closed;
  });
});
