/**
 * What RegisterTaskDefinition checks. It does not check that images, secrets, roles or log groups exist:
 * a task fails on those later.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
 */
import type { ContainerDefinition, RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { clientError, invalidParameter } from './errors.ts';
import { validateTags } from './tags.ts';

/** Fargate's memory in MiB for each number of CPU units, but for the smallest: lowest, highest, step. */
const fargateMemory: ReadonlyMap<number, readonly [low: number, high: number, step: number]> = new Map([
  [512, [1024, 4096, 1024]],
  [1024, [2048, 8192, 1024]],
  [2048, [4096, 16_384, 1024]],
  [4096, [8192, 30_720, 1024]],
  [8192, [16_384, 61_440, 4096]],
  [16_384, [32_768, 122_880, 8192]],
]);

/** Whether Fargate offers this pair. */
export function isFargateSize(cpuUnits: number, memoryMiB: number): boolean {
  if (cpuUnits === 256) return [512, 1024, 2048].includes(memoryMiB);
  const range = fargateMemory.get(cpuUnits);
  if (range === undefined) return false;
  const [low, high, step] = range;
  return memoryMiB >= low && memoryMiB <= high && (memoryMiB - low) % step === 0;
}

/** `256`, `.25 vCPU`, `1 vCPU` in CPU units. */
export function cpuUnitsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^\s*(\d*\.?\d+)\s*(vcpus?)?\s*$/i.exec(text);
  if (match === null) return undefined;
  return match[2] === undefined ? Number(match[1]) : Math.round(Number(match[1]) * 1024);
}

/** `512`, `0.5 GB`, `2GB` in MiB. */
export function memoryMiBOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^\s*(\d*\.?\d+)\s*(gb|mb)?\s*$/i.exec(text);
  if (match === null) return undefined;
  return match[2]?.toLowerCase() === 'gb' ? Math.round(Number(match[1]) * 1024) : Number(match[1]);
}

/** @throws ClientException or InvalidParameterException, as ECS does for the first fault it meets */
export function validateTaskDefinition(input: RegisterTaskDefinitionRequest): void {
  const family = input.family;
  if (typeof family !== 'string' || family === '') throw clientError('Family should not be null or empty.');
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(family)) {
    throw clientError(
      'Family contains invalid characters. Up to 255 letters, numbers, hyphens and underscores are allowed.',
    );
  }
  const containers = input.containerDefinitions;
  if (!Array.isArray(containers) || containers.length === 0) {
    throw clientError('Container list cannot be empty.');
  }
  if (input.tags !== undefined && input.tags.length === 0) throw invalidParameter('Tags can not be empty.');
  validateTags(input.tags ?? []);
  const isFargate = input.requiresCompatibilities?.includes('FARGATE') ?? false;
  if (isFargate) validateFargate(input);
  const names = new Set<string>();
  for (const container of containers) {
    validateContainer(container, input, isFargate);
    if (names.has(container.name!)) {
      throw clientError(`Container names must be unique within a task definition: ${container.name}.`);
    }
    names.add(container.name!);
  }
  if (!containers.some((container) => container.essential ?? true)) {
    throw clientError('A task definition must have at least one essential container.');
  }
  for (const container of containers) validateDependencies(container, names);
}

function validateFargate(input: RegisterTaskDefinitionRequest): void {
  if (input.networkMode !== 'awsvpc') {
    throw clientError("Fargate only supports network mode 'awsvpc'.");
  }
  for (const member of ['cpu', 'memory'] as const) {
    if (input[member] === undefined) {
      throw clientError(`Fargate requires that '${member}' be defined at the task level.`);
    }
  }
  const cpu = cpuUnitsOf(input.cpu);
  const memory = memoryMiBOf(input.memory);
  if (cpu === undefined || memory === undefined || !isFargateSize(cpu, memory)) {
    throw clientError(
      `No Fargate configuration exists for given values: ${input.cpu} CPU, ${input.memory} memory.`,
    );
  }
  const reserved = (input.containerDefinitions ?? []).reduce((sum, item) => sum + (item.cpu ?? 0), 0);
  if (reserved > cpu) {
    throw clientError(
      `Invalid 'cpu' setting for task because the containers' total ${reserved} exceeds ${cpu}.`,
    );
  }
  const hungry = input.containerDefinitions?.find(
    (item) => (item.memory ?? item.memoryReservation ?? 0) > memory,
  );
  if (hungry !== undefined) {
    throw clientError(
      `Invalid setting for container '${hungry.name}'. At least one of 'memory' or 'memoryReservation' must be specified, and both must not exceed the task's ${memory} MiB.`,
    );
  }
}

function validateContainer(
  container: ContainerDefinition,
  input: RegisterTaskDefinitionRequest,
  isFargate: boolean,
): void {
  const name = container.name;
  if (typeof name !== 'string' || name === '')
    throw clientError('Container.name should not be null or empty.');
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name))
    throw clientError(`Container name ${name} contains invalid characters.`);
  if (typeof container.image !== 'string' || container.image === '') {
    throw clientError('Container.image should not be null or empty.');
  }
  if (
    !isFargate &&
    container.memory === undefined &&
    container.memoryReservation === undefined &&
    input.memory === undefined
  ) {
    throw clientError(
      `Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
    );
  }
  const environment = new Set((container.environment ?? []).map((item) => item.name));
  for (const secret of container.secrets ?? []) {
    if (!secret.name || !secret.valueFrom)
      throw clientError('Secrets must have both a name and a valueFrom.');
    if (environment.has(secret.name)) {
      throw clientError(
        `The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '${secret.name}'.`,
      );
    }
  }
  const needsRole =
    (container.secrets ?? []).length > 0 || (container.logConfiguration?.secretOptions ?? []).length > 0;
  if (needsRole && input.executionRoleArn === undefined) {
    throw clientError(
      "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
    );
  }
  if (
    isFargate &&
    input.executionRoleArn === undefined &&
    container.logConfiguration?.logDriver === 'awslogs'
  ) {
    throw clientError(
      'Fargate requires task definition to have execution role ARN to support log driver awslogs.',
    );
  }
  if (isFargate && /\.dkr\.ecr\./.test(container.image) && input.executionRoleArn === undefined) {
    throw clientError('Fargate requires task definition to have execution role ARN to support ECR images.');
  }
  if (
    isFargate &&
    container.stopTimeout !== undefined &&
    (container.stopTimeout < 0 || container.stopTimeout > 120)
  ) {
    throw clientError(
      `Invalid value for 'stopTimeout': ${container.stopTimeout}. Fargate allows at most 120 seconds.`,
    );
  }
  if (isFargate && container.privileged === true) {
    throw clientError("Fargate does not support 'privileged'.");
  }
  for (const port of container.portMappings ?? []) {
    if (
      input.networkMode === 'awsvpc' &&
      port.hostPort !== undefined &&
      port.hostPort !== port.containerPort
    ) {
      throw clientError(
        'When networkMode=awsvpc, the host ports and container ports in port mappings must match.',
      );
    }
  }
  if (container.healthCheck !== undefined) validateHealthCheck(container);
}

function validateHealthCheck(container: ContainerDefinition): void {
  const check = container.healthCheck!;
  if (!Array.isArray(check.command) || check.command.length === 0) {
    throw clientError('Container.healthCheck.command should not be null or empty.');
  }
  const bounds: readonly [keyof typeof check, number, number][] = [
    ['interval', 5, 300],
    ['timeout', 2, 120],
    ['retries', 1, 10],
    ['startPeriod', 0, 300],
  ];
  for (const [member, low, high] of bounds) {
    const value = check[member];
    if (typeof value === 'number' && (value < low || value > high)) {
      throw clientError(
        `Container.healthCheck.${member} must be between ${low} and ${high}, and is ${value}.`,
      );
    }
  }
}

function validateDependencies(container: ContainerDefinition, names: ReadonlySet<string>): void {
  for (const dependency of container.dependsOn ?? []) {
    if (dependency.containerName === container.name) {
      throw clientError(`Container '${container.name}' cannot depend on itself.`);
    }
    if (!names.has(dependency.containerName ?? '')) {
      throw clientError(
        `Container '${container.name}' depends on container '${dependency.containerName}', which the task definition does not have.`,
      );
    }
  }
}
