/** Every planted defect is caught by the stories that CI plays; without one they are clean (seeds-1, seeds-2). */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { storyCount } from './coverage.ts';
import { defects } from './defects.ts';

const run = promisify(execFile);

test('there are at least 15 of them, each with a name of its own', () => {
  expect(new Set(defects.map(({ name }) => name)).size).toBe(defects.length);
  expect(defects.length).toBeGreaterThanOrEqual(15);
});

test.each(defects.map(({ name, sentence }) => [name, sentence]))(
  '%s: %s',
  async (name) => {
    const script = join(import.meta.dirname, 'with-defect.ts');
    const { stdout } = await run(process.execPath, [script, name, String(storyCount)]);
    const result: unknown = JSON.parse(stdout);
    expect(result).toMatchObject({ name, seed: expect.any(Number) });
  },
  120_000,
);
