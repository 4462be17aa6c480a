/** From the steps of a Dockerfile to the tar entries of each layer. Reads the context, writes nothing. */
import { ImageError } from '../build-error.ts';
import type { LayerStep } from '../dockerfile/evaluate.ts';
import { type BuildContext, type ContextEntry, findSources } from './context.ts';
import type { TarEntry } from './tar.ts';

/** `file` is where the content of a file is to be read. */
export type LayerEntry = TarEntry & { readonly file?: string };

/** Directories that images have with another mode than 0755, and those that are links in many images. */
const knownModes: Readonly<Record<string, number>> = { '/tmp': 0o1777, '/var/tmp': 0o1777, '/root': 0o700 };
const neverWritten = /^\/(bin|sbin|lib|lib32|lib64|libx32|proc|sys|dev|home\/[^/]+|var\/run|var\/lock)$/;

/**
 * The builder does not unpack the base image, so directories above a copied file are written as images
 * commonly have them: 0755 and root's, but for `/tmp` and its like; what is a link in many images is left alone.
 */
export class LayerPlanner {
  readonly #context: BuildContext;
  readonly #mtimeSeconds: number;
  readonly #directories = new Set<string>(['/']);

  constructor(context: BuildContext, mtimeSeconds: number) {
    this.#context = context;
    this.#mtimeSeconds = mtimeSeconds;
  }

  async entries(step: LayerStep): Promise<LayerEntry[]> {
    const found = new Map<string, LayerEntry>();
    const add = (entry: LayerEntry): void => {
      // A later source of the same COPY wins.
      found.delete(entry.path);
      found.set(entry.path, entry);
    };
    if (step.kind === 'workdir') {
      this.#addDirectories(step.path, undefined, add);
      return [...found.values()];
    }
    try {
      for (const source of step.sources) {
        const expanded = await findSources(this.#context, source);
        const many = expanded.length > 1;
        for (const { path, entry, inside } of expanded) {
          if (entry.type === 'directory') {
            this.#addDirectories(step.destination, step.owner, add);
            const from = path === '' ? 0 : path.length + 1;
            for (const each of inside)
              add(this.#entry(each, below(step.destination, each.path.slice(from)), step));
          } else {
            const isDirectory =
              many || step.destination.endsWith('/') || this.#directories.has(step.destination);
            const target = isDirectory
              ? below(step.destination, path.slice(path.lastIndexOf('/') + 1))
              : step.destination;
            this.#addDirectories(target.slice(0, target.lastIndexOf('/')) || '/', step.owner, add);
            add(this.#entry(entry, target, step));
          }
        }
      }
    } catch (error) {
      if (error instanceof ImageError || !(error instanceof Error)) throw error;
      if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
      throw new ImageError('dockerfile', `Dockerfile line ${step.line} (COPY): ${error.message}.`, step.line);
    }
    return [...found.values()];
  }

  #entry(entry: ContextEntry, target: string, step: LayerStep & { kind: 'copy' }): LayerEntry {
    const { type } = entry;
    if (type === 'directory') this.#directories.add(target);
    return {
      path: type === 'directory' ? `${target.slice(1)}/` : target.slice(1),
      type,
      mode: type === 'symlink' ? 0o777 : (step.mode ?? entry.mode),
      uid: step.owner?.uid ?? 0,
      gid: step.owner?.gid ?? 0,
      size: entry.size,
      ...(entry.linkTarget === undefined ? {} : { linkTarget: entry.linkTarget }),
      ...(type === 'file' ? { file: entry.file } : {}),
      mtimeSeconds: this.#mtimeSeconds,
    };
  }

  /** The directory and those above it, each once an image. */
  #addDirectories(
    directory: string,
    owner: { readonly uid: number; readonly gid: number } | undefined,
    add: (entry: LayerEntry) => void,
  ): void {
    const parts = directory.split('/').filter((part) => part !== '');
    for (let count = 1; count <= parts.length; count++) {
      const path = `/${parts.slice(0, count).join('/')}`;
      if (this.#directories.has(path)) continue;
      this.#directories.add(path);
      if (neverWritten.test(path)) continue;
      add({
        path: `${path.slice(1)}/`,
        type: 'directory',
        mode: knownModes[path] ?? 0o755,
        uid: owner?.uid ?? 0,
        gid: owner?.gid ?? 0,
        size: 0,
        mtimeSeconds: this.#mtimeSeconds,
      });
    }
  }
}

function below(directory: string, path: string): string {
  return `${directory.replace(/\/$/, '')}/${path}`;
}
