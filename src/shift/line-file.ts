/** A file that grows line by line, so that whatever ends the run leaves what was written until then. */

/** Of the workspace. Both reject where the file cannot be written. */
export interface FilePorts {
  readonly writeFile: (path: string, text: string) => Promise<void>;
  readonly appendFile: (path: string, text: string) => Promise<void>;
}

export interface LineFile {
  /** One line, without its end. In order; nobody waits for the disk. */
  add(line: string): void;
  /** Everything is written; the first problem where not, after which nothing more was tried. */
  close(): Promise<Error | undefined>;
}

/** Begins it anew. Rejects where it cannot be written at all: that is told before anything is changed. */
export async function openLines(ports: FilePorts, path: string): Promise<LineFile> {
  await ports.writeFile(path, '');
  let problem: Error | undefined;
  let written = Promise.resolve();
  const append = async (line: string): Promise<void> => {
    if (problem !== undefined) return;
    try {
      // In one piece: a line is there as a whole, or not at all.
      await ports.appendFile(path, `${line}\n`);
    } catch (error) {
      problem = error instanceof Error ? error : new Error(String(error));
    }
  };
  return {
    add: (line) => {
      written = written.then(() => append(line));
    },
    close: async () => {
      await written;
      return problem;
    },
  };
}
