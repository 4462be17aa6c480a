/** The lab's commands as users meet them: one clear line for what they can mend, and nothing left behind. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { root } from '../support/source-files.ts';
import { noteSkip } from '../support/tools.ts';

const startScript = join(root, 'scripts/start.mjs');
const labScript = join(root, 'scripts/lab.mjs');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ips-e2e-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Its temporary files go below the test's own folder, so that what is left can be seen. */
function run(script: string, words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return spawnSync(process.execPath, [script, ...words], {
    encoding: 'utf8',
    timeout: 60_000,
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', TMPDIR: folder, ...environment },
  });
}

/** Processes of this machine whose environment or command line names the folder. */
function processesOf(name: string): readonly string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/environ`, 'latin1').includes(name) ||
          readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(name)
        );
      } catch {
        return false;
      }
    });
}

async function untilNone(look: () => readonly string[], deadlineMs = 15_000): Promise<readonly string[]> {
  const until = Date.now() + deadlineMs;
  while (look().length > 0 && Date.now() < until) await sleep(100);
  return look();
}

async function spawnUntil(script: string, words: readonly string[], sign: RegExp): Promise<ChildProcess> {
  const child = spawn(process.execPath, [script, ...words], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk;
        if (sign.test(output)) resolve();
      });
    }
    child.once('exit', (code) => reject(new Error(`It ended with ${code} before its time: ${output}`)));
  });
  return child;
}

test('the scenarios are listed without starting anything', () => {
  const listed = run(startScript, ['--list']);
  expect(listed.status).toBe(0);
  expect(listed.stdout).toMatch(/^full .*\ncrash-at-start /);
});

describe('one clear line', () => {
  test.each([
    [startScript, ['--sceanrio', 'full'], "Unknown option '--sceanrio': --help lists the options."],
    [startScript, ['--seed', 'x'], '--seed "x" is not a whole number from 0 to 9007199254740991.'],
    [labScript, ['--scale', '0'], '--scale "0" is not a whole number from 1 to 300.'],
  ])('for a bad flag: %s %j', (script, words, line) => {
    const result = run(script, words);
    expect({ status: result.status, stdout: result.stdout, stderr: result.stderr }).toEqual({
      status: 2,
      stdout: '',
      stderr: `${line}\n`,
    });
  });

  test('for a fault script that is none', () => {
    const result = run(labScript, ['--faults', 'missing.json']);
    expect(result.status).toBe(1);
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
    expect(result.stderr).toContain('--faults missing.json');
  });

  test('for a busy port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const result = run(labScript, ['--port', String(port), '--listener-port', '0', '--tasks', 'processes']);
    const busyListener = run(labScript, [
      '--port',
      '0',
      '--listener-port',
      String(port),
      '--tasks',
      'processes',
    ]);
    server.close();
    for (const { status, stderr } of [result, busyListener]) {
      expect(status).toBe(1);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr).toContain(String(port));
    }
    expect(await untilNone(() => processesOf(folder))).toEqual([]);
  }, 60_000);

  test('for tasks as containers where no Docker engine answers', async () => {
    const result = run(labScript, ['--tasks', 'containers', '--port', '0', '--listener-port', '0'], {
      DOCKER_HOST: `unix://${folder}/none.sock`,
    });
    expect(result.status).toBe(1);
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
    expect(result.stderr).toMatch(/Docker/);
    expect(await untilNone(() => processesOf(folder))).toEqual([]);
  }, 60_000);

  test('for a report that cannot be written', () => {
    const result = run(startScript, ['--report', join(folder, 'no/such/folder/report.html')]);
    expect(result.status).toBe(1);
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
    expect(result.stderr).toContain('report.html');
  });

  const full = join(tmpdir(), `ips-full-${process.pid}`);
  const canMount =
    process.getuid?.() === 0 &&
    spawnSync('mkdir', ['-p', full]).status === 0 &&
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', full]).status === 0;
  if (!canMount) noteSkip('full disk: run npm test test/e2e/lab-command as root on Linux');
  (canMount ? test : test.skip)(
    'for a full disk',
    async () => {
      try {
        const result = run(startScript, ['--tasks', 'processes'], { TMPDIR: full });
        expect(result.status).toBe(1);
        expect(`${result.stdout}${result.stderr}`).toMatch(/disk is full|no space left/i);
        expect(result.stderr.trim().split('\n').length).toBeLessThanOrEqual(1);
      } finally {
        execFileSync('umount', ['-l', full]);
        rmSync(full, { recursive: true, force: true });
      }
    },
    90_000,
  );
});

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('nothing is left behind', () => {
  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'when a standing lab gets %s',
    async (signal) => {
      const lab = await spawnUntil(
        labScript,
        ['--port', '0', '--listener-port', '0', '--tasks', 'processes'],
        /Ctrl-C ends/,
      );
      expect(processesOf(folder).length).toBeGreaterThan(0);
      lab.kill(signal);
      await once(lab, 'exit');
      expect(await untilNone(() => processesOf(folder))).toEqual([]);
      expect(await untilNone(() => readdirSync(folder))).toEqual([]);
    },
    60_000,
  );

  test.each([
    ['while the image is built', /build-push-ecr/],
    ['while tasks start', /Cut over[\s\S]*\+\d+s/],
  ])(
    'when the journey is killed %s',
    async (_when, sign) => {
      const journey = await spawnUntil(
        startScript,
        ['--tasks', 'processes', '--report', 'report.html'],
        sign,
      );
      journey.kill('SIGKILL');
      await once(journey, 'exit');
      expect(await untilNone(() => processesOf(folder))).toEqual([]);
    },
    90_000,
  );
});
