/** The guide's service in a world of its own: one service of three tasks behind a rule with two groups. */
import { type AppModel, goodApp } from '../../../../src/lab/world/sim/app-model.ts';
import { SimulatedSubstrate } from '../../../../src/lab/world/sim/simulated-substrate.ts';
import { World, type WorldOptions } from '../../../../src/lab/world/world.ts';

const host = '123456789012.dkr.ecr.ap-south-1.amazonaws.com';

export interface Stage {
  readonly world: World;
  readonly blueArn: string;
  readonly greenArn: string;
  readonly listenerArn: string;
  readonly ruleArn: string;
  register(tag: string, more?: object): string;
  update(taskDefinition: string): void;
  // biome-ignore lint/suspicious/noExplicitAny: the SDK's shape, read member by member
  service(): any;
  advance(ms: number): void;
}

export function createStage(
  options: WorldOptions = {},
  modelOf: (image: string) => AppModel = () => goodApp,
): Stage {
  const world = new World(options);
  new SimulatedSubstrate({
    kernel: world.kernel,
    routing: world.routing(),
    report: (fact) => world.report(fact),
    modelOf: (container) => modelOf(container.image),
  });
  const elb = (operation: string, input: object) => world.must('elasticloadbalancing', operation, input);
  const ecs = (operation: string, input: object) => world.must('ecs', operation, input);
  world.must('ecr', 'CreateRepository', { repositoryName: 'api' });
  for (const tag of ['v1', 'v2']) world.ecr.seedImage('api', tag);
  world.must('logs', 'CreateLogGroup', { logGroupName: '/ecs/api' });
  ecs('CreateCluster', { clusterName: 'c' });
  const [loadBalancer] = elb('CreateLoadBalancer', {
    Name: 'alb',
    Subnets: ['subnet-a', 'subnet-b'],
  }).LoadBalancers;
  const group = (Name: string): string =>
    elb('CreateTargetGroup', {
      Name,
      Protocol: 'HTTP',
      Port: 5000,
      VpcId: 'vpc-1',
      TargetType: 'ip',
      HealthCheckPath: '/health',
      HealthCheckIntervalSeconds: 10,
      HealthyThresholdCount: 2,
    }).TargetGroups[0].TargetGroupArn;
  const [blueArn, greenArn] = [group('blue'), group('green')];
  const forward = {
    Type: 'forward',
    ForwardConfig: {
      TargetGroups: [
        { TargetGroupArn: blueArn, Weight: 1 },
        { TargetGroupArn: greenArn, Weight: 0 },
      ],
    },
  };
  const [listener] = elb('CreateListener', {
    LoadBalancerArn: loadBalancer.LoadBalancerArn,
    Protocol: 'HTTP',
    Port: 80,
    DefaultActions: [forward],
  }).Listeners;
  const [rule] = elb('CreateRule', {
    ListenerArn: listener.ListenerArn,
    Priority: 10,
    Conditions: [{ Field: 'path-pattern', Values: ['/api/*'] }],
    Actions: [forward],
  }).Rules;
  const stage: Stage = {
    world,
    blueArn,
    greenArn,
    listenerArn: listener.ListenerArn,
    ruleArn: rule.RuleArn,
    register: (tag, more = {}) =>
      ecs('RegisterTaskDefinition', {
        family: 'api',
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        cpu: '256',
        memory: '512',
        executionRoleArn: 'arn:aws:iam::123456789012:role/exec',
        containerDefinitions: [
          {
            name: 'api',
            image: `${host}/api:${tag}`,
            portMappings: [{ containerPort: 5000 }],
            logConfiguration: {
              logDriver: 'awslogs',
              options: {
                'awslogs-group': '/ecs/api',
                'awslogs-region': 'ap-south-1',
                'awslogs-stream-prefix': 'api',
              },
            },
            ...more,
          },
        ],
      }).taskDefinition.taskDefinitionArn,
    update: (taskDefinition) => {
      ecs('UpdateService', { cluster: 'c', service: 's', taskDefinition });
    },
    service: () => ecs('DescribeServices', { cluster: 'c', services: ['s'] }).services[0],
    advance: (ms) => world.kernel.advanceTo(world.kernel.now + ms),
  };
  ecs('CreateService', {
    cluster: 'c',
    serviceName: 's',
    taskDefinition: stage.register('v1'),
    desiredCount: 3,
    launchType: 'FARGATE',
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    networkConfiguration: {
      awsvpcConfiguration: { subnets: ['subnet-a', 'subnet-b', 'subnet-c'], securityGroups: ['sg-1'] },
    },
    loadBalancers: [{ targetGroupArn: blueArn, containerName: 'api', containerPort: 5000 }],
  });
  stage.advance(600_000);
  return stage;
}
