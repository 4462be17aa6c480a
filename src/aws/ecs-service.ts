/** ECS services: what a service is now, in the kit's own terms, and the one way to change it. */

import type {
  CapacityProviderStrategyItem,
  DeploymentConfiguration,
  NetworkConfiguration,
  Service,
  UpdateServiceRequest,
} from '@aws-sdk/client-ecs';
import { AwsCallError } from './call-error.ts';
import type { AwsCaller } from './caller.ts';

/** One entry of `Service.deployments`: ECS's running record, not the history entry (`ServiceDeployment`). */
export interface EcsDeploymentFacts {
  /** `ecs-svc/…`: tasks of this deployment carry it as `startedBy`. */
  readonly id: string;
  /** PRIMARY is the newest, which says nothing about its health. */
  readonly status: 'PRIMARY' | 'ACTIVE' | 'INACTIVE' | (string & {});
  readonly taskDefinitionArn: string;
  readonly rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED' | (string & {}) | undefined;
  readonly rolloutStateReason: string | undefined;
  readonly desiredCount: number;
  readonly runningCount: number;
  readonly pendingCount: number;
  /** Consecutive failures to start. */
  readonly failedTasks: number;
  readonly createdAt: number;
}

export interface ServiceEventFacts {
  readonly id: string;
  readonly at: number;
  readonly message: string;
}

/** Where the tasks of a service are registered. */
export interface ServiceLoadBalancerFacts {
  readonly targetGroupArn: string;
  readonly containerName: string;
  readonly containerPort: number;
}

/** Where and how ECS starts the tasks of a service: what a task that runs beside them is to be given. */
export interface TaskLaunchFacts {
  /** Undefined where a capacity provider strategy decides. */
  readonly launchType: Service['launchType'];
  readonly capacityProviderStrategy: readonly CapacityProviderStrategyItem[];
  /** Fargate's; LATEST or a number. */
  readonly platformVersion: string | undefined;
  readonly networkConfiguration: NetworkConfiguration | undefined;
}

export interface ServiceFacts {
  readonly arn: string;
  readonly name: string;
  readonly clusterArn: string;
  /** ACTIVE, DRAINING or INACTIVE. */
  readonly status: string;
  readonly controller: 'ECS' | 'CODE_DEPLOY' | 'EXTERNAL' | (string & {});
  readonly strategy: 'ROLLING' | 'BLUE_GREEN' | 'LINEAR' | 'CANARY' | (string & {});
  readonly schedulingStrategy: 'REPLICA' | 'DAEMON' | (string & {});
  readonly desiredCount: number;
  readonly runningCount: number;
  readonly pendingCount: number;
  readonly taskDefinitionArn: string;
  readonly currentServiceDeploymentArn: string | undefined;
  readonly deployments: readonly EcsDeploymentFacts[];
  readonly loadBalancers: readonly ServiceLoadBalancerFacts[];
  readonly healthCheckGracePeriodSeconds: number;
  readonly deploymentConfiguration: DeploymentConfiguration;
  readonly launch: TaskLaunchFacts;
  /** Newest first. */
  readonly events: readonly ServiceEventFacts[];
}

/** The service as it is now, INACTIVE ones included; undefined where the cluster never had it. */
export async function readService(
  aws: AwsCaller,
  cluster: string,
  service: string,
  signal?: AbortSignal,
): Promise<ServiceFacts | undefined> {
  const answer = await aws.call('ecs:DescribeServices', { cluster, services: [service] }, signal);
  const found = answer.services?.[0];
  return found === undefined ? undefined : toServiceFacts(found);
}

/** A cluster that is not there is as good an answer as a service that is not: undefined for both. */
export async function readServiceOrNothing(
  aws: AwsCaller,
  request: { readonly cluster: string; readonly service: string },
  signal?: AbortSignal,
): Promise<ServiceFacts | undefined> {
  try {
    return await readService(aws, request.cluster, request.service, signal);
  } catch (error) {
    if (error instanceof AwsCallError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

/** Updates a service. The answer is ECS's own view right after the change. */
export async function updateService(
  aws: AwsCaller,
  change: UpdateServiceRequest,
  signal?: AbortSignal,
): Promise<ServiceFacts> {
  const answer = await aws.call('ecs:UpdateService', change, signal);
  if (answer.service === undefined) throw new Error('ecs:UpdateService answered without a service.');
  return toServiceFacts(answer.service);
}

/** The newest deployment of a service. */
export function newestDeployment(service: ServiceFacts): EcsDeploymentFacts | undefined {
  return service.deployments.find((deployment) => deployment.status === 'PRIMARY');
}

export function toServiceFacts(service: Service): ServiceFacts {
  return {
    arn: service.serviceArn ?? '',
    name: service.serviceName ?? '',
    clusterArn: service.clusterArn ?? '',
    status: service.status ?? '',
    controller: service.deploymentController?.type ?? 'ECS',
    strategy: service.deploymentConfiguration?.strategy ?? 'ROLLING',
    schedulingStrategy: service.schedulingStrategy ?? 'REPLICA',
    desiredCount: service.desiredCount ?? 0,
    runningCount: service.runningCount ?? 0,
    pendingCount: service.pendingCount ?? 0,
    taskDefinitionArn: service.taskDefinition ?? '',
    currentServiceDeploymentArn: service.currentServiceDeployment,
    deployments: (service.deployments ?? []).map((deployment) => ({
      id: deployment.id ?? '',
      status: deployment.status ?? '',
      taskDefinitionArn: deployment.taskDefinition ?? '',
      rolloutState: deployment.rolloutState,
      rolloutStateReason: deployment.rolloutStateReason,
      desiredCount: deployment.desiredCount ?? 0,
      runningCount: deployment.runningCount ?? 0,
      pendingCount: deployment.pendingCount ?? 0,
      failedTasks: deployment.failedTasks ?? 0,
      createdAt: deployment.createdAt?.getTime() ?? 0,
    })),
    loadBalancers: (service.loadBalancers ?? []).flatMap((entry) =>
      entry.targetGroupArn === undefined
        ? []
        : [
            {
              targetGroupArn: entry.targetGroupArn,
              containerName: entry.containerName ?? '',
              containerPort: entry.containerPort ?? 0,
            },
          ],
    ),
    healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds ?? 0,
    deploymentConfiguration: service.deploymentConfiguration ?? {},
    launch: {
      launchType: service.launchType,
      capacityProviderStrategy: service.capacityProviderStrategy ?? [],
      platformVersion: service.platformVersion,
      networkConfiguration: service.networkConfiguration,
    },
    events: (service.events ?? []).map((event) => ({
      id: event.id ?? '',
      at: event.createdAt?.getTime() ?? 0,
      message: event.message ?? '',
    })),
  };
}
