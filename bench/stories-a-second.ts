/**
 * What `simulated-deployments.ts` measures: rolling deployments of three tasks with nobody looking, and all the seeded
 * stories of CI, in which the kit deploys or shifts in a region of its own and an oracle judges it.
 */
import { setFlagsFromString } from 'node:v8';
import { SimulatedSubstrate } from '../src/lab/world/sim/simulated-substrate.ts';
import { World } from '../src/lab/world/world.ts';
import { storyCount as rolloutCount } from '../test/simulation/rollout/coverage.ts';
import { play as playRollout } from '../test/simulation/rollout/play.ts';
import type { Played } from '../test/simulation/shard.ts';
import { storyCount as shiftCount } from '../test/simulation/shift/coverage.ts';
import { type PlayedShift, play as playShift } from '../test/simulation/shift/play.ts';
import { drawStory as drawShift } from '../test/simulation/shift/story.ts';
import { median, table } from './support.ts';

interface Deployed {
  readonly world: World;
  readonly cluster: string;
  readonly service: string;
}

function definition(version: string) {
  return {
    family: 'web',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    containerDefinitions: [
      { name: 'web', image: `example.com/web:${version}`, portMappings: [{ containerPort: 5000 }] },
    ],
  };
}

/** A region with a load-balanced service of three tasks, stable. */
function region(seed: number): Deployed {
  const world = new World({ seed });
  new SimulatedSubstrate({
    kernel: world.kernel,
    routing: world.routing(),
    report: (fact) => world.report(fact),
  });
  const { TargetGroups } = world.must('elasticloadbalancing', 'CreateTargetGroup', {
    Name: 'web',
    Protocol: 'HTTP',
    Port: 5000,
    VpcId: 'vpc-1',
    TargetType: 'ip',
    HealthCheckPath: '/health',
  });
  const { LoadBalancers } = world.must('elasticloadbalancing', 'CreateLoadBalancer', {
    Name: 'web',
    Subnets: ['subnet-a', 'subnet-b'],
  });
  world.must('elasticloadbalancing', 'CreateListener', {
    LoadBalancerArn: LoadBalancers[0].LoadBalancerArn,
    Protocol: 'HTTP',
    Port: 80,
    DefaultActions: [{ Type: 'forward', TargetGroupArn: TargetGroups[0].TargetGroupArn }],
  });
  world.must('ecs', 'CreateCluster', { clusterName: 'main' });
  world.must('ecs', 'RegisterTaskDefinition', definition('1'));
  world.must('ecs', 'CreateService', {
    cluster: 'main',
    serviceName: 'web',
    taskDefinition: 'web',
    desiredCount: 3,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'] } },
    loadBalancers: [
      { targetGroupArn: TargetGroups[0].TargetGroupArn, containerName: 'web', containerPort: 5000 },
    ],
  });
  const deployed = { world, cluster: 'main', service: 'web' };
  untilStable(deployed);
  return deployed;
}

function untilStable({ world, cluster, service }: Deployed): void {
  for (let minute = 0; minute < 120; minute++) {
    world.kernel.advanceTo(world.kernel.now + 60_000);
    const { deployments } = world.must('ecs', 'DescribeServices', { cluster, services: [service] })
      .services[0];
    if (deployments.length === 1 && deployments[0].rolloutState === 'COMPLETED') return;
  }
  throw new Error('The deployment did not end.');
}

function deployOnce(deployed: Deployed, version: number): number {
  const begin = process.hrtime.bigint();
  deployed.world.must('ecs', 'RegisterTaskDefinition', definition(String(version)));
  deployed.world.must('ecs', 'UpdateService', {
    cluster: deployed.cluster,
    service: deployed.service,
    taskDefinition: 'web',
  });
  untilStable(deployed);
  return Number(process.hrtime.bigint() - begin) / 1e6;
}

interface Group<P extends Played> {
  readonly name: string;
  readonly play: (seed: number) => Promise<P>;
  /** Runs of the action in one story: a shift that died is gone on with, and another may follow. */
  readonly runsOf?: (played: P) => number;
  /** Where the two kinds are told apart. */
  readonly isUndisturbed?: (seed: number) => boolean;
}

/** Until the compiler knows the code; what it costs is in the figure of all. */
const warmUpCount = 1000;

/** CPU time of the whole process since its start, collector and compiler included, milliseconds. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Stories a second of one core: of all of them from a cold start, and of those in it. */
async function speed<P extends Played>(
  { name, play, runsOf, isUndisturbed }: Group<P>,
  stories: number,
): Promise<string[][]> {
  const spent = { warmUp: 0, good: 0, others: 0 };
  const played = { warmUp: 0, good: 0, others: 0 };
  const runs = { warmUp: 0, good: 0, others: 0 };
  for (let seed = 1; seed <= stories; seed++) {
    const kind = seed <= warmUpCount ? 'warmUp' : isUndisturbed?.(seed) === true ? 'good' : 'others';
    const before = cpuMs();
    const story = await play(seed);
    spent[kind] += cpuMs() - before;
    played[kind]++;
    runs[kind] += runsOf?.(story) ?? 0;
  }
  const row = (what: string, ...kinds: (keyof typeof spent)[]): string[] => {
    const sum = (of: typeof spent): number => kinds.reduce((all, kind) => all + of[kind], 0);
    const [count, ms] = [sum(played), sum(spent)];
    const each = count === 0 ? '' : (ms / count).toFixed(2);
    return [what, String(count), each, perSecond(count, ms), perSecond(sum(runs), ms)];
  };
  return [
    row(name, 'warmUp', 'good', 'others'),
    row('  the first, while the code is compiled', 'warmUp'),
    row('  all after them', 'good', 'others'),
    ...(isUndisturbed === undefined
      ? []
      : [row('  of these: good and undisturbed', 'good'), row('  of these: all others', 'others')]),
  ];
}

function perSecond(count: number, ms: number): string {
  return count === 0 ? '' : ((1000 * count) / ms).toFixed(0);
}

/** The next release is played after what is told of the story itself. */
function runsOfShift({ hits, outcomes }: PlayedShift): number {
  return outcomes.length + (hits.includes('then: the next release') ? 1 : 0);
}

/** Nothing and nobody is in the way of a good release. */
function isUndisturbedShift(seed: number): boolean {
  const { release, rules, hand, kill, cancelAtMs, metrics, alarm } = drawShift(seed);
  return (
    release === 'good' &&
    rules.length === 0 &&
    hand === undefined &&
    kill === undefined &&
    cancelAtMs === undefined &&
    metrics === 'usual' &&
    alarm !== 'rings-before'
  );
}

/**
 * A story runs once through much code and seldom in a loop, and its world lives for milliseconds: V8 is told to make
 * short code rather than code that is fast in loops, and not to learn where its objects go. Some 5 % of the time.
 */
const engineFlags = [
  // What is put into the old space at once keeps its whole world when it is dead.
  '--no-allocation-site-pretenuring',
  '--no-turbo-inline-array-builtins',
  '--no-turbo-loop-peeling',
  '--no-maglev-loop-peeling',
  '--no-turboshaft-loop-unrolling',
  // Little survives: a second thread has nothing to do and is waited for.
  '--no-parallel-scavenge',
];

/** The first `stories` of each kind, or as many as CI plays; text for people. */
export async function storiesASecond(stories?: number): Promise<string> {
  for (const flag of engineFlags) setFlagsFromString(flag);
  const head = [
    'stories of CI, each from its seed',
    'stories',
    'CPU ms each',
    'a CPU second',
    'runs of the action a CPU second',
  ];
  const rows = [
    ...(await speed(
      { name: 'shifts', play: playShift, runsOf: runsOfShift, isUndisturbed: isUndisturbedShift },
      stories ?? shiftCount,
    )),
    ...(await speed({ name: 'rollouts', play: playRollout }, stories ?? rolloutCount)),
  ];
  return table(head, rows);
}

/** One rolling deployment after the other, with nobody looking; text for people. */
export function rollingDeploymentsASecond(): string {
  const times: number[] = [];
  for (let seed = 1; seed <= 20; seed++) {
    const deployed = region(seed);
    for (let version = 2; version <= 12; version++) times.push(deployOnce(deployed, version));
  }
  const warm = times.slice(times.length / 2);
  return `A rolling deployment of 3 tasks: median ${median(warm).toFixed(2)} ms, slowest ${Math.max(...warm).toFixed(2)} ms; ${(1000 / median(warm)).toFixed(0)} a second`;
}
