/** Volumes and tmpfs of a service as ECS on Fargate has them. Pure. */
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import type { ServiceReader } from './service-reader.ts';
import { mebibytesOf } from './units.ts';
import { type ComposeMount, parseMount } from './volumes.ts';

export interface Mounts {
  readonly mountPoints: readonly JsonObject[];
  readonly tmpfs: readonly JsonObject[];
}

/** A tmpfs without a size takes what it likes in Docker; ECS wants a number. */
const defaultTmpfsMiB = 64;

/** Volumes in use are added to `volumes`, by name. */
export function mountsOf(
  reader: ServiceReader,
  declared: JsonObject,
  volumes: Map<string, JsonObject>,
): Mounts {
  const mountPoints: JsonObject[] = [];
  const tmpfs: JsonObject[] = [];
  for (const [index, entry] of [reader.get('tmpfs') ?? []].flat().entries()) {
    tmpfs.push(tmpfsOf(String(entry), reader, index));
  }
  for (const [index, entry] of [reader.get('volumes') ?? []].flat().entries()) {
    const mount = parseMount(entry);
    if (mount === undefined) {
      reader.refuse('volumes', `${JSON.stringify(entry)} is no volume`, index);
    } else if (mount.type === 'tmpfs') {
      const size = mebibytesOf(mount.options['size']);
      tmpfs.push({ containerPath: mount.target, size: wholeSize(size, mount.target, reader, index) });
    } else if (mount.type === 'bind') {
      reader.refuse('volumes', bindWayOut(mount.source ?? ''), index);
    } else if (mount.type !== 'volume') {
      reader.refuse(
        'volumes',
        `ECS has no mounts of type ${mount.type}: copy the files into the image`,
        index,
      );
    } else {
      const name =
        mount.source ?? `${reader.name}${mount.target.replace(/[^A-Za-z0-9]+/g, '-')}`.replace(/-+$/, '');
      const volume =
        mount.source === undefined ? scratch(name, reader, index) : named(mount, declared, reader, index);
      if (volume === undefined) continue;
      volumes.set(name, { name, ...volume });
      mountPoints.push({
        sourceVolume: name,
        containerPath: mount.target,
        ...(mount.readOnly ? { readOnly: true } : {}),
      });
    }
  }
  return { mountPoints, tmpfs };
}

function scratch(name: string, reader: ServiceReader, index: number): JsonObject {
  reader.notice('volumes', `${name} is on the task's own disk and is gone with the task`, index);
  return {};
}

/** Undefined where ECS has nothing like it. */
function named(
  mount: ComposeMount,
  declared: JsonObject,
  reader: ServiceReader,
  index: number,
): JsonObject | undefined {
  const name = mount.source ?? '';
  if (!Object.hasOwn(declared, name)) {
    reader.refuse('volumes', `volume ${name} is not declared under volumes`, index);
    return undefined;
  }
  if (mount.options['subpath'] !== undefined) {
    reader.refuse(
      'volumes',
      `ECS mounts volumes whole: make an access point of EFS for the path of ${name}`,
      index,
    );
    return undefined;
  }
  const volume = isObject(declared[name]) ? (declared[name] as JsonObject) : {};
  const efs = efsOf(volume);
  if (efs !== undefined) return { efsVolumeConfiguration: efs };
  if (volume['x-ephemeral'] === true) return scratch(name, reader, index);
  reader.refuse(
    'volumes',
    `a disk of Fargate is gone with its task, and ${name} would be, too: declare it as a file system of EFS (external: true, name: fs-...), use a database service for a database, or say x-ephemeral: true under volumes.${name} where nothing is lost by that`,
    index,
  );
  return undefined;
}

/**
 * An external volume named after a file system, or driver options as `mount` takes them.
 * @see https://docs.aws.amazon.com/efs/latest/ug/mounting-fs-mount-helper.html
 */
function efsOf(volume: JsonObject): JsonObject | undefined {
  const external = volume['external'];
  const name = isObject(external) ? external['name'] : volume['name'];
  if (
    external !== undefined &&
    external !== false &&
    typeof name === 'string' &&
    /^fs-[0-9a-f]{8,40}$/.test(name)
  ) {
    return { fileSystemId: name, transitEncryption: 'ENABLED' };
  }
  const options = isObject(volume['driver_opts']) ? volume['driver_opts'] : {};
  const device = String(options['device'] ?? '');
  const flags = String(options['o'] ?? '').split(',');
  const address = flags.find((flag) => flag.startsWith('addr='))?.slice('addr='.length) ?? '';
  const id = /\bfs-[0-9a-f]{8,40}\b/.exec(`${address} ${device}`)?.[0];
  if (id === undefined || !['nfs', 'nfs4', 'efs'].includes(String(options['type']))) return undefined;
  const root = device.slice(device.indexOf(':') + 1);
  const accessPoint = flags.find((flag) => flag.startsWith('accesspoint='))?.slice('accesspoint='.length);
  const authorization: JsonObject = {
    ...(accessPoint === undefined ? {} : { accessPointId: accessPoint }),
    ...(flags.includes('iam') ? { iam: 'ENABLED' } : {}),
  };
  return {
    fileSystemId: id,
    ...(root === '' || root === '/' || !device.includes(':') ? {} : { rootDirectory: root }),
    transitEncryption: 'ENABLED',
    ...(Object.keys(authorization).length === 0 ? {} : { authorizationConfig: authorization }),
  };
}

function bindWayOut(source: string): string {
  const without = 'or take it out in an override file (volumes: !reset [])';
  if (/docker\.sock$/.test(source)) {
    return `Fargate has no Docker engine whose socket could be mounted: use the API of ECS instead, ${without}`;
  }
  if (/^\/(etc|proc|sys|dev|var\/(run|log|lib))(\/|$)/.test(source)) {
    return `Fargate shows nothing of its machines, ${source} included: logs and metrics are in CloudWatch, ${without}`;
  }
  return `Fargate has no folder ${source} to mount: copy files that do not change into the image (COPY), keep files that do on EFS (a volume with external: true, name: fs-...), ${without}`;
}

/** `/run:size=64m,mode=1777` */
function tmpfsOf(entry: string, reader: ServiceReader, index: number): JsonObject {
  const [path = '', modes = ''] = entry.split(':');
  const options = modes.split(',').filter((option) => option !== '');
  const size = options.find((option) => option.startsWith('size='))?.slice('size='.length);
  const others = options.filter((option) => !option.startsWith('size='));
  return {
    containerPath: path,
    size: wholeSize(mebibytesOf(size), path, reader, index),
    ...(others.length === 0 ? {} : { mountOptions: others }),
  };
}

function wholeSize(size: number | undefined, path: string, reader: ServiceReader, index: number): JsonValue {
  if (size !== undefined && size > 0) return Math.ceil(size);
  const attribute = reader.get('tmpfs') === undefined ? 'volumes' : 'tmpfs';
  reader.notice(attribute, `ECS wants a size for the tmpfs ${path}: ${defaultTmpfsMiB} MiB here`, index);
  return defaultTmpfsMiB;
}
