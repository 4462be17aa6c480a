/**
 * Tar headers as the static builder writes them: ustar, with PAX records where a name or size does not fit.
 * The same entry always gives the same bytes. Pure.
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 */

export interface TarEntry {
  /** Relative, without a slash at the start; a directory's ends with one. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink';
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content; 0 for what is no file. */
  readonly size: number;
  readonly linkTarget?: string;
  /** Seconds since the epoch. */
  readonly mtimeSeconds: number;
}

const tarBlockBytes = 512;
/** Two empty blocks end an archive. */
export const tarEnd = new Uint8Array(2 * tarBlockBytes);

const typeFlags = { file: '0', directory: '5', symlink: '2' } as const;
const largestOctal8 = 0o7777777;
const largestOctal12 = 0o77777777777;

/** The header, with the PAX header before it where one is needed. */
export function tarHeader(entry: TarEntry): Uint8Array {
  const records: [string, string][] = [];
  const name = splitName(entry.path);
  if (name === undefined) records.push(['path', entry.path]);
  const link = entry.linkTarget ?? '';
  if (!fits(link, 100)) records.push(['linkpath', link]);
  if (entry.size > largestOctal12) records.push(['size', String(entry.size)]);
  if (entry.uid > largestOctal8) records.push(['uid', String(entry.uid)]);
  if (entry.gid > largestOctal8) records.push(['gid', String(entry.gid)]);
  const plain = header({
    name: name?.name ?? 'pax-entry',
    prefix: name?.prefix ?? '',
    mode: entry.mode,
    uid: Math.min(entry.uid, largestOctal8),
    gid: Math.min(entry.gid, largestOctal8),
    size: Math.min(entry.size, largestOctal12),
    mtimeSeconds: entry.mtimeSeconds,
    flag: typeFlags[entry.type],
    link: fits(link, 100) ? link : '',
  });
  if (records.length === 0) return plain;
  const body = Buffer.from(records.map(([key, value]) => paxRecord(key, value)).join(''), 'utf8');
  const pax = header({
    name: 'PaxHeaders.0/entry',
    prefix: '',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: body.length,
    mtimeSeconds: entry.mtimeSeconds,
    flag: 'x',
    link: '',
  });
  return Buffer.concat([pax, body, padding(body.length), plain]);
}

/** Zeros that fill the last block of `size` bytes of content. */
export function padding(size: number): Uint8Array {
  return new Uint8Array((tarBlockBytes - (size % tarBlockBytes)) % tarBlockBytes);
}

/** The length at the start counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length > length) length++;
  return `${length} ${key}=${value}\n`;
}

interface HeaderFields {
  readonly name: string;
  readonly prefix: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeSeconds: number;
  readonly flag: string;
  readonly link: string;
}

function header(fields: HeaderFields): Uint8Array {
  const block = Buffer.alloc(tarBlockBytes);
  block.write(fields.name, 0, 100, 'utf8');
  const octal = (value: number, at: number, width: number): void => {
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, width, 'latin1');
  };
  octal(fields.mode, 100, 8);
  octal(fields.uid, 108, 8);
  octal(fields.gid, 116, 8);
  octal(fields.size, 124, 12);
  octal(fields.mtimeSeconds, 136, 12);
  block.write('        ', 148, 8, 'latin1');
  block.write(fields.flag, 156, 1, 'latin1');
  block.write(fields.link, 157, 100, 'utf8');
  block.write('ustar\u000000', 257, 8, 'latin1');
  block.write(fields.prefix, 345, 155, 'utf8');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
  return block;
}

function fits(text: string, bytes: number): boolean {
  // Beyond ASCII, readers disagree about the bytes: PAX says UTF-8.
  return Buffer.byteLength(text) <= bytes && /^[\x20-\x7e]*$/.test(text);
}

/** ustar's two name fields, or undefined where the path does not fit. */
function splitName(path: string): { name: string; prefix: string } | undefined {
  if (fits(path, 100)) return { name: path, prefix: '' };
  if (!fits(path, 256)) return undefined;
  for (let at = path.indexOf('/'); at >= 0 && at <= 155; at = path.indexOf('/', at + 1)) {
    const name = path.slice(at + 1);
    if (name !== '' && name.length <= 100) return { name, prefix: path.slice(0, at) };
  }
  return undefined;
}
