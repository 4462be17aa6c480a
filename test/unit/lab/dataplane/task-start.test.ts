import { expect, test } from '@jest/globals';
import { EndpointMap } from '../../../../src/lab/dataplane/endpoints.ts';
import type { ContainerExit } from '../../../../src/lab/dataplane/tasks/container-engine.ts';
import { TaskRunner } from '../../../../src/lab/dataplane/tasks/task-runner.ts';
import type { ContainerSpec, Fact, TaskSpec } from '../../../../src/lab/world/substrate.ts';

const container: ContainerSpec = {
  name: 'web',
  image: 'registry/web:1',
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
  stopTimeoutMs: 30_000,
  dependsOn: [],
};

const task: TaskSpec = {
  taskArn: 'arn:aws:ecs:ap-south-1:123456789012:task/c/1',
  taskId: '1',
  family: 'web',
  revision: 1,
  cluster: 'c',
  zone: 'ap-south-1a',
  privateIp: '10.0.0.9',
  containers: [container],
};

/** Starts one task; `happened` holds the runner's facts and, among them, the moment of the exit. */
function startOne(exitsAtOnce: boolean) {
  const happened: string[] = [];
  let exit: (exit: ContainerExit) => void = () => {};
  const exited = new Promise<ContainerExit>((resolve) => {
    exit = resolve;
  });
  let reported: () => void = () => {};
  const told = (kind: Fact['kind']) =>
    new Promise<void>((resolve) => {
      reported = () => happened.at(-1) === kind && resolve();
    });
  const end = (): void => {
    happened.push('exit');
    exit({ exitCode: 7, outOfMemory: false });
  };
  const runner = new TaskRunner({
    engine: {
      kind: 'process',
      start: async () => {
        // Long enough for a runner that reports as soon as the process is there.
        if (exitsAtOnce) setImmediate(end);
        return {
          endpoints: {},
          exited,
          terminate: () => {},
          kill: () => {},
          run: async () => undefined,
          usage: async () => undefined,
        };
      },
      close: async () => {},
    },
    endpoints: new EndpointMap(),
    mapping: () => ({ epochRealMs: 0, epochVirtualMs: 0, scale: 60 }),
    report: (fact) => {
      happened.push(fact.kind);
      reported();
    },
  });
  return { runner, happened, told, end };
}

test('a program that ends at once has ended when its start is told', async () => {
  const { runner, happened, told } = startOne(true);
  const ended = told('container-exited');
  runner.carryOut({ kind: 'start-task', task });
  await ended;
  await runner.close();
  expect(happened).toEqual(['exit', 'container-started', 'container-exited']);
});

test('a program that lives is told as started before it ends', async () => {
  const { runner, happened, told, end } = startOne(false);
  const started = told('container-started');
  runner.carryOut({ kind: 'start-task', task });
  await started;
  const ended = told('container-exited');
  end();
  await ended;
  await runner.close();
  expect(happened).toEqual(['container-started', 'exit', 'container-exited']);
});
