/** The builder without a daemon: Dockerfiles that only copy and declare, as OCI images on disk. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ImageError } from '../build-error.ts';
import { evaluateStage, readStage, type Stage } from '../dockerfile/evaluate.ts';
import { readInstructions } from '../dockerfile/instructions.ts';
import type { RegistryClient } from '../registry/client.ts';
import { parseReference } from '../registry/reference.ts';
import { openContext, readDockerfile } from './context.ts';
import {
  type Descriptor,
  type ImageConfig,
  type ImageIndex,
  type ImageManifest,
  isIndex,
  mediaTypes,
  type Platform,
  platformText,
} from './image-config.ts';
import { LayerPlanner } from './layer-entries.ts';
import { type LayerFile, writeLayer } from './layer-file.ts';

export interface StaticBuildRequest {
  /** Absolute paths. */
  readonly context: string;
  readonly dockerfile: string;
  readonly target: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly platforms: readonly Platform[];
  /** Seconds since the epoch for all that needs a time (SOURCE_DATE_EPOCH). */
  readonly epochSeconds: number;
  /** An empty folder for the layers; the caller removes it. */
  readonly folder: string;
}

/** Where base images come from. */
export interface BaseImages {
  /** The registry of a host, as named in the Dockerfile. */
  registry(host: string): RegistryClient;
}

/** A layer either made here, or taken over from the base image. */
export type BuiltLayer =
  | { readonly kind: 'new'; readonly descriptor: Descriptor; readonly file: string }
  | {
      readonly kind: 'base';
      readonly descriptor: Descriptor;
      readonly registry: RegistryClient;
      readonly repository: string;
    };

export interface Document {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Uint8Array;
}

export interface BuiltImage {
  readonly platform: Platform;
  readonly manifest: Document;
  readonly config: Document;
  readonly layers: readonly BuiltLayer[];
}

export interface StaticBuild {
  readonly images: readonly BuiltImage[];
  /** Present for several platforms. */
  readonly index: Document | undefined;
  /** Of the index, or of the one manifest. */
  readonly digest: string;
  /** Things worth a notice: build arguments that no ARG asks for. */
  readonly notices: readonly string[];
}

export async function buildStatic(request: StaticBuildRequest, bases: BaseImages): Promise<StaticBuild> {
  const file = readInstructions(await readDockerfile(request.dockerfile));
  const context = await openContext(request.context, request.dockerfile);
  const images: BuiltImage[] = [];
  const notices = new Set<string>();
  // Layers of this build do not differ between platforms unless build arguments make them.
  const written = new Map<string, LayerFile>();
  for (const platform of request.platforms) {
    const given = { buildArgs: request.buildArgs, platform };
    const stage = readStage(file, given);
    if (request.target !== undefined && request.target !== stage.name) {
      throw new ImageError(
        'dockerfile',
        `The Dockerfile has no stage "${request.target}"${stage.name === undefined ? '' : `; its stage is "${stage.name}"`}.`,
      );
    }
    const base = await pullBase(stage, platform, bases);
    const evaluated = evaluateStage(stage, base.config.config ?? {}, given);
    for (const name of evaluated.unusedArgs)
      notices.add(`No ARG of the Dockerfile asks for build argument ${name}.`);
    const planner = new LayerPlanner(context, request.epochSeconds);
    const made: LayerFile[] = [];
    const emptySteps = new Set<number>();
    for (const [index, step] of evaluated.steps.entries()) {
      const entries = await planner.entries(step);
      if (entries.length === 0) {
        emptySteps.add(index);
        continue;
      }
      const key = JSON.stringify(entries);
      let layer = written.get(key);
      if (layer === undefined) {
        layer = await writeLayer(join(request.folder, `layer-${written.size}.tar.gz`), entries);
        written.set(key, layer);
      }
      made.push(layer);
    }
    images.push(assemble(request, platform, base, evaluated, made, emptySteps));
  }
  const index = images.length > 1 ? indexOf(images) : undefined;
  return {
    images,
    index,
    digest: index?.digest ?? images[0]!.manifest.digest,
    notices: [...notices],
  };
}

interface Base {
  readonly config: ImageConfig;
  readonly layers: readonly BuiltLayer[];
}

async function pullBase(stage: Stage, platform: Platform, bases: BaseImages): Promise<Base> {
  if (stage.baseImage === 'scratch') {
    return {
      config: {
        architecture: platform.architecture,
        os: platform.os,
        ...(platform.variant === undefined ? {} : { variant: platform.variant }),
        rootfs: { type: 'layers', diff_ids: [] },
      },
      layers: [],
    };
  }
  const missing = (reason: string): ImageError =>
    new ImageError(
      'base-image-not-found',
      `Dockerfile line ${stage.fromLine}: the base image ${stage.baseImage} ${reason}.`,
      stage.fromLine,
    );
  const reference = parseReference(stage.baseImage);
  if (reference === undefined) throw missing('is no valid image name');
  const registry = bases.registry(reference.host);
  const { repository } = reference;
  const found = await registry.manifest(repository, reference.digest ?? reference.tag!);
  if (found === undefined) throw missing('does not exist');
  let { bytes } = found;
  if (isIndex(mediaTypeOf(found.mediaType, bytes))) {
    const { manifests } = JSON.parse(Buffer.from(bytes).toString('utf8')) as ImageIndex;
    const match = choosePlatform(manifests, platform);
    if (match === undefined) {
      const offered = manifests.flatMap((entry) =>
        entry.platform === undefined ? [] : [platformText(entry.platform)],
      );
      throw missing(`is not made for ${platformText(platform)}; it is for ${offered.join(', ')}`);
    }
    const child = await registry.manifest(repository, match.digest);
    if (child === undefined) throw missing(`lacks its manifest ${match.digest}`);
    bytes = child.bytes;
  }
  const manifest = JSON.parse(Buffer.from(bytes).toString('utf8')) as ImageManifest;
  const configBytes = await registry.blobBytes(repository, manifest.config.digest);
  if (configBytes === undefined) throw missing(`lacks its configuration ${manifest.config.digest}`);
  const config = JSON.parse(Buffer.from(configBytes).toString('utf8')) as ImageConfig;
  if (config.os !== platform.os || config.architecture !== platform.architecture) {
    throw missing(`is for ${config.os}/${config.architecture}, not for ${platformText(platform)}`);
  }
  return {
    config,
    layers: manifest.layers.map((layer) => ({
      kind: 'base' as const,
      descriptor: { ...layer, mediaType: ociLayerType(layer.mediaType) },
      registry,
      repository,
    })),
  };
}

function mediaTypeOf(declared: string, bytes: Uint8Array): string {
  const { mediaType } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { mediaType?: string };
  return mediaType ?? declared;
}

function choosePlatform(manifests: readonly Descriptor[], platform: Platform): Descriptor | undefined {
  const same = manifests.filter(
    (entry) => entry.platform?.os === platform.os && entry.platform.architecture === platform.architecture,
  );
  return (
    same.find((entry) => entry.platform?.variant === platform.variant) ??
    (platform.variant === undefined ? same[0] : undefined)
  );
}

/** Docker's names for layers may not stand in an OCI manifest. */
function ociLayerType(mediaType: string): string {
  if (mediaType === 'application/vnd.docker.image.rootfs.diff.tar.gzip') return mediaTypes.layer;
  if (mediaType === 'application/vnd.docker.image.rootfs.diff.tar') {
    return 'application/vnd.oci.image.layer.v1.tar';
  }
  return mediaType;
}

function assemble(
  request: StaticBuildRequest,
  platform: Platform,
  base: Base,
  evaluated: ReturnType<typeof evaluateStage>,
  made: readonly LayerFile[],
  emptySteps: ReadonlySet<number>,
): BuiltImage {
  const created = new Date(request.epochSeconds * 1000).toISOString().replace('.000Z', 'Z');
  let step = 0;
  const history = evaluated.history.map((entry) => {
    const isEmpty = entry.empty_layer === true || emptySteps.has(step++);
    const { created_by } = entry;
    return {
      created,
      ...(created_by === undefined ? {} : { created_by }),
      ...(isEmpty ? { empty_layer: true } : {}),
    };
  });
  const labels = { ...evaluated.config.Labels, ...Object.fromEntries(request.labels) };
  const config: ImageConfig = {
    created,
    architecture: base.config.architecture,
    os: base.config.os,
    ...(base.config.variant === undefined ? {} : { variant: base.config.variant }),
    config: { ...evaluated.config, ...(Object.keys(labels).length === 0 ? {} : { Labels: labels }) },
    rootfs: {
      type: 'layers',
      diff_ids: [...base.config.rootfs.diff_ids, ...made.map((layer) => layer.diffId)],
    },
    history: [...(base.config.history ?? []), ...history],
  };
  const configDocument = document(mediaTypes.config, config);
  const layers: BuiltLayer[] = [
    ...base.layers,
    ...made.map((layer) => ({
      kind: 'new' as const,
      descriptor: { mediaType: mediaTypes.layer, digest: layer.digest, size: layer.size },
      file: layer.file,
    })),
  ];
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: descriptor(configDocument),
    layers: layers.map((layer) => layer.descriptor),
  };
  return { platform, manifest: document(mediaTypes.manifest, manifest), config: configDocument, layers };
}

function indexOf(images: readonly BuiltImage[]): Document {
  const index: ImageIndex = {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: images.map((image) => ({ ...descriptor(image.manifest), platform: image.platform })),
  };
  return document(mediaTypes.index, index);
}

function document(mediaType: string, value: unknown): Document {
  const bytes = Buffer.from(JSON.stringify(value), 'utf8');
  return { mediaType, bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
}

function descriptor(from: Document): Descriptor {
  return { mediaType: from.mediaType, digest: from.digest, size: from.bytes.length };
}
