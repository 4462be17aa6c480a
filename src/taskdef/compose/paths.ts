import { posix } from 'node:path';

/** A path of a file in `folder`: absolute ones stay. */
export function pathIn(folder: string, path: string): string {
  return posix.isAbsolute(path) ? path : posix.join(folder, path);
}
