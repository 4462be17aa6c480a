/**
 * Services, deployments, service deployments and revisions in the SDK's shapes. What is undefined is not there:
 * members are not spread in, which costs a copy each.
 */

import type {
  Deployment,
  Service,
  ServiceDeployment,
  ServiceDeploymentBrief,
  ServiceDeploymentLifecycleStage,
  ServiceRevision,
  ServiceRevisionSummary,
  TaskSet,
} from '@aws-sdk/client-ecs';
import { copyData } from '../plain-data.ts';
import {
  type DeploymentRecord,
  dateOf,
  type RevisionConfig,
  type RevisionRecord,
  type ServiceDeploymentRecord,
  type ServiceRecord,
} from './state.ts';
import { taskCounts } from './task-view.ts';

interface Counts {
  readonly running: number;
  readonly pending: number;
}

const none: Counts = { running: 0, pending: 0 };

/** As DescribeServices, CreateService, UpdateService and DeleteService answer it. */
export function viewService(service: ServiceRecord, withTags: boolean, drainingCounts = true): Service {
  const counts = taskCounts(service.tasks, drainingCounts);
  const byDeployment = countsByDeployment(service, drainingCounts);
  const primary = service.deployments[0];
  const config = primary?.revision.config;
  const isEcs = service.controller === 'ECS';
  const current = service.history[0];
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.cluster.arn,
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: counts.running,
    pendingCount: counts.pending,
    loadBalancers: copyData([...(config?.loadBalancers ?? [])]),
    serviceRegistries: copyData([...(config?.serviceRegistries ?? [])]),
    launchType: launchTypeOf(config),
    capacityProviderStrategy: strategyOf(config),
    platformVersion: config?.platformVersion,
    platformFamily: config === undefined ? undefined : 'Linux',
    networkConfiguration: copyData(config?.networkConfiguration),
    taskDefinition:
      primary?.revision.definition.taskDefinitionArn ??
      service.history[0]?.target.definition.taskDefinitionArn,
    deploymentConfiguration: copyData(service.deploymentConfiguration),
    deployments: isEcs
      ? service.deployments.map((item) => viewDeployment(item, byDeployment.get(item) ?? none))
      : [],
    taskSets: isEcs
      ? undefined
      : service.deployments.map((item) => viewTaskSet(item, byDeployment.get(item) ?? none)),
    roleArn: undefined,
    events: [...service.events],
    createdAt: new Date(service.createdAt),
    createdBy: service.createdBy,
    currentServiceDeployment: isEcs ? current?.arn : undefined,
    currentServiceRevisions: isEcs
      ? service.deployments.map((item) => ({
          arn: item.revision.arn,
          requestedTaskCount: requestedCount(item),
          runningTaskCount: (byDeployment.get(item) ?? none).running,
          pendingTaskCount: (byDeployment.get(item) ?? none).pending,
        }))
      : [],
    placementConstraints: [],
    placementStrategy: [],
    healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds,
    schedulingStrategy: 'REPLICA',
    deploymentController: { type: service.controller },
    tags: withTags ? copyData(service.tags) : [],
    enableECSManagedTags: service.enableECSManagedTags,
    propagateTags: service.propagateTags,
    enableExecuteCommand: service.enableExecuteCommand,
    availabilityZoneRebalancing: service.availabilityZoneRebalancing,
  };
}

/** One of both is shown. */
function launchTypeOf(config: RevisionConfig | undefined): Service['launchType'] {
  return config?.capacityProviderStrategy === undefined ? config?.launchType : undefined;
}

function strategyOf(config: RevisionConfig | undefined): Service['capacityProviderStrategy'] {
  const strategy = config?.capacityProviderStrategy;
  return strategy === undefined ? undefined : copyData([...strategy]);
}

/** What the scheduler wants of one deployment: the newest gets all, the older nothing. */
function requestedCount(deployment: DeploymentRecord): number {
  return deployment.status === 'PRIMARY' ? deployment.service.desiredCount : 0;
}

function countsByDeployment(service: ServiceRecord, drainingCounts: boolean): Map<DeploymentRecord, Counts> {
  const counts = new Map<DeploymentRecord, Counts>();
  for (const deployment of service.deployments) {
    counts.set(deployment, taskCounts(service.tasks, drainingCounts, deployment));
  }
  return counts;
}

function viewDeployment(deployment: DeploymentRecord, counts: Counts): Deployment {
  const { config, definition } = deployment.revision;
  return {
    id: deployment.id,
    status: deployment.status,
    taskDefinition: definition.taskDefinitionArn,
    desiredCount: requestedCount(deployment),
    pendingCount: counts.pending,
    runningCount: counts.running,
    failedTasks: deployment.failedTasks,
    createdAt: new Date(deployment.createdAt),
    updatedAt: new Date(deployment.updatedAt),
    launchType: launchTypeOf(config),
    capacityProviderStrategy: strategyOf(config),
    platformVersion: config.platformVersion === 'LATEST' ? '1.4.0' : config.platformVersion,
    platformFamily: 'Linux',
    networkConfiguration: copyData(config.networkConfiguration),
    rolloutState: deployment.rolloutState,
    rolloutStateReason: deployment.rolloutStateReason,
    serviceConnectConfiguration: copyData(config.serviceConnectConfiguration),
    volumeConfigurations: copyData(config.volumeConfigurations),
    vpcLatticeConfigurations: copyData(config.vpcLatticeConfigurations),
  };
}

/** Under CODE_DEPLOY the tasks belong to task sets; the one the service was made with is PRIMARY. */
function viewTaskSet(deployment: DeploymentRecord, counts: Counts): TaskSet {
  const { config, definition } = deployment.revision;
  const desired = requestedCount(deployment);
  const isSteady = counts.running === desired && counts.pending === 0;
  return {
    id: deployment.id,
    taskSetArn: deployment.service.arn.replace(':service/', ':task-set/').concat('/', deployment.id),
    serviceArn: deployment.service.arn,
    clusterArn: deployment.service.cluster.arn,
    status: deployment.status,
    taskDefinition: definition.taskDefinitionArn,
    computedDesiredCount: desired,
    pendingCount: counts.pending,
    runningCount: counts.running,
    createdAt: new Date(deployment.createdAt),
    updatedAt: new Date(deployment.updatedAt),
    launchType: launchTypeOf(config),
    capacityProviderStrategy: strategyOf(config),
    platformVersion: config.platformVersion,
    networkConfiguration: copyData(config.networkConfiguration),
    loadBalancers: copyData([...config.loadBalancers]),
    serviceRegistries: [],
    scale: { value: 100, unit: 'PERCENT' },
    stabilityStatus: isSteady ? 'STEADY_STATE' : 'STABILIZING',
    tags: [],
  };
}

export function viewServiceDeploymentBrief(record: ServiceDeploymentRecord): ServiceDeploymentBrief {
  return {
    serviceDeploymentArn: record.arn,
    serviceArn: record.service.arn,
    clusterArn: record.service.cluster.arn,
    startedAt: dateOf(record.startedAt),
    createdAt: new Date(record.createdAt),
    finishedAt: dateOf(record.finishedAt),
    targetServiceRevisionArn: record.target.arn,
    status: record.status,
    statusReason: record.statusReason,
  };
}

/** As DescribeServiceDeployments answers it. A rolling deployment has neither life-cycle stage nor hooks. */
export function viewServiceDeployment(
  record: ServiceDeploymentRecord,
  drainingCounts = true,
): ServiceDeployment {
  return {
    serviceDeploymentArn: record.arn,
    serviceArn: record.service.arn,
    clusterArn: record.service.cluster.arn,
    createdAt: new Date(record.createdAt),
    startedAt: dateOf(record.startedAt),
    finishedAt: dateOf(record.finishedAt),
    stoppedAt: dateOf(record.stoppedAt),
    updatedAt: new Date(record.updatedAt),
    sourceServiceRevisions: record.sources.map((revision) =>
      revisionSummary(record, revision, drainingCounts),
    ),
    targetServiceRevision: revisionSummary(record, record.target, drainingCounts),
    status: record.status,
    statusReason: record.statusReason,
    deploymentConfiguration: copyData(record.deploymentConfiguration),
    ...(record.rollback === undefined
      ? {}
      : {
          rollback: {
            reason: record.rollback.reason,
            startedAt: new Date(record.rollback.startedAt),
            serviceRevisionArn: record.rollback.revision.arn,
          },
        }),
    ...(record.lifecycleStage === undefined
      ? {}
      : {
          lifecycleStage: record.lifecycleStage as ServiceDeploymentLifecycleStage,
          lifecycleHookDetails: record.pauses.map((pause) => ({
            hookId: pause.id,
            targetType: 'PAUSE' as const,
            status: pause.status,
            expiresAt: new Date(pause.expiresAt),
            timeoutAction: pause.timeoutAction,
          })),
        }),
    deploymentCircuitBreaker: {
      status: record.breakerStatus,
      failureCount: record.breakerFailures,
      threshold: record.breakerThreshold,
    },
    alarms: {
      status: record.alarmStatus,
      alarmNames: [...(record.deploymentConfiguration.alarms?.alarmNames ?? [])],
      triggeredAlarmNames: [...record.triggeredAlarms],
    },
  };
}

/** Counts of now: a finished service deployment shows what is left of its revisions. */
function revisionSummary(
  record: ServiceDeploymentRecord,
  revision: RevisionRecord,
  drainingCounts: boolean,
): ServiceRevisionSummary {
  const tasks = [...record.service.tasks].filter((task) => task.deployment?.revision === revision);
  const counts = taskCounts(tasks, drainingCounts);
  const isWanted = record.service.deployments[0]?.revision === revision;
  return {
    arn: revision.arn,
    requestedTaskCount: isWanted ? record.service.desiredCount : 0,
    runningTaskCount: counts.running,
    pendingTaskCount: counts.pending,
  };
}

/** As DescribeServiceRevisions answers it. Digests are there once the revision's first task was pulled. */
export function viewServiceRevision(service: ServiceRecord, revision: RevisionRecord): ServiceRevision {
  const { config, definition } = revision;
  return {
    serviceRevisionArn: revision.arn,
    serviceArn: service.arn,
    clusterArn: service.cluster.arn,
    taskDefinition: definition.taskDefinitionArn,
    launchType: launchTypeOf(config),
    capacityProviderStrategy: strategyOf(config),
    platformVersion: config.platformVersion === 'LATEST' ? '1.4.0' : config.platformVersion,
    platformFamily: 'Linux',
    loadBalancers: copyData([...config.loadBalancers]),
    serviceRegistries: copyData([...config.serviceRegistries]),
    networkConfiguration: copyData(config.networkConfiguration),
    containerImages: (definition.containerDefinitions ?? []).map((container) => ({
      containerName: container.name,
      image: container.image,
      imageDigest: revision.digests.get(container.name ?? ''),
    })),
    guardDutyEnabled: false,
    serviceConnectConfiguration: copyData(config.serviceConnectConfiguration),
    volumeConfigurations: copyData(config.volumeConfigurations),
    vpcLatticeConfigurations: copyData(config.vpcLatticeConfigurations),
    gatewayConnectors: copyData(config.gatewayConnectors),
    monitoring: copyData(config.monitoring),
    createdAt: new Date(revision.createdAt),
    resolvedConfiguration: {
      loadBalancers: config.loadBalancers.map((item) => ({
        targetGroupArn: item.targetGroupArn,
        ...(item.advancedConfiguration?.productionListenerRule === undefined
          ? {}
          : { productionListenerRule: item.advancedConfiguration.productionListenerRule }),
      })),
    },
  };
}
