/** One container of a definition, by itself. Pure. */
import { isObject, type JsonObject, objectsOf } from './json.ts';
import { checkRange, type Path, type Say, saysSomething, shown, textsIn } from './report-problem.ts';

const namePattern = /^[A-Za-z0-9_-]{1,255}$/;
const ecrImage = /^[^/]+\.dkr[.-]ecr(?:-fips)?\./;

export function checkContainer(
  container: JsonObject,
  index: number,
  definition: JsonObject,
  isFargate: boolean,
  say: Say,
): void {
  const path = ['containerDefinitions', index];
  checkIdentity(container, path, definition, say);
  checkVariables(container, path, say);
  checkPorts(container, path, definition, say);
  checkHealth(container, path, say);
  checkMemory(container, path, definition, isFargate, say);
  checkMounts(container, path, definition, say);
  checkRole(container, path, definition, isFargate, say);
  const restart = container['restartPolicy'];
  if (isObject(restart)) {
    checkRange(
      restart['restartAttemptPeriod'],
      60,
      1800,
      [...path, 'restartPolicy', 'restartAttemptPeriod'],
      say,
    );
    const codes = restart['ignoredExitCodes'];
    if (Array.isArray(codes) && codes.length > 50) {
      say(
        'range',
        [...path, 'restartPolicy', 'ignoredExitCodes'],
        'ignoredExitCodes has 50 entries at most.',
      );
    }
  }
  for (const [at, limit] of objectsOf(container['ulimits']).entries()) {
    const { softLimit, hardLimit } = limit;
    if (typeof softLimit === 'number' && typeof hardLimit === 'number' && softLimit > hardLimit) {
      say(
        'ulimit',
        [...path, 'ulimits', at, 'softLimit'],
        `The soft limit ${softLimit} is above the hard limit ${hardLimit}.`,
      );
    }
  }
}

function checkIdentity(container: JsonObject, path: Path, definition: JsonObject, say: Say): void {
  const { name, image } = container;
  const names = objectsOf(definition['containerDefinitions']).map((each) => each['name']);
  if (typeof name !== 'string' || !namePattern.test(name)) {
    say('container-name', [...path, 'name'], 'A container needs a name of letters, digits, "-" and "_".');
  } else if (names.indexOf(name) !== path[1]) {
    say('container-name', [...path, 'name'], `Container name "${name}" is there twice.`);
  }
  if (typeof image !== 'string' || image === '') {
    say('image', [...path, 'image'], `Container ${shown(name)} has no image.`);
  } else if (
    /\s/.test(image) ||
    image.length > 255 ||
    (image.includes('@') && !/@sha256:[0-9a-f]{64}$/i.test(image))
  ) {
    say('image', [...path, 'image'], `${shown(image)} is no image: NAME:TAG or NAME@sha256: and 64 digits.`);
  }
}

function checkVariables(container: JsonObject, path: Path, say: Say): void {
  const name = shown(container['name']);
  const environment = objectsOf(container['environment']).map((entry) => entry['name']);
  const secrets = objectsOf(container['secrets']).map((entry) => entry['name']);
  for (const [list, entries] of Object.entries({ environment, secrets })) {
    for (const [index, variable] of entries.entries()) {
      const at = [...path, list, index, 'name'];
      if (typeof variable !== 'string' || variable === '')
        say('variable-name', at, `An entry of ${list} of container ${name} has no name.`);
      else if (entries.indexOf(variable) !== index) {
        say('variable-twice', at, `${shown(variable)} is in ${list} of container ${name} twice.`);
      }
    }
  }
  for (const [index, entry] of objectsOf(container['secrets']).entries()) {
    const { name: variable, valueFrom } = entry;
    const at = [...path, 'secrets', index];
    if (typeof valueFrom !== 'string' || valueFrom === '') {
      say('secret', [...at, 'valueFrom'], `Secret ${shown(variable)} of container ${name} has no valueFrom.`);
    } else checkValueFrom(valueFrom, [...at, 'valueFrom'], say);
    if (variable === undefined || !environment.includes(variable)) continue;
    const message = `${shown(variable)} is in environment and in secrets of container ${name}: only one is allowed.`;
    say('variable-twice', [...at, 'name'], message);
  }
}

/** A JSON key needs the full ARN and all three colons. */
function checkValueFrom(valueFrom: string, path: Path, say: Say): void {
  const match = /^arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:([^:]+)(:.*)?$/.exec(valueFrom);
  if (match === null || match[2] === undefined) return;
  const [, secret = '', rest = ''] = match;
  if (rest.split(':').length !== 4) {
    say(
      'secret',
      path,
      `Behind a secret's ARN come :json-key:version-stage:version-id, all three colons; ${shown(rest)} is not.`,
    );
  } else if (!/-[A-Za-z0-9]{6}$/.test(secret)) {
    say(
      'secret',
      path,
      `A JSON key or version needs the full ARN of the secret, with its six characters at the end; ${secret} has none.`,
    );
  }
}

function checkPorts(container: JsonObject, path: Path, definition: JsonObject, say: Say): void {
  for (const [index, mapping] of objectsOf(container['portMappings']).entries()) {
    const at = [...path, 'portMappings', index];
    const { containerPort: port, hostPort: host, containerPortRange: range, protocol } = mapping;
    if (port === undefined && range === undefined) {
      say('port', at, `A port mapping of container ${shown(container['name'])} has no containerPort.`);
    }
    checkRange(port, 1, 65_535, [...at, 'containerPort'], say);
    if (protocol !== undefined && protocol !== 'tcp' && protocol !== 'udp') {
      say('port', [...at, 'protocol'], `protocol is tcp or udp; ${shown(protocol)} is not.`);
    }
    if (
      definition['networkMode'] !== 'awsvpc' ||
      host === undefined ||
      host === null ||
      host === 0 ||
      host === port
    )
      continue;
    const message = `With networkMode awsvpc hostPort is left out or equals containerPort ${shown(port)}; ${shown(host)} does not.`;
    say('host-port', [...at, 'hostPort'], message);
  }
}

/** Seconds, and a count. @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html */
const healthCheckRanges = [
  ['interval', 5, 300],
  ['timeout', 2, 60],
  ['retries', 1, 10],
  ['startPeriod', 0, 300],
] as const;

function checkHealth(container: JsonObject, path: Path, say: Say): void {
  const check = container['healthCheck'];
  if (!isObject(check)) return;
  for (const [name, low, high] of healthCheckRanges) {
    checkRange(check[name], low, high, [...path, 'healthCheck', name], say);
  }
  const [kind = '', ...words] = textsIn(check['command']);
  const at = [...path, 'healthCheck', 'command'];
  if (!['CMD', 'CMD-SHELL', 'NONE'].includes(kind)) {
    say('health-check', at, 'The command of a health check begins with CMD, CMD-SHELL or NONE.');
  } else if (kind !== 'NONE' && words.every((word) => word.trim() === '')) {
    say('health-check', at, `Behind ${kind} comes what is to be run; nothing does.`);
  }
}

function checkMemory(
  container: JsonObject,
  path: Path,
  definition: JsonObject,
  isFargate: boolean,
  say: Say,
): void {
  const { memory, memoryReservation: reservation } = container;
  for (const field of ['memory', 'memoryReservation'])
    checkRange(container[field], 4, 4_194_304, [...path, field], say);
  if (typeof memory === 'number' && typeof reservation === 'number' && memory <= reservation) {
    say(
      'memory',
      [...path, 'memoryReservation'],
      `memoryReservation ${reservation} is not below memory ${memory}.`,
    );
  }
  const sizes = [memory, reservation, definition['memory']];
  if (!isFargate && !sizes.some(saysSomething)) {
    const message = `Container ${shown(container['name'])} needs memory or memoryReservation where the task has no memory.`;
    say('memory', path, message);
  }
}

function checkMounts(container: JsonObject, path: Path, definition: JsonObject, say: Say): void {
  const volumes = objectsOf(definition['volumes']).map((volume) => volume['name']);
  for (const [index, mount] of objectsOf(container['mountPoints']).entries()) {
    const { sourceVolume, containerPath } = mount;
    if (sourceVolume === undefined || volumes.includes(sourceVolume)) continue;
    const there = volumes.map(shown).join(', ') || 'none';
    const message = `${shown(containerPath)} mounts volume ${shown(sourceVolume)}; the volumes are ${there}.`;
    say('volume', [...path, 'mountPoints', index, 'sourceVolume'], message);
  }
}

/** What ECS itself reads before the container runs, it reads as the execution role. */
function checkRole(
  container: JsonObject,
  path: Path,
  definition: JsonObject,
  isFargate: boolean,
  say: Say,
): void {
  if (definition['executionRoleArn'] !== undefined && definition['executionRoleArn'] !== null) return;
  const name = shown(container['name']);
  const log = container['logConfiguration'];
  const needs = (at: Path, what: string): void => {
    say('execution-role', at, `Container ${name} ${what}: the definition needs executionRoleArn.`);
  };
  if (objectsOf(container['secrets']).length > 0) needs([...path, 'secrets'], 'has secrets');
  if (isObject(log) && objectsOf(log['secretOptions']).length > 0) {
    needs([...path, 'logConfiguration', 'secretOptions'], 'has secrets for its log driver');
  }
  if (isObject(container['repositoryCredentials'])) {
    needs([...path, 'repositoryCredentials'], 'pulls from a private registry');
  }
  if (!isFargate) return;
  if (isObject(log) && log['logDriver'] === 'awslogs')
    needs(['executionRoleArn'], 'logs with awslogs on Fargate');
  if (ecrImage.test(String(container['image'])))
    needs(['executionRoleArn'], 'has an image in ECR on Fargate');
}
