/** Writes changes into a definition (a copy of the caller's). No clock, no I/O: the same changes, the same result. */
import { applyToContainer, shownName } from './apply-to-container.ts';
import {
  type ContainerChanges,
  changesNothing,
  mergeContainerChanges,
  noContainerChanges,
  type TaskDefinitionChanges,
} from './changes.ts';
import { type JsonObject, objectsOf } from './json.ts';
import { nearestName } from './nearest-name.ts';
import type { TaskDefinitionProblem } from './problem.ts';

export interface Applied {
  readonly problems: readonly TaskDefinitionProblem[];
  readonly notices: readonly string[];
}

export function applyChanges(definition: JsonObject, changes: TaskDefinitionChanges): Applied {
  const problems: TaskDefinitionProblem[] = [];
  const notices: string[] = [];
  for (const [name, value] of Object.entries(changes.task)) definition[name] = structuredClone(value);
  const containers = objectsOf(definition['containerDefinitions']);
  const wanted = new Map<JsonObject, ContainerChanges>();
  const want = (container: JsonObject, more: ContainerChanges): void => {
    wanted.set(container, mergeContainerChanges(wanted.get(container) ?? noContainerChanges, more));
  };
  for (const [name, more] of changes.containers) {
    const container = containers.find((each) => each['name'] === name);
    if (container === undefined) problems.push(noContainer(name, containers));
    else want(container, more);
  }
  const target = chooseContainer(containers, changes);
  if (target !== undefined && 'problem' in target) problems.push(target.problem);
  else if (target !== undefined) want(target.container, changes.container);
  for (const [container, more] of wanted) {
    applyToContainer(container, containers.indexOf(container), more, problems, notices);
  }
  return { problems, notices };
}

/** Undefined where no change is about one container. */
function chooseContainer(
  containers: readonly JsonObject[],
  { containerName, container: changes }: TaskDefinitionChanges,
): { readonly container: JsonObject } | { readonly problem: TaskDefinitionProblem } | undefined {
  if (containerName !== undefined) {
    const container = containers.find((each) => each['name'] === containerName);
    return container === undefined ? { problem: noContainer(containerName, containers) } : { container };
  }
  const [only] = containers;
  if (changesNothing(changes) || only === undefined) return undefined;
  if (containers.length === 1) return { container: only };
  return {
    problem: {
      code: 'which-container',
      pointer: '/containerDefinitions',
      message: `The definition has ${containers.length} containers (${namesOf(containers)}): container-name says which one is meant.`,
    },
  };
}

function noContainer(name: string, containers: readonly JsonObject[]): TaskDefinitionProblem {
  const meant = nearestName(name, containers.map(shownName));
  return {
    code: 'no-such-container',
    pointer: '/containerDefinitions',
    message: `There is no container "${name}"; there ${containers.length === 1 ? 'is' : 'are'} ${namesOf(containers) || 'none'}.${meant === undefined ? '' : ` "${meant}" is meant?`}`,
  };
}

function namesOf(containers: readonly JsonObject[]): string {
  return containers.map(shownName).join(', ');
}
