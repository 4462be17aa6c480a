/**
 * A region for shifts, in virtual time: one load balancer, a group of EC2 instances, two groups for ECS,
 * real traffic of the simulation, and probes that meet the same rules and applications as the traffic.
 * Images are named after how they behave.
 */

import type { AwsCaller } from '../../../src/aws/caller.ts';
import type { ActionResult } from '../../../src/engine/action.ts';
import { parseBlueGreenShift } from '../../../src/inputs/blue-green-shift.ts';
import { VirtualTime } from '../../../src/lab/virtual/virtual-time.ts';
import { createWorldCaller } from '../../../src/lab/virtual/world-caller.ts';
import type { Principal } from '../../../src/lab/world/service.ts';
import { type AppModel, appModel } from '../../../src/lab/world/sim/app-model.ts';
import { SimulatedSubstrate } from '../../../src/lab/world/sim/simulated-substrate.ts';
import { SimulatedTraffic } from '../../../src/lab/world/sim/simulated-traffic.ts';
import type { ContainerSpec } from '../../../src/lab/world/substrate.ts';
import { World, type WorldOptions } from '../../../src/lab/world/world.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { executeShift, type RequestWithReport, type ShiftPorts } from '../../../src/shift/execute.ts';
import type { RunCheck } from '../../../src/shift/own-check.ts';
import type { ProbeAnswer, Prober } from '../../../src/shift/prober.ts';
import { recoverShift } from '../../../src/shift/recover.ts';
import type { ShiftState } from '../../../src/shift/state.ts';

export const minute = 60_000;
export const cluster = 'shop';

export interface RegionOptions extends WorldOptions {
  readonly apps?: Readonly<Record<string, Partial<AppModel>>>;
  readonly requestsPerSecond?: number;
  /** Production is the listener's default action, and no rule of its own. */
  readonly byDefault?: boolean;
  /** How a container behaves that is no release: undefined where it is one. */
  readonly toolOf?: (container: ContainerSpec, traffic: SimulatedTraffic) => AppModel | undefined;
  /** Blue's service is CodeDeploy's. */
  readonly codeDeploy?: boolean;
}

export interface Region {
  readonly world: World;
  readonly time: VirtualTime;
  readonly substrate: SimulatedSubstrate;
  readonly traffic: SimulatedTraffic;
  readonly groups: { readonly host: string; readonly a: string; readonly b: string };
  readonly loadBalancerArn: string;
  readonly listenerArn: string;
  /** Production's rule: everything under /, or the listener's default one. */
  readonly ruleArn: string;
  readonly byDefault: boolean;
  readonly log: string[];
  readonly states: ShiftState[];
  readonly cancel: AbortController;
  /** Who shifts: the account's root unless a test says otherwise. */
  caller: Principal;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of set-up calls are of each operation's own shape
type Answer = any;

/** Traffic goes to group `a` (ECS service `api-blue`, three tasks of v1) or to the EC2 hosts. */
export async function makeRegion(blue: 'ecs' | 'host', options: RegionOptions = {}): Promise<Region> {
  const {
    apps = {},
    requestsPerSecond = 100,
    byDefault = false,
    codeDeploy = false,
    toolOf,
    ...worldOptions
  } = options;
  const world = new World(worldOptions);
  const { kernel } = world;
  const must = (service: Parameters<World['must']>[0], operation: string, input: unknown): Answer =>
    world.must(service, operation, input);
  const substrate = new SimulatedSubstrate({
    kernel,
    routing: world.routing(),
    report: (fact) => world.report(fact),
    // A command that replaces the image's own behaves as its name says, by its first word.
    modelOf: (container): AppModel => {
      const { image, command } = container;
      return (
        toolOf?.(container, traffic) ??
        appModel(apps[command?.[0] ?? ''] ?? apps[image.split(':')[1] ?? ''] ?? {})
      );
    },
  });
  const group = (name: string, targetType: 'ip' | 'instance'): string => {
    const arn: string = must('elasticloadbalancing', 'CreateTargetGroup', {
      Name: name,
      Protocol: 'HTTP',
      Port: 5000,
      VpcId: 'vpc-1',
      TargetType: targetType,
      HealthCheckPath: '/health',
      HealthCheckIntervalSeconds: 10,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 3,
    }).TargetGroups[0].TargetGroupArn;
    must('elasticloadbalancing', 'ModifyTargetGroupAttributes', {
      TargetGroupArn: arn,
      Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '30' }],
    });
    return arn;
  };
  const groups = { host: group('api-host', 'instance'), a: group('api-a', 'ip'), b: group('api-b', 'ip') };
  const loadBalancerArn: string = must('elasticloadbalancing', 'CreateLoadBalancer', {
    Name: 'api',
    Subnets: ['subnet-a', 'subnet-b', 'subnet-c'],
  }).LoadBalancers[0].LoadBalancerArn;
  const toBlue = { Type: 'forward', TargetGroupArn: blue === 'ecs' ? groups.a : groups.host };
  const listenerArn: string = must('elasticloadbalancing', 'CreateListener', {
    LoadBalancerArn: loadBalancerArn,
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: [
      byDefault
        ? toBlue
        : { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404', ContentType: 'text/plain' } },
    ],
  }).Listeners[0].ListenerArn;
  const [rule] = byDefault
    ? must('elasticloadbalancing', 'DescribeRules', { ListenerArn: listenerArn }).Rules
    : must('elasticloadbalancing', 'CreateRule', {
        ListenerArn: listenerArn,
        Priority: 10,
        Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/*'] } }],
        Actions: [toBlue],
      }).Rules;
  const ruleArn: string = rule.RuleArn;
  must('elasticloadbalancing', 'RegisterTargets', {
    TargetGroupArn: groups.host,
    Targets: [{ Id: 'i-0abc00001' }, { Id: 'i-0abc00002' }],
  });
  must('ecs', 'CreateCluster', { clusterName: cluster });
  const traffic = new SimulatedTraffic({
    kernel,
    routing: world.routing(),
    substrate,
    report: (fact) => world.report(fact),
    listenerArn,
    requestsPerSecond,
  });
  const region: Region = {
    world,
    time: new VirtualTime(kernel),
    substrate,
    traffic,
    groups,
    loadBalancerArn,
    listenerArn,
    ruleArn,
    byDefault,
    log: [],
    states: [],
    cancel: new AbortController(),
    caller: world.root,
  };
  registerImage(region, 'v1');
  if (blue === 'ecs') createService(region, 'api-blue', groups.a, 3, codeDeploy);
  pass(region, 2 * minute);
  traffic.start();
  pass(region, 5 * minute);
  return region;
}

/** A new revision of the family; `v1` is `api:1`. */
export function registerImage(region: Region, tag: string): string {
  return region.world.must('ecs', 'RegisterTaskDefinition', {
    family: 'api',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
    containerDefinitions: [
      { name: 'api', image: `api:${tag}`, essential: true, portMappings: [{ containerPort: 5000 }] },
    ],
  }).taskDefinition.taskDefinitionArn;
}

export function createService(
  region: Region,
  name: string,
  targetGroupArn: string,
  desiredCount: number,
  codeDeploy = false,
): void {
  region.world.must('ecs', 'CreateService', {
    cluster,
    serviceName: name,
    taskDefinition: 'api:1',
    desiredCount,
    launchType: 'FARGATE',
    healthCheckGracePeriodSeconds: 30,
    ...(codeDeploy
      ? { deploymentController: { type: 'CODE_DEPLOY' } }
      : { deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } } }),
    loadBalancers: [{ targetGroupArn, containerName: 'api', containerPort: 5000 }],
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a', 'subnet-b', 'subnet-c'] } },
    tags: [{ key: 'team', value: 'positioning' }],
  });
}

/** While nobody sleeps: time alone. */
export function pass({ world: { kernel } }: Region, ms: number): void {
  kernel.advanceTo(kernel.now + ms);
}

export async function settle(region: Region, ms: number): Promise<void> {
  await region.time.run(region.time.sleep(ms));
}

export interface RunOptions {
  /** Each workflow run has its own; a run that is run again has a higher attempt. */
  readonly runId?: string;
  readonly runAttempt?: string | undefined;
  /** The calls that get through: what dies dies between two of them. */
  readonly wrap?: ((aws: AwsCaller) => AwsCaller) | undefined;
  readonly cancelled?: AbortSignal;
  readonly runCheck?: RunCheck | undefined;
  readonly createProber?: ShiftPorts['createProber'];
  readonly writeFile?: ShiftPorts['writeFile'];
  readonly appendFile?: ShiftPorts['appendFile'];
  /** The commit that the run is of. */
  readonly sha?: string;
  readonly github?: ShiftPorts['github'];
  readonly onEvent?: ShiftPorts['onEvent'];
  /** What AWS_CREDENTIAL_EXPIRATION says, epoch milliseconds. */
  readonly credentialsEndAt?: number;
  /** Files of the workspace by path; what the run writes is added. */
  readonly files?: Map<string, string>;
}

/** Runs the action as the workflow would call it. */
export async function shift(
  region: Region,
  inputs: Readonly<Record<string, string>> = {},
  run: RunOptions = {},
): Promise<ActionResult> {
  return region.time.run(beginShift(region, inputs, run));
}

/** The same beside others: somebody else lets the time pass. */
export function beginShift(
  region: Region,
  inputs: Readonly<Record<string, string>> = {},
  run: RunOptions = {},
): Promise<ActionResult> {
  return executeShift(requestOf(inputTable(usualInputs(region), inputs)), portsOf(region, run));
}

/** The post step of that run. */
export async function postStep(
  region: Region,
  inputs: Readonly<Record<string, string>> = {},
  run: RunOptions = {},
): Promise<ActionResult | undefined> {
  const ports = portsOf(region, { cancelled: new AbortController().signal, ...run });
  return region.time.run(recoverShift(requestOf(inputTable(usualInputs(region), inputs)), ports));
}

/** Every story gives other inputs: of an object V8 would make a hidden class for each set of them, of a table it makes none. */
export function inputTable(
  ...parts: readonly Readonly<Record<string, string>>[]
): Readonly<Record<string, string>> {
  return Object.assign(Object.create(null), ...parts);
}

/** What others go over. */
export function usualInputs({ ruleArn }: Region): Readonly<Record<string, string>> {
  return {
    'listener-rule-arn': ruleArn,
    'green-target-group': 'api-b',
    cluster,
    'task-definition': 'api',
    'bake-time': '2m',
  };
}

export function requestOf(inputs: Readonly<Record<string, string>>): RequestWithReport {
  const parsed = parseBlueGreenShift(inputs);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.request;
}

export function portsOf(region: Region, run: RunOptions): ShiftPorts {
  const { world, time, log } = region;
  const runner: Runner = {
    info: (line) => void log.push(line),
    debug: () => undefined,
    annotate: (level, message) => void log.push(`${level}: ${message}`),
    group: (title, lines) => void log.push(title, ...lines),
    setOutput: () => undefined,
    saveState: () => undefined,
    state: () => '',
    summary: () => undefined,
    mask: () => undefined,
    cancelled: run.cancelled ?? region.cancel.signal,
  };
  const rng = world.kernel.rng('test.jitter');
  return {
    aws: (run.wrap ?? ((aws) => aws))(createWorldCaller(world, time, region.caller)),
    runner,
    clock: time,
    random: () => rng.next(),
    context: {
      repository: 'o/r',
      sha: run.sha ?? '0'.repeat(40),
      ref: 'refs/heads/main',
      runId: run.runId ?? '1',
      runAttempt: run.runAttempt ?? '1',
      job: 'deploy',
      actor: 'someone',
      serverUrl: 'https://github.com',
      apiUrl: 'https://api.github.com',
      workspace: '/',
      tempDir: '/tmp',
      ...(run.credentialsEndAt === undefined ? {} : { credentialsEndAt: run.credentialsEndAt }),
    },
    readFile: async (path) => run.files?.get(path) ?? fail(path),
    writeFile: run.writeFile ?? (async (path, text) => void run.files?.set(path, text)),
    appendFile:
      run.appendFile ?? (async (path, text) => void run.files?.set(path, (run.files.get(path) ?? '') + text)),
    runCheck: run.runCheck ?? (async () => ({ kind: 'passed' })),
    drawSecret: () => `secret-${rng.int(0, 1e9)}`,
    createProber:
      run.createProber ??
      (({ plan, headerValue }) =>
        simulatedProber(region, plan.testRule.header, headerValue, plan.probes.timeoutMs)),
    ...(run.github === undefined ? {} : { github: run.github }),
    ...(run.onEvent === undefined ? {} : { onEvent: run.onEvent }),
    onState: (state) => void region.states.push(state),
  };
}

function fail(path: string): never {
  throw new Error(`There is no file ${path}.`);
}

/** One request through the rules to one application, as the traffic takes it, and counted as traffic is. */
export function simulatedProber(
  region: Region,
  header: string,
  headerValue: string,
  timeoutMs: number,
  /** Of each answer, before whoever asked for it. */
  told: (answer: ProbeAnswer) => void = () => undefined,
): Prober {
  const { time, traffic } = region;
  const headers = { [header.toLowerCase()]: headerValue };
  const requests = new Map<string, Parameters<SimulatedTraffic['ask']>[0]>();
  const send = (
    path: string,
    signal: AbortSignal,
    resolve: (answer: ProbeAnswer | undefined) => void,
  ): void => {
    if (signal.aborted) {
      resolve(undefined);
      return;
    }
    const end = (answer: ProbeAnswer): void => {
      told(answer);
      resolve(answer);
    };
    const request = requests.get(path) ?? { path, headers, sourceIp: '203.0.113.9' };
    requests.set(path, request);
    const answer = traffic.ask(request);
    if (answer.kind === 'answered') end(answer);
    else {
      const none = { kind: 'failed', reason: `no answer within ${timeoutMs / 1000} s` } as const;
      time.after(timeoutMs, () => (signal.aborted ? resolve(undefined) : end(none)), signal);
    }
  };
  return {
    probe: (path, signal) =>
      new Promise((resolve) => {
        time.after(20, () => send(path, signal, resolve), signal);
      }),
  };
}

/** The runner tells the job at that very moment, whatever it is doing. */
export function cancelAfter(region: Region, ms: number, told: () => void = () => undefined): void {
  void region.time.sleep(ms).then(() => {
    told();
    region.cancel.abort('SIGINT');
  });
}

/** The truth of the world: weights of production's rule by name of group. */
export function liveWeights(region: Region): Readonly<Record<string, number>> {
  const { Rules } = region.world.must('elasticloadbalancing', 'DescribeRules', {
    RuleArns: [region.ruleArn],
  });
  const groups: { TargetGroupArn: string; Weight: number }[] =
    Rules[0].Actions.at(-1).ForwardConfig.TargetGroups;
  return Object.fromEntries(groups.map((group) => [group.TargetGroupArn.split('/')[1]!, group.Weight]));
}

export function setWeights(region: Region, weights: Readonly<Record<string, number>>): void {
  const [operation, input] = actionsWrite(region, [forwardTo(Object.entries(weights))]);
  region.world.must('elasticloadbalancing', operation, input);
}

export function forwardTo(weights: readonly (readonly [string, number])[]): object {
  const TargetGroups = weights.map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight }));
  return { Type: 'forward', ForwardConfig: { TargetGroups } };
}

/** The call that gives production's rule these actions. */
export function actionsWrite(
  { byDefault, listenerArn, ruleArn }: Region,
  actions: readonly object[],
): readonly ['ModifyRule' | 'ModifyListener', object] {
  return byDefault
    ? ['ModifyListener', { ListenerArn: listenerArn, DefaultActions: actions }]
    : ['ModifyRule', { RuleArn: ruleArn, Actions: actions }];
}

export function rulesOfListener(region: Region): number {
  return region.world.must('elasticloadbalancing', 'DescribeRules', { ListenerArn: region.listenerArn }).Rules
    .length;
}

export function serviceNow(region: Region, name: string): Answer {
  return region.world.must('ecs', 'DescribeServices', { cluster, services: [name] }).services[0];
}

/** Every split of production's rule that the world ever saw, as green's share in percent. */
export function sharesSeen(region: Region): readonly number[] {
  return region.states.flatMap((state) => state.weights.map((weight) => weight.percent));
}
