/** What infrastructure code has made before the first workflow runs: the guide's service, in an old version. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeImagesCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  CreateServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  ListServicesCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs';
import {
  DescribeListenersCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';

type Variables = Readonly<Record<string, string>>;

const cluster = 'ips-api-cluster';
const service = 'ips-api-service';
const repository = 'ips-data-acquisition-api';
const groupNames = ['ips-api-targets', 'ips-api-targets-b'] as const;

function connect(variables: Variables): {
  readonly ecs: ECSClient;
  readonly elb: ElasticLoadBalancingV2Client;
  readonly ecr: ECRClient;
} {
  const settings = {
    endpoint: variables['AWS_ENDPOINT_URL']!,
    region: variables['AWS_REGION']!,
    credentials: {
      accessKeyId: variables['AWS_ACCESS_KEY_ID']!,
      secretAccessKey: variables['AWS_SECRET_ACCESS_KEY']!,
    },
  };
  return {
    ecs: new ECSClient(settings),
    elb: new ElasticLoadBalancingV2Client(settings),
    ecr: new ECRClient(settings),
  };
}

/** Serves `old` to every path. */
export function guideDefinition(variables: Variables): RegisterTaskDefinitionCommandInput {
  const server = `require('http').createServer((request, response) => response.end('old')).listen(5000)`;
  return {
    family: 'ips-api-task',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '512',
    memory: '1024',
    executionRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
    containerDefinitions: [
      {
        name: 'ips-api',
        image: `${variables['LAB_REGISTRY']}/lab/node:24`,
        command: ['node', '-e', `${server}; process.on('SIGTERM', () => process.exit(0))`],
        portMappings: [{ containerPort: 5000 }],
      },
    ],
  };
}

/** Two tasks in the first target group, which has all of the listener's traffic. */
export async function createGuideService(variables: Variables): Promise<void> {
  const { ecs, elb } = connect(variables);
  const { TargetGroups = [] } = await elb.send(new DescribeTargetGroupsCommand({ Names: [...groupNames] }));
  const [blue, green] = groupNames.map(
    (name) => TargetGroups.find((group) => group.TargetGroupName === name)!.TargetGroupArn!,
  );
  await elb.send(
    new ModifyListenerCommand({
      ListenerArn: variables['LAB_LISTENER_ARN']!,
      DefaultActions: [
        {
          Type: 'forward',
          ForwardConfig: {
            TargetGroups: [
              { TargetGroupArn: blue, Weight: 100 },
              { TargetGroupArn: green, Weight: 0 },
            ],
          },
        },
      ],
    }),
  );
  const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand(guideDefinition(variables)));
  await ecs.send(
    new CreateServiceCommand({
      cluster,
      serviceName: service,
      taskDefinition: taskDefinition!.taskDefinitionArn!,
      desiredCount: 2,
      launchType: 'FARGATE',
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: ['subnet-0a000000000000001', 'subnet-0b000000000000002'],
          securityGroups: ['sg-0a1b000000000002'],
          assignPublicIp: 'ENABLED',
        },
      },
      loadBalancers: [{ targetGroupArn: blue!, containerName: 'ips-api', containerPort: 5000 }],
      healthCheckGracePeriodSeconds: 60,
      deploymentConfiguration: {
        maximumPercent: 200,
        minimumHealthyPercent: 100,
        deploymentCircuitBreaker: { enable: true, rollback: true },
      },
    }),
  );
  while ((await readGuideState(variables)).services[service]?.runningCount !== 2) await sleep(100);
}

/** Once no deployment of the service is under way. */
export async function untilSteady(variables: Variables): Promise<void> {
  const { ecs } = connect(variables);
  for (;;) {
    const { services } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
    const [newest, ...others] = services?.[0]?.deployments ?? [];
    if (newest?.rolloutState === 'COMPLETED' && others.length === 0) return;
    await sleep(50);
  }
}

/** What a deployment may change. */
export interface GuideState {
  readonly services: Readonly<
    Record<string, { readonly taskDefinition: string; readonly runningCount: number }>
  >;
  /** Of the listener, by name of the target group. */
  readonly weights: Readonly<Record<string, number>>;
  /** Of the application's repository; empty where there is none yet. */
  readonly images: readonly { readonly digest: string; readonly tags: readonly string[] }[];
}

export async function readGuideState(variables: Variables): Promise<GuideState> {
  const { ecs, elb, ecr } = connect(variables);
  const { serviceArns = [] } = await ecs.send(new ListServicesCommand({ cluster }));
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: serviceArns }));
  const { Listeners = [] } = await elb.send(
    new DescribeListenersCommand({ ListenerArns: [variables['LAB_LISTENER_ARN']!] }),
  );
  const { repositories = [] } = await ecr.send(new DescribeRepositoriesCommand());
  const { imageDetails = [] } = repositories.some(({ repositoryName }) => repositoryName === repository)
    ? await ecr.send(new DescribeImagesCommand({ repositoryName: repository }))
    : {};
  return {
    services: Object.fromEntries(
      services.map((each) => [
        each.serviceName!,
        { taskDefinition: each.taskDefinition!, runningCount: each.runningCount! },
      ]),
    ),
    weights: Object.fromEntries(
      (Listeners[0]!.DefaultActions![0]!.ForwardConfig?.TargetGroups ?? []).map((tuple) => [
        tuple.TargetGroupArn!.split('/')[1]!,
        tuple.Weight!,
      ]),
    ),
    images: imageDetails.map((image) => ({ digest: image.imageDigest!, tags: image.imageTags ?? [] })),
  };
}
