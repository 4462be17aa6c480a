/**
 * An image of the lab's registry as a folder: layers applied in order with their whiteouts. Nothing an image
 * contains is written outside of that folder.
 */
import { link, lstat, mkdir, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, posix, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { BlobStore } from '../registry/blob-store.ts';
import { type ManifestStore, manifestText } from '../registry/manifest-store.ts';
import { readTar, type TarEntry } from '../tar.ts';

export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface UnpackedImage {
  readonly root: string;
  readonly config: ImageConfig;
}

interface Descriptor {
  readonly mediaType?: string;
  readonly digest: string;
  readonly platform?: { readonly os?: string; readonly architecture?: string };
}

interface Manifest {
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}

interface ConfigFile {
  readonly config?: {
    readonly Env?: readonly string[] | null;
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly WorkingDir?: string;
  };
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Throws an Error whose message names what is missing or not understood. */
export async function unpackImage(
  source: { readonly store: Pick<ManifestStore, 'getManifest'>; readonly blobs: BlobStore },
  repository: string,
  reference: string,
  folder: string,
): Promise<UnpackedImage> {
  const manifest = imageManifest(source.store, repository, reference);
  const configDigest = manifest.config?.digest;
  if (configDigest === undefined) throw new Error(`${repository}@${reference} is not an image.`);
  const config = JSON.parse((await source.blobs.read(configDigest)).toString('utf8')) as ConfigFile;
  await mkdir(folder, { recursive: true });
  const root = await realpath(folder);
  for (const layer of manifest.layers ?? []) {
    await applyLayer(root, await decompress(await source.blobs.read(layer.digest), layer.mediaType ?? ''));
  }
  // Node looks for the nearest package.json upwards: without one here it would find some of this machine.
  await writeFile(join(root, 'package.json'), '{}\n', { flag: 'wx' }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  const inner = config.config ?? {};
  return {
    root,
    config: {
      entrypoint: inner.Entrypoint ?? [],
      command: inner.Cmd ?? [],
      workingDirectory: inner.WorkingDir === undefined || inner.WorkingDir === '' ? '/' : inner.WorkingDir,
      environment: Object.fromEntries(
        (inner.Env ?? []).map((pair) => [pair.split('=', 1)[0]!, pair.slice(pair.indexOf('=') + 1)]),
      ),
    },
  };
}

/** The image's manifest; of an index, the one for this machine. */
function imageManifest(
  store: Pick<ManifestStore, 'getManifest'>,
  repository: string,
  reference: string,
): Manifest {
  const stored = store.getManifest(repository, reference);
  if (stored === undefined) throw new Error(`${repository}@${reference} is not in the registry.`);
  const manifest = JSON.parse(manifestText(stored)) as Manifest;
  if (manifest.manifests === undefined) return manifest;
  const architecture = architectures[process.arch] ?? process.arch;
  const child = manifest.manifests.find(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === architecture,
  );
  if (child === undefined)
    throw new Error(`no matching manifest for linux/${architecture} in the manifest list`);
  return imageManifest(store, repository, child.digest);
}

async function decompress(content: Buffer, mediaType: string): Promise<Buffer> {
  if (content[0] === 0x1f && content[1] === 0x8b) return promisify(zlib.gunzip)(content);
  if (!mediaType.includes('zstd')) return content;
  if (typeof zlib.zstdDecompress !== 'function') {
    throw new Error(`zstd layers need Node 22.15 or newer here; this is ${process.version}`);
  }
  return promisify(zlib.zstdDecompress)(content);
}

/** Applies one layer's tar to the folder. `root` must be a real path. */
export async function applyLayer(root: string, archive: Buffer): Promise<void> {
  const added = new Set<string>();
  for (const entry of readTar(archive)) {
    if (entry.path === '' || entry.path === '.') continue;
    const segments = entry.path.split('/').filter((segment) => segment !== '' && segment !== '.');
    if (segments.includes('..') || segments.some((segment) => segment.includes('\0'))) {
      throw new Error(`The image's layer has an entry outside of it: ${entry.path.slice(0, 200)}`);
    }
    const name = segments.at(-1)!;
    const parent = await safeFolder(root, segments.slice(0, -1));
    if (name === '.wh..wh..opq') {
      for (const child of await readdir(parent)) {
        if (!added.has(join(parent, child))) await rm(join(parent, child), { recursive: true, force: true });
      }
    } else if (name.startsWith('.wh.')) {
      const hidden = name.slice('.wh.'.length);
      if (hidden === '' || hidden === '.' || hidden === '..') throw new Error('A broken whiteout entry.');
      await rm(join(parent, hidden), { recursive: true, force: true });
    } else {
      const path = join(parent, name);
      await write(root, parent, path, entry);
      for (let above = path; above !== root; above = dirname(above)) added.add(above);
    }
  }
}

/** The real folder of these segments, made where missing; links inside are followed, never out of the root. */
async function safeFolder(root: string, segments: readonly string[]): Promise<string> {
  let folder = root;
  for (const segment of segments) {
    const next = join(folder, segment);
    const status = await lstat(next).catch(() => undefined);
    if (status === undefined) {
      await mkdir(next);
      folder = next;
      continue;
    }
    if (!status.isDirectory() && !status.isSymbolicLink()) {
      await rm(next);
      await mkdir(next);
      folder = next;
      continue;
    }
    folder = await realpath(next);
    if (folder !== root && !folder.startsWith(root + sep)) {
      throw new Error(`The image's layer leads outside of it at ${segments.join('/').slice(0, 200)}`);
    }
  }
  return folder;
}

async function write(root: string, parent: string, path: string, entry: TarEntry): Promise<void> {
  const before = await lstat(path).catch(() => undefined);
  if (before !== undefined && !(before.isDirectory() && entry.type === 'directory')) {
    await rm(path, { recursive: true, force: true });
  }
  switch (entry.type) {
    case 'directory':
      await mkdir(path, { recursive: true });
      return;
    case 'file':
      await writeFile(path, entry.content, { flag: 'wx', mode: (entry.mode & 0o777) | 0o600 });
      return;
    case 'symlink': {
      // As inside a container: `/` is the root, and `..` does not lead above it.
      const inside = `/${relative(root, parent).split(sep).join('/')}`;
      const target = posix.resolve(inside, entry.linkTarget);
      await symlink(posix.relative(inside, target) || '.', path);
      return;
    }
    case 'hardlink': {
      const segments = entry.linkTarget.split('/').filter((segment) => segment !== '' && segment !== '.');
      if (segments.includes('..')) {
        throw new Error(`The image's layer links outside of it: ${entry.linkTarget.slice(0, 200)}`);
      }
      const folder = await safeFolder(root, segments.slice(0, -1));
      await link(join(folder, basename(entry.linkTarget)), path);
    }
  }
}
