/** A data plane over a hand-made world: a kernel, routing that the test writes, and the facts it saw. */
import { mkdtempSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveClock } from '../../../../src/lab/clock/live-clock.ts';
import { createDataPlane, type DataPlane } from '../../../../src/lab/dataplane/dataplane.ts';
import type {
  ListenerRoute,
  RouteAction,
  TargetGroupRoute,
  TargetRoute,
} from '../../../../src/lab/world/contracts.ts';
import { defaultConfig, Kernel } from '../../../../src/lab/world/kernel.ts';
import type { ContainerSpec, Fact, TaskSpec } from '../../../../src/lab/world/substrate.ts';
import { MemoryManifestStore } from './memory-manifest-store.ts';

export interface TestLab {
  readonly kernel: Kernel;
  readonly plane: DataPlane;
  readonly store: MemoryManifestStore;
  readonly facts: Fact[];
  readonly routing: { listeners: ListenerRoute[]; groups: TargetGroupRoute[] };
  readonly tempDir: string;
  /** Takes over what the test wrote into `routing`. */
  apply(): Promise<void>;
  fact<K extends Fact['kind']>(
    kind: K,
    test?: (fact: Extract<Fact, { kind: K }>) => boolean,
  ): Promise<Extract<Fact, { kind: K }>>;
  close(): Promise<void>;
}

export async function startLab(
  options: {
    readonly mode?: 'process' | 'container';
    readonly scale?: number;
    random?: () => number;
    listenerPorts?: Record<number, number>;
  } = {},
): Promise<TestLab> {
  const kernel = new Kernel(defaultConfig);
  const clock = new LiveClock({ kernel, scale: options.scale ?? 60 });
  const store = new MemoryManifestStore('app', 'lab/node');
  const facts: Fact[] = [];
  const waiters = new Set<() => void>();
  const routing: TestLab['routing'] = { listeners: [], groups: [] };
  const tempDir = mkdtempSync(join(tmpdir(), 'lab-test-'));
  clock.start();
  const plane = await createDataPlane({
    kernel,
    report: (fact) => {
      facts.push(fact);
      for (const waiter of waiters) waiter();
    },
    routing: {
      routingTable: () => ({ listeners: routing.listeners }),
      targetGroups: () => routing.groups,
    },
    clock,
    manifestStore: store,
    mode: options.mode ?? 'process',
    tempDir,
    log: () => {},
    ...(options.listenerPorts === undefined ? {} : { listenerPorts: options.listenerPorts }),
    ...(options.random === undefined ? {} : { random: options.random }),
  });
  return {
    kernel,
    plane,
    store,
    facts,
    routing,
    tempDir,
    apply: () => plane.settled(),
    fact: (kind, test = () => true) =>
      new Promise((resolve) => {
        type Wanted = Extract<Fact, { kind: typeof kind }>;
        const look = (): void => {
          const found = facts.find((fact): fact is Wanted => fact.kind === kind && test(fact as Wanted));
          if (found === undefined) return;
          waiters.delete(look);
          resolve(found);
        };
        waiters.add(look);
        look();
      }),
    close: async () => {
      clock.stop();
      await plane.close();
    },
  };
}

export function listener(action: RouteAction, changes: Partial<ListenerRoute> = {}): ListenerRoute {
  return {
    listenerArn: 'arn:listener',
    loadBalancerArn: 'arn:lb',
    port: 80,
    protocol: 'HTTP',
    rules: [{ ruleArn: 'arn:rule', conditions: [], action }],
    idleTimeoutMs: 60_000,
    ...changes,
  };
}

export function forwardTo(...groups: readonly (readonly [string, number])[]): RouteAction {
  return {
    kind: 'forward',
    groups: groups.map(([targetGroupArn, weight]) => ({ targetGroupArn, weight })),
    stickinessSeconds: undefined,
  };
}

export function group(
  targetGroupArn: string,
  targets: readonly TargetRoute[],
  changes: Partial<TargetGroupRoute> = {},
): TargetGroupRoute {
  return {
    targetGroupArn,
    protocol: 'HTTP',
    algorithm: 'round_robin',
    slowStartMs: 0,
    deregistrationDelayMs: 300_000,
    healthCheck: {
      enabled: false,
      protocol: 'HTTP',
      path: '/health',
      port: 'traffic-port',
      intervalMs: 10_000,
      timeoutMs: 5000,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
      matcher: '200',
    },
    targets,
    ...changes,
  };
}

export function target(id: string, port: number, state: TargetRoute['state'] = 'healthy'): TargetRoute {
  return { id, port, zone: 'ap-south-1a', state, ownerTaskArn: undefined };
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export function send(
  endpoint: { readonly host: string; readonly port: number } | undefined,
  path = '/',
  options: http.RequestOptions & { readonly content?: string | Buffer } = {},
): Promise<Answer> {
  const { content, ...rest } = options;
  return new Promise((resolve, reject) => {
    const request = http.request({ ...endpoint, path, ...rest }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(content);
  });
}

/** A server on loopback for the length of a test. */
export async function serve(
  handler: http.RequestListener,
): Promise<{ readonly port: number; readonly server: http.Server; close(): Promise<void> }> {
  const server = http.createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function container(changes: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    name: 'app',
    image: '123456789012.dkr.ecr.ap-south-1.amazonaws.com/app:1',
    imageDigest: undefined,
    command: undefined,
    entryPoint: undefined,
    workingDirectory: undefined,
    user: undefined,
    environment: {},
    essential: true,
    containerPorts: [5000],
    memoryMiB: 512,
    readonlyRootFilesystem: false,
    healthCheck: undefined,
    log: { group: '/ecs/app', stream: 'app/1' },
    dependsOn: [],
    stopTimeoutMs: 30_000,
    ...changes,
  };
}

export function task(containers: readonly ContainerSpec[], id = '1'): TaskSpec {
  return {
    taskArn: `arn:task/${id}`,
    taskId: id,
    family: 'app',
    revision: 1,
    cluster: 'main',
    zone: 'ap-south-1a',
    privateIp: `10.0.0.${id}`,
    containers,
  };
}
