/** Tasks in the SDK's shape. What is undefined is not there: members are not spread in, which costs a copy each. */

import type { Container, Task } from '@aws-sdk/client-ecs';
import { copyData } from '../plain-data.ts';
import { type ContainerRecord, type DeploymentRecord, dateOf, type TaskRecord } from './state.ts';
import { healthStatusOf } from './task-health.ts';

/** RUNNING, and by choice DEACTIVATING: whether tasks that drain still count is not documented. */
function isCountedRunning(task: TaskRecord, drainingCounts = true): boolean {
  return task.lastStatus === 'RUNNING' || (drainingCounts && task.lastStatus === 'DEACTIVATING');
}

function isCountedPending(task: TaskRecord): boolean {
  return (
    task.desiredStatus === 'RUNNING' &&
    (task.lastStatus === 'PROVISIONING' || task.lastStatus === 'PENDING' || task.lastStatus === 'ACTIVATING')
  );
}

/** @param deployment only its tasks */
export function taskCounts(
  tasks: Iterable<TaskRecord>,
  drainingCounts = true,
  deployment?: DeploymentRecord,
): { readonly running: number; readonly pending: number } {
  let running = 0;
  let pending = 0;
  for (const task of tasks) {
    if (deployment !== undefined && task.deployment !== deployment) continue;
    if (isCountedRunning(task, drainingCounts)) running++;
    else if (isCountedPending(task)) pending++;
  }
  return { running, pending };
}

/** As DescribeTasks, RunTask and StopTask answer it. */
export function viewTask(task: TaskRecord, withTags: boolean): Task {
  return {
    taskArn: task.arn,
    clusterArn: task.cluster.arn,
    taskDefinitionArn: task.definition.taskDefinitionArn,
    attachments: [
      {
        id: task.attachmentId,
        type: 'ElasticNetworkInterface',
        status: task.attachmentStatus,
        details: attachmentDetails(task),
      },
    ],
    attributes: [{ name: 'ecs.cpu-architecture', value: 'x86_64' }],
    availabilityZone: task.zone,
    capacityProviderName: task.capacityProvider,
    connectivity: task.connectivityAt === undefined ? 'DISCONNECTED' : 'CONNECTED',
    connectivityAt: dateOf(task.connectivityAt),
    containers: task.containers.map((container) => viewContainer(task, container)),
    cpu: task.overrides.cpu ?? task.definition.cpu,
    memory: task.overrides.memory ?? task.definition.memory,
    createdAt: new Date(task.createdAt),
    desiredStatus: task.desiredStatus,
    enableExecuteCommand: task.enableExecuteCommand,
    executionStoppedAt: dateOf(task.executionStoppedAt),
    group: task.group,
    healthStatus: healthStatusOf(task),
    lastStatus: task.lastStatus,
    launchType: task.launchType,
    overrides: {
      containerOverrides: task.containers.map(
        (container) =>
          copyData(task.overrides.containerOverrides?.find((item) => item.name === container.name)) ?? {
            name: container.name,
          },
      ),
      inferenceAcceleratorOverrides: [],
      taskRoleArn: task.overrides.taskRoleArn,
      executionRoleArn: task.overrides.executionRoleArn,
    },
    platformVersion: task.platformVersion,
    platformFamily: 'Linux',
    pullStartedAt: dateOf(task.pullStartedAt),
    pullStoppedAt: dateOf(task.pullStoppedAt),
    startedAt: dateOf(task.startedAt),
    startedBy: task.startedBy,
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    stoppingAt: dateOf(task.stoppingAt),
    stoppedAt: dateOf(task.stoppedAt),
    tags: withTags ? copyData(task.tags) : [],
    version: task.version,
    ephemeralStorage: { sizeInGiB: task.definition.ephemeralStorage?.sizeInGiB ?? 20 },
    fargateEphemeralStorage: { sizeInGiB: task.definition.ephemeralStorage?.sizeInGiB ?? 20 },
  };
}

function attachmentDetails(task: TaskRecord): { name: string; value: string }[] {
  const subnet = { name: 'subnetId', value: task.subnet };
  if (task.connectivityAt === undefined) return [subnet];
  return [
    subnet,
    { name: 'networkInterfaceId', value: task.eniId },
    { name: 'macAddress', value: task.macAddress },
    { name: 'privateDnsName', value: privateDnsName(task) },
    { name: 'privateIPv4Address', value: task.privateIp },
  ];
}

/** @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hostname-types.html */
function privateDnsName(task: TaskRecord): string {
  const region = task.zone.slice(0, -1);
  const domain = region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;
  return `ip-${task.privateIp.replaceAll('.', '-')}.${domain}`;
}

function textOf(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function viewContainer(task: TaskRecord, container: ContainerRecord): Container {
  return {
    containerArn: container.arn,
    taskArn: task.arn,
    name: container.name,
    image: container.image,
    imageDigest: container.imageDigest,
    runtimeId: container.runtimeId === '' ? undefined : container.runtimeId,
    lastStatus: container.lastStatus,
    exitCode: container.exitCode,
    reason: container.reason,
    networkBindings: [],
    networkInterfaces:
      task.connectivityAt === undefined
        ? []
        : [{ attachmentId: task.attachmentId, privateIpv4Address: task.privateIp }],
    healthStatus: container.health,
    cpu: String(container.cpu ?? 0),
    memory: textOf(container.memory),
    memoryReservation: textOf(container.memoryReservation),
  };
}
