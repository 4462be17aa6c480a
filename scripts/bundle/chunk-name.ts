import { packageFolder } from './licenses.ts';

export interface ChunkToName {
  /** What the bundler would say: the file name of a module, or the name of the group. */
  readonly name: string;
  readonly facadeModuleId?: string | null;
  readonly moduleIds: readonly string[];
}

/** Files that are put together on purpose: they have names of their own (../build.ts). */
const groups = new Set(['start', 'aws-sdk']);

/**
 * Name of a file that several share or that is loaded later: that of its module, behind its package's. No
 * hash of what it holds: a file that did not change keeps its name.
 */
export function chunkName({ name, facadeModuleId, moduleIds }: ChunkToName): string {
  const module = facadeModuleId ?? moduleIds.at(-1);
  const folder = module === undefined ? undefined : packageFolder(module);
  if (folder === undefined || groups.has(name)) return name;
  const owner = folder
    .replace(/^.*node_modules\//, '')
    .replace(/^@/, '')
    .replace('/', '-');
  return /^(dist|dist-es|index)$/.test(name) ? owner : `${owner}-${name}`;
}
