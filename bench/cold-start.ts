/**
 * How long an action takes to answer a bad input, beside an empty Node process and what users would pick
 * instead: ratios from alternating runs, medians.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, repository, table } from './support.ts';

const empty = join(tmpdir(), 'ips-bench-empty.mjs');
writeFileSync(empty, '');

const actions = ['build-push-ecr', 'render-task-def', 'rolling-deploy', 'blue-green-shift', 'rollback'];

function timeMs(script: string): number {
  const begin = process.hrtime.bigint();
  spawnSync(process.execPath, [script], { env: { PATH: process.env['PATH'] ?? '' }, stdio: 'ignore' });
  return Number(process.hrtime.bigint() - begin) / 1e6;
}

function sizeKiB(folder: string): number {
  const files = readdirSync(folder, { recursive: true }) as string[];
  return (
    files
      .map((file) => statSync(join(folder, file)))
      .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0) / 1024
  );
}

const rounds = 15;
const scripts = [empty, ...actions.map((action) => join(repository, 'dist', action, 'index.js'))].filter(
  (path) => existsSync(path),
);
const times = scripts.map((): number[] => []);
for (let round = 0; round < rounds; round++) {
  scripts.forEach((script, index) => {
    times[index]!.push(timeMs(script));
  });
}
const base = median(times[0]!);
console.log(
  `Bad input answered, median of ${rounds} alternating runs on Node ${process.version}; an empty process takes ${base.toFixed(1)} ms`,
);
console.log(
  table(
    ['action', 'ms', 'ratio', 'bundle KiB'],
    scripts.slice(1).map((script, index) => {
      const value = median(times[index + 1]!);
      const folder = join(script, '..');
      return [
        folder.split('/').at(-1)!,
        value.toFixed(1),
        (value / base).toFixed(2),
        sizeKiB(folder).toFixed(0),
      ];
    }),
  ),
);
console.log(`all of dist/: ${(sizeKiB(join(repository, 'dist')) / 1024).toFixed(2)} MiB`);
