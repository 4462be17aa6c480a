/** A whole region in virtual time: load balancer, two target groups, ECS service, simulated applications. */
import { type AppModel, appModel, type ProbedApp } from '../../../../src/lab/world/sim/app-model.ts';
import { SimulatedSubstrate } from '../../../../src/lab/world/sim/simulated-substrate.ts';
import { SimulatedTraffic } from '../../../../src/lab/world/sim/simulated-traffic.ts';
import { World, type WorldOptions } from '../../../../src/lab/world/world.ts';

export const minute = 60_000;

/** `models` by image tag. */
export function region(
  models: Readonly<Record<string, Partial<AppModel>>> = {},
  options: WorldOptions = {},
  outsideApp: (id: string) => ProbedApp = () => ({ model: appModel(), listening: true }),
) {
  const world = new World(options);
  const { kernel } = world;
  const substrate = new SimulatedSubstrate({
    kernel,
    routing: world.routing(),
    report: (fact) => world.report(fact),
    outsideApp,
    modelOf: (container) => appModel(models[container.image.split(':')[1] ?? ''] ?? {}),
  });
  const group = (name: string, type = 'ip'): string =>
    world.must('elasticloadbalancing', 'CreateTargetGroup', {
      Name: name,
      Protocol: 'HTTP',
      Port: 5000,
      VpcId: 'vpc-1',
      TargetType: type,
      HealthCheckPath: '/health',
      HealthCheckIntervalSeconds: 10,
      HealthyThresholdCount: 2,
    }).TargetGroups[0].TargetGroupArn;
  const [ecsGroup, otherGroup, hostGroup] = [group('ecs'), group('other'), group('host', 'instance')];
  const balancer = world.must('elasticloadbalancing', 'CreateLoadBalancer', {
    Name: 'api',
    Subnets: ['subnet-a', 'subnet-b'],
  }).LoadBalancers[0].LoadBalancerArn as string;
  const weights = (shares: Readonly<Record<string, number>>) => [
    {
      Type: 'forward',
      ForwardConfig: {
        TargetGroups: Object.entries(shares).map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight })),
      },
    },
  ];
  const listener = world.must('elasticloadbalancing', 'CreateListener', {
    LoadBalancerArn: balancer,
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: weights({ [ecsGroup]: 1 }),
  }).Listeners[0].ListenerArn as string;
  for (const arn of [ecsGroup, otherGroup, hostGroup]) {
    world.must('elasticloadbalancing', 'ModifyTargetGroupAttributes', {
      TargetGroupArn: arn,
      Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '30' }],
    });
  }
  return {
    world,
    kernel,
    substrate,
    ecsGroup,
    otherGroup,
    hostGroup,
    listener,
    shift: (shares: Readonly<Record<string, number>>) =>
      world.must('elasticloadbalancing', 'ModifyListener', {
        ListenerArn: listener,
        DefaultActions: weights(shares),
      }),
    host: (arn: string, id: string) =>
      world.must('elasticloadbalancing', 'RegisterTargets', { TargetGroupArn: arn, Targets: [{ Id: id }] }),
    traffic: (requestsPerSecond: number) =>
      new SimulatedTraffic({
        kernel,
        routing: world.routing(),
        substrate,
        report: (fact) => world.report(fact),
        listenerArn: listener,
        requestsPerSecond,
      }),
    wait: (ms: number) => kernel.advanceTo(kernel.now + ms),
  };
}

export type Region = ReturnType<typeof region>;

function registerTask(setup: Region, tag: string): string {
  return setup.world.must('ecs', 'RegisterTaskDefinition', {
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

/** A service of three tasks, all healthy. */
export function runningService(setup: Region, tag = 'v1'): void {
  setup.world.must('ecs', 'CreateCluster', { clusterName: 'shop' });
  setup.world.must('ecs', 'CreateService', {
    cluster: 'shop',
    serviceName: 'api',
    taskDefinition: registerTask(setup, tag),
    desiredCount: 3,
    launchType: 'FARGATE',
    healthCheckGracePeriodSeconds: 30,
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    loadBalancers: [{ targetGroupArn: setup.ecsGroup, containerName: 'api', containerPort: 5000 }],
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a', 'subnet-b', 'subnet-c'] } },
  });
  setup.wait(5 * minute);
}

export function deploy(setup: Region, tag: string): void {
  setup.world.must('ecs', 'UpdateService', {
    cluster: 'shop',
    service: 'api',
    taskDefinition: registerTask(setup, tag),
  });
}

export function service(setup: Region) {
  return setup.world.must('ecs', 'DescribeServices', { cluster: 'shop', services: ['api'] }).services[0];
}

export function healthyTargets(setup: Region, arn: string): number {
  const answer = setup.world.must('elasticloadbalancing', 'DescribeTargetHealth', { TargetGroupArn: arn });
  return answer.TargetHealthDescriptions.filter(
    (each: { TargetHealth: { State: string } }) => each.TargetHealth.State === 'healthy',
  ).length;
}
