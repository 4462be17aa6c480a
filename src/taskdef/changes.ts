/** What is to be different in a definition, as data; two sets of changes make one. Pure. */
import type { JsonObject } from './json.ts';

/** For one container. All that is empty or undefined stays as it is. */
export interface ContainerChanges {
  readonly image?: string | undefined;
  readonly environment: ReadonlyMap<string, string>;
  /** Names taken out of both environment and secrets, before the others are set. */
  readonly environmentRemove: readonly string[];
  /** Variable to `valueFrom` in full. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly logs?: LogChanges | undefined;
  /** Fields of `healthCheck` to set. */
  readonly healthCheck?: JsonObject | undefined;
  /** Fields of the container that are replaced whole: `command`, `entryPoint`, `cpu`, `memory`, ... */
  readonly fields: JsonObject;
}

/** For `logConfiguration`, which is made where the container has none. */
export interface LogChanges {
  readonly driver?: string | undefined;
  /** As the log driver names them: `awslogs-group`. */
  readonly options: ReadonlyMap<string, string>;
}

/** For a whole definition. */
export interface TaskDefinitionChanges {
  /** Fields of the task that are replaced whole: `family`, `cpu`, `memory`, `runtimePlatform`, ... */
  readonly task: JsonObject;
  /** The container that `container` means; undefined: the only one. */
  readonly containerName: string | undefined;
  readonly container: ContainerChanges;
  /** By the container's name. */
  readonly containers: ReadonlyMap<string, ContainerChanges>;
}

export const noContainerChanges: ContainerChanges = {
  environment: new Map(),
  environmentRemove: [],
  secrets: new Map(),
  fields: {},
};

export function changesNothing(changes: ContainerChanges): boolean {
  return (
    changes.image === undefined &&
    changes.environment.size === 0 &&
    changes.environmentRemove.length === 0 &&
    changes.secrets.size === 0 &&
    changes.logs === undefined &&
    changes.healthCheck === undefined &&
    Object.keys(changes.fields).length === 0
  );
}

/** `first`, then `second`: where both say something, `second` does. Associative; `noContainerChanges` is neutral. */
export function mergeContainerChanges(first: ContainerChanges, second: ContainerChanges): ContainerChanges {
  const kept = (map: ReadonlyMap<string, string>, alsoGone: Iterable<string>): Map<string, string> => {
    const gone = new Set([...second.environmentRemove, ...alsoGone]);
    return new Map([...map].filter(([name]) => !gone.has(name)));
  };
  return {
    image: second.image ?? first.image,
    // A name that becomes a secret is plain no longer.
    environment: new Map([...kept(first.environment, second.secrets.keys()), ...second.environment]),
    environmentRemove: [...new Set([...first.environmentRemove, ...second.environmentRemove])],
    secrets: new Map([...kept(first.secrets, []), ...second.secrets]),
    logs: mergeLogs(first.logs, second.logs),
    healthCheck:
      first.healthCheck === undefined || second.healthCheck === undefined
        ? (second.healthCheck ?? first.healthCheck)
        : { ...first.healthCheck, ...second.healthCheck },
    fields: { ...first.fields, ...second.fields },
  };
}

function mergeLogs(first: LogChanges | undefined, second: LogChanges | undefined): LogChanges | undefined {
  if (first === undefined || second === undefined) return second ?? first;
  // Options belong to a driver: whoever names one begins anew.
  if (second.driver !== undefined) return second;
  return { driver: first.driver, options: new Map([...first.options, ...second.options]) };
}
