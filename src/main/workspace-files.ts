/** Files of the job's workspace: relative paths in inputs mean the workspace, as everywhere on GitHub. */
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigurationError } from '../runner/configuration-error.ts';

export interface WorkspaceFiles {
  /** Rejects with `ConfigurationError` where the file cannot be read. */
  readFile(path: string): Promise<string>;
  /** Makes missing folders. Rejects with `ConfigurationError` where the file cannot be written. */
  writeFile(path: string, text: string): Promise<void>;
  /** To the end of a file that is there. Rejects with `ConfigurationError` where it cannot be written. */
  appendFile(path: string, text: string): Promise<void>;
}

/**
 * `workspace` may be empty: then the working directory counts. `redact` is for what is written: secrets stay
 * out of reports.
 */
export function workspaceFiles(
  workspace: string,
  redact: (text: string) => string = (text) => text,
): WorkspaceFiles {
  const placeOf = (path: string): string => resolve(workspace === '' ? '.' : workspace, path);
  return {
    async readFile(path) {
      try {
        return await readFile(placeOf(path), 'utf8');
      } catch (error) {
        throw new ConfigurationError('file-unreadable', `${path} cannot be read: ${wordsOf(error)}.`);
      }
    },
    async writeFile(path, text) {
      try {
        await mkdir(dirname(placeOf(path)), { recursive: true });
        await writeFile(placeOf(path), redact(text));
      } catch (error) {
        throw new ConfigurationError('file-unwritable', `${path} cannot be written: ${wordsOf(error)}.`);
      }
    },
    async appendFile(path, text) {
      try {
        await appendFile(placeOf(path), redact(text));
      } catch (error) {
        throw new ConfigurationError('file-unwritable', `${path} cannot be written: ${wordsOf(error)}.`);
      }
    },
  };
}

function wordsOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file or folder';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'ENOSPC') return 'the disk is full';
  return message;
}
