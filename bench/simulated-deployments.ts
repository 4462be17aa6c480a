/**
 * How much the world simulates in a second on one core: rolling deployments of three tasks with nobody looking,
 * and the seeded stories of CI, in which the kit deploys or shifts in a region of its own and an oracle judges it.
 */
import { SimulatedSubstrate } from '../src/lab/world/sim/simulated-substrate.ts';
import { World } from '../src/lab/world/world.ts';
import { play as playRollout } from '../test/simulation/rollout/play.ts';
import type { Played } from '../test/simulation/shard.ts';
import { play as playShift } from '../test/simulation/shift/play.ts';
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

interface Speed {
  /** Over all stories once the code is warm, and over the tenth of the batches in which the machine was free most. */
  readonly overall: number;
  readonly undisturbed: number;
}

const batchSize = 20;

async function storiesPerSecond(play: (seed: number) => Promise<Played>, count: number): Promise<Speed> {
  for (let seed = 1; seed <= 200; seed++) await play(seed);
  const batches: number[] = [];
  for (let first = 1; first <= count; first += batchSize) {
    const begin = performance.now();
    for (let seed = first; seed < first + batchSize; seed++) await play(seed);
    batches.push((performance.now() - begin) / batchSize);
  }
  const mean = (times: readonly number[]): number =>
    times.reduce((sum, each) => sum + each, 0) / times.length;
  const best = [...batches].sort((one, other) => one - other).slice(0, Math.ceil(batches.length / 10));
  return { overall: 1000 / mean(batches), undisturbed: 1000 / mean(best) };
}

const rows: string[][] = [];
for (const [name, play] of [
  ['rollouts', playRollout],
  ['shifts', playShift],
] as const) {
  const { overall, undisturbed } = await storiesPerSecond(play, 1000);
  rows.push([name, overall.toFixed(0), undisturbed.toFixed(0)]);
}
console.log(`\n${table(['stories of CI, each from its seed', 'a second', 'best tenth of the time'], rows)}`);
