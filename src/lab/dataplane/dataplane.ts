/**
 * The lab's data plane: what really runs under the world. Takes the world's effects, gives back facts; real
 * HTTP through load balancers, real tasks, a real image registry. BEHAVIOUR.md has the rules.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LiveClock } from '../clock/live-clock.ts';
import { clockVariable } from '../clock/scale.ts';
import { UserError } from '../user-error.ts';
import type { RoutingReader } from '../world/contracts.ts';
import type { Kernel } from '../world/kernel.ts';
import type { Fact } from '../world/substrate.ts';
import { type Endpoint, EndpointMap } from './endpoints.ts';
import { HealthChecks } from './health-checks.ts';
import { LoadBalancers } from './load-balancer/load-balancers.ts';
import { BlobStore } from './registry/blob-store.ts';
import type { ManifestStore } from './registry/manifest-store.ts';
import { RegistryServer } from './registry/registry-server.ts';
import type { ContainerEngine } from './tasks/container-engine.ts';
import { DockerApi } from './tasks/docker-api.ts';
import { DockerEngine } from './tasks/docker-engine.ts';
import { ProcessEngine } from './tasks/process-engine.ts';
import { Reaper } from './tasks/reaper.ts';
import { TaskRunner } from './tasks/task-runner.ts';

export interface DataPlaneOptions {
  readonly kernel: Pick<Kernel, 'onEffect'>;
  /** `world.report`. */
  readonly report: (fact: Fact) => void;
  readonly routing: RoutingReader;
  readonly clock: Pick<LiveClock, 'mapping' | 'virtualNow' | 'scale' | 'poke'>;
  readonly manifestStore: ManifestStore;
  /** `auto` takes the Docker engine where one answers. */
  readonly mode: 'process' | 'container' | 'auto';
  /** Made, and removed on close: blobs and unpacked images. */
  readonly tempDir: string;
  readonly log: (line: string) => void;
  /** Real port by listener port; others are any free ones. */
  readonly listenerPorts?: Readonly<Record<number, number>>;
  readonly registryPort?: number;
  /** Of the Docker engine; /var/run/docker.sock unless told otherwise. */
  readonly dockerSocket?: string;
  /** Seeded numbers in [0, 1): picks by weight at random in place of the smooth way. */
  readonly random?: () => number;
}

export interface DataPlane {
  /** How tasks are carried. */
  readonly taskMode: 'process' | 'container';
  /** Where the image registry answers. */
  readonly registry: Endpoint;
  readonly blobs: BlobStore;
  readonly endpoints: EndpointMap;
  readonly loadBalancers: LoadBalancers;
  /** Where clients reach a listener; undefined while it does not listen. */
  addressOf(listenerArn: string): Endpoint | undefined;
  registerInstance(id: string, host: string, port: number): void;
  /** Resolves when listeners are as the world has them now; rejects with one line for a busy port. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const flushMs = 100;

/** Starts everything. Rejects with one clear line when a port is taken or the folder cannot be made. */
export async function createDataPlane(options: DataPlaneOptions): Promise<DataPlane> {
  const { clock, log } = options;
  await mkdir(options.tempDir, { recursive: true });
  const reaper = new Reaper();
  reaper.order({ folder: options.tempDir });
  const report = (fact: Fact): void => {
    clock.poke();
    try {
      options.report(fact);
    } catch (error) {
      // A fault of the model must be seen, and must not end what is being served.
      log(`The world failed on a ${fact.kind} fact: ${(error as Error).stack}`);
    }
    clock.poke();
  };
  const endpoints = new EndpointMap();
  const blobs = new BlobStore(join(options.tempDir, 'registry'));
  // What the lab's own Docker engine pulls with; nobody else learns it.
  const pullCredentials = `lab:${randomBytes(24).toString('hex')}`;
  const registry = new RegistryServer({
    pullCredentials,
    store: options.manifestStore,
    blobs,
    ...(options.registryPort === undefined ? {} : { port: options.registryPort }),
  });
  const loadBalancers = new LoadBalancers({
    routing: options.routing,
    endpoints,
    virtualNow: () => clock.virtualNow,
    scale: () => clock.scale,
    onTraffic: (batch) => report({ kind: 'traffic', batch }),
    ...(options.listenerPorts === undefined ? {} : { listenerPorts: options.listenerPorts }),
    ...(options.random === undefined ? {} : { random: options.random }),
  });
  const abandon = async (error: unknown): Promise<never> => {
    await Promise.allSettled([registry.close(), loadBalancers.close()]);
    await reaper.close();
    throw error;
  };
  const registryEndpoint = await registry.start().catch(abandon);
  const engine = await chooseEngine(options, blobs, reaper, registryEndpoint, pullCredentials).catch(abandon);
  const tasks = new TaskRunner({
    engine,
    endpoints,
    mapping: () => clock.mapping,
    report,
    onTaskEnded: (taskArn) => {
      if (engine instanceof ProcessEngine) engine.forgetTask(taskArn);
    },
  });
  const healthChecks = new HealthChecks({
    routing: options.routing,
    endpoints,
    mapping: () => clock.mapping,
    report,
  });
  let closed = false;
  let refreshQueued = false;
  const refresh = (): void => {
    // Once for all changes of one call, and after it: the world is in the middle of it now.
    if (refreshQueued || closed) return;
    refreshQueued = true;
    queueMicrotask(() => {
      refreshQueued = false;
      loadBalancers.refresh().catch((error: Error) => log(error.message));
    });
  };
  options.kernel.onEffect((effect) => {
    if (closed) return;
    if (effect.kind === 'routing-changed') refresh();
    else tasks.carryOut(effect);
  });
  await loadBalancers.refresh().catch(abandon);
  healthChecks.start();
  const flusher = setInterval(() => loadBalancers.flush(), flushMs);
  return {
    taskMode: engine.kind,
    registry: registryEndpoint,
    blobs,
    endpoints,
    loadBalancers,
    addressOf: (listenerArn) => loadBalancers.addressOf(listenerArn),
    registerInstance: (id, host, port) => endpoints.registerInstance(id, host, port),
    settled: () => loadBalancers.refresh(),
    close: async () => {
      if (closed) return;
      closed = true;
      healthChecks.stop();
      clearInterval(flusher);
      await Promise.all([loadBalancers.close(), tasks.close(), registry.close()]);
      await reaper.close();
      await rm(options.tempDir, { recursive: true, force: true });
    },
  };
}

async function chooseEngine(
  options: DataPlaneOptions,
  blobs: BlobStore,
  reaper: Reaper,
  registry: Endpoint,
  pullCredentials: string,
): Promise<ContainerEngine> {
  const clock = (): string => clockVariable(options.clock.mapping, 'date-only');
  if (options.mode !== 'process') {
    const api = new DockerApi(options.dockerSocket);
    if (await api.answers()) {
      return new DockerEngine({
        api,
        registry: () => registry,
        registryCredentials: pullCredentials,
        hasRepository: (repository) => options.manifestStore.repositoryExists(repository),
        reaper,
        clockVariable: clock,
      });
    }
    api.close();
    if (options.mode === 'container') {
      throw new UserError(
        `No Docker engine answers at ${api.socketPath}; tasks can run as processes without one.`,
      );
    }
  }
  return new ProcessEngine({
    store: options.manifestStore,
    blobs,
    folder: join(options.tempDir, 'images'),
    reaper,
    clockVariable: clock,
  });
}
