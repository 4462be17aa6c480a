/** Writes changes into one container (a copy of the caller's). Pure. */
import type { ContainerChanges, LogChanges } from './changes.ts';
import { isObject, type JsonObject, type JsonValue, objectsOf, pointer } from './json.ts';
import type { TaskDefinitionProblem } from './problem.ts';

export function applyToContainer(
  container: JsonObject,
  index: number,
  changes: ContainerChanges,
  problems: TaskDefinitionProblem[],
  notices: string[],
): void {
  const { image, environment, environmentRemove, secrets, logs, healthCheck } = changes;
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
  if (logs !== undefined && !setLogs(container, logs)) {
    problems.push({
      code: 'log-group',
      pointer: pointer(['containerDefinitions', index, 'logConfiguration']),
      message: `A log group is for containers that log with awslogs; ${shownName(container)} does not: name the driver in containers.`,
    });
  }
  if (healthCheck !== undefined) {
    const held = container['healthCheck'];
    container['healthCheck'] = { ...(isObject(held) ? held : {}), ...structuredClone(healthCheck) };
  }
  for (const [name, value] of Object.entries(changes.fields)) container[name] = structuredClone(value);
}

export function shownName(container: JsonObject): string {
  return typeof container['name'] === 'string' ? container['name'] : 'without a name';
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

/** False where options of awslogs are meant for another driver. */
function setLogs(container: JsonObject, { driver, options }: LogChanges): boolean {
  const log = container['logConfiguration'];
  const held = isObject(log) ? log : {};
  const heldDriver = held['logDriver'];
  const newDriver = driver ?? heldDriver;
  const forAwslogs = [...options.keys()].some((name) => name.startsWith('awslogs-'));
  if (newDriver === undefined || (forAwslogs && newDriver !== 'awslogs')) return false;
  const heldOptions = held['options'];
  const isSame = newDriver === heldDriver;
  container['logConfiguration'] = {
    ...(isSame ? held : {}),
    logDriver: newDriver,
    options: { ...(isSame && isObject(heldOptions) ? heldOptions : {}), ...Object.fromEntries(options) },
  };
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
