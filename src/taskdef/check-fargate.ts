/**
 * What Fargate adds to the rules of ECS. Pure.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
 */
import { checkFargateSize, cpuUnitsOf, memoryMiBOf } from './fargate-size.ts';
import { isObject, type JsonObject, objectsOf } from './json.ts';
import { checkRange, type Path, type Say, saysSomething, shown, textsIn } from './report-problem.ts';

const containerFields: Readonly<Record<string, string>> = {
  disableNetworking: 'containers of Fargate always have the network of the task',
  dnsSearchDomains: 'the VPC decides about names',
  dnsServers: 'the VPC decides about names',
  dockerSecurityOptions: 'there are no security options',
  extraHosts: 'put the names into a private hosted zone of Route 53',
  hostname: 'with awsvpc the task has the name that the VPC gives it',
  links: 'containers of a task reach each other as localhost',
  privileged: 'no container is privileged',
};
const linuxFields: Readonly<Record<string, string>> = {
  devices: 'there are no devices',
  maxSwap: 'there is no swap',
  sharedMemorySize: '/dev/shm has 64 MiB',
  swappiness: 'there is no swap',
};
const drivers = ['awslogs', 'splunk', 'awsfirelens'];
const systems = /^(LINUX|WINDOWS_SERVER_(2019|2022|2025)_(CORE|FULL))$/;

export function checkFargate(definition: JsonObject, say: Say): void {
  if (definition['networkMode'] !== 'awsvpc') {
    const given = shown(definition['networkMode']);
    say('fargate-network', ['networkMode'], `Fargate needs networkMode "awsvpc"; ${given} is not.`);
  }
  const size = checkFargateSize(definition['cpu'], definition['memory']);
  if (size !== undefined) say('fargate-size', [size.field], size.message);
  else checkShares(definition, say);
  for (const field of ['ipcMode', 'placementConstraints', 'inferenceAccelerators']) {
    if (saysSomething(definition[field])) say('fargate', [field], `Fargate has no ${field}: leave it out.`);
  }
  if (saysSomething(definition['pidMode']) && definition['pidMode'] !== 'task') {
    say(
      'fargate',
      ['pidMode'],
      `On Fargate pidMode is task or left out; ${shown(definition['pidMode'])} is not.`,
    );
  }
  checkPlatform(definition, say);
  for (const [index, volume] of objectsOf(definition['volumes']).entries()) {
    const host = volume['host'];
    if (saysSomething(volume['dockerVolumeConfiguration'])) {
      say(
        'fargate',
        ['volumes', index, 'dockerVolumeConfiguration'],
        'Fargate has no Docker volumes: take EFS.',
      );
    }
    if (isObject(host) && saysSomething(host['sourcePath'])) {
      say(
        'fargate',
        ['volumes', index, 'host', 'sourcePath'],
        'Fargate has no folders of a machine to mount: take EFS.',
      );
    }
  }
  for (const [index, container] of objectsOf(definition['containerDefinitions']).entries()) {
    checkContainer(container, ['containerDefinitions', index], say);
  }
}

function checkContainer(container: JsonObject, path: Path, say: Say): void {
  const unsupported = (object: JsonObject, fields: Readonly<Record<string, string>>, at: Path): void => {
    for (const [field, why] of Object.entries(fields)) {
      if (saysSomething(object[field])) say('fargate', [...at, field], `Fargate has no ${field}: ${why}.`);
    }
  };
  unsupported(container, containerFields, path);
  for (const name of ['startTimeout', 'stopTimeout'])
    checkRange(container[name], 2, 120, [...path, name], say);
  const linux = container['linuxParameters'];
  if (isObject(linux)) {
    unsupported(linux, linuxFields, [...path, 'linuxParameters']);
    const capabilities = isObject(linux['capabilities']) ? linux['capabilities'] : {};
    for (const [index, name] of textsIn(capabilities['add']).entries()) {
      if (name === 'SYS_PTRACE') continue;
      const at = [...path, 'linuxParameters', 'capabilities', 'add', index];
      say('fargate', at, `Fargate adds the capability SYS_PTRACE only, not ${name}.`);
    }
  }
  for (const [index, need] of objectsOf(container['resourceRequirements']).entries()) {
    if (need['type'] === 'GPU')
      say('fargate', [...path, 'resourceRequirements', index], 'Fargate has no GPUs.');
  }
  const log = container['logConfiguration'];
  if (isObject(log)) checkLog(log, container, [...path, 'logConfiguration'], say);
}

/** @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html */
function checkLog(log: JsonObject, container: JsonObject, path: Path, say: Say): void {
  const driver = log['logDriver'];
  if (typeof driver !== 'string' || !drivers.includes(driver)) {
    say(
      'log-driver',
      [...path, 'logDriver'],
      `Fargate logs with ${drivers.join(', ')}; ${shown(driver)} is none of them.`,
    );
  }
  if (driver !== 'awslogs') return;
  const options = isObject(log['options']) ? log['options'] : {};
  const missing = ['awslogs-group', 'awslogs-region', 'awslogs-stream-prefix'].filter(
    (name) => !saysSomething(options[name]),
  );
  if (missing.length === 0) return;
  say(
    'log-options',
    [...path, 'options'],
    `awslogs of container ${shown(container['name'])} needs ${missing.join(', ')} on Fargate.`,
  );
}

/** What the containers reserve must fit into the task. */
function checkShares(definition: JsonObject, say: Say): void {
  const cpu = cpuUnitsOf(definition['cpu']) ?? 0;
  const memory = memoryMiBOf(definition['memory']) ?? 0;
  let reservedCpu = 0;
  let reservedMemory = 0;
  for (const [index, container] of objectsOf(definition['containerDefinitions']).entries()) {
    if (typeof container['cpu'] === 'number') reservedCpu += container['cpu'];
    for (const field of ['memory', 'memoryReservation']) {
      const wanted = container[field];
      if (typeof wanted !== 'number' || wanted <= memory) continue;
      say(
        'fargate-size',
        ['containerDefinitions', index, field],
        `${field} ${wanted} of container ${shown(container['name'])} is more than the task's ${memory} MiB.`,
      );
    }
    const { memory: hard, memoryReservation: soft } = container;
    reservedMemory += typeof soft === 'number' ? soft : typeof hard === 'number' ? hard : 0;
  }
  if (reservedCpu > cpu) {
    say(
      'fargate-size',
      ['cpu'],
      `The containers' cpu adds up to ${reservedCpu}, which is more than the task's ${cpu}.`,
    );
  }
  if (reservedMemory > memory) {
    say(
      'fargate-size',
      ['memory'],
      `The containers' memory adds up to ${reservedMemory} MiB, which is more than the task's ${memory}.`,
    );
  }
}

function checkPlatform(definition: JsonObject, say: Say): void {
  const platform = definition['runtimePlatform'];
  if (!isObject(platform)) return;
  const { cpuArchitecture: architecture, operatingSystemFamily: system } = platform;
  if (architecture !== undefined && architecture !== 'X86_64' && architecture !== 'ARM64') {
    say(
      'platform',
      ['runtimePlatform', 'cpuArchitecture'],
      `cpuArchitecture is X86_64 or ARM64; ${shown(architecture)} is not.`,
    );
  }
  if (system === undefined) return;
  if (typeof system !== 'string' || !systems.test(system)) {
    say(
      'platform',
      ['runtimePlatform', 'operatingSystemFamily'],
      `operatingSystemFamily is LINUX or a Windows Server that Fargate has; ${shown(system)} is not.`,
    );
    return;
  }
  if (system === 'LINUX') return;
  if (architecture === 'ARM64') {
    say('platform', ['runtimePlatform', 'cpuArchitecture'], 'Windows runs on X86_64 only.');
  }
  if ((cpuUnitsOf(definition['cpu']) ?? 0) < 1024) {
    say('fargate-size', ['cpu'], 'Windows containers on Fargate need at least cpu 1024.');
  }
}
