/**
 * Finds a file that is loaded into other processes by path: beside this module in the sources, beside the
 * bundle once built.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** `sourcePath` is relative to src/lab. */
export function companionFile(sourcePath: string): string {
  const name = sourcePath.split('/').at(-1)!;
  const candidates = [join(here, name), join(here, '..', '..', ...sourcePath.split('/'))];
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${name} is missing beside the lab: build it again.`);
  return found;
}
