import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { DockerApi } from '../../../src/lab/dataplane/tasks/docker-api.ts';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Starts a lab in a process of its own; resolves with the line it prints once it is up. */
async function startDoomed(script: string): Promise<{ readonly child: ChildProcess; readonly line: string }> {
  const path = join(dirname(fileURLToPath(import.meta.url)), 'support', script);
  const child = spawn(
    process.execPath,
    ['--experimental-strip-types', '--disable-warning=ExperimentalWarning', path],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`The lab ended with ${code} before it was killed.`)));
  });
  return { child, line };
}

/** Bounded by jest's own time-out for a test. */
async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 50));
}

test('kill -9 of the lab leaves no task, no child of a task and no folder', async () => {
  const { child, line } = await startDoomed('doomed-lab.ts');
  const { tempDir, pids } = JSON.parse(line) as { tempDir: string; pids: number[] };
  expect(pids).toHaveLength(3);
  expect(pids.every(isAlive)).toBe(true);
  child.kill('SIGKILL');
  await until(() => !pids.some(isAlive) && !existsSync(tempDir));
});

const api = new DockerApi();
const hasEngine = await api.answers();
api.close();

(hasEngine ? test : test.skip)(
  'kill -9 of the lab leaves no container',
  async () => {
    const { child, line } = await startDoomed('doomed-container-lab.ts');
    const { tempDir } = JSON.parse(line) as { tempDir: string };
    const engine = new DockerApi();
    const filters = encodeURIComponent(
      JSON.stringify({ label: [`ips-deploy-lab.task=arn:task/${child.pid}`] }),
    );
    const count = async (): Promise<number> =>
      ((await engine.call('GET', `/containers/json?all=1&filters=${filters}`)) as unknown[]).length;
    try {
      expect(await count()).toBe(1);
      child.kill('SIGKILL');
      await until(async () => (await count()) === 0 && !existsSync(tempDir));
    } finally {
      engine.close();
    }
  },
  120_000,
);
