/**
 * How long an action takes to answer a bad input, and to load all that it calls AWS with and report that AWS
 * refuses its first call, beside an empty Node process: ratios from alternating runs, medians; and the processor
 * time of the fastest run, which does not know what else the machine does. DIST names another dist/ to measure
 * beside this one.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, repository, table } from './support.ts';

const work = mkdtempSync(join(tmpdir(), 'ips-bench-start-'));
const empty = join(work, 'empty.mjs');
writeFileSync(empty, '');
// Each process leaves its own processor time behind: a parent is told of no single child's.
const told = join(work, 'processor');
const tell = join(work, 'tell.cjs');
writeFileSync(
  tell,
  `process.on('exit', () => { const { user, system } = process.cpuUsage();
    require('node:fs').writeFileSync(${JSON.stringify(told)}, String(user + system)); });`,
);

const refusal = JSON.stringify({ __type: 'AccessDeniedException', message: 'no' });
const aws = createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(403, { 'content-type': 'application/x-amz-json-1.1' }).end(refusal);
  });
});
await new Promise<void>((resolve) => aws.listen(0, '127.0.0.1', resolve));

const actions = ['build-push-ecr', 'render-task-def', 'rolling-deploy', 'blue-green-shift', 'rollback'];
const path = { PATH: process.env['PATH'] ?? '' };
const refused = {
  ...path,
  AWS_ENDPOINT_URL: `http://127.0.0.1:${(aws.address() as AddressInfo).port}`,
  AWS_REGION: 'ap-south-1',
  AWS_ACCESS_KEY_ID: 'a',
  AWS_SECRET_ACCESS_KEY: 'b',
  RUNNER_TEMP: work,
  INPUT_CLUSTER: 'production',
  INPUT_SERVICE: 'api',
  'INPUT_TASK-DEFINITION': 'api:1',
};
const folders = [join(repository, 'dist'), process.env['DIST'] ?? ''].filter((folder) => existsSync(folder));
const runs = [
  { name: 'an empty process', script: empty, env: path, exitCode: 0 },
  ...folders.flatMap((folder) => [
    ...actions.map((action) => ({
      name: `${action}: a bad input`,
      script: join(folder, action, 'index.js'),
      env: path,
      exitCode: 1,
    })),
    {
      name: 'rolling-deploy: refused by AWS',
      script: join(folder, 'rolling-deploy', 'index.js'),
      env: refused,
      exitCode: 1,
    },
  ]),
].map((run) => ({ ...run, wallMs: [] as number[], processorMs: [] as number[] }));

const rounds = 15;
for (let round = 0; round < rounds; round++) {
  for (const { name, script, env, exitCode, wallMs, processorMs } of runs) {
    const begin = process.hrtime.bigint();
    const child = spawn(process.execPath, ['--require', tell, script], { env, stdio: 'ignore' });
    const ended = await new Promise((resolve) => child.on('exit', resolve));
    wallMs.push(Number(process.hrtime.bigint() - begin) / 1e6);
    if (ended !== exitCode) throw new Error(`${name}: exit code ${ended}`);
    processorMs.push(Number(readFileSync(told, 'utf8')) / 1e3);
  }
}
aws.close();
rmSync(work, { recursive: true });

const [base] = runs;
const baseMs = median(base!.wallMs);
const baseProcessorMs = Math.min(...base!.processorMs);
console.log(`Medians of ${rounds} alternating runs on Node ${process.version}`);
console.log(
  table(
    ['run', 'ms', 'ratio', 'processor ms', 'ratio'],
    runs.map(({ name, wallMs, processorMs }) => {
      const processor = Math.min(...processorMs);
      return [
        name,
        median(wallMs).toFixed(1),
        (median(wallMs) / baseMs).toFixed(2),
        processor.toFixed(1),
        (processor / baseProcessorMs).toFixed(2),
      ];
    }),
  ),
);

function megabytes(folder: string, counts: (file: string) => boolean): string {
  const files = (readdirSync(folder, { recursive: true }) as string[]).filter(counts);
  const stats = files.map((file) => statSync(join(folder, file)));
  return (stats.reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0) / 1e6).toFixed(2);
}
for (const folder of folders) {
  const all = megabytes(folder, () => true);
  console.log(
    `${folder}: ${all} MB, ${megabytes(folder, (file) => file.startsWith('lab'))} MB of it the lab`,
  );
}
