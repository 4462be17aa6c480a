/** `COPY` (and `ADD` of local files, which is the same): what goes where, with which owner and mode. Pure. */
import { execOrShell } from './declarations.ts';
import type { Instruction } from './instructions.ts';
import { resolvePath } from './paths.ts';
import { splitWords } from './words.ts';

export interface CopyStep {
  readonly kind: 'copy';
  /** As written, variables filled in: paths inside the context, with `*`, `?` and `[…]`. */
  readonly sources: readonly string[];
  /** Absolute path in the image; ends with `/` where it is a directory for sure. */
  readonly destination: string;
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly mode: number | undefined;
  readonly line: number;
}

export function readCopy(
  instruction: Instruction,
  workingDirectory: string,
  fill: (text: string) => string,
  escapeChar: string,
): CopyStep {
  let rest = instruction.rest;
  let owner: CopyStep['owner'];
  let mode: number | undefined;
  for (;;) {
    const flag = /^--([a-z-]+)(?:=(\S*))?\s+/.exec(rest);
    if (flag === null) break;
    rest = rest.slice(flag[0].length);
    const value = fill(flag[2] ?? '');
    if (flag[1] === 'chown') owner = readOwner(value);
    else if (flag[1] === 'chmod') mode = readMode(value);
    // Without a second stage, --link changes nothing in the result.
    else if (flag[1] !== 'link') throw new Error(`--${flag[1]} needs buildx`);
  }
  const words = (execOrShell(rest, undefined) ?? splitWords(rest, escapeChar)).map(fill);
  if (words.length < 2) throw new Error('a source and a destination are needed');
  const sources = words.slice(0, -1);
  const target = words.at(-1)!;
  for (const source of sources) {
    if (source === '') throw new Error('a source is empty');
    if (instruction.name === 'ADD') refuseSpecialAdd(source);
  }
  const isDirectory = target.endsWith('/') || /(^|\/)\.\.?$/.test(target);
  if (sources.length > 1 && !isDirectory) {
    throw new Error(`several sources need a destination that ends with "/"; "${target}" does not`);
  }
  const absolute = resolvePath(workingDirectory, target);
  const destination = isDirectory && absolute !== '/' ? `${absolute}/` : absolute;
  return { kind: 'copy', sources, destination, owner, mode, line: instruction.line };
}

function readOwner(text: string): { uid: number; gid: number } {
  const match = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(text);
  if (match === null) throw new Error(`--chown=${text}: names need buildx; numbers such as 1000:1000 do not`);
  const uid = Number(match[1]);
  // As BuildKit: a missing group takes the number of the user.
  return { uid, gid: match[2] === undefined ? uid : Number(match[2]) };
}

function readMode(text: string): number {
  if (!/^[0-7]{3,4}$/.test(text)) throw new Error(`--chmod=${text}: allowed is an octal mode such as 755`);
  return Number.parseInt(text, 8);
}

function refuseSpecialAdd(source: string): void {
  if (/^(https?|git|ssh):\/\/|^git@/.test(source)) throw new Error(`ADD of a URL (${source}) needs buildx`);
  if (/\.(tar|tgz|tbz2?|txz|tar\.(gz|bz2|xz|zst))$/i.test(source)) {
    throw new Error(`ADD unpacks archives (${source}), which needs buildx; COPY keeps them as they are`);
  }
}
