/** Every planted defect is caught by the stories that CI plays; without one they are clean (seeds-1, seeds-2). */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const run = promisify(execFile);

/** `folder`: where the script `with-defect.ts` of these stories is. */
export function everyDefectIsCaught(
  folder: string,
  defects: readonly { readonly name: string; readonly sentence: string }[],
  storyCount: number,
): void {
  test('there are at least 15 of them, each with a name of its own', () => {
    expect(new Set(defects.map(({ name }) => name)).size).toBe(defects.length);
    expect(defects.length).toBeGreaterThanOrEqual(15);
  });

  test.each(defects.map(({ name, sentence }) => [name, sentence]))(
    '%s: %s',
    async (name) => {
      const script = join(folder, 'with-defect.ts');
      const { stdout } = await run(process.execPath, [script, name, String(storyCount)]);
      const result: unknown = JSON.parse(stdout);
      expect(result).toMatchObject({ name, seed: expect.any(Number) });
    },
    120_000,
  );
}
