import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('kill -9 of the lab leaves no task, no child of a task and no folder', async () => {
  const script = join(dirname(fileURLToPath(import.meta.url)), 'support', 'doomed-lab.ts');
  const child = spawn(
    process.execPath,
    ['--experimental-strip-types', '--disable-warning=ExperimentalWarning', script],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`The lab ended with ${code} before it was killed.`)));
  });
  const { tempDir, pids } = JSON.parse(line) as { tempDir: string; pids: number[] };
  expect(pids).toHaveLength(3);
  expect(pids.every(isAlive)).toBe(true);
  child.kill('SIGKILL');
  // Bounded by jest's own time-out for a test.
  while (pids.some(isAlive) || existsSync(tempDir)) await new Promise((resolve) => setTimeout(resolve, 50));
});
