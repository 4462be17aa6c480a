/**
 * A whole region in this process: the world on a live clock, the AWS endpoint in front of it, the data plane
 * under it. Everything it starts ends with `close`, and with the process, however that dies.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveClock } from './clock/live-clock.ts';
import { clockVariable } from './clock/scale.ts';
import { createDataPlane, type DataPlane } from './dataplane/dataplane.ts';
import { createWireServer } from './wire/server.ts';
import type { EcsOptions } from './world/ecs/index.ts';
import type { FaultScript } from './world/faults/index.ts';
import type { JobIdentity } from './world/github/index.ts';
import type { TrafficBatch } from './world/substrate.ts';
import { World } from './world/world.ts';

export interface LiveLabOptions {
  readonly seed: number;
  readonly scale: number;
  /** Port of the AWS endpoint; 0 takes a free one. */
  readonly port: number;
  /** Real port by listener port; listeners that are not named get a free one. */
  readonly listenerPorts: Readonly<Record<number, number>>;
  readonly tasks: 'auto' | 'processes' | 'containers';
  /** Path of the Docker engine's socket, where it is not the usual one. */
  readonly dockerSocket?: string;
  readonly faults?: FaultScript;
  readonly ecs?: Partial<EcsOptions>;
  readonly log: (line: string) => void;
}

export interface LiveLab {
  readonly world: World;
  readonly clock: LiveClock;
  readonly plane: DataPlane;
  /** `http://127.0.0.1:4566` */
  readonly endpoint: string;
  /** `127.0.0.1:5001`: where images are pushed. */
  readonly registryHost: string;
  /** Base URL of a listener as clients on this machine reach it. */
  listenerUrl(listenerArn: string): string;
  /** Variables for any AWS client, and for a job of the lab's GitHub repository. */
  environment(keys: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  }): Readonly<Record<string, string>>;
  /** Told of what the load balancers served, as it is counted. */
  onTraffic(listener: (batch: TrafficBatch) => void): void;
  /** LAB_CLOCK for processes that shall live in the lab's time. */
  /** A commit on the main branch of the example's repository: its sha. */
  commit(message: string): string;
  clockVariable(): string;
  close(): Promise<void>;
}

const repository = { owner: 'acme', name: 'ips-data-acquisition-api' };
const planeModes = { auto: 'auto', processes: 'process', containers: 'container' } as const;

export async function startLiveLab(options: LiveLabOptions): Promise<LiveLab> {
  const world = new World({
    seed: options.seed,
    // Whole minutes, so that metric periods begin with the lab.
    startMs: Math.floor(Date.now() / 60_000) * 60_000,
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    ...(options.ecs === undefined ? {} : { ecs: options.ecs }),
  });
  const clock = new LiveClock({
    kernel: world.kernel,
    scale: options.scale,
    onError: (error) =>
      options.log(`The world failed: ${error instanceof Error ? error.stack : String(error)}`),
  });
  const trafficListeners: ((batch: TrafficBatch) => void)[] = [];
  const plane = await createDataPlane({
    kernel: world.kernel,
    report: (fact) => {
      world.report(fact);
      if (fact.kind === 'traffic') for (const listener of trafficListeners) listener(fact.batch);
    },
    routing: world.routing(),
    clock,
    manifestStore: world.ecr,
    mode: planeModes[options.tasks],
    ...(options.dockerSocket === undefined ? {} : { dockerSocket: options.dockerSocket }),
    tempDir: mkdtempSync(join(tmpdir(), 'ips-lab-')),
    log: options.log,
    listenerPorts: options.listenerPorts,
  });
  const registryHost = `${plane.registry.host}:${plane.registry.port}`;
  world.ecr.setRegistryHosts([registryHost]);
  const job = createJob(world);
  const server = createWireServer({
    call: (request) => {
      clock.poke();
      const result = world.call(request);
      clock.poke();
      return result;
    },
    credentials: { lookup: (accessKeyId) => world.sts.lookupCredentials(accessKeyId) },
    now: () => clock.virtualNow,
    toRealMs: (virtualMs) => virtualMs / clock.scale,
    region: world.kernel.config.region,
    port: options.port,
    github: {
      handle: (request) => {
        clock.poke();
        return world.github.handle(request);
      },
    },
    oidc: {
      requestToken: job.requestToken,
      claims: (audience) => world.github.oidcClaims(job.identity, audience),
    },
    lab: {
      state: () => ({
        now: clock.virtualNow,
        scale: clock.scale,
        calls: world.callCounts(),
        topics: world.sns.topics,
      }),
      journal: (since) => world.kernel.journal.filter((entry) => entry.at >= since),
      faults: (script) => {
        world.loadFaultScript(script);
        return { loaded: true };
      },
    },
    log: options.log,
  });
  world.sts.verifyWebIdentity = (token) => server.tokenIssuer.verify(token);
  try {
    await server.listen();
  } catch (error) {
    await plane.close();
    throw error;
  }
  clock.start();
  return {
    world,
    clock,
    plane,
    endpoint: server.url,
    registryHost,
    listenerUrl: (listenerArn) => {
      const address = plane.addressOf(listenerArn);
      if (address === undefined) throw new Error(`Nothing listens for ${listenerArn}.`);
      return `http://${address.host}:${address.port}`;
    },
    environment: (keys) => ({
      AWS_ENDPOINT_URL: server.url,
      AWS_REGION: world.kernel.config.region,
      AWS_DEFAULT_REGION: world.kernel.config.region,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      GITHUB_API_URL: `${server.url}/api/v3`,
      GITHUB_SERVER_URL: server.url,
      GITHUB_REPOSITORY: `${repository.owner}/${repository.name}`,
      GITHUB_SHA: job.identity.sha,
      GITHUB_REF: job.identity.ref,
      GITHUB_RUN_ID: String(job.identity.runId),
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_TOKEN: job.token,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${server.url}/oidc/token?version=1`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: job.requestToken,
    }),
    onTraffic: (listener) => {
      trafficListeners.push(listener);
    },
    commit: (message) => world.github.addCommit(`${repository.owner}/${repository.name}`, 'main', message),
    clockVariable: () => clockVariable(clock.mapping),
    close: async () => {
      clock.stop();
      await Promise.all([server.close(), plane.close()]);
    },
  };
}

/** The GitHub repository of the example, and the job whose token the lab gives out. */
function createJob(world: World): {
  readonly identity: JobIdentity;
  readonly token: string;
  readonly requestToken: string;
} {
  const state = world.github.addRepository(repository);
  const fullName = `${repository.owner}/${repository.name}`;
  const sha = world.github.addCommit(fullName, 'main', 'First version on ECS');
  const run = world.github.addRun(fullName, {
    name: 'Deploy',
    headSha: sha,
    headBranch: 'main',
    event: 'push',
  });
  const token = world.github.addToken(fullName, {
    contents: 'write',
    deployments: 'write',
    issues: 'write',
  });
  return {
    token,
    requestToken: world.kernel.rng('lab.oidc').hex(32),
    identity: {
      repository: fullName,
      repositoryId: state.id,
      repositoryOwnerId: state.ownerId,
      ref: 'refs/heads/main',
      sha,
      environment: 'Production',
      workflow: 'Deploy',
      jobWorkflowRef: `${fullName}/.github/workflows/deploy.yml@refs/heads/main`,
      runId: run.id,
      runAttempt: 1,
      actor: repository.owner,
      eventName: 'push',
    },
  };
}
