/** Folders and files that a build needs for its own time. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `tempDir` is the runner's temporary folder; empty: the system's. */
export function makeWorkFolder(tempDir: string): string {
  const parent = tempDir === '' ? tmpdir() : tempDir;
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, 'ips-image-'));
}

export function removeWorkFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Undefined where there is no such file. */
export function readTextFile(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

export function writeTextFile(path: string, text: string): void {
  writeFileSync(path, text);
}
