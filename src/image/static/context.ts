/** The build context on disk: what a COPY would see of it, in a stable order. */
import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { ImageError } from '../build-error.ts';
import { cleanPattern, globToRegExp, hasWildcard, type IgnoreRules, parseIgnoreFile } from './patterns.ts';

export interface ContextEntry {
  /** Relative to the context, with `/`. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink';
  /** 0755 for directories and what anyone may execute, else 0644: a checkout's umask must not matter. */
  readonly mode: number;
  readonly size: number;
  readonly linkTarget?: string;
  /** Where its content is. */
  readonly file: string;
}

export interface BuildContext {
  readonly folder: string;
  readonly ignore: IgnoreRules;
}

export async function openContext(folder: string, dockerfile: string): Promise<BuildContext> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined || !found.isDirectory()) {
    throw new ImageError('context', `The build context ${folder} is no directory.`);
  }
  const own = await readIfThere(`${dockerfile}.dockerignore`);
  const text = own ?? (await readIfThere(join(folder, '.dockerignore'))) ?? '';
  try {
    return { folder, ignore: parseIgnoreFile(text) };
  } catch (error) {
    throw new ImageError('context', `.dockerignore: ${(error as Error).message}.`);
  }
}

export async function readDockerfile(path: string): Promise<string> {
  const text = await readIfThere(path);
  if (text === undefined) throw new ImageError('dockerfile-missing', `There is no Dockerfile at ${path}.`);
  return text;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** A source of COPY: the entry itself, and everything below it. */
export interface ContextSource {
  readonly path: string;
  readonly entry: ContextEntry;
  /** For directories: all that is inside, parents first, sorted by bytes. */
  readonly inside: readonly ContextEntry[];
}

/** Expands one COPY source, wildcards included. Throws a plain Error with a phrase. */
export async function findSources(context: BuildContext, source: string): Promise<ContextSource[]> {
  const cleaned = cleanPattern(source);
  const paths = hasWildcard(cleaned) ? await matching(context, cleaned) : [cleaned];
  const sources: ContextSource[] = [];
  for (const path of paths) {
    const entry = await readSource(context, path);
    if (entry !== undefined) {
      sources.push({ path, entry, inside: entry.type === 'directory' ? await walk(context, path) : [] });
    }
  }
  if (sources.length === 0) {
    throw new Error(`"${source}" is not in the build context, or .dockerignore keeps it out`);
  }
  return sources;
}

/** Everything in the context that is not ignored. */
export async function walk(context: BuildContext, from = ''): Promise<ContextEntry[]> {
  const names = (await readdir(join(context.folder, from))).sort(byBytes);
  const entries: ContextEntry[] = [];
  for (const name of names) {
    const path = from === '' ? name : `${from}/${name}`;
    const ignored = context.ignore.isIgnored(path);
    const entry = await readEntry(context, path);
    if (entry === undefined) continue;
    if (!ignored) entries.push(entry);
    if (entry.type !== 'directory') continue;
    if (ignored && !context.ignore.mayHoldExceptions(path)) continue;
    const below = await walk(context, path);
    // An ignored directory comes along when something in it was taken back.
    if (ignored && below.length > 0) entries.push(entry);
    entries.push(...below);
  }
  return entries;
}

async function matching(context: BuildContext, glob: string): Promise<string[]> {
  const pattern = globToRegExp(glob, true);
  return (await walk(context)).map((entry) => entry.path).filter((path) => pattern.test(path));
}

/** The source of a COPY is followed where it is a link, as long as it stays inside the context. */
async function readSource(context: BuildContext, path: string): Promise<ContextEntry | undefined> {
  const full = join(context.folder, path);
  if (path === '') return { path, type: 'directory', mode: 0o755, size: 0, file: full };
  const entry = await readEntry(context, path);
  if (entry === undefined) return undefined;
  const ignored = context.ignore.isIgnored(path);
  if (ignored && !(entry.type === 'directory' && context.ignore.mayHoldExceptions(path))) return undefined;
  if (entry.type !== 'symlink') return entry;
  const [root, target] = await Promise.all([realpath(context.folder), realpath(full).catch(() => undefined)]);
  if (target === undefined || relative(root, target).split(sep)[0] === '..') {
    throw new Error(`"${path}" is a link that leads out of the build context, or nowhere`);
  }
  const followed = await readEntry({ ...context, folder: root }, relative(root, target).split(sep).join('/'));
  return followed === undefined ? undefined : { ...followed, path };
}

async function readEntry(context: BuildContext, path: string): Promise<ContextEntry | undefined> {
  const file = join(context.folder, path);
  const found = await lstat(file).catch(() => undefined);
  if (found === undefined) return undefined;
  if (found.isDirectory()) return { path, type: 'directory', mode: 0o755, size: 0, file };
  if (found.isSymbolicLink()) {
    return { path, type: 'symlink', mode: 0o777, size: 0, linkTarget: await readlink(file), file };
  }
  // Sockets, pipes and devices have no place in an image.
  if (!found.isFile()) return undefined;
  return { path, type: 'file', mode: (found.mode & 0o111) === 0 ? 0o644 : 0o755, size: found.size, file };
}

/** The content of a file, as it is read. */
export function openContent(entry: ContextEntry): AsyncIterable<Uint8Array> {
  return createReadStream(entry.file);
}

function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
