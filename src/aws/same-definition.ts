/**
 * Whether two task definitions mean the same to ECS: a hash over a normal form, in which what ECS fills in
 * by itself and what it only puts out make no difference. Pure.
 */
import { createHash } from 'node:crypto';
import type { RegisterTaskDefinitionRequest, TaskDefinition } from '@aws-sdk/client-ecs';

type Plain = Record<string, unknown>;

const topLevel: readonly string[] = [
  'family',
  'taskRoleArn',
  'executionRoleArn',
  'networkMode',
  'containerDefinitions',
  'volumes',
  'placementConstraints',
  'requiresCompatibilities',
  'cpu',
  'memory',
  'pidMode',
  'ipcMode',
  'proxyConfiguration',
  'inferenceAccelerators',
  'ephemeralStorage',
  'runtimePlatform',
  'enableFaultInjection',
];

/** `sha256:` and 64 digits; equal for equal meaning. */
export function definitionHash(definition: RegisterTaskDefinitionRequest | TaskDefinition): string {
  const text = JSON.stringify(normalForm(definition));
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** Keys sorted, empty lists and objects gone, ECS's defaults gone, lists without an order sorted. */
export function normalForm(definition: RegisterTaskDefinitionRequest | TaskDefinition): unknown {
  const given = definition as unknown as Plain;
  const picked: Plain = {};
  for (const name of topLevel) picked[name] = given[name];
  picked['enableFaultInjection'] = given['enableFaultInjection'] === true ? true : undefined;
  picked['requiresCompatibilities'] = sortedTexts(given['requiresCompatibilities']);
  const isAwsvpc = given['networkMode'] === 'awsvpc';
  const containers = Array.isArray(given['containerDefinitions']) ? given['containerDefinitions'] : [];
  picked['containerDefinitions'] = containers.map((each: Plain) => container(each, isAwsvpc));
  return clean(picked) ?? {};
}

function container(given: Plain, isAwsvpc: boolean): Plain {
  const ports = Array.isArray(given['portMappings']) ? (given['portMappings'] as Plain[]) : [];
  const healthCheck = given['healthCheck'] as Plain | undefined;
  return {
    ...given,
    // ECS answers cpu 0 where none was given, and essential true.
    cpu: given['cpu'] === 0 ? undefined : given['cpu'],
    essential: given['essential'] === false ? false : undefined,
    environment: sortedBy(given['environment'], 'name'),
    secrets: sortedBy(given['secrets'], 'name'),
    portMappings: ports.map((port) => ({
      ...port,
      protocol: port['protocol'] === 'tcp' ? undefined : port['protocol'],
      hostPort:
        (isAwsvpc && port['hostPort'] === port['containerPort']) || port['hostPort'] === 0
          ? undefined
          : port['hostPort'],
    })),
    healthCheck:
      healthCheck === undefined
        ? undefined
        : {
            ...healthCheck,
            interval: healthCheck['interval'] === 30 ? undefined : healthCheck['interval'],
            timeout: healthCheck['timeout'] === 5 ? undefined : healthCheck['timeout'],
            retries: healthCheck['retries'] === 3 ? undefined : healthCheck['retries'],
          },
  };
}

function sortedBy(list: unknown, key: string): unknown {
  if (!Array.isArray(list)) return list;
  return [...list].sort((one: Plain, other: Plain) => compare(String(one[key]), String(other[key])));
}

function sortedTexts(list: unknown): unknown {
  return Array.isArray(list) ? [...list].sort((one, other) => compare(String(one), String(other))) : list;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Undefined for what is empty. An empty text stays: `value: ""` is a value. */
function clean(value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) {
    const kept = value.map(clean).filter((each) => each !== undefined);
    return kept.length === 0 ? undefined : kept;
  }
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object') {
    const kept = Object.entries(value)
      .map(([key, each]) => [key, clean(each)] as const)
      .filter(([, each]) => each !== undefined)
      .sort(([one], [other]) => compare(one, other));
    return kept.length === 0 ? undefined : Object.fromEntries(kept);
  }
  return value;
}
