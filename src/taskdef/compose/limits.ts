/** Capabilities, limits and namespaces of a service's process. Pure. */
import { isObject, type JsonObject } from '../json.ts';
import type { ServiceReader } from './service-reader.ts';
import { mebibytesOf } from './units.ts';

export function linuxParametersOf(
  reader: ServiceReader,
  tmpfs: readonly JsonObject[],
): JsonObject | undefined {
  const capability = (name: unknown): string => String(name).toUpperCase().replace(/^CAP_/, '');
  const add = [reader.get('cap_add') ?? []].flat().map(capability);
  const drop = [reader.get('cap_drop') ?? []].flat().map(capability);
  for (const [index, name] of add.entries()) {
    if (name !== 'SYS_PTRACE') {
      reader.refuse(
        'cap_add',
        `Fargate adds SYS_PTRACE only, not ${name}: take it out, or run the service on ECS with EC2`,
        index,
      );
    }
  }
  const capabilities: JsonObject = {
    ...(add.length === 0 ? {} : { add }),
    ...(drop.length === 0 ? {} : { drop }),
  };
  const result: JsonObject = {
    ...(Object.keys(capabilities).length === 0 ? {} : { capabilities }),
    ...(reader.get('init') === true ? { initProcessEnabled: true } : {}),
    ...(tmpfs.length === 0 ? {} : { tmpfs: [...tmpfs] }),
  };
  return Object.keys(result).length === 0 ? undefined : result;
}

/** Fargate lets a task change the number of open files only. */
export function ulimitsOf(reader: ServiceReader): JsonObject[] {
  const given = reader.get('ulimits');
  if (!isObject(given)) return [];
  return Object.entries(given).flatMap(([name, value]) => {
    if (name !== 'nofile') {
      reader.notice('ulimits', `Fargate changes nofile only: ${name} stays as it is there`, name);
      return [];
    }
    const pair = isObject(value) ? value : { soft: value, hard: value };
    const soft = Number(pair['soft']);
    const hard = Number(pair['hard']);
    if (!Number.isInteger(soft) || !Number.isInteger(hard) || soft < 0 || soft > hard) {
      reader.refuse(
        'ulimits',
        'nofile has a soft and a hard limit, the soft one not above the hard one',
        name,
      );
      return [];
    }
    return [{ name, softLimit: soft, hardLimit: hard }];
  });
}

/** Docker's /dev/shm, and Fargate's. */
const sharedMemoryMiB = 64;

export function tellNamespaces(reader: ServiceReader): void {
  const network = reader.get('network_mode');
  if (typeof network === 'string') {
    if (network.startsWith('service:') || network.startsWith('container:')) {
      reader.notice('network_mode', 'all containers of a task share one network anyway');
    } else if (network === 'host') {
      reader.refuse(
        'network_mode',
        'Fargate has no host network: take it out, and name the ports under ports',
      );
    } else if (network === 'none') {
      reader.refuse('network_mode', 'a task of Fargate has a network: let its security group allow nothing');
    }
  }
  const pid = reader.get('pid');
  if (pid === 'host') reader.refuse('pid', 'Fargate shows no processes of its machines: take it out');
  const ipc = reader.get('ipc');
  if (typeof ipc === 'string' && ipc !== 'private' && ipc !== 'none') {
    reader.refuse(
      'ipc',
      'containers of a task of Fargate share no memory: share a volume or a socket on localhost',
    );
  }
  const shm = reader.get('shm_size');
  if (shm !== undefined && (mebibytesOf(shm) ?? Number.POSITIVE_INFINITY) > sharedMemoryMiB) {
    reader.refuse(
      'shm_size',
      `/dev/shm of Fargate has ${sharedMemoryMiB} MiB: let the program use a tmpfs at another path (Chromium: --disable-dev-shm-usage)`,
    );
  }
  for (const [index, option] of [reader.get('security_opt') ?? []].flat().map(String).entries()) {
    if (/^no-new-privileges(:|=|$)/.test(option)) {
      reader.notice(
        'security_opt',
        'Fargate has no such switch: run as a user that is not root, and drop capabilities',
        index,
      );
    } else {
      reader.refuse(
        'security_opt',
        `Fargate takes no security options such as ${option}: take it out`,
        index,
      );
    }
  }
}
