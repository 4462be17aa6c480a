/**
 * The tar format as image layers use it: ustar with GNU long names and PAX paths read, ustar with PAX for
 * long names written. Writing is deterministic: entries in the given order, fixed owner and time.
 */
export interface TarEntry {
  /** Relative, with `/`; no leading slash. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink';
  readonly mode: number;
  readonly content: Buffer;
  /** Of symbolic and hard links. */
  readonly linkTarget: string;
}

export interface TarInput {
  readonly path: string;
  readonly type?: TarEntry['type'];
  readonly mode?: number;
  readonly content?: Buffer | string;
  readonly linkTarget?: string;
}

const block = 512;
const typeFlags = { file: '0', hardlink: '1', symlink: '2', directory: '5' } as const;

export function writeTar(inputs: readonly TarInput[]): Buffer {
  const parts: Buffer[] = [];
  for (const input of inputs) {
    const type = input.type ?? 'file';
    const path = type === 'directory' ? `${input.path.replace(/\/$/, '')}/` : input.path;
    const content = type === 'file' ? Buffer.from(input.content ?? '') : Buffer.alloc(0);
    const mode = input.mode ?? (type === 'directory' ? 0o755 : 0o644);
    const linkTarget = input.linkTarget ?? '';
    const extended = paxRecords({
      ...(Buffer.byteLength(path) > 100 ? { path } : {}),
      ...(Buffer.byteLength(linkTarget) > 100 ? { linkpath: linkTarget } : {}),
    });
    if (extended.length > 0) {
      parts.push(header('PaxHeader', 'x', 0o644, extended.length, ''), padded(extended));
    }
    parts.push(header(path, typeFlags[type], mode, content.length, linkTarget), padded(content));
  }
  parts.push(Buffer.alloc(2 * block));
  return Buffer.concat(parts);
}

/** Throws an Error that says where the archive is broken. Devices and other special entries are left out. */
export function* readTar(archive: Buffer): Generator<TarEntry> {
  let offset = 0;
  let longPath: string | undefined;
  let longLink: string | undefined;
  while (offset + block <= archive.length) {
    const head = archive.subarray(offset, offset + block);
    if (head.every((byte) => byte === 0)) return;
    if (checksum(head) !== octal(head, 148, 8)) {
      throw new Error(`The tar archive has a broken header at byte ${offset}.`);
    }
    const size = octal(head, 124, 12);
    const start = offset + block;
    if (start + size > archive.length) {
      throw new Error(`The tar archive ends within an entry: ${size} bytes announced at byte ${offset}.`);
    }
    const content = archive.subarray(start, start + size);
    offset = start + Math.ceil(size / block) * block;
    const flag = String.fromCharCode(head[156]!);
    if (flag === 'L') longPath = text(content, 0, content.length);
    else if (flag === 'K') longLink = text(content, 0, content.length);
    else if (flag === 'x') {
      const records = parsePax(content);
      longPath = records['path'] ?? longPath;
      longLink = records['linkpath'] ?? longLink;
    } else if (flag !== 'g') {
      const prefix = text(head, 257, 5) === 'ustar' && head[262] === 0 ? text(head, 345, 155) : '';
      const name = text(head, 0, 100);
      const path = longPath ?? (prefix === '' ? name : `${prefix}/${name}`);
      const linkTarget = longLink ?? text(head, 157, 100);
      longPath = undefined;
      longLink = undefined;
      const type = typeOf(flag, path);
      if (type === undefined) continue;
      yield {
        path: path.replace(/^(\.?\/)+/, '').replace(/\/+$/, ''),
        type,
        mode: octal(head, 100, 8) & 0o7777,
        content: type === 'file' ? content : Buffer.alloc(0),
        linkTarget,
      };
    }
  }
}

function typeOf(flag: string, path: string): TarEntry['type'] | undefined {
  if (flag === '5' || ((flag === '0' || flag === '\0') && path.endsWith('/'))) return 'directory';
  if (flag === '0' || flag === '\0' || flag === '7') return 'file';
  if (flag === '1') return 'hardlink';
  return flag === '2' ? 'symlink' : undefined;
}

function header(path: string, flag: string, mode: number, size: number, linkTarget: string): Buffer {
  const head = Buffer.alloc(block);
  clipped(path).copy(head, 0);
  head.write(`${mode.toString(8).padStart(7, '0')}\0`, 100);
  head.write('0000000\0', 108);
  head.write('0000000\0', 116);
  head.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  head.write('00000000000\0', 136);
  head.write(flag, 156);
  clipped(linkTarget).copy(head, 157);
  head.write('ustar\x0000', 257);
  head.write(`${checksum(head).toString(8).padStart(6, '0')}\0 `, 148);
  return head;
}

/** A long name stands in the PAX record before; the header keeps its first 100 bytes. */
function clipped(name: string): Buffer {
  return Buffer.from(name).subarray(0, 100);
}

function checksum(head: Buffer): number {
  let sum = 8 * 32;
  for (let index = 0; index < block; index++) if (index < 148 || index > 155) sum += head[index]!;
  return sum;
}

function padded(content: Buffer): Buffer {
  const rest = content.length % block;
  return rest === 0 ? content : Buffer.concat([content, Buffer.alloc(block - rest)]);
}

function octal(buffer: Buffer, start: number, length: number): number {
  // GNU's binary form for sizes beyond 8 GiB.
  if (buffer[start]! & 0x80) return Number(buffer.readBigUInt64BE(start + length - 8));
  return Number.parseInt(text(buffer, start, length).trim() || '0', 8);
}

function text(buffer: Buffer, start: number, length: number): string {
  const end = buffer.indexOf(0, start);
  return buffer.toString('utf8', start, end < 0 || end > start + length ? start + length : end);
}

function paxRecords(records: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(records).map(([key, value]) => {
    const body = ` ${key}=${value}\n`;
    let length = Buffer.byteLength(body);
    while (length !== Buffer.byteLength(body) + String(length).length) {
      length = Buffer.byteLength(body) + String(length).length;
    }
    return `${length}${body}`;
  });
  return Buffer.from(lines.join(''));
}

function parsePax(content: Buffer): Record<string, string> {
  const records: Record<string, string> = {};
  let offset = 0;
  while (offset < content.length) {
    const space = content.indexOf(32, offset);
    const length = Number(content.toString('latin1', offset, space));
    if (space < 0 || !(length > 0)) break;
    const record = content.toString('utf8', space + 1, offset + length - 1);
    const equals = record.indexOf('=');
    records[record.slice(0, equals)] = record.slice(equals + 1);
    offset += length;
  }
  return records;
}
