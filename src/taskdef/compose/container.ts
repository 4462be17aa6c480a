/** One Compose service as one container of a task definition. */
import { split } from 'shlex';
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import { leftOut, refused } from './attributes.ts';
import { healthCheckOf } from './health.ts';
import { linuxParametersOf, tellNamespaces, ulimitsOf } from './limits.ts';
import { logConfigurationOf } from './logging.ts';
import { toKeys, toPairs } from './merge.ts';
import { mountsOf } from './mounts.ts';
import { parsePort } from './ports.ts';
import { resourcesOf, restartPolicyOf, tellDeploy } from './resources.ts';
import type { ServiceReader } from './service-reader.ts';
import { secondsOf } from './units.ts';

export interface ContainerSetting {
  readonly environment: ReadonlyMap<string, string>;
  readonly logGroup: string;
  readonly logRegion: string;
  /** Top-level `volumes` of the project. */
  readonly declaredVolumes: JsonObject;
  /** Filled with what the containers mount. */
  readonly volumes: Map<string, JsonObject>;
  /** Services that become containers of this task. */
  readonly inTask: readonly string[];
  /** All services of the files. */
  readonly known: readonly string[];
  /** Another container waits for this one to end. */
  readonly isOneShot: boolean;
}

/** What is empty is left out, in the order in which the guide's definition has its fields. */
export function containerOf(reader: ServiceReader, setting: ContainerSetting): JsonObject {
  tellRest(reader);
  tellDeploy(reader);
  tellNamespaces(reader);
  const { mountPoints, tmpfs } = mountsOf(reader, setting.declaredVolumes, setting.volumes);
  const labels = toPairs(reader.get('labels') ?? {}, reader);
  const user = reader.get('user');
  return compact({
    name: reader.name,
    image: reader.get('image') ?? '',
    ...resourcesOf(reader),
    essential: setting.isOneShot ? false : undefined,
    restartPolicy: setting.isOneShot ? undefined : restartPolicyOf(reader),
    portMappings: portMappingsOf(reader),
    entryPoint: wordsOf(reader, 'entrypoint'),
    command: wordsOf(reader, 'command'),
    environment: [...setting.environment].map(([name, value]) => ({ name, value })),
    mountPoints: [...mountPoints],
    volumesFrom: volumesFromOf(reader, setting),
    linuxParameters: linuxParametersOf(reader, tmpfs),
    dependsOn: dependenciesOf(reader, setting),
    stopTimeout: stopTimeoutOf(reader),
    user: user === undefined ? undefined : String(user),
    workingDirectory: reader.get('working_dir'),
    readonlyRootFilesystem: reader.get('read_only') === true ? true : undefined,
    interactive: reader.get('stdin_open') === true ? true : undefined,
    pseudoTerminal: reader.get('tty') === true ? true : undefined,
    dockerLabels: Object.fromEntries(
      Object.entries(labels).map(([name, value]) => [name, value === null ? '' : String(value)]),
    ),
    ulimits: ulimitsOf(reader),
    systemControls: systemControlsOf(reader),
    logConfiguration: logConfigurationOf(reader, setting.logGroup, setting.logRegion),
    healthCheck: healthCheckOf(reader),
  });
}

/** Attributes that the tables answer. */
function tellRest(reader: ServiceReader): void {
  for (const [attribute, value] of Object.entries(reader.service)) {
    if (value === null || isEmpty(value) || value === false) continue;
    if (Object.hasOwn(refused, attribute)) reader.refuse(attribute, refused[attribute]!);
    if (Object.hasOwn(leftOut, attribute)) reader.notice(attribute, leftOut[attribute]!);
  }
}

/** Published ports have no counterpart: a load balancer listens in their place. */
function portMappingsOf(reader: ServiceReader): JsonObject[] {
  const mappings = new Map<string, JsonObject>();
  for (const [index, entry] of [reader.get('ports') ?? []].flat().entries()) {
    const ports = parsePort(entry);
    if (ports.length === 0) reader.refuse('ports', `${JSON.stringify(entry)} is no port`, index);
    for (const { target, published, protocol, appProtocol, name } of ports) {
      if (protocol !== 'tcp' && protocol !== 'udp') {
        reader.refuse('ports', `ECS has tcp and udp, not ${protocol}`, index);
        continue;
      }
      if (published !== undefined && published !== String(target)) {
        reader.notice(
          'ports',
          `the load balancer's listener has port ${published} in place of the host`,
          index,
        );
      }
      const known = appProtocol !== undefined && ['http', 'http2', 'grpc'].includes(appProtocol);
      mappings.set(`${target}/${protocol}`, {
        containerPort: target,
        protocol,
        ...(name === undefined ? {} : { name }),
        ...(known ? { appProtocol } : {}),
      });
    }
  }
  for (const entry of [reader.get('expose') ?? []].flat()) {
    for (const { target, protocol } of parsePort(entry)) {
      const key = `${target}/${protocol}`;
      if (!mappings.has(key)) mappings.set(key, { containerPort: target, protocol });
    }
  }
  return [...mappings.values()];
}

/** A text is cut into words as a shell does it, quotes included. */
function wordsOf(reader: ServiceReader, attribute: 'command' | 'entrypoint'): string[] | undefined {
  const given = reader.get(attribute);
  if (given === undefined) return undefined;
  let words: string[];
  try {
    words = Array.isArray(given) ? given.map(String) : split(String(given));
  } catch {
    reader.refuse(attribute, `the quotes of ${JSON.stringify(given)} do not match`);
    return undefined;
  }
  if (words.length > 0) return words;
  reader.refuse(
    attribute,
    "ECS cannot empty what the image has: name the program to run, or change the image's own",
  );
  return undefined;
}

const conditions: Readonly<Record<string, string>> = {
  service_started: 'START',
  service_healthy: 'HEALTHY',
  service_completed_successfully: 'SUCCESS',
};

function dependenciesOf(reader: ServiceReader, { inTask, known }: ContainerSetting): JsonObject[] {
  const wanted = new Map<string, JsonObject>();
  const add = (attribute: string, name: string, details: JsonObject): void => {
    if (inTask.includes(name)) {
      const condition = conditions[String(details['condition'] ?? 'service_started')] ?? 'START';
      if (!wanted.has(name)) wanted.set(name, { containerName: name, condition });
    } else if (known.includes(name)) {
      reader.notice(
        attribute,
        `${name} is not in this task: ECS does not wait for it, and ${reader.name} has to reach it at an address of its own`,
      );
    } else if (details['required'] !== false) {
      reader.refuse(attribute, `there is no service ${name}`);
    }
  };
  for (const [name, details] of Object.entries(toKeys(reader.get('depends_on') ?? {}, reader))) {
    add('depends_on', name, isObject(details) ? details : {});
  }
  for (const link of [reader.get('links') ?? []].flat().map(String)) {
    reader.notice(
      'links',
      `containers of a task reach each other as localhost, not as ${link.split(':').at(-1)}`,
    );
    add('links', link.split(':')[0]!, {});
  }
  return [...wanted.values()];
}

function stopTimeoutOf(reader: ServiceReader): number | undefined {
  const given = reader.get('stop_grace_period');
  const signal = reader.get('stop_signal');
  if (signal !== undefined && !['SIGTERM', 'TERM', '15'].includes(String(signal))) {
    reader.refuse(
      'stop_signal',
      `ECS takes the signal from the image: write STOPSIGNAL ${String(signal)} into its Dockerfile`,
    );
  }
  if (given === undefined) return undefined;
  const seconds = secondsOf(given);
  if (seconds === undefined) {
    reader.refuse('stop_grace_period', `${JSON.stringify(given)} is no duration`);
    return undefined;
  }
  if (seconds > 120) {
    reader.refuse(
      'stop_grace_period',
      'Fargate waits 120 seconds at most: finish sooner, or hand longer work to a queue',
    );
    return undefined;
  }
  const taken = Math.max(2, Math.ceil(seconds));
  if (taken !== seconds)
    reader.notice('stop_grace_period', `Fargate takes 2 to 120 whole seconds: ${taken} here`);
  return taken;
}

function volumesFromOf(reader: ServiceReader, { inTask }: ContainerSetting): JsonObject[] {
  return [reader.get('volumes_from') ?? []].flat().flatMap((entry): JsonObject[] => {
    const [source = '', mode = ''] = String(entry).split(':');
    if (!inTask.includes(source)) {
      reader.refuse('volumes_from', `${source} is no service of this task`);
      return [];
    }
    return [{ sourceContainer: source, ...(mode === 'ro' ? { readOnly: true } : {}) }];
  });
}

/** @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_SystemControl.html */
const allowedControl =
  /^(net\..+|fs\.mqueue\..+|kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced))$/;

function systemControlsOf(reader: ServiceReader): JsonObject[] {
  return Object.entries(toPairs(reader.get('sysctls') ?? {}, reader)).flatMap(([namespace, value]) => {
    if (allowedControl.test(namespace)) return [{ namespace, value: String(value) }];
    reader.refuse('sysctls', `Fargate sets net.* and the IPC parameters only, not ${namespace}: take it out`);
    return [];
  });
}

function isEmpty(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

function compact(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const result: JsonObject = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && !isEmpty(value)) result[name] = value;
  }
  return result;
}
