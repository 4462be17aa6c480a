/**
 * From a task to what the substrate runs: images resolved to digests, secrets to values, overrides laid
 * over the definition. What cannot be resolved fails the task in the words of ECS.
 */
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { ContainerSpec, TaskSpec } from '../substrate.ts';
import { lastPartOf } from './arns.ts';
import type { EcsContext, TaskRecord } from './state.ts';

export type TaskSpecResult =
  | { readonly ok: true; readonly spec: TaskSpec }
  /** `container` is the one at fault; undefined where the whole task is. */
  | { readonly ok: false; readonly reason: string; readonly container: string | undefined };

/** Reads images, secrets and log groups now: that is when ECS does, each time a task starts. */
export function buildTaskSpec(context: EcsContext, task: TaskRecord): TaskSpecResult {
  const containers: ContainerSpec[] = [];
  for (const definition of task.definition.containerDefinitions ?? []) {
    const environment = environmentOf(context, task, definition);
    if (!environment.ok) return { ok: false, reason: environment.reason, container: undefined };
    const log = logOf(context, task, definition);
    if (!log.ok) return { ok: false, reason: log.reason, container: undefined };
    const image = imageOf(context, task, definition);
    if (!image.ok) return { ok: false, reason: image.reason, container: definition.name };
    containers.push(containerSpec(task, definition, environment.values, log.log, image.digest));
  }
  return {
    ok: true,
    spec: {
      taskArn: task.arn,
      taskId: task.id,
      family: task.definition.family ?? '',
      revision: task.definition.revision ?? 0,
      cluster: task.cluster.name,
      zone: task.zone,
      privateIp: task.privateIp,
      containers,
    },
  };
}

function containerSpec(
  task: TaskRecord,
  definition: ContainerDefinition,
  environment: Readonly<Record<string, string>>,
  log: ContainerSpec['log'],
  imageDigest: string | undefined,
): ContainerSpec {
  const override = task.overrides.containerOverrides?.find((item) => item.name === definition.name);
  const check = definition.healthCheck;
  return {
    name: definition.name ?? '',
    image: definition.image ?? '',
    imageDigest,
    command: override?.command ?? definition.command,
    entryPoint: definition.entryPoint,
    workingDirectory: definition.workingDirectory,
    user: definition.user,
    environment,
    essential: definition.essential ?? true,
    containerPorts: (definition.portMappings ?? []).flatMap((port) => port.containerPort ?? []),
    memoryMiB: override?.memory ?? definition.memory,
    readonlyRootFilesystem: definition.readonlyRootFilesystem ?? false,
    healthCheck:
      check === undefined
        ? undefined
        : {
            command: check.command ?? [],
            intervalMs: (check.interval ?? 30) * 1000,
            timeoutMs: (check.timeout ?? 5) * 1000,
            retries: check.retries ?? 3,
            startPeriodMs: (check.startPeriod ?? 0) * 1000,
          },
    log,
    dependsOn: (definition.dependsOn ?? []).map((item) => ({
      containerName: item.containerName ?? '',
      condition: item.condition ?? 'START',
    })),
    stopTimeoutMs: (definition.stopTimeout ?? 30) * 1000,
  };
}

function environmentOf(
  context: EcsContext,
  task: TaskRecord,
  definition: ContainerDefinition,
):
  | { readonly ok: true; readonly values: Record<string, string> }
  | { readonly ok: false; readonly reason: string } {
  const values: Record<string, string> = {};
  for (const item of definition.environment ?? []) values[item.name ?? ''] = item.value ?? '';
  for (const secret of definition.secrets ?? []) {
    const answer = context.secrets.resolveSecret(secret.valueFrom ?? '');
    if (!answer.found) {
      const store = secret.valueFrom?.includes(':secretsmanager:') ? 'secret from asm' : 'secrets from ssm';
      return {
        ok: false,
        reason:
          'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval ' +
          `failed: unable to retrieve ${store}: service call has been retried 1 time(s): ${answer.reason}`,
      };
    }
    values[secret.name ?? ''] = answer.value;
  }
  const override = task.overrides.containerOverrides?.find((item) => item.name === definition.name);
  for (const item of override?.environment ?? []) values[item.name ?? ''] = item.value ?? '';
  return { ok: true, values };
}

function logOf(
  context: EcsContext,
  task: TaskRecord,
  definition: ContainerDefinition,
):
  | { readonly ok: true; readonly log: ContainerSpec['log'] }
  | { readonly ok: false; readonly reason: string } {
  const configuration = definition.logConfiguration;
  if (configuration?.logDriver !== 'awslogs') return { ok: true, log: undefined };
  const group = configuration.options?.['awslogs-group'] ?? '';
  const prefix = configuration.options?.['awslogs-stream-prefix'];
  const stream = prefix === undefined ? task.id : `${prefix}/${definition.name}/${task.id}`;
  if (!context.logs.groupExists(group)) {
    if (configuration.options?.['awslogs-create-group'] !== 'true') {
      return {
        ok: false,
        reason:
          'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: ' +
          'failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1',
      };
    }
    context.logs.createGroup(group);
  }
  return { ok: true, log: { group, stream } };
}

/**
 * The digest to run. A service revision keeps the digest its first task was pulled with, so that a moved
 * tag changes nothing until the next deployment; `versionConsistency: disabled` opts out of it.
 */
function imageOf(
  context: EcsContext,
  task: TaskRecord,
  definition: ContainerDefinition,
):
  | { readonly ok: true; readonly digest: string | undefined }
  | { readonly ok: false; readonly reason: string } {
  const image = definition.image ?? '';
  const name = definition.name ?? '';
  const pinned = definition.versionConsistency !== 'disabled' ? task.deployment?.revision.digests : undefined;
  const known = pinned?.get(name);
  const answer = context.images.resolveImage(known === undefined ? image : `${withoutTag(image)}@${known}`);
  if (!answer.found) return { ok: false, reason: answer.reason };
  const digest = answer.digest ?? known;
  if (digest !== undefined) pinned?.set(name, digest);
  return { ok: true, digest };
}

/** `host:5000/repo:tag` and `repo@sha256:…` without tag and digest. */
function withoutTag(image: string): string {
  const bare = image.split('@')[0]!;
  const name = lastPartOf(bare);
  const colon = name.indexOf(':');
  return colon < 0 ? bare : bare.slice(0, bare.length - (name.length - colon));
}
