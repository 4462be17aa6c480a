import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { companionFile } from '../../../../src/lab/dataplane/tasks/companion-file.ts';

const preload = companionFile('clock/preload.cjs');
const epochVirtualMs = Date.UTC(2026, 0, 14, 17);

/** Runs an ES module in the lab's time; what it passes to `say` comes back as JSON. */
function run(program: string, mode = '', scale = 60): unknown {
  const child = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', `const say = (value) => console.log(JSON.stringify(value));${program}`],
    {
      env: {
        LAB_CLOCK: `${Date.now()}:${epochVirtualMs}:${scale}${mode}`,
        NODE_OPTIONS: `--require ${JSON.stringify(preload)}`,
      },
      encoding: 'utf8',
      timeout: 25_000,
    },
  );
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout);
}

describe('a process in scaled time', () => {
  test('every way to wait waits the virtual time asked for, and little of the real one', () => {
    // 60 virtual seconds each: a second of real time. Lower bounds are exact; the upper is a tenth of 60 s.
    const program = `
      import { scheduler, setInterval as ticks, setTimeout as sleep } from 'node:timers/promises';
      import { promisify } from 'node:util';
      import { setTimeout as named } from 'node:timers';
      const ways = {
        global: () => new Promise((done) => setTimeout(done, 20000)),
        named: () => new Promise((done) => named(done, 20000)),
        promises: () => sleep(20000),
        scheduler: () => scheduler.wait(20000),
        promisified: () => promisify(setTimeout)(20000),
        interval: async () => { for await (const _ of ticks(20000)) break; },
        refreshed: () => new Promise((done) => { const t = setTimeout(done, 20000); t.refresh(); t.unref(); t.ref(); }),
      };
      const wrong = [];
      for (const [name, wait] of Object.entries(ways)) {
        const [date, monotonic, real] = [Date.now(), performance.now(), process.hrtime.bigint()];
        await wait();
        const realMs = Number(process.hrtime.bigint() - real) / 1e6;
        if (Date.now() - date < 19900 || performance.now() - monotonic < 19900 || realMs > 10000) wrong.push([name, realMs]);
      }
      say(wrong);`;
    expect(run(program)).toEqual([]);
  });

  test('dates are the world’s and still dates', () => {
    const program = `
      class Special extends Date {}
      say([new Date().getUTCFullYear(), Date().slice(11, 15), new Date() instanceof Date, structuredClone(new Date(5)) instanceof Date,
        new Special(7).getTime(), new Special().getUTCFullYear(), Date.UTC(2000, 0), new Date(2000, 0, 1).getFullYear(), new Date(0).constructor === Date,
        new Date('2020-02-02T00:00:00Z').toISOString()]);`;
    expect(run(program)).toEqual([
      2026,
      '2026',
      true,
      true,
      7,
      2026,
      Date.UTC(2000, 0),
      2000,
      true,
      '2020-02-02T00:00:00.000Z',
    ]);
  });

  test('deadlines keep a second of real time; timers that are cleared do not fire; tiny delays do', () => {
    const program = `
      const began = process.hrtime.bigint();
      const keep = setInterval(() => {}, 1e6);
      const cleared = setTimeout(() => say('cleared fired'), 1000);
      clearTimeout(cleared);
      await new Promise((done) => setTimeout(done, 0));
      await new Promise((done) => setTimeout(done, 3));
      const signal = AbortSignal.timeout(5000);
      signal.addEventListener('abort', () => { clearInterval(keep); say([Number(process.hrtime.bigint() - began) / 1e6 >= 990, signal.reason.name]); });`;
    expect(run(program)).toEqual([true, 'TimeoutError']);
  });

  test('child processes inherit it; date-only leaves timers alone', () => {
    const child = `
      import { execFileSync } from 'node:child_process';
      say(execFileSync(process.execPath, ['-p', 'new Date().getUTCFullYear()'], { encoding: 'utf8' }).trim());`;
    expect(run(child)).toBe('2026');
    const dateOnly = `
      const began = process.hrtime.bigint();
      await new Promise((done) => setTimeout(done, 200));
      say([new Date().getUTCFullYear(), Number(process.hrtime.bigint() - began) / 1e6 >= 199]);`;
    expect(run(dateOnly, ':date-only')).toEqual([2026, true]);
  });

  test('fetch over keep-alive connections works at the fastest scale', () => {
    const program = `
      import http from 'node:http';
      import { setTimeout as sleep } from 'node:timers/promises';
      const server = http.createServer((request, response) => setTimeout(() => response.end('ok'), 30000)).listen(0, '127.0.0.1', async () => {
        const seen = [];
        for (let round = 0; round < 3; round++) { seen.push(await (await fetch('http://127.0.0.1:' + server.address().port)).text()); await sleep(60000); }
        say(seen);
        process.exit();
      });`;
    expect(run(program, '', 300)).toEqual(['ok', 'ok', 'ok']);
  });

  test('a broken setting is one clear line', () => {
    const child = spawnSync(process.execPath, ['--require', preload, '-e', ''], {
      env: { LAB_CLOCK: 'soon' },
      encoding: 'utf8',
    });
    expect([child.status, child.stderr]).toEqual([
      1,
      'LAB_CLOCK is "soon"; it must be <epochRealMs>:<epochVirtualMs>:<scale>[:date-only].\n',
    ]);
  });
});
