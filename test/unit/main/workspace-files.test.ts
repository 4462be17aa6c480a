import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { workspaceFiles } from '../../../src/main/workspace-files.ts';
import { openLines } from '../../../src/shift/line-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'workspace-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a file grows line by line, in order and without secrets, and begins anew with the next run', async () => {
  const files = workspaceFiles(folder, (text) => text.replaceAll('hush', '***'));
  for (const run of [1, 2]) {
    const lines = await openLines(files, 'out/flight.jsonl');
    for (let line = 0; line < 50; line++) lines.add(`{"run":${run},"line":${line},"word":"hush"}`);
    expect(await lines.close()).toBeUndefined();
    const text = readFileSync(join(folder, 'out/flight.jsonl'), 'utf8');
    expect(text.split('\n').slice(0, -1)).toEqual(
      Array.from({ length: 50 }, (_, line) => `{"run":${run},"line":${line},"word":"***"}`),
    );
  }
});

test('what cannot be written is told by its name', async () => {
  const files = workspaceFiles(folder);
  await expect(openLines(files, '.')).rejects.toThrow(/^\. cannot be written/);
  await expect(files.appendFile('missing/folder.jsonl', 'x')).rejects.toThrow(
    'missing/folder.jsonl cannot be written: there is no such file or folder.',
  );
});
