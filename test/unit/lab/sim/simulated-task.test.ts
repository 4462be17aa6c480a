import { describe, expect, test } from '@jest/globals';
import { defaultConfig, Kernel } from '../../../../src/lab/world/kernel.ts';
import { type AppModel, appModel } from '../../../../src/lab/world/sim/app-model.ts';
import { SimulatedTask } from '../../../../src/lab/world/sim/simulated-task.ts';
import type { ContainerSpec } from '../../../../src/lab/world/substrate.ts';

function container(name: string, change: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    name,
    image: `${name}:1`,
    imageDigest: undefined,
    command: undefined,
    entryPoint: undefined,
    workingDirectory: undefined,
    user: undefined,
    environment: {},
    essential: true,
    containerPorts: [],
    memoryMiB: undefined,
    readonlyRootFilesystem: false,
    healthCheck: undefined,
    log: undefined,
    dependsOn: [],
    stopTimeoutMs: 30_000,
    ...change,
  };
}

/** Facts as `seconds kind container detail`. */
function run(containers: readonly ContainerSpec[], models: Readonly<Record<string, Partial<AppModel>>> = {}) {
  const kernel = new Kernel(defaultConfig);
  const facts: string[] = [];
  const task = new SimulatedTask(
    kernel,
    {
      taskArn: 'task',
      taskId: 'task',
      family: 'api',
      revision: 1,
      cluster: 'shop',
      zone: 'ap-south-1a',
      privateIp: '10.0.0.1',
      containers,
    },
    (spec) => appModel({ pullMs: 1_000, startMs: 1_000, ...models[spec.name] }),
    (fact) => {
      const at = (kernel.now - kernel.config.startMs) / 1000;
      const who = 'container' in fact ? fact.container : '';
      const detail =
        fact.kind === 'container-exited'
          ? `${fact.exitCode}${fact.outOfMemory ? ' oom' : ''}`
          : fact.kind === 'container-health'
            ? fact.status
            : fact.kind === 'container-start-failed'
              ? fact.reason
              : fact.kind === 'log'
                ? fact.message
                : '';
      facts.push(`${at} ${fact.kind} ${who} ${detail}`.replace(/ +/g, ' ').trim());
    },
    () => {},
  );
  task.start();
  return { kernel, task, facts, wait: (seconds: number) => kernel.advanceTo(kernel.now + seconds * 1000) };
}

describe('start', () => {
  test('listens on its port only after its start time', () => {
    const { task, wait } = run([container('api', { containerPorts: [5000] })]);
    wait(1.999);
    expect(task.app(5000)?.listening).toBe(false);
    wait(0.001);
    expect(task.app(5000)?.listening).toBe(true);
  });

  test('keeps to dependsOn', () => {
    const healthCheck = { command: [], intervalMs: 5_000, timeoutMs: 1_000, retries: 3, startPeriodMs: 0 };
    const { facts, wait } = run(
      [
        container('api', {
          dependsOn: [
            { containerName: 'proxy', condition: 'HEALTHY' },
            { containerName: 'migrate', condition: 'SUCCESS' },
          ],
        }),
        container('proxy', { healthCheck }),
        container('migrate', { essential: false }),
      ],
      { migrate: { crashAfterMs: 2_000, exitCode: 0 } },
    );
    wait(60);
    expect(facts).toEqual([
      '1 container-started proxy',
      '1 container-started migrate',
      '3 container-exited migrate 0',
      '6 container-health proxy HEALTHY',
      '7 container-started api',
    ]);
  });

  test('a failed pull is told in the words given', () => {
    const { facts, task, wait } = run([container('api')], {
      api: { startFailure: 'CannotPullContainerError: gone' },
    });
    wait(60);
    expect(facts).toEqual(['1 container-start-failed api CannotPullContainerError: gone']);
    expect(task.gone).toBe(true);
  });

  test('a container that never answers its health check is unhealthy after its retries', () => {
    const healthCheck = {
      command: [],
      intervalMs: 5_000,
      timeoutMs: 1_000,
      retries: 3,
      startPeriodMs: 10_000,
    };
    const { facts, wait } = run([container('api', { healthCheck })], { api: { healthCode: 500 } });
    wait(120);
    expect(facts).toEqual(['1 container-started api', '26 container-health api UNHEALTHY']);
  });
});

describe('end', () => {
  test('out of memory is exit code 137 with the flag, after the last log lines', () => {
    const { facts, wait } = run([container('api', { log: { group: 'g', stream: 's' } })], {
      api: { crashAfterMs: 9_000, outOfMemory: true },
    });
    wait(60);
    expect(facts).toEqual([
      '1 container-started api',
      '2 log listening',
      '10 log fatal: exiting',
      '10 container-exited api 137 oom',
    ]);
  });

  test.each([
    [29_999, '39.999 container-exited api 0'],
    [30_000, '40 container-exited api 0'],
    [30_001, '40 container-exited api 137'],
  ])('SIGTERM answered after %i ms with a stop time-out of 30 s', (sigtermMs, expected) => {
    const { facts, task, wait } = run([container('api')], { api: { sigtermMs } });
    wait(10);
    task.stop();
    wait(100);
    expect(facts.at(-1)).toBe(expected);
  });

  test('every container is answered for when the task stops while it starts', () => {
    const { facts, task, wait } = run([container('api'), container('side')], { side: { pullMs: 9_000 } });
    wait(2);
    task.stop();
    wait(100);
    expect(facts).toEqual([
      '1 container-started api',
      '2 container-exited side 137',
      '2.5 container-exited api 0',
    ]);
    expect(task.gone).toBe(true);
  });

  test('killed is gone at once', () => {
    const { facts, task, wait } = run([container('api')]);
    wait(10);
    task.kill();
    wait(100);
    expect(facts.at(-1)).toBe('10 container-exited api 137');
  });
});
