/** A rollout that is exactly proven; tests take away one thing at a time. */
import type { EcsDeploymentFacts, ServiceFacts } from '../../../src/aws/ecs-service.ts';
import type { ServiceDeploymentFacts } from '../../../src/aws/ecs-service-deployments.ts';
import type { ContainerFacts, TaskFacts } from '../../../src/aws/ecs-tasks.ts';
import type { ExpectedRollout, RolloutFacts } from '../../../src/rollout/expected.ts';

export const account = 'arn:aws:ecs:ap-south-1:123456789012';
export const newRevision = `${account}:task-definition/api:2`;
export const oldRevision = `${account}:task-definition/api:1`;
export const groupArn =
  'arn:aws:elasticloadbalancing:ap-south-1:123456789012:targetgroup/api/0123456789abcdef';
export const digest = `sha256:${'a'.repeat(64)}`;
export const began = Date.UTC(2026, 0, 14, 12, 0, 0);

export const expected: ExpectedRollout = {
  cluster: 'main',
  service: 'api',
  taskDefinitionArn: newRevision,
  deploymentId: 'ecs-svc/2',
  deploymentCreatedAt: began,
  serviceDeploymentArn: `${account}:service-deployment/main/api/sd2`,
  mode: 'rollout',
  hasContainerHealthCheck: false,
  essentialContainers: new Set(['app']),
  pinnedDigests: new Map(),
};

export function container(change: Partial<ContainerFacts> = {}): ContainerFacts {
  return {
    name: 'app',
    image: 'registry.example.com/api:2',
    imageDigest: digest,
    lastStatus: 'RUNNING',
    exitCode: undefined,
    reason: undefined,
    health: 'UNKNOWN',
    ...change,
  };
}

export function task(id: string, change: Partial<TaskFacts> = {}): TaskFacts {
  return {
    arn: `${account}:task/main/${id}`,
    id,
    taskDefinitionArn: newRevision,
    startedBy: 'ecs-svc/2',
    lastStatus: 'RUNNING',
    desiredStatus: 'RUNNING',
    health: 'UNKNOWN',
    privateIp: `10.0.0.${id.length === 1 ? id.charCodeAt(0) : id.length}`,
    zone: 'ap-south-1a',
    createdAt: began,
    startedAt: began + 20_000,
    stoppingAt: undefined,
    stoppedAt: undefined,
    stopCode: undefined,
    stoppedReason: undefined,
    containers: [container()],
    ...change,
  };
}

export function deployment(change: Partial<EcsDeploymentFacts> = {}): EcsDeploymentFacts {
  return {
    id: 'ecs-svc/2',
    status: 'PRIMARY',
    taskDefinitionArn: newRevision,
    rolloutState: 'COMPLETED',
    rolloutStateReason: undefined,
    desiredCount: 2,
    runningCount: 2,
    pendingCount: 0,
    failedTasks: 0,
    createdAt: began,
    ...change,
  };
}

export function serviceFacts(change: Partial<ServiceFacts> = {}): ServiceFacts {
  return {
    arn: `${account}:service/main/api`,
    name: 'api',
    clusterArn: `${account}:cluster/main`,
    status: 'ACTIVE',
    controller: 'ECS',
    strategy: 'ROLLING',
    schedulingStrategy: 'REPLICA',
    desiredCount: 2,
    runningCount: 2,
    pendingCount: 0,
    taskDefinitionArn: newRevision,
    currentServiceDeploymentArn: expected.serviceDeploymentArn,
    deployments: [deployment()],
    loadBalancers: [{ targetGroupArn: groupArn, containerName: 'app', containerPort: 5000 }],
    healthCheckGracePeriodSeconds: 0,
    deploymentConfiguration: {},
    launch: {
      launchType: 'FARGATE',
      capacityProviderStrategy: [],
      platformVersion: 'LATEST',
      networkConfiguration: undefined,
    },
    events: [],
    ...change,
  };
}

export function serviceDeployment(change: Partial<ServiceDeploymentFacts> = {}): ServiceDeploymentFacts {
  return {
    arn: expected.serviceDeploymentArn!,
    status: 'SUCCESSFUL',
    statusReason: undefined,
    lifecycleStage: undefined,
    createdAt: began,
    finishedAt: began + 90_000,
    sources: [{ arn: 'old', requestedTaskCount: 0, runningTaskCount: 0, pendingTaskCount: 0 }],
    target: { arn: 'new', requestedTaskCount: 2, runningTaskCount: 2, pendingTaskCount: 0 },
    rollback: undefined,
    circuitBreaker: undefined,
    rollsBackByItself: false,
    watchesAlarms: false,
    triggeredAlarmNames: [],
    awaitedHooks: [],
    ...change,
  };
}

export const twoTasks = [task('a'), task('b')] as const;

export function healthOf(tasks: readonly TaskFacts[], states: Readonly<Record<string, string>> = {}) {
  return [
    {
      targetGroupArn: groupArn,
      targets: tasks.map((each) => ({
        id: each.privateIp ?? '',
        port: 5000,
        state: states[each.id] ?? 'healthy',
        reason: undefined,
        description: undefined,
      })),
    },
  ];
}

export function proven(change: Partial<RolloutFacts> = {}): RolloutFacts {
  return {
    serviceDeployment: serviceDeployment(),
    service: serviceFacts(),
    runningTasks: twoTasks,
    targetHealth: healthOf(twoTasks),
    stoppedTasks: undefined,
    protectedTaskArns: new Set(),
    ...change,
  };
}
