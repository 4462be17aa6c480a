/**
 * Containers in a Docker engine on this machine: isolated, limited in memory, their ports published on
 * loopback. All carry one label, by which they are found again and removed.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { ContainerSpec, TaskSpec } from '../../world/substrate.ts';
import type { Endpoint } from '../endpoints.ts';
import { companionFile } from './companion-file.ts';
import {
  type ContainerEngine,
  type ContainerExit,
  type ContainerUsage,
  type RunningContainer,
  StartError,
  type StartRequest,
} from './container-engine.ts';
import { type DockerApi, DockerError } from './docker-api.ts';
import { DockerFrames } from './docker-stream.ts';
import { imageLocation } from './image-location.ts';
import { LineSplitter } from './line-splitter.ts';
import type { Reaper } from './reaper.ts';

export interface DockerEngineOptions {
  readonly api: DockerApi;
  /** Where the lab's registry answers; images of its repositories are pulled from there. */
  readonly registry: () => Endpoint;
  /** `user:password` for pulls from it. */
  readonly registryCredentials: string;
  readonly hasRepository: (repository: string) => boolean;
  readonly reaper: Reaper;
  /** Value of LAB_CLOCK for tasks started now; undefined: the machine's clock. */
  readonly clockVariable: () => string | undefined;
}

interface Inspection {
  readonly State: { readonly ExitCode: number; readonly OOMKilled: boolean };
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { readonly HostPort: string }[] | null>>;
  };
}

interface Stats {
  readonly cpu_stats?: { readonly cpu_usage?: { readonly total_usage?: number } };
  readonly memory_stats?: { readonly usage?: number };
}

const labelName = 'ips-deploy-lab';
const clockInContainer = '/lab/clock-preload.cjs';
const pullTimeoutMs = 55_000;

export class DockerEngine implements ContainerEngine {
  readonly kind = 'container';
  readonly #options: DockerEngineOptions;
  /** Of this lab alone: another lab's containers are not touched. */
  readonly #label = `${labelName}=${randomUUID()}`;
  readonly #pulls = new Map<string, Promise<void>>();

  constructor(options: DockerEngineOptions) {
    this.#options = options;
    const { host, port } = options.registry();
    options.reaper.order({
      containers: {
        socketPath: options.api.socketPath,
        label: this.#label,
        imagePrefix: `${host}:${port}/`,
      },
    });
  }

  async start({ task, container, onLine }: StartRequest): Promise<RunningContainer> {
    const image = await this.#pull(container);
    const { api } = this.#options;
    let id: string | undefined;
    try {
      const created = await api.call('POST', '/containers/create', this.#creation(task, container, image));
      id = (created as { readonly Id: string }).Id;
      const output = await api.stream(
        'POST',
        `/containers/${id}/attach?stream=1&stdout=1&stderr=1`,
        undefined,
        {},
      );
      const waiting = api.call('POST', `/containers/${id}/wait?condition=next-exit`);
      // Handled below; a start that fails must not leave it unhandled.
      waiting.catch(() => {});
      const outputEnded = followOutput(output, onLine);
      await api.call('POST', `/containers/${id}/start`);
      const inspection = (await api.call('GET', `/containers/${id}/json`)) as Inspection;
      return new DockerContainer(api, id, endpointsOf(inspection), exitOf(api, id, waiting, outputEnded));
    } catch (error) {
      if (id !== undefined) await remove(api, id);
      throw new StartError(`CannotStartContainerError: ${(error as Error).message}`);
    }
  }

  async close(): Promise<void> {
    const { api } = this.#options;
    const filters = encodeURIComponent(JSON.stringify({ label: [this.#label] }));
    const found = (await api.call('GET', `/containers/json?all=1&filters=${filters}`).catch(() => [])) as {
      readonly Id: string;
    }[];
    await Promise.all(found.map(({ Id }) => remove(api, Id)));
    api.close();
  }

  /** Pulls unless the engine has it; gives the name under which it is there. */
  async #pull(container: ContainerSpec): Promise<string> {
    const { api, registry, registryCredentials, hasRepository } = this.#options;
    const { host, repository, reference } = imageLocation(container.image);
    const wanted = container.imageDigest ?? reference;
    const isOurs = hasRepository(repository);
    const endpoint = registry();
    const registryHost = isOurs ? `${endpoint.host}:${endpoint.port}` : host;
    const separator = wanted.startsWith('sha256:') ? '@' : ':';
    const name = `${registryHost === undefined ? '' : `${registryHost}/`}${repository}${separator}${wanted}`;
    const credentials = isOurs ? registryCredentials.split(':') : undefined;
    const pull = async (): Promise<void> => {
      const authentication = {
        username: credentials?.[0] ?? '',
        password: credentials?.slice(1).join(':') ?? '',
        serveraddress: registryHost ?? '',
      };
      const header = Buffer.from(JSON.stringify(authentication)).toString('base64url');
      const progress = await api.call(
        'POST',
        `/images/create?fromImage=${encodeURIComponent(name)}`,
        undefined,
        {
          headers: { 'x-registry-auth': header },
          timeoutMs: pullTimeoutMs,
        },
      );
      // A pull that fails half-way says so in its progress, with status 200.
      const lines = (typeof progress === 'string' ? progress : JSON.stringify(progress))
        .trim()
        .split(/\r?\n/);
      const failed = lines.find((line) => line.includes('"errorDetail"'));
      if (failed !== undefined) throw new DockerError(500, (JSON.parse(failed) as { error: string }).error);
    };
    let pulling = this.#pulls.get(name);
    if (pulling === undefined) {
      pulling = api.call('GET', `/images/${encodeURIComponent(name)}/json`).then(
        () => {},
        () => pull(),
      );
      // A tag may move between two tasks.
      if (separator === '@') this.#pulls.set(name, pulling);
    }
    try {
      await pulling;
    } catch (error) {
      this.#pulls.delete(name);
      throw new StartError(`CannotPullContainerError: ${(error as Error).message}`);
    }
    return name;
  }

  #creation(task: TaskSpec, container: ContainerSpec, image: string): unknown {
    const clock = this.#options.clockVariable();
    const [label = '', value = ''] = this.#label.split('=');
    const preload = clock === undefined ? undefined : companionFile('clock/preload.cjs');
    const usesClock = clock !== undefined && preload !== undefined && existsSync(preload);
    const environment: Record<string, string> = {
      ...container.environment,
      ...(usesClock ? { LAB_CLOCK: clock } : {}),
    };
    if (usesClock) {
      const own = container.environment['NODE_OPTIONS'];
      environment['NODE_OPTIONS'] = `--require ${clockInContainer}${own === undefined ? '' : ` ${own}`}`;
    }
    return {
      Image: image,
      Env: Object.entries(environment).map(([name, content]) => `${name}=${content}`),
      ...(container.entryPoint === undefined ? {} : { Entrypoint: container.entryPoint }),
      ...(container.command === undefined ? {} : { Cmd: container.command }),
      ...(container.workingDirectory === undefined ? {} : { WorkingDir: container.workingDirectory }),
      ...(container.user === undefined ? {} : { User: container.user }),
      Labels: {
        [label]: value,
        [`${labelName}.task`]: task.taskArn,
        [`${labelName}.container`]: container.name,
      },
      ExposedPorts: Object.fromEntries(container.containerPorts.map((port) => [`${port}/tcp`, {}])),
      // The image's own check is for plain Docker; ECS runs only the task definition's.
      Healthcheck: { Test: ['NONE'] },
      HostConfig: {
        PortBindings: Object.fromEntries(
          container.containerPorts.map((port) => [`${port}/tcp`, [{ HostIp: '127.0.0.1', HostPort: '' }]]),
        ),
        ReadonlyRootfs: container.readonlyRootFilesystem,
        ...(container.memoryMiB === undefined
          ? {}
          : { Memory: container.memoryMiB * 2 ** 20, MemorySwap: container.memoryMiB * 2 ** 20 }),
        ...(usesClock ? { Binds: [`${preload}:${clockInContainer}:ro`] } : {}),
      },
    };
  }
}

function endpointsOf(inspection: Inspection): Readonly<Record<number, Endpoint>> {
  const endpoints: Record<number, Endpoint> = {};
  for (const [name, bindings] of Object.entries(inspection.NetworkSettings.Ports)) {
    const hostPort = bindings?.[0]?.HostPort;
    if (hostPort !== undefined)
      endpoints[Number.parseInt(name, 10)] = { host: '127.0.0.1', port: Number(hostPort) };
  }
  return endpoints;
}

function followOutput(
  output: Awaited<ReturnType<DockerApi['stream']>>,
  onLine: (line: string) => void,
): Promise<void> {
  const lines = { stdout: new LineSplitter(onLine), stderr: new LineSplitter(onLine) };
  const frames = new DockerFrames((stream, payload) => lines[stream].write(payload));
  return new Promise((resolve) => {
    output.on('data', (chunk: Buffer) => frames.write(chunk));
    output.on('close', () => {
      lines.stdout.end();
      lines.stderr.end();
      resolve();
    });
    output.on('error', () => {});
  });
}

async function exitOf(
  api: DockerApi,
  id: string,
  waiting: Promise<unknown>,
  outputEnded: Promise<void>,
): Promise<ContainerExit> {
  try {
    await waiting;
    await outputEnded;
    const { State } = (await api.call('GET', `/containers/${id}/json`)) as Inspection;
    return { exitCode: State.ExitCode, outOfMemory: State.OOMKilled };
  } catch {
    // Removed under the lab's hands, or the engine went away: for the task that is a kill.
    return { exitCode: 137, outOfMemory: false };
  } finally {
    await remove(api, id);
  }
}

async function remove(api: DockerApi, id: string): Promise<void> {
  await api.call('DELETE', `/containers/${id}?force=1&v=1`).catch(() => {});
}

class DockerContainer implements RunningContainer {
  readonly endpoints: Readonly<Record<number, Endpoint>>;
  readonly exited: Promise<ContainerExit>;
  readonly #api: DockerApi;
  readonly #id: string;
  #last: { readonly atMs: number; readonly cpuNs: number } | undefined;

  constructor(
    api: DockerApi,
    id: string,
    endpoints: Readonly<Record<number, Endpoint>>,
    exited: Promise<ContainerExit>,
  ) {
    this.#api = api;
    this.#id = id;
    this.endpoints = endpoints;
    this.exited = exited;
  }

  terminate(): void {
    this.#signal('SIGTERM');
  }

  kill(): void {
    this.#signal('SIGKILL');
  }

  async run(command: readonly string[], timeoutMs: number): Promise<number | undefined> {
    try {
      const made = await this.#api.call('POST', `/containers/${this.#id}/exec`, { Cmd: command });
      const { Id } = made as { readonly Id: string };
      await this.#api.call('POST', `/exec/${Id}/start`, { Detach: false }, { timeoutMs });
      const state = (await this.#api.call('GET', `/exec/${Id}/json`)) as { readonly ExitCode: number | null };
      return state.ExitCode ?? undefined;
    } catch (error) {
      return error instanceof DockerError && error.status > 0 ? 126 : undefined;
    }
  }

  async usage(): Promise<ContainerUsage | undefined> {
    const stats = await this.#api
      .call('GET', `/containers/${this.#id}/stats?stream=0&one-shot=1`, undefined, { timeoutMs: 1500 })
      .catch(() => undefined);
    const { cpu_stats: cpu, memory_stats: memory } = (stats ?? {}) as Stats;
    // A container that is ending has no statistics, or only a part of them.
    const cpuNs = cpu?.cpu_usage?.total_usage;
    if (cpuNs === undefined) return undefined;
    const now = { atMs: performance.now(), cpuNs };
    const before = this.#last;
    this.#last = now;
    const cpuPercent =
      before === undefined ? 0 : ((now.cpuNs - before.cpuNs) / 1e6 / (now.atMs - before.atMs)) * 100;
    return { cpuPercent, memoryBytes: memory?.usage ?? 0 };
  }

  #signal(signal: string): void {
    // A container that has ended meanwhile answers 409; that is what was wanted.
    this.#api.call('POST', `/containers/${this.#id}/kill?signal=${signal}`).catch(() => {});
  }
}
