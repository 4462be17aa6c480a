/**
 * How much the world simulates in a second on one core: rolling deployments of three tasks with nobody looking,
 * and the seeded stories of CI, in which the kit deploys or shifts in a region of its own and an oracle judges it.
 * STORIES=n plays n of each kind instead of 1000.
 */
import { setFlagsFromString } from 'node:v8';
import { SimulatedSubstrate } from '../src/lab/world/sim/simulated-substrate.ts';
import { World } from '../src/lab/world/world.ts';
import { play as playRollout } from '../test/simulation/rollout/play.ts';
import type { Played } from '../test/simulation/shard.ts';
import { play as playShift } from '../test/simulation/shift/play.ts';
import { drawStory } from '../test/simulation/shift/story.ts';
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

const times: number[] = [];
for (let seed = 1; seed <= 20; seed++) {
  const deployed = region(seed);
  for (let version = 2; version <= 12; version++) times.push(deployOnce(deployed, version));
}
const warm = times.slice(times.length / 2);
console.log(
  `A rolling deployment of 3 tasks: median ${median(warm).toFixed(2)} ms, slowest ${Math.max(...warm).toFixed(2)} ms; ${(1000 / median(warm)).toFixed(0)} a second`,
);

interface Group {
  readonly name: string;
  readonly play: (seed: number) => Promise<Played>;
  readonly seeds: readonly number[];
}

const batchSize = 20;

/**
 * Stories a second of one core: by the CPU time of the whole process, collector and compiler included, and by the
 * clock in the tenth of the batches in which the machine was free most.
 */
async function speed({ name, play, seeds }: Group): Promise<string[]> {
  const millis: number[] = [];
  const before = process.cpuUsage();
  for (let first = 0; first < seeds.length; first += batchSize) {
    const batch = seeds.slice(first, first + batchSize);
    const begin = performance.now();
    for (const seed of batch) await play(seed);
    millis.push((performance.now() - begin) / batch.length);
  }
  const { user, system } = process.cpuUsage(before);
  const best = millis.sort((one, other) => one - other).slice(0, Math.ceil(millis.length / 10));
  const mean = best.reduce((sum, each) => sum + each, 0) / best.length;
  return [
    name,
    String(seeds.length),
    ((1e6 * seeds.length) / (user + system)).toFixed(0),
    (1000 / mean).toFixed(0),
  ];
}

/** Nothing and nobody is in the way of a good release. */
function isUndisturbed(seed: number): boolean {
  const { release, rules, hand, kill, cancelAtMs, metrics, alarm } = drawStory(seed);
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

// A story's world lives for milliseconds. V8 would learn that such objects survive and put them into the old space,
// where one dead piece keeps its whole world.
setFlagsFromString('--no-allocation-site-pretenuring');
const shown = Number(process.env['STORIES'] ?? 1000);
const first = (count: number, isOne: (seed: number) => boolean = () => true): number[] => {
  const seeds: number[] = [];
  for (let seed = 1; seeds.length < count; seed++) if (isOne(seed)) seeds.push(seed);
  return seeds;
};
for (const seed of first(300)) await playShift(seed);
for (const seed of first(200)) await playRollout(seed);
const rows: string[][] = [];
for (const group of [
  { name: 'rollouts', play: playRollout, seeds: first(shown) },
  { name: 'shifts', play: playShift, seeds: first(shown) },
  { name: 'shifts, good and undisturbed', play: playShift, seeds: first(shown / 2, isUndisturbed) },
  { name: 'shifts, all others', play: playShift, seeds: first(shown / 2, (seed) => !isUndisturbed(seed)) },
]) {
  rows.push(await speed(group));
}
const head = ['stories of CI, each from its seed', 'stories', 'a CPU second', 'best tenth of the time'];
console.log(`\n${table(head, rows)}`);
