/** Writes changes into a definition (a copy of the caller's). No clock, no I/O: the same changes, the same result. */
import { isObject, type JsonObject, type JsonValue, objectsOf, pointer } from './json.ts';
import type { TaskDefinitionProblem } from './problem.ts';
import type { TaskDefinitionChanges } from './render.ts';

export interface Applied {
  readonly problems: readonly TaskDefinitionProblem[];
  readonly notices: readonly string[];
}

export function applyChanges(definition: JsonObject, changes: TaskDefinitionChanges): Applied {
  const problems: TaskDefinitionProblem[] = [];
  const notices: string[] = [];
  if (changes.cpu !== undefined) definition['cpu'] = changes.cpu;
  if (changes.memory !== undefined) definition['memory'] = changes.memory;
  const containers = objectsOf(definition['containerDefinitions']);
  for (const [name, image] of changes.images) {
    const container = containers.find((each) => each['name'] === name);
    if (container === undefined) problems.push(noContainer(name, containers));
    else container['image'] = image;
  }
  const target = chooseContainer(containers, changes);
  if (target !== undefined && 'problem' in target) problems.push(target.problem);
  else if (target !== undefined) {
    changeContainer(target.container, containers.indexOf(target.container), changes, problems, notices);
  }
  return { problems, notices };
}

/** Undefined where no change is about one container. */
function chooseContainer(
  containers: readonly JsonObject[],
  changes: TaskDefinitionChanges,
): { readonly container: JsonObject } | { readonly problem: TaskDefinitionProblem } | undefined {
  const { containerName } = changes;
  if (containerName !== undefined) {
    const container = containers.find((each) => each['name'] === containerName);
    return container === undefined ? { problem: noContainer(containerName, containers) } : { container };
  }
  const isWanted =
    changes.image !== undefined ||
    changes.environment.size > 0 ||
    changes.environmentRemove.length > 0 ||
    changes.secrets.size > 0 ||
    changes.logGroup !== undefined;
  const [only] = containers;
  if (!isWanted || only === undefined) return undefined;
  if (containers.length === 1) return { container: only };
  return {
    problem: {
      code: 'which-container',
      pointer: '/containerDefinitions',
      message: `The definition has ${containers.length} containers (${namesOf(containers)}): container-name says which one is meant.`,
    },
  };
}

function changeContainer(
  container: JsonObject,
  index: number,
  changes: TaskDefinitionChanges,
  problems: TaskDefinitionProblem[],
  notices: string[],
): void {
  const { image, environment, environmentRemove, secrets, logGroup } = changes;
  if (image !== undefined) container['image'] = image;
  for (const name of environmentRemove) removeVariable(container, name, notices);
  for (const [name, value] of environment) {
    if (!setEnvironment(container, name, value)) {
      problems.push({
        code: 'secret-in-clear',
        pointer: pointer(['containerDefinitions', index, 'secrets']),
        message: `${name} is a secret of container ${shownName(container)}: a plain value would show it. If that is meant, name it in environment-remove as well.`,
      });
    }
  }
  for (const [name, valueFrom] of secrets) setSecret(container, name, valueFrom, notices);
  if (logGroup !== undefined && !setLogGroup(container, logGroup)) {
    problems.push({
      code: 'log-group',
      pointer: pointer(['containerDefinitions', index, 'logConfiguration']),
      message: `log-group needs a container that logs with awslogs; ${shownName(container)} does not.`,
    });
  }
}

function removeVariable(container: JsonObject, name: string, notices: string[]): void {
  let found = false;
  for (const list of ['environment', 'secrets']) found = removeEntry(container, list, name) || found;
  if (!found)
    notices.push(`${name} was to be removed, but container ${shownName(container)} does not have it.`);
}

/** False where the name is a secret. In place where it is there, else at the end; other keys of an entry stay. */
function setEnvironment(container: JsonObject, name: string, value: string): boolean {
  if (objectsOf(container['secrets']).some((entry) => entry['name'] === name)) return false;
  setEntry(container, 'environment', name, { value });
  return true;
}

/** A variable that was plain becomes a secret: it leaves `environment`. */
function setSecret(container: JsonObject, name: string, valueFrom: string, notices: string[]): void {
  if (removeEntry(container, 'environment', name)) notices.push(`${name} moved from environment to secrets.`);
  setEntry(container, 'secrets', name, { valueFrom });
}

function setLogGroup(container: JsonObject, logGroup: string): boolean {
  const log = container['logConfiguration'];
  if (!isObject(log) || log['logDriver'] !== 'awslogs') return false;
  const options = log['options'];
  log['options'] = { ...(isObject(options) ? options : {}), 'awslogs-group': logGroup };
  return true;
}

function setEntry(container: JsonObject, list: string, name: string, content: JsonObject): void {
  const held = container[list];
  const entries: JsonValue[] = Array.isArray(held) ? held : [];
  container[list] = entries;
  const entry = objectsOf(entries).find((each) => each['name'] === name);
  if (entry === undefined) entries.push({ name, ...content });
  else Object.assign(entry, content);
}

function removeEntry(container: JsonObject, list: string, name: string): boolean {
  const entries = container[list];
  if (!Array.isArray(entries)) return false;
  const kept = entries.filter((entry) => !isObject(entry) || entry['name'] !== name);
  container[list] = kept;
  return kept.length < entries.length;
}

function noContainer(name: string, containers: readonly JsonObject[]): TaskDefinitionProblem {
  return {
    code: 'no-such-container',
    pointer: '/containerDefinitions',
    message: `There is no container "${name}"; there ${containers.length === 1 ? 'is' : 'are'} ${namesOf(containers) || 'none'}.`,
  };
}

function namesOf(containers: readonly JsonObject[]): string {
  return containers.map(shownName).join(', ');
}

function shownName(container: JsonObject): string {
  return typeof container['name'] === 'string' ? container['name'] : 'without a name';
}
