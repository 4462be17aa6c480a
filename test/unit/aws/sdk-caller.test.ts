import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createSdkCaller } from '../../../src/aws/sdk/caller.ts';

const mine = ['AWS_ENDPOINT_URL', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;
const before = new Map(mine.map((name) => [name, process.env[name]]));
let silent: Server;

beforeEach(async () => {
  silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const values = [`http://127.0.0.1:${port}`, 'eu-central-1', 'id', 'key'];
  for (const [index, name] of mine.entries()) process.env[name] = values[index];
});

afterEach(() => {
  silent.closeAllConnections();
  silent.close();
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

const read = { cluster: 'c', services: ['s'] };

test('an AWS that never answers is a fault of the network, after the deadline of one attempt', async () => {
  const caller = createSdkCaller({ attemptTimeoutMs: 100 });
  await expect(caller.call('ecs:DescribeServices', read)).rejects.toMatchObject({
    name: 'AwsCallError',
    kind: 'transient',
    code: 'TimeoutError',
    operation: 'ecs:DescribeServices',
    reason: 'No answer within 0.1 s.',
  });
});

test('a call that is aborted by its caller ends as that, not as a deadline', async () => {
  const abort = new AbortController();
  const call = createSdkCaller({ attemptTimeoutMs: 10_000 }).call('ecs:DescribeServices', read, abort.signal);
  silent.once('request', () => abort.abort());
  await expect(call).rejects.toMatchObject({ name: 'AwsCallError', code: 'AbortError' });
});
