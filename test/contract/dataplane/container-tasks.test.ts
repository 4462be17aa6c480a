import { expect, test } from '@jest/globals';
import { pushBaseImage } from '../../../src/lab/dataplane/registry/base-image.ts';
import { writeImage } from '../../../src/lab/dataplane/registry/image-writer.ts';
import { DockerApi } from '../../../src/lab/dataplane/tasks/docker-api.ts';
import { container, send, startLab, task } from './support/lab.ts';
import { root } from './support/memory-manifest-store.ts';

const api = new DockerApi();
const hasEngine = await api.answers();
api.close();
const withEngine = hasEngine ? test : test.skip;

const server = `
console.log('starting ' + process.env.GREETING);
require('node:http').createServer((request, response) => {
  if (request.url === '/eat') { const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1)); }
  response.end('hello ' + new Date().getFullYear());
}).listen(5000, () => console.log('listening'));
process.on('SIGTERM', () => { console.error('bye'); process.exit(7); });
`;

withEngine(
  'containers: pulled from the registry, served, checked, stopped, out of memory',
  async () => {
    const lab = await startLab({ mode: 'container' });
    try {
      const images = { store: lab.store, blobs: lab.plane.blobs, principal: root };
      await pushBaseImage(images, 'container');
      const digest = await writeImage(images, {
        repository: 'app',
        tag: '1',
        base: { repository: 'lab/node', reference: '24' },
        layers: [[{ path: 'app/server.js', content: server }]],
        settings: { workingDirectory: '/app', command: ['node', 'server.js'] },
      });
      const healthCheck = {
        command: ['CMD', 'node', '-e', 'process.exit(0)'],
        intervalMs: 10_000,
        timeoutMs: 300_000,
        retries: 3,
        startPeriodMs: 60_000,
      };
      const spec = container({
        imageDigest: digest,
        environment: { GREETING: 'lab' },
        healthCheck,
        memoryMiB: 96,
        stopTimeoutMs: 600_000,
      });
      for (const id of ['1', '2']) lab.kernel.emit({ kind: 'start-task', task: task([spec], id) });
      const endpointOf = async (id: string) =>
        (await lab.fact('container-started', (fact) => fact.taskArn === `arn:task/${id}`)).endpoints?.[5000];
      const first = await endpointOf('1');
      const second = await endpointOf('2');
      await lab.fact(
        'container-health',
        (fact) => fact.taskArn === 'arn:task/1' && fact.status === 'HEALTHY',
      );
      await lab.fact('log', ({ message }) => message === 'listening');
      expect(await send(first)).toMatchObject({ status: 200, body: 'hello 2026' });
      lab.kernel.emit({ kind: 'stop-task', taskArn: 'arn:task/1' });
      const stopped = await lab.fact('container-exited', (fact) => fact.taskArn === 'arn:task/1');
      expect(stopped).toMatchObject({ exitCode: 7, outOfMemory: false });
      await send(second, '/eat').catch(() => {});
      const killed = await lab.fact('container-exited', (fact) => fact.taskArn === 'arn:task/2');
      expect(killed).toMatchObject({ exitCode: 137, outOfMemory: true });
      const lines = lab.facts.flatMap((fact) => (fact.kind === 'log' ? [fact.message] : []));
      expect(lines).toContain('bye');
    } finally {
      await lab.close();
    }
  },
  120_000,
);
