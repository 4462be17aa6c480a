/**
 * The guide's service in the lab's world, in virtual time: a load balancer with one target group, a cluster,
 * and a service of three tasks that serves `ips-api-task:1`. Images are named after how they behave.
 */
import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { beginAftercare } from '../../../src/aftercare/watch-service.ts';
import type { ActionPorts, ActionResult } from '../../../src/engine/action.ts';
import type { RollingDeployRequest, RolloutTarget } from '../../../src/inputs/rolling-deploy.ts';
import { VirtualTime } from '../../../src/lab/virtual/virtual-time.ts';
import { createWorldCaller } from '../../../src/lab/virtual/world-caller.ts';
import type { FaultRule, TimedEvent } from '../../../src/lab/world/faults/index.ts';
import type { Principal } from '../../../src/lab/world/service.ts';
import { type AppModel, appModel } from '../../../src/lab/world/sim/app-model.ts';
import { SimulatedSubstrate } from '../../../src/lab/world/sim/simulated-substrate.ts';
import { World, type WorldOptions } from '../../../src/lab/world/world.ts';
import { runRollingDeploy } from '../../../src/rollout/run.ts';
import type { Runner } from '../../../src/runner/runner.ts';

export const cluster = 'ips-api-cluster';
export const service = 'ips-api-service';
export const family = 'ips-api-task';

const subnets = ['subnet-a', 'subnet-b', 'subnet-c'];

export interface Region {
  readonly world: World;
  readonly time: VirtualTime;
  readonly targetGroupArn: string;
  readonly substrate: SimulatedSubstrate;
  readonly listenerArn: string;
  readonly log: string[];
  readonly cancel: AbortController;
  /** Who deploys: the account's root unless a test says otherwise. */
  caller: Principal;
  readonly files: Map<string, string>;
  /** What the step has kept for its post step. */
  readonly state: Map<string, string>;
  readonly definition: (image: string) => RegisterTaskDefinitionRequest;
}

export interface RegionOptions extends WorldOptions {
  /** By tag of the image; a function is asked for every start of a container, counted from 1. */
  readonly apps?: Readonly<Record<string, Partial<AppModel> | ((start: number) => Partial<AppModel>)>>;
  readonly desiredCount?: number;
  readonly circuitBreaker?: { readonly enable: boolean; readonly rollback: boolean };
  readonly definition?: (image: string) => RegisterTaskDefinitionRequest;
  /** Before anything else: images, secrets. */
  readonly prepare?: (world: World) => void;
  readonly targetGroup?: {
    readonly healthIntervalSeconds?: number;
    readonly healthyThreshold?: number;
    readonly unhealthyThreshold?: number;
    readonly deregistrationDelaySeconds?: number;
  };
  /** Replaces parts of what the service is made with. */
  readonly serviceInput?: Readonly<Record<string, unknown>>;
  readonly deploymentConfiguration?: Readonly<Record<string, unknown>>;
  /** How long the first revision gets to become stable, 300 s where left out. */
  readonly settleMs?: number;
}

/** The guide's task definition, with an image that behaves as its tag says. */
export function definitionOf(image: string): RegisterTaskDefinitionRequest {
  return {
    family,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '512',
    memory: '1024',
    executionRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
    containerDefinitions: [
      {
        name: 'ips-api',
        image: `registry.example.com/ips-data-acquisition-api:${image}`,
        essential: true,
        portMappings: [{ containerPort: 5000, protocol: 'tcp' }],
        environment: [{ name: 'ASPNETCORE_ENVIRONMENT', value: 'Production' }],
        logConfiguration: {
          logDriver: 'awslogs',
          options: {
            'awslogs-group': '/ecs/ips-api',
            'awslogs-region': 'ap-south-1',
            'awslogs-stream-prefix': 'api',
          },
        },
      },
    ],
  };
}

/** `registry/name:tag@sha256:…`: the tag is how it behaves. */
export function tagOf(image: string): string {
  const bare = image.split('@')[0]!;
  return bare.slice(bare.lastIndexOf(':') + 1);
}

/** Stands once the first revision serves. */
export async function makeRegion(options: RegionOptions = {}): Promise<Region> {
  const {
    apps = {},
    desiredCount = 3,
    circuitBreaker,
    definition = definitionOf,
    prepare,
    targetGroup = {},
    serviceInput = {},
    deploymentConfiguration = {},
    settleMs = 300_000,
    ...worldOptions
  } = options;
  const world = new World(worldOptions);
  prepare?.(world);
  const starts = new Map<string, number>();
  const substrate = new SimulatedSubstrate({
    kernel: world.kernel,
    routing: world.routing(),
    report: (fact) => world.report(fact),
    // A command that replaces the image's own behaves as its name says, by its first word.
    modelOf: ({ image, command }) => {
      const name = apps[command?.[0] ?? ''] === undefined ? tagOf(image) : command![0]!;
      const app = apps[name] ?? {};
      starts.set(name, (starts.get(name) ?? 0) + 1);
      return appModel(typeof app === 'function' ? app(starts.get(name)!) : app);
    },
  });
  const group = world.must('elasticloadbalancing', 'CreateTargetGroup', {
    Name: 'ips-api-targets',
    Protocol: 'HTTP',
    Port: 5000,
    VpcId: 'vpc-1',
    TargetType: 'ip',
    HealthCheckPath: '/health',
    HealthCheckIntervalSeconds: targetGroup.healthIntervalSeconds ?? 10,
    HealthyThresholdCount: targetGroup.healthyThreshold ?? 2,
    UnhealthyThresholdCount: targetGroup.unhealthyThreshold ?? 3,
  });
  const targetGroupArn: string = group.TargetGroups[0].TargetGroupArn;
  world.must('elasticloadbalancing', 'ModifyTargetGroupAttributes', {
    TargetGroupArn: targetGroupArn,
    Attributes: [
      {
        Key: 'deregistration_delay.timeout_seconds',
        Value: String(targetGroup.deregistrationDelaySeconds ?? 30),
      },
    ],
  });
  const balancer = world.must('elasticloadbalancing', 'CreateLoadBalancer', {
    Name: 'ips-api-alb',
    Subnets: subnets,
  });
  const listeners = world.must('elasticloadbalancing', 'CreateListener', {
    LoadBalancerArn: balancer.LoadBalancers[0].LoadBalancerArn,
    Protocol: 'HTTP',
    Port: 80,
    DefaultActions: [{ Type: 'forward', TargetGroupArn: targetGroupArn }],
  });
  world.must('logs', 'CreateLogGroup', { logGroupName: '/ecs/ips-api' });
  world.must('ecs', 'CreateCluster', {
    clusterName: cluster,
    capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
  });
  world.must('ecs', 'RegisterTaskDefinition', definition('good-1'));
  world.must('ecs', 'CreateService', {
    cluster,
    serviceName: service,
    taskDefinition: `${family}:1`,
    desiredCount,
    launchType: 'FARGATE',
    networkConfiguration: {
      awsvpcConfiguration: { subnets, securityGroups: ['sg-1'], assignPublicIp: 'ENABLED' },
    },
    loadBalancers: [{ targetGroupArn, containerName: 'ips-api', containerPort: 5000 }],
    healthCheckGracePeriodSeconds: 30,
    deploymentConfiguration: {
      maximumPercent: 200,
      minimumHealthyPercent: 100,
      ...(circuitBreaker === undefined ? {} : { deploymentCircuitBreaker: circuitBreaker }),
      ...deploymentConfiguration,
    },
    ...serviceInput,
  });
  const time = new VirtualTime(world.kernel);
  await time.run(time.sleep(settleMs));
  return {
    world,
    time,
    targetGroupArn,
    substrate,
    listenerArn: listeners.Listeners[0].ListenerArn,
    log: [],
    cancel: new AbortController(),
    caller: world.root,
    files: new Map(),
    state: new Map(),
    definition,
  };
}

/** A second service of the same definition, behind no load balancer. */
export function addService(
  { world }: Region,
  serviceName: string,
  desiredCount: number,
  circuitBreaker?: { readonly enable: boolean; readonly rollback: boolean },
): void {
  world.must('ecs', 'CreateService', {
    cluster,
    serviceName,
    taskDefinition: `${family}:1`,
    desiredCount,
    launchType: 'FARGATE',
    networkConfiguration: {
      awsvpcConfiguration: { subnets, securityGroups: ['sg-1'], assignPublicIp: 'ENABLED' },
    },
    ...(circuitBreaker === undefined
      ? {}
      : { deploymentConfiguration: { deploymentCircuitBreaker: circuitBreaker } }),
  });
}

/** What differs from a plain request; `service` and `taskDefinition` are those of its one target. */
export type RequestChange = Partial<RollingDeployRequest> & Partial<RolloutTarget>;

export function request(asked: RequestChange = {}): RollingDeployRequest {
  const { service: name, taskDefinition, ...change } = asked;
  return {
    cluster,
    targets: [
      {
        service: name ?? service,
        taskDefinition: taskDefinition ?? { kind: 'file', path: 'task-definition.json' },
      },
    ],
    desiredCount: undefined,
    forceNewDeployment: false,
    wait: true,
    timeoutMs: 15 * 60_000,
    pollInterval: 'auto',
    onFailure: 'rollback',
    onCancel: 'rollback',
    failFast: true,
    failFastTasks: 3,
    failFastCauses: undefined,
    circuitBreaker: 'keep',
    preDeploy: undefined,
    allowZeroDesired: false,
    alarms: [],
    alarmsInAlarm: 'refuse',
    tags: new Map(),
    maintenance: { windows: [], outside: 'refuse', timeoutMs: 5 * 3_600_000 },
    guardStale: true,
    githubToken: undefined,
    schema: 'compatible',
    dryRun: false,
    keepImages: 0,
    reportPath: undefined,
    ...change,
  };
}

/** What an action gets: the world as AWS, virtual time as clock. */
export function portsOf(region: Region, latencyMs?: number): ActionPorts {
  const { world, time, log } = region;
  const runner: Runner = {
    info: (line) => void log.push(line),
    debug: () => undefined,
    annotate: (level, message) => void log.push(`${level}: ${message}`),
    group: (title, lines) => void log.push(title, ...lines),
    setOutput: () => undefined,
    saveState: (name, value) => void region.state.set(name, value),
    state: () => '',
    summary: () => undefined,
    mask: () => undefined,
    cancelled: region.cancel.signal,
  };
  const rng = world.kernel.rng('test.jitter');
  return {
    aws: createWorldCaller(world, time, region.caller, latencyMs),
    runner,
    clock: time,
    random: () => rng.next(),
    context: {
      repository: 'o/r',
      sha: '0'.repeat(40),
      ref: 'refs/heads/main',
      runId: '1',
      runAttempt: '1',
      job: 'deploy',
      actor: 'someone',
      serverUrl: 'https://github.com',
      apiUrl: 'https://api.github.com',
      workspace: '/',
      tempDir: '/tmp',
    },
  };
}

export function filesOf(region: Region) {
  return {
    readFile: async (path: string) => region.files.get(path) ?? '',
    writeFile: async (path: string, text: string) => void region.files.set(path, text),
  };
}

/** Runs the action in virtual time. `image` is written into the definition's file first. */
export async function deploy(
  region: Region,
  image: string,
  change: RequestChange = {},
  definition: (image: string) => RegisterTaskDefinitionRequest = definitionOf,
  /** Of one call to AWS, in virtual time. */
  latencyMs?: number,
): Promise<ActionResult> {
  region.files.set('task-definition.json', JSON.stringify(definition(image)));
  const work = runRollingDeploy(request(change), {
    ...portsOf(region, latencyMs),
    ...filesOf(region),
    beginAftercare,
  });
  return region.time.run(work);
}

/** Lets the world go on by itself. */
export async function settle(region: Region, ms: number): Promise<void> {
  await region.time.run(region.time.sleep(ms));
}

/** The truth of the world: images of the service's running tasks, by count. */
export function runningImages(region: Region, serviceName = service): Readonly<Record<string, number>> {
  const { world } = region;
  const { taskArns } = world.must('ecs', 'ListTasks', { cluster, serviceName });
  const counts: Record<string, number> = {};
  if (taskArns.length === 0) return counts;
  const { tasks } = world.must('ecs', 'DescribeTasks', { cluster, tasks: taskArns });
  for (const task of tasks) {
    if (task.lastStatus !== 'RUNNING') continue;
    const tag = tagOf(String(task.containers[0].image));
    counts[tag] = (counts[tag] ?? 0) + 1;
  }
  return counts;
}

export function revisionsOf(region: Region): number {
  const { taskDefinitionArns } = region.world.must('ecs', 'ListTaskDefinitions', { familyPrefix: family });
  return taskDefinitionArns.length;
}

export function serviceDeploymentStatus(region: Region): string {
  const found = region.world.must('ecs', 'ListServiceDeployments', { cluster, service });
  return found.serviceDeployments[0].status;
}

export function throttleReads(untilMs: number): FaultRule {
  return { id: 'throttled-reads', match: { mutates: false }, untilMs, effect: { kind: 'throttle' } };
}

/** Somebody else deploys at that time, counted from now. */
export function secondDeployer(atMs: number, taskDefinition: string): TimedEvent {
  return {
    id: 'second-deployer',
    atMs,
    event: {
      kind: 'call',
      service: 'ecs',
      operation: 'UpdateService',
      input: { cluster, service, taskDefinition },
    },
  };
}
