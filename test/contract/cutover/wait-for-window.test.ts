/** wait-for-window as a process, in a time that runs two hundred times as fast. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { root } from '../../support/source-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'ips-window-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let runs = 0;

/** Its clock begins at 11:58:30 on a Thursday. */
function start(inputs: Readonly<Record<string, string>>) {
  const output = join(folder, `output-${++runs}`);
  const child = spawn(
    process.execPath,
    [
      `--require=${join(root, 'src/lab/clock/preload.cjs')}`,
      '--disable-warning=ExperimentalWarning',
      join(root, 'src/main/wait-for-window.ts'),
    ],
    {
      env: {
        ...Object.fromEntries(
          Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
        ),
        GITHUB_OUTPUT: output,
        LAB_CLOCK: `${Date.now()}:${Date.parse('2026-11-26T11:58:30Z')}:200`,
      },
    },
  );
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => {
    log += chunk;
  });
  const ended = once(child, 'close').then(([code]) => {
    const text = existsSync(output) ? readFileSync(output, 'utf8') : '';
    const of = (name: string) => new RegExp(`^${name}<<(\\S+)\\n(.*)\\n\\1$`, 'm').exec(text)?.[2];
    return { code, log, outcome: of('outcome'), waited: Number(of('waited-seconds')) };
  });
  return {
    ended,
    says: (words: string) => until(() => log.includes(words)),
    cancel: () => child.kill('SIGINT'),
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('goes on at once in a window', async () => {
  const ended = await start({ 'maintenance-window': 'daily 11:00-12:30 UTC' }).ended;
  expect(ended).toMatchObject({ code: 0, outcome: 'open' });
});

test('refuses outside of it, with the next opening', async () => {
  const ended = await start({ 'maintenance-window': 'Sun 02:00-04:00 UTC' }).ended;
  expect(ended).toMatchObject({ code: 1, outcome: 'refused' });
  expect(ended.log).toMatch(
    /^::error title=wait-for-window%3A outside-window::.* It opens next on Sun 2026-11-29 02:00 UTC/m,
  );
});

test('waits for one that opens soon enough', async () => {
  const waits = { 'maintenance-window': 'Thu 12:04-13:00 UTC', 'outside-window': 'wait' };
  const ended = await start({ ...waits, 'window-timeout': '10m' }).ended;
  expect(ended).toMatchObject({ code: 0, outcome: 'open' });
  expect(ended.waited).toBeGreaterThan(60);
  expect(ended.waited).toBeLessThan(420);
  const refused = await start({ ...waits, 'window-timeout': '1m' }).ended;
  expect(refused).toMatchObject({ code: 1, outcome: 'refused' });
  expect(refused.log).toContain('That is longer than window-timeout lets this job wait.');
});

test('ends at once where the job is cancelled', async () => {
  const waiting = start({
    'maintenance-window': 'Thu 20:00-21:00 UTC',
    'outside-window': 'wait',
    'window-timeout': '9h',
  });
  await waiting.says('Waiting for it.');
  waiting.cancel();
  expect(await waiting.ended).toMatchObject({ code: 1, outcome: 'cancelled' });
});
