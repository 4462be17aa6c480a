/**
 * What RegisterTaskDefinition would refuse, or what would keep a task from starting, found before AWS sees it.
 * All problems at once. Pure.
 */
import { checkFargateSize } from './fargate-size.ts';
import { isObject, type JsonObject, type JsonValue, objectsOf, pointer } from './json.ts';
import type { TaskDefinitionProblem } from './problem.ts';

type Path = readonly (string | number)[];
type Report = (code: string, path: Path, message: string) => void;

const namePattern = /^[A-Za-z0-9_-]{1,255}$/;

export function checkDefinition(definition: JsonObject): TaskDefinitionProblem[] {
  const problems: TaskDefinitionProblem[] = [];
  const report: Report = (code, path, message) => {
    problems.push({ code, pointer: pointer(path), message });
  };
  const family = definition['family'];
  if (typeof family !== 'string' || !namePattern.test(family)) {
    report(
      'family',
      ['family'],
      `family must be 1 to 255 letters, digits, "-" and "_"; ${shown(family)} is not.`,
    );
  }
  if (Array.isArray(definition['tags']) && definition['tags'].length === 0) {
    report('tags', ['tags'], 'tags is an empty list, which ECS rejects: leave it out.');
  }
  const containers = definition['containerDefinitions'];
  if (!Array.isArray(containers) || containers.length === 0 || !containers.every(isObject)) {
    const message = 'containerDefinitions must be a list of at least one container.';
    report('containers', ['containerDefinitions'], message);
    return problems;
  }
  const isFargate = textsIn(definition['requiresCompatibilities']).includes('FARGATE');
  if (isFargate) {
    if (definition['networkMode'] !== 'awsvpc') {
      const given = shown(definition['networkMode']);
      report('fargate-network', ['networkMode'], `Fargate needs networkMode "awsvpc"; ${given} is not.`);
    }
    const size = checkFargateSize(definition['cpu'], definition['memory']);
    if (size !== undefined) report('fargate-size', [size.field], size.message);
  }
  const names = objectsOf(containers).map((container) => container['name']);
  for (const [index, container] of objectsOf(containers).entries()) {
    const path = ['containerDefinitions', index];
    checkIdentity(container, path, names, report);
    checkVariables(container, path, definition, report);
    checkPorts(container, path, definition, report);
    checkTimings(container, path, isFargate, report);
    checkDependencies(container, path, names, report);
    if (isFargate) checkLogRole(container, definition, report);
  }
  if (objectsOf(containers).every((container) => container['essential'] === false)) {
    report('essential', ['containerDefinitions'], 'At least one container must be essential.');
  }
  return problems;
}

function checkIdentity(
  container: JsonObject,
  path: Path,
  names: readonly (JsonValue | undefined)[],
  report: Report,
): void {
  const name = container['name'];
  if (typeof name !== 'string' || !namePattern.test(name)) {
    report('container-name', [...path, 'name'], 'A container needs a name of letters, digits, "-" and "_".');
  } else if (names.indexOf(name) !== path[1]) {
    report('container-name', [...path, 'name'], `Container name "${name}" is there twice.`);
  }
  if (typeof container['image'] !== 'string' || container['image'] === '') {
    report('image', [...path, 'image'], `Container ${shown(name)} has no image.`);
  }
}

function checkVariables(container: JsonObject, path: Path, definition: JsonObject, report: Report): void {
  const name = shown(container['name']);
  const environment = objectsOf(container['environment']).map((entry) => entry['name']);
  const secrets = objectsOf(container['secrets']).map((entry) => entry['name']);
  for (const [list, entries] of Object.entries({ environment, secrets })) {
    for (const [index, variable] of entries.entries()) {
      if (entries.indexOf(variable) === index) continue;
      const at = [...path, list, index, 'name'];
      report('variable-twice', at, `${shown(variable)} is in ${list} of container ${name} twice.`);
    }
  }
  for (const [index, variable] of secrets.entries()) {
    if (!environment.includes(variable)) continue;
    const message = `${shown(variable)} is in environment and in secrets of container ${name}: only one is allowed.`;
    report('variable-twice', [...path, 'secrets', index, 'name'], message);
  }
  if (secrets.length > 0 && definition['executionRoleArn'] === undefined) {
    const message = `Container ${name} has secrets: the definition needs executionRoleArn.`;
    report('execution-role', [...path, 'secrets'], message);
  }
}

function checkPorts(container: JsonObject, path: Path, definition: JsonObject, report: Report): void {
  if (definition['networkMode'] !== 'awsvpc') return;
  for (const [index, mapping] of objectsOf(container['portMappings']).entries()) {
    const port = mapping['containerPort'];
    const host = mapping['hostPort'];
    if (host === undefined || host === 0 || host === port) continue;
    report(
      'host-port',
      [...path, 'portMappings', index, 'hostPort'],
      `With networkMode awsvpc hostPort is left out or equals containerPort ${shown(port)}; ${shown(host)} does not.`,
    );
  }
}

/** Seconds, and a count. @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html */
const healthCheckRanges = [
  ['interval', 5, 300],
  ['timeout', 2, 60],
  ['retries', 1, 10],
  ['startPeriod', 0, 300],
] as const;

function checkTimings(container: JsonObject, path: Path, isFargate: boolean, report: Report): void {
  const within = (value: JsonValue | undefined, low: number, high: number, at: Path): void => {
    if (value === undefined || value === null) return;
    if (typeof value === 'number' && value >= low && value <= high) return;
    report('range', at, `${at.at(-1)} is from ${low} to ${high}; ${shown(value)} is not.`);
  };
  const check = container['healthCheck'];
  if (isObject(check)) {
    for (const [name, low, high] of healthCheckRanges) {
      within(check[name], low, high, [...path, 'healthCheck', name]);
    }
    const [kind = ''] = textsIn(check['command']);
    if (!['CMD', 'CMD-SHELL', 'NONE'].includes(kind)) {
      const message = 'The command of a health check begins with CMD, CMD-SHELL or NONE.';
      report('health-check', [...path, 'healthCheck', 'command'], message);
    }
  }
  if (!isFargate) return;
  for (const name of ['startTimeout', 'stopTimeout']) within(container[name], 2, 120, [...path, name]);
}

function checkDependencies(
  container: JsonObject,
  path: Path,
  names: readonly (JsonValue | undefined)[],
  report: Report,
): void {
  const others = names.filter((name) => name !== container['name']);
  for (const [index, dependency] of objectsOf(container['dependsOn']).entries()) {
    const wanted = dependency['containerName'];
    if (others.includes(wanted)) continue;
    const at = [...path, 'dependsOn', index, 'containerName'];
    const message = `dependsOn names ${shown(wanted)}; the other containers are ${others.join(', ') || 'none'}.`;
    report('depends-on', at, message);
  }
}

function checkLogRole(container: JsonObject, definition: JsonObject, report: Report): void {
  const log = container['logConfiguration'];
  if (!isObject(log) || log['logDriver'] !== 'awslogs' || definition['executionRoleArn'] !== undefined)
    return;
  const message = `Container ${shown(container['name'])} logs with awslogs on Fargate, which needs executionRoleArn.`;
  report('execution-role', ['executionRoleArn'], message);
}

function textsIn(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

function shown(value: JsonValue | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
