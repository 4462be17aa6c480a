/** Makes task records: identity, place, network interface, containers. */
import type {
  LaunchType,
  NetworkConfiguration,
  Tag,
  TaskDefinition,
  TaskOverride,
} from '@aws-sdk/client-ecs';
import { taskArn } from './arns.ts';
import { choosePlace } from './placement.ts';
import type {
  ClusterRecord,
  ContainerRecord,
  DeploymentRecord,
  EcsContext,
  ServiceRecord,
  TargetRecord,
  TaskRecord,
} from './state.ts';
import { isVisible } from './state.ts';

export interface TaskRequest {
  readonly cluster: ClusterRecord;
  readonly service: ServiceRecord | undefined;
  readonly deployment: DeploymentRecord | undefined;
  readonly definition: TaskDefinition;
  readonly overrides: TaskOverride;
  readonly group: string;
  readonly startedBy: string | undefined;
  readonly launchType: LaunchType | undefined;
  readonly capacityProvider: string | undefined;
  readonly platformVersion: string;
  readonly enableExecuteCommand: boolean;
  readonly network: NetworkConfiguration | undefined;
  readonly targets: readonly { readonly targetGroupArn: string; readonly port: number }[];
  readonly tags: readonly Tag[];
}

/** A new task in PROVISIONING, or undefined where no zone can take it. */
export function createTask(
  context: EcsContext,
  request: TaskRequest,
  neighbours: Iterable<TaskRecord>,
): TaskRecord | undefined {
  const place = choosePlace(context, request.network, neighbours);
  if (place === undefined) return undefined;
  const { ids, kernel } = context;
  const id = ids.task();
  const arn = taskArn(kernel, request.cluster.name, id);
  const task: TaskRecord = {
    arn,
    id,
    cluster: request.cluster,
    service: request.service,
    deployment: request.deployment,
    definition: request.definition,
    overrides: request.overrides,
    group: request.group,
    startedBy: request.startedBy,
    launchType: request.launchType,
    capacityProvider: request.capacityProvider,
    platformVersion: request.platformVersion === 'LATEST' ? '1.4.0' : request.platformVersion,
    enableExecuteCommand: request.enableExecuteCommand,
    zone: place.zone,
    subnet: place.subnet,
    privateIp: nextAddress(context, place.zone),
    eniId: `eni-${kernel.rng('ecs.network').hex(17)}`,
    attachmentId: ids.uuid(),
    macAddress: macOf(kernel.rng('ecs.network').hex(10)),
    containers: (request.definition.containerDefinitions ?? []).map(
      (definition): ContainerRecord => ({
        arn: kernel.arn('ecs', `container/${request.cluster.name}/${id}/${ids.uuid()}`),
        name: definition.name ?? '',
        image: definition.image ?? '',
        essential: definition.essential ?? true,
        hasHealthCheck: definition.healthCheck !== undefined,
        cpu: definition.cpu,
        memory: definition.memory,
        memoryReservation: definition.memoryReservation,
        runtimeId: '',
        imageDigest: undefined,
        lastStatus: 'PENDING',
        exitCode: undefined,
        reason: undefined,
        health: 'UNKNOWN',
      }),
    ),
    targets: request.targets.map(
      (target): TargetRecord => ({ ...target, registered: false, state: 'initial', description: undefined }),
    ),
    tags: [...request.tags],
    attachmentStatus: 'PRECREATED',
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    version: 1,
    createdAt: kernel.now,
    connectivityAt: undefined,
    pullStartedAt: undefined,
    pullStoppedAt: undefined,
    startedAt: undefined,
    stoppingAt: undefined,
    executionStoppedAt: undefined,
    stoppedAt: undefined,
    stopCode: undefined,
    stoppedReason: undefined,
    runningAt: undefined,
    healthy: false,
    unhealthyReason: undefined,
    wasHealthy: false,
    startEmitted: false,
    protectedUntil: undefined,
    timer: undefined,
    healthTimer: undefined,
  };
  forgetOldTasks(context, request.cluster);
  request.cluster.tasks.set(id, task);
  context.state.tasks.set(arn, task);
  request.service?.tasks.add(task);
  return task;
}

/** Now and then, so that a standing lab whose tasks come and go does not grow for ever. */
function forgetOldTasks(context: EcsContext, cluster: ClusterRecord): void {
  if (cluster.tasks.size === 0 || cluster.tasks.size % 64 !== 0) return;
  for (const [id, task] of cluster.tasks) {
    if (isVisible(task, context.kernel.now)) continue;
    cluster.tasks.delete(id);
    context.state.tasks.delete(task.arn);
  }
}

/** Addresses of a zone's part of 10.0.0.0/16, in turn: 16,000 tasks of a zone before one comes again. */
function nextAddress(context: EcsContext, zone: string): string {
  const zones = context.kernel.config.zones;
  const count = context.state.addresses.get(zone) ?? 0;
  context.state.addresses.set(zone, count + 1);
  const host = 10 + (count % 16_000);
  const third = Math.max(0, zones.indexOf(zone)) * 64 + (host >> 8);
  return `10.0.${third % 256}.${host & 255}`;
}

function macOf(digits: string): string {
  return `0a:${digits.match(/../g)!.join(':')}`;
}
