/** Puts an image made here straight into the lab's registry: deterministic layers, OCI config and manifest. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Principal } from '../../world/service.ts';
import { type TarInput, writeTar } from '../tar.ts';
import { type BlobStore, sha256 } from './blob-store.ts';
import { type ManifestStore, manifestText } from './manifest-store.ts';
import { mediaTypes } from './manifests.ts';

export interface ImageSettings {
  readonly environment?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workingDirectory?: string;
  readonly exposedPorts?: readonly number[];
}

export interface ImageToWrite {
  readonly repository: string;
  readonly tag: string;
  /** An image of the registry to stand on, as `FROM` does. */
  readonly base?: { readonly repository: string; readonly reference: string };
  /** One tar a layer. */
  readonly layers: readonly (readonly TarInput[])[];
  readonly settings: ImageSettings;
}

export interface ImageTarget {
  readonly store: ManifestStore;
  readonly blobs: BlobStore;
  /** In whose name it is pushed. */
  readonly principal: Principal;
}

interface ImageConfigDocument {
  readonly config?: Readonly<Record<string, unknown>> & { readonly Env?: readonly string[] };
  readonly rootfs?: { readonly diff_ids: readonly string[] };
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Gives the manifest's digest. Throws AwsError as a push would fail, Error for a base that is not there. */
export async function writeImage(target: ImageTarget, image: ImageToWrite): Promise<string> {
  const { store, blobs, principal } = target;
  const { repository, settings } = image;
  const base = image.base === undefined ? undefined : await readBase(target, image.base);
  const layers: Descriptor[] = [...(base?.layers ?? [])];
  const diffIds: string[] = [...(base?.config.rootfs?.diff_ids ?? [])];
  for (const layer of layers) store.noteBlob(repository, layer.digest, layer.size);
  for (const entries of image.layers) {
    const archive = writeTar(entries);
    const packed = await promisify(gzip)(archive, { level: 1 });
    const digest = await blobs.add(packed);
    store.noteBlob(repository, digest, packed.length);
    diffIds.push(sha256(archive));
    layers.push({ mediaType: mediaTypes.layer, digest, size: packed.length });
  }
  const { Env: baseEnvironment = [], ...inherited } = base?.config.config ?? {};
  const own = Object.entries(settings.environment ?? {}).map(([name, value]) => `${name}=${value}`);
  const kept = baseEnvironment.filter((pair) => settings.environment?.[pair.split('=', 1)[0]!] === undefined);
  const config = Buffer.from(
    JSON.stringify({
      architecture: architectures[process.arch] ?? process.arch,
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config: {
        ...inherited,
        Env: [...kept, ...own],
        ...(settings.entrypoint === undefined ? {} : { Entrypoint: settings.entrypoint }),
        ...(settings.command === undefined ? {} : { Cmd: settings.command }),
        ...(settings.workingDirectory === undefined ? {} : { WorkingDir: settings.workingDirectory }),
        ...(settings.exposedPorts === undefined
          ? {}
          : { ExposedPorts: Object.fromEntries(settings.exposedPorts.map((port) => [`${port}/tcp`, {}])) }),
      },
      rootfs: { type: 'layers', diff_ids: diffIds },
      history: diffIds.map(() => ({ created: '1970-01-01T00:00:00Z' })),
    }),
  );
  const configDigest = await blobs.add(config);
  store.noteBlob(repository, configDigest, config.length);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: mediaTypes.config, digest: configDigest, size: config.length },
      layers,
    }),
  );
  const digest = sha256(manifest);
  store.putManifest(repository, image.tag, mediaTypes.manifest, manifest, digest, principal);
  return digest;
}

async function readBase(
  { store, blobs }: ImageTarget,
  base: NonNullable<ImageToWrite['base']>,
): Promise<{ readonly layers: readonly Descriptor[]; readonly config: ImageConfigDocument }> {
  const stored = store.getManifest(base.repository, base.reference);
  if (stored === undefined) {
    throw new Error(`The base image ${base.repository}:${base.reference} is not in the registry.`);
  }
  const manifest = JSON.parse(manifestText(stored)) as {
    readonly config: Descriptor;
    readonly layers: readonly Descriptor[];
  };
  const config = JSON.parse(
    (await blobs.read(manifest.config.digest)).toString('utf8'),
  ) as ImageConfigDocument;
  return { layers: manifest.layers, config };
}
