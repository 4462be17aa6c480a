import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pushBaseImage } from '../../../src/lab/dataplane/registry/base-image.ts';
import { writeImage } from '../../../src/lab/dataplane/registry/image-writer.ts';
import {
  container,
  forwardTo,
  group,
  listener,
  send,
  startLab,
  type TestLab,
  target,
  task,
} from './support/lab.ts';
import { root } from './support/memory-manifest-store.ts';

const server = `
const http = require('node:http');
console.log('starting ' + process.env.GREETING);
http.createServer((request, response) => {
  if (request.url === '/env') return response.end(JSON.stringify(process.env));
  if (request.url === '/self') return http.get('http://localhost:5000/', (answer) => answer.pipe(response));
  response.end('hello ' + new Date().getFullYear());
}).listen(5000, () => console.log('listening'));
process.on('SIGTERM', () => { console.error('bye'); process.exit(Number(process.env.EXIT ?? 0)); });
`;

describe('tasks as processes', () => {
  let lab: TestLab;

  beforeEach(async () => {
    lab = await startLab();
    const images = { store: lab.store, blobs: lab.plane.blobs, principal: root };
    await pushBaseImage(images, 'process');
    await writeImage(images, {
      repository: 'app',
      tag: '1',
      base: { repository: 'lab/node', reference: '24' },
      layers: [[{ path: 'app/server.js', content: server }]],
      settings: {
        workingDirectory: '/app',
        command: ['node', 'server.js'],
        environment: { FROM_IMAGE: 'yes' },
      },
    });
  });

  afterEach(() => lab.close());

  test('an unmodified server on port 5000 is reached by its task, through the load balancer, and stops well', async () => {
    lab.kernel.emit({
      kind: 'start-task',
      task: task([
        container({
          environment: { GREETING: 'lab' },
          healthCheck: {
            command: ['CMD-SHELL', 'curl -f http://localhost:5000/health || exit 1'],
            intervalMs: 10_000,
            timeoutMs: 5000,
            retries: 3,
            startPeriodMs: 60_000,
          },
        }),
      ]),
    });
    await lab.fact('container-health', ({ status }) => status === 'HEALTHY');
    lab.routing.groups = [group('tg', [{ ...target('10.0.0.1', 5000), ownerTaskArn: 'arn:task/1' }])];
    lab.routing.listeners = [listener(forwardTo(['tg', 1]))];
    await lab.apply();
    const address = lab.plane.addressOf('arn:listener');
    // The world's year, not this machine's.
    expect(await send(address)).toMatchObject({ status: 200, body: 'hello 2026' });
    expect((await send(address, '/self')).body).toBe('hello 2026');
    const environment = JSON.parse((await send(address, '/env')).body) as Record<string, string>;
    expect(environment).toMatchObject({ GREETING: 'lab', FROM_IMAGE: 'yes' });
    expect(
      environment['USER'] ?? environment['JEST_WORKER_ID'] ?? environment['npm_config_cache'],
    ).toBeUndefined();
    lab.kernel.emit({ kind: 'stop-task', taskArn: 'arn:task/1' });
    expect(await lab.fact('container-exited')).toMatchObject({ exitCode: 0, outOfMemory: false });
    const lines = lab.facts.flatMap((fact) => (fact.kind === 'log' ? [fact.message] : []));
    expect(lines).toEqual(['starting lab', 'listening', 'bye']);
    expect((await send(address)).status).toBe(502);
  });

  test('exit codes: its own, 137 when killed, 128 + n after a signal', async () => {
    const start = (id: string, command: readonly string[]): void =>
      lab.kernel.emit({ kind: 'start-task', task: task([container({ command })], id) });
    start('1', ['node', '-e', 'process.exit(3)']);
    start('2', ['node', '-e', 'setInterval(() => {}, 1000)']);
    start('3', ['node', '-e', 'process.kill(process.pid, "SIGABRT"); setInterval(() => {}, 1000)']);
    await lab.fact('container-started', ({ taskArn }) => taskArn === 'arn:task/2');
    lab.kernel.emit({ kind: 'kill-task', taskArn: 'arn:task/2' });
    const codeOf = async (id: string): Promise<number> =>
      (await lab.fact('container-exited', ({ taskArn }) => taskArn === `arn:task/${id}`)).exitCode;
    expect([await codeOf('1'), await codeOf('2'), await codeOf('3')]).toEqual([3, 137, 134]);
  });

  test('a process that ignores SIGTERM is killed after its stop time-out', async () => {
    const command = [
      'node',
      '-e',
      'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")',
    ];
    lab.kernel.emit({ kind: 'start-task', task: task([container({ command })]) });
    await lab.fact('log', ({ message }) => message === 'up');
    lab.kernel.emit({ kind: 'stop-task', taskArn: 'arn:task/1' });
    expect((await lab.fact('container-exited')).exitCode).toBe(137);
  });

  test('what is not Node is refused with one clear reason, a missing image in the words of ECS', async () => {
    lab.kernel.emit({ kind: 'start-task', task: task([container({ entryPoint: ['python'] })], '1') });
    lab.kernel.emit({ kind: 'start-task', task: task([container({ image: 'host.example/app:9' })], '2') });
    const reasonOf = async (id: string): Promise<string> =>
      (await lab.fact('container-start-failed', ({ taskArn }) => taskArn === `arn:task/${id}`)).reason;
    expect(await reasonOf('1')).toMatch(
      /starts with "python".*only images whose entry point or command is "node"/,
    );
    expect(await reasonOf('2')).toBe('CannotPullContainerError: app@9 is not in the registry.');
  });

  test('containers start in the order of dependsOn, and one whose dependency failed does not', async () => {
    const migrate = (code: number): ReturnType<typeof container> =>
      container({ name: 'migrate', essential: false, command: ['node', '-e', `process.exit(${code})`] });
    const app = container({ dependsOn: [{ containerName: 'migrate', condition: 'SUCCESS' }] });
    lab.kernel.emit({ kind: 'start-task', task: task([app, migrate(0)], '1') });
    lab.kernel.emit({ kind: 'start-task', task: task([app, migrate(1)], '2') });
    await lab.fact('container-started', (fact) => fact.taskArn === 'arn:task/1' && fact.container === 'app');
    const order = lab.facts.flatMap((fact) =>
      'taskArn' in fact && fact.taskArn === 'arn:task/1' && 'container' in fact
        ? [`${fact.container} ${fact.kind}`]
        : [],
    );
    expect(order).toEqual(['migrate container-started', 'migrate container-exited', 'app container-started']);
    const failed = await lab.fact('container-start-failed', (fact) => fact.taskArn === 'arn:task/2');
    expect(failed).toMatchObject({
      container: 'app',
      reason: expect.stringContaining('migrate to be SUCCESS'),
    });
  });

  test('close leaves nothing behind', async () => {
    lab.kernel.emit({
      kind: 'start-task',
      task: task([
        container({ command: ['node', '-e', 'console.log(process.pid); setInterval(() => {}, 1000)'] }),
      ]),
    });
    const pid = Number((await lab.fact('log')).message);
    await lab.close();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(existsSync(lab.tempDir)).toBe(false);
  });
});
