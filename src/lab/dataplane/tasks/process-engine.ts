/**
 * Containers as child processes of the lab, for images whose entry point is Node: no isolation, but the
 * image's own files, its own ports (`port-map.cjs`), its own environment and real signals.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { basename, join, posix } from 'node:path';
import type { ContainerSpec, TaskSpec } from '../../world/substrate.ts';
import type { Endpoint } from '../endpoints.ts';
import type { BlobStore } from '../registry/blob-store.ts';
import type { ManifestStore } from '../registry/manifest-store.ts';
import { companionFile } from './companion-file.ts';
import {
  type ContainerEngine,
  type ContainerExit,
  type ContainerUsage,
  type RunningContainer,
  StartError,
  type StartRequest,
} from './container-engine.ts';
import { freePort } from './free-port.ts';
import { imageLocation } from './image-location.ts';
import { LineSplitter } from './line-splitter.ts';
import { type ProcessSample, processUsage } from './process-usage.ts';
import type { Reaper } from './reaper.ts';
import { type UnpackedImage, unpackImage } from './unpack-image.ts';

export interface ProcessEngineOptions {
  readonly store: Pick<ManifestStore, 'getManifest'>;
  readonly blobs: BlobStore;
  /** Unpacked images go below it, one folder a digest. */
  readonly folder: string;
  readonly reaper: Reaper;
  /** Value of LAB_CLOCK for tasks started now; undefined: the machine's clock. */
  readonly clockVariable: () => string | undefined;
}

const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Entry scripts of official images that only exec what follows. */
const transparentEntries = new Set(['docker-entrypoint.sh', 'tini', 'dumb-init']);

export class ProcessEngine implements ContainerEngine {
  readonly kind = 'process';
  readonly #options: ProcessEngineOptions;
  readonly #images = new Map<string, Promise<UnpackedImage>>();
  /** Ports of a task are shared by its containers, as they share one network interface on Fargate. */
  readonly #ports = new Map<string, Promise<ReadonlyMap<number, number>>>();
  readonly #children = new Set<ChildProcess>();

  constructor(options: ProcessEngineOptions) {
    this.#options = options;
  }

  async start({ task, container, onLine }: StartRequest): Promise<RunningContainer> {
    const image = await this.#image(container);
    const ports = await this.#taskPorts(task);
    const launch = planLaunch(container, image, ports, this.#options.clockVariable());
    if (!existsSync(launch.workingDirectory)) {
      throw new StartError(
        `CannotStartContainerError: no such working directory in the image of ${container.name}`,
      );
    }
    const child = spawn(process.execPath, launch.arguments, {
      cwd: launch.workingDirectory,
      env: launch.environment,
      // Descriptor 3 is the lifeline that port-map.cjs watches.
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      // A group of its own: what it leaves behind goes with it, and the terminal's Ctrl-C is not for it.
      detached: true,
    });
    this.#children.add(child);
    const exited = this.#follow(child, onLine);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(new StartError(`CannotStartContainerError: ${error.message}`)));
    });
    return new ChildContainer(child, exited, endpointsOf(container, ports), launch, container.memoryMiB);
  }

  /** The ports of a task that has ended may be used again. */
  forgetTask(taskArn: string): void {
    this.#ports.delete(taskArn);
  }

  async close(): Promise<void> {
    const ends = [...this.#children].map(
      (child) =>
        new Promise<void>((resolve) => {
          child.once('close', () => resolve());
          killGroup(child);
        }),
    );
    await Promise.all(ends);
    await rm(this.#options.folder, { recursive: true, force: true });
  }

  async #image(container: ContainerSpec): Promise<UnpackedImage> {
    const { repository, reference } = imageLocation(container.image);
    const wanted = container.imageDigest ?? reference;
    // By digest: a tag may move, and two tasks may start from it at once.
    const digest = this.#options.store.getManifest(repository, wanted)?.digest;
    if (digest === undefined) {
      throw new StartError(`CannotPullContainerError: ${repository}@${wanted} is not in the registry.`);
    }
    const key = `${repository}@${digest}`;
    let image = this.#images.get(key);
    if (image === undefined) {
      const folder = join(this.#options.folder, key.replace(/[^a-z0-9]+/gi, '-'));
      image = unpackImage(this.#options, repository, digest, folder).catch((error: Error) => {
        this.#images.delete(key);
        throw new StartError(`CannotPullContainerError: ${error.message}`);
      });
      this.#images.set(key, image);
    }
    return image;
  }

  #taskPorts(task: TaskSpec): Promise<ReadonlyMap<number, number>> {
    let ports = this.#ports.get(task.taskArn);
    if (ports === undefined) {
      const wanted = [...new Set(task.containers.flatMap((container) => container.containerPorts))];
      ports = Promise.all(wanted.map(async (port) => [port, await freePort()] as const)).then(
        (pairs) => new Map(pairs),
      );
      this.#ports.set(task.taskArn, ports);
    }
    return ports;
  }

  #follow(child: ChildProcess, onLine: (line: string) => void): Promise<ContainerExit> {
    const { reaper } = this.#options;
    const group = child.pid;
    if (group !== undefined) reaper.order({ addProcessGroup: group });
    for (const stream of [child.stdout, child.stderr]) {
      const lines = new LineSplitter(onLine);
      stream?.on('data', (chunk: Buffer) => lines.write(chunk));
      stream?.on('end', () => lines.end());
    }
    child.stdio[3]?.on('error', () => {});
    // What the process started and left behind dies with it, as it would with its container.
    child.once('exit', () => killGroup(child));
    return new Promise((resolve) => {
      child.once('error', () => this.#children.delete(child));
      child.once('close', (code, signal) => {
        this.#children.delete(child);
        if (group !== undefined) reaper.order({ removeProcessGroup: group });
        resolve({
          exitCode: code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 9),
          outOfMemory: false,
        });
      });
    });
  }
}

interface Launch {
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly preloads: readonly string[];
  readonly root: string;
}

function planLaunch(
  container: ContainerSpec,
  image: UnpackedImage,
  ports: ReadonlyMap<number, number>,
  clock: string | undefined,
): Launch {
  const { config, root } = image;
  const entryPoint = container.entryPoint ?? config.entrypoint;
  // As in Docker: an entry point given from outside puts the image's own command away.
  const command = container.command ?? (container.entryPoint === undefined ? config.command : []);
  const line = [...entryPoint, ...command];
  while (line.length > 1 && transparentEntries.has(basename(line[0]!))) line.shift();
  if (line[0] === '--') line.shift();
  if (!['node', 'nodejs'].includes(basename(line[0] ?? ''))) {
    throw new StartError(
      `CannotStartContainerError: container ${container.name} starts with ${JSON.stringify(line[0] ?? '')}; without a Docker engine the lab runs only images whose entry point or command is "node".`,
    );
  }
  const preloads = ['--require', companionFile('dataplane/tasks/port-map.cjs')];
  if (clock !== undefined) preloads.push('--require', companionFile('clock/preload.cjs'));
  const directory = posix.resolve('/', container.workingDirectory ?? config.workingDirectory);
  const first = container.containerPorts[0];
  const environment: Record<string, string> = {
    PATH: searchPath,
    HOME: root,
    ...config.environment,
    ...container.environment,
    LAB_PORT_MAP: [...ports].map(([from, to]) => `${from}=${to}`).join(','),
    ...(clock === undefined ? {} : { LAB_CLOCK: clock }),
  };
  if (environment['PORT'] === undefined && first !== undefined) {
    environment['PORT'] = String(ports.get(first));
  }
  return {
    arguments: [...preloads, ...line.slice(1).map((argument) => insideRoot(root, argument))],
    environment,
    workingDirectory: join(root, directory),
    preloads,
    root,
  };
}

/** An absolute path that the image has is meant there. */
function insideRoot(root: string, argument: string): string {
  if (!argument.startsWith('/')) return argument;
  const path = join(root, posix.resolve('/', argument));
  return existsSync(path) ? path : argument;
}

function endpointsOf(
  container: ContainerSpec,
  ports: ReadonlyMap<number, number>,
): Readonly<Record<number, Endpoint>> {
  return Object.fromEntries(
    container.containerPorts.map((port) => [port, { host: '127.0.0.1', port: ports.get(port) ?? 0 }]),
  );
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
}

class ChildContainer implements RunningContainer {
  readonly endpoints: Readonly<Record<number, Endpoint>>;
  readonly exited: Promise<ContainerExit>;
  readonly #child: ChildProcess;
  readonly #launch: Launch;
  readonly #memoryLimitBytes: number;
  #outOfMemory = false;
  #lastSample: ProcessSample | undefined;

  constructor(
    child: ChildProcess,
    exited: Promise<ContainerExit>,
    endpoints: Readonly<Record<number, Endpoint>>,
    launch: Launch,
    memoryMiB: number | undefined,
  ) {
    this.#child = child;
    this.#launch = launch;
    this.#memoryLimitBytes = memoryMiB === undefined ? Number.POSITIVE_INFINITY : memoryMiB * 2 ** 20;
    this.endpoints = endpoints;
    this.exited = exited.then((exit) => ({ ...exit, outOfMemory: this.#outOfMemory }));
  }

  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  kill(): void {
    killGroup(this.#child);
  }

  run(command: readonly string[], timeoutMs: number): Promise<number | undefined> {
    const [program = '', ...rest] = command;
    const isNode = ['node', 'nodejs'].includes(basename(program));
    const root = this.#launch.root;
    const child = spawn(
      isNode ? process.execPath : program,
      isNode ? [...this.#launch.preloads, ...rest.map((argument) => insideRoot(root, argument))] : rest,
      {
        cwd: this.#launch.workingDirectory,
        env: this.#launch.environment,
        stdio: 'ignore',
        detached: true,
      },
    );
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        killGroup(child);
        resolve(undefined);
      }, timeoutMs);
      child.once('error', () => {
        clearTimeout(timer);
        resolve(127);
      });
      child.once('exit', (code) => {
        clearTimeout(timer);
        resolve(code ?? 137);
      });
    });
  }

  /** Also where the memory limit is kept: beyond it the process is killed, as the kernel does to a container. */
  async usage(): Promise<ContainerUsage | undefined> {
    if (this.#child.pid === undefined || this.#child.exitCode !== null) return undefined;
    const sample = await processUsage(this.#child.pid);
    if (sample === undefined) return undefined;
    const before = this.#lastSample;
    this.#lastSample = sample;
    if (sample.memoryBytes > this.#memoryLimitBytes) {
      this.#outOfMemory = true;
      this.kill();
    }
    const elapsedMs = before === undefined ? 0 : sample.atMs - before.atMs;
    const cpuPercent =
      before === undefined || elapsedMs <= 0 ? 0 : ((sample.cpuMs - before.cpuMs) / elapsedMs) * 100;
    return { cpuPercent, memoryBytes: sample.memoryBytes };
  }
}
