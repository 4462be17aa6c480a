import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { root } from '../support/source-files.ts';

const fresh = mkdtempSync(join(tmpdir(), 'ips-dist-'));

function contents(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true }) as string[];
  return new Map(
    files
      .filter((file) => statSync(join(folder, file)).isFile())
      .sort()
      .map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
  );
}

beforeAll(() => {
  const build = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), '--into', fresh], {
    encoding: 'utf8',
  });
  if (build.status !== 0) throw new Error(`The build failed:\n${build.stdout}\n${build.stderr}`);
}, 240_000);

afterAll(() => rmSync(fresh, { recursive: true, force: true }));

test('dist/ is what the sources build', () => {
  const committed = contents(join(root, 'dist'));
  const built = contents(fresh);
  expect([...committed.keys()]).toEqual([...built.keys()]);
  const different = [...built].filter(([file, text]) => committed.get(file) !== text).map(([file]) => file);
  expect(different).toEqual([]);
});

test('all of dist/ is under 8 MB', () => {
  let bytes = 0;
  for (const file of contents(join(root, 'dist')).keys()) bytes += statSync(join(root, 'dist', file)).size;
  expect(bytes).toBeLessThan(8_000_000);
});
