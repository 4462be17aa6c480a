/** Something the user can mend: shown as one line, without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

const systemReasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such file or folder',
  EMFILE: 'too many files are open',
  EADDRINUSE: 'the port is in use',
};

/** One line for errors of the user or of the machine; undefined for a defect, whose stack is wanted. */
export function oneLine(error: unknown): string | undefined {
  if (error instanceof UserError) return error.message;
  if (!(error instanceof Error)) return undefined;
  const { code, path } = error as NodeJS.ErrnoException;
  const reason = code === undefined ? undefined : systemReasons[code];
  if (reason === undefined) return undefined;
  return path === undefined || error.message.includes('port')
    ? error.message.split('\n')[0]!
    : `${path}: ${reason}.`;
}
