import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readTar, type TarInput, writeTar } from '../../../../src/lab/dataplane/tar.ts';
import { applyLayer } from '../../../../src/lab/dataplane/tasks/unpack-image.ts';

describe('tar', () => {
  test('reads back what it wrote, for any names and contents', () => {
    const segment = fc.stringMatching(/^[a-zA-Z0-9_é-]{1,60}$/);
    const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
    fc.assert(
      fc.property(fc.array(fc.record({ path, content: fc.uint8Array({ maxLength: 1500 }) })), (files) => {
        const inputs = files.map((file) => ({ path: file.path, content: Buffer.from(file.content) }));
        const read = [...readTar(writeTar(inputs))];
        expect(read.map((entry) => entry.path)).toEqual(inputs.map((input) => input.path));
        expect(read.every((entry, index) => entry.content.equals(inputs[index]!.content))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('is deterministic, and the system tar understands it', () => {
    const long = `${'folder/'.repeat(20)}file.txt`;
    const inputs: TarInput[] = [
      { path: 'd', type: 'directory' },
      { path: long, content: 'deep', mode: 0o755 },
      { path: 'l', type: 'symlink', linkTarget: long },
    ];
    expect(writeTar(inputs).equals(writeTar(inputs))).toBe(true);
    const listing = execFileSync('tar', ['-t'], { input: writeTar(inputs) }).toString();
    expect(listing.trim().split('\n')).toEqual(['d/', long, 'l']);
  });

  test('reads GNU and PAX archives of the system tar', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tar-test-'));
    try {
      const name = `${'n'.repeat(150)}.txt`;
      writeFileSync(join(folder, name), 'content');
      for (const format of ['gnu', 'pax']) {
        const archive = execFileSync('tar', ['-c', `--format=${format}`, '-C', folder, name]);
        const entries = [...readTar(archive)];
        expect(entries.map((entry) => [entry.path, entry.content.toString()])).toEqual([[name, 'content']]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('says where an archive is broken', () => {
    const archive = writeTar([{ path: 'a', content: 'x'.repeat(2000) }]);
    expect(() => [...readTar(archive.subarray(0, 1024))]).toThrow('ends within an entry');
    const flipped = Buffer.from(archive);
    flipped[0] = 0x62;
    expect(() => [...readTar(flipped)]).toThrow('broken header at byte 0');
  });
});

describe('layers', () => {
  const inFolder = async (work: (root: string, outside: string) => Promise<void>): Promise<void> => {
    const outside = realpathSync(mkdtempSync(join(tmpdir(), 'layer-test-')));
    const root = join(outside, 'root');
    execFileSync('mkdir', [root]);
    try {
      await work(root, outside);
    } finally {
      rmSync(outside, { recursive: true });
    }
  };

  test('whiteouts remove files and empty folders of the layers below, not of their own', () =>
    inFolder(async (root) => {
      await applyLayer(
        root,
        writeTar([
          { path: 'a/old', content: '1' },
          { path: 'b/old', content: '1' },
          { path: 'c', content: '1' },
        ]),
      );
      await applyLayer(
        root,
        writeTar([
          { path: 'a/new', content: '2' },
          { path: 'a/.wh..wh..opq' },
          { path: 'b/.wh.old' },
          { path: '.wh.c' },
        ]),
      );
      const there = ['a/old', 'a/new', 'b/old', 'b', 'c'].filter((path) => existsSync(join(root, path)));
      expect(there).toEqual(['a/new', 'b']);
    }));

  test('nothing is written outside: dots, links to above, absolute links, hard links', () =>
    inFolder(async (root, outside) => {
      writeFileSync(join(outside, 'secret'), 'kept');
      await expect(applyLayer(root, writeTar([{ path: 'a/../../secret', content: 'x' }]))).rejects.toThrow(
        'outside',
      );
      await expect(
        applyLayer(root, writeTar([{ path: 'h', type: 'hardlink', linkTarget: '../secret' }])),
      ).rejects.toThrow('outside');
      await applyLayer(
        root,
        writeTar([
          { path: 'up', type: 'symlink', linkTarget: '../..' },
          { path: 'up/secret', content: 'inside' },
          { path: 'absolute', type: 'symlink', linkTarget: '/etc' },
          { path: 'etc', type: 'directory' },
          { path: 'absolute/passwd', content: 'inside' },
        ]),
      );
      expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('kept');
      expect(readFileSync(join(root, 'secret'), 'utf8')).toBe('inside');
      expect(readFileSync(join(root, 'etc/passwd'), 'utf8')).toBe('inside');
      expect(readlinkSync(join(root, 'absolute'))).toBe('etc');
    }));

  test('a link that is there already and leads out is not followed', () =>
    inFolder(async (root, outside) => {
      execFileSync('ln', ['-s', outside, join(root, 'out')]);
      await expect(applyLayer(root, writeTar([{ path: 'out/x', content: '1' }]))).rejects.toThrow('outside');
      expect(existsSync(join(outside, 'x'))).toBe(false);
    }));
});
