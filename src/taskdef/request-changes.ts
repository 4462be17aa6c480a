/** The inputs as changes to a definition; secrets by name are left for AWS to resolve. Pure. */
import type { RenderRequest } from '../inputs/render-task-def.ts';
import {
  type ContainerChanges,
  mergeContainerChanges,
  noContainerChanges,
  type TaskDefinitionChanges,
} from './changes.ts';
import { parseContainerMap } from './container-map.ts';
import type { JsonObject } from './json.ts';
import type { TaskDefinitionProblem } from './problem.ts';

export interface WantedChanges {
  readonly changes: TaskDefinitionChanges;
  readonly problems: readonly TaskDefinitionProblem[];
}

/** What is said for one container by `containers` wins over `images`. */
export function wantedChanges(request: RenderRequest): WantedChanges {
  const { containers: given, problems } = parseContainerMap(request.containers ?? '{}');
  const containers = new Map<string, ContainerChanges>();
  for (const [name, image] of request.images) containers.set(name, { ...noContainerChanges, image });
  for (const [name, changes] of given) {
    containers.set(name, mergeContainerChanges(containers.get(name) ?? noContainerChanges, changes));
  }
  const { image, environment, environmentRemove, secrets, logGroup } = request;
  const options = new Map(logGroup === undefined ? [] : [['awslogs-group', logGroup] as const]);
  return {
    problems,
    changes: {
      task: taskFields(request),
      containerName: request.containerName,
      container: {
        ...(image === undefined ? {} : { image }),
        environment,
        environmentRemove,
        secrets,
        ...(logGroup === undefined ? {} : { logs: { options } }),
        fields: {},
      },
      containers,
    },
  };
}

/** The changes with every secret replaced by what `resolved` says for its text. */
export function withSecrets(
  changes: TaskDefinitionChanges,
  resolved: ReadonlyMap<string, string>,
): TaskDefinitionChanges {
  const one = (given: ContainerChanges): ContainerChanges => ({
    ...given,
    secrets: new Map(
      [...given.secrets].flatMap(([variable, text]) => {
        const valueFrom = resolved.get(text);
        return valueFrom === undefined ? [] : [[variable, valueFrom]];
      }),
    ),
  });
  return {
    ...changes,
    container: one(changes.container),
    containers: new Map([...changes.containers].map(([name, given]) => [name, one(given)])),
  };
}

/** Each secret that is wanted, with the variables that want it. */
export function secretsWanted(changes: TaskDefinitionChanges): ReadonlyMap<string, readonly string[]> {
  const wanted = new Map<string, string[]>();
  for (const { secrets } of [changes.container, ...changes.containers.values()]) {
    for (const [variable, text] of secrets) wanted.set(text, [...(wanted.get(text) ?? []), variable]);
  }
  return wanted;
}

function taskFields(request: RenderRequest): JsonObject {
  const fields: JsonObject = {};
  const { family, cpu, memory, platform, executionRole, taskRole } = request;
  if (family !== undefined) fields['family'] = family;
  if (cpu !== undefined) fields['cpu'] = cpu;
  if (memory !== undefined) fields['memory'] = memory;
  if (executionRole !== undefined) fields['executionRoleArn'] = roleArn(executionRole);
  if (taskRole !== undefined) fields['taskRoleArn'] = roleArn(taskRole);
  if (platform !== undefined) {
    const cpuArchitecture = platform === 'linux/arm64' ? 'ARM64' : 'X86_64';
    fields['runtimePlatform'] = { cpuArchitecture, operatingSystemFamily: 'LINUX' };
  }
  return fields;
}

/** A name becomes an ARN with the guide's placeholder, which is filled in with the job's account. */
function roleArn(role: string): string {
  return role.startsWith('arn:') ? role : `arn:aws:iam::account-id:role/${role}`;
}
