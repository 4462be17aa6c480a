// `npm test`: jest over all suites (or the ones named), then one true line: "N passed, N failed".
// Suites that need a tool which is not here say what they skipped and how to run it (test/support/tools.ts).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root } from './node24.mjs';

const folder = mkdtempSync(join(tmpdir(), 'ips-test-'));
const skipsFile = join(folder, 'skips.txt');

/** Runs jest and answers with what it counted; undefined where it did not get as far as results. */
function jest(name, parameters) {
  const resultsFile = join(folder, `${name}.json`);
  const run = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules/jest/bin/jest.js'),
      '--json',
      `--outputFile=${resultsFile}`,
      ...parameters,
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, IPS_TEST_SKIPS: skipsFile } },
  );
  const results = existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, 'utf8')) : undefined;
  return { status: run.status, files: (results?.testResults ?? []).map(countsOf) };
}

/** A suite that could not be loaded has no failed test of its own, and is a failure all the same. */
function countsOf({ name, status, assertionResults }) {
  const count = (...kinds) => assertionResults.filter((each) => kinds.includes(each.status)).length;
  const failed = count('failed');
  return {
    path: relative(root, name),
    passed: count('passed'),
    failed: status === 'failed' ? Math.max(1, failed) : failed,
    pending: count('pending', 'todo', 'disabled'),
  };
}

const first = jest('first', process.argv.slice(2));
let files = first.files;
// Tests that run real processes against the clock may starve on a busy build server. There, and only those,
// a file that failed gets a second chance, alone; that it needed one is said.
const mayRetry = (file) => file.failed > 0 && /^test\/(contract|e2e)\//.test(file.path);
const retried = process.env.IPS_RETRY_REAL_TIME === '1' ? files.filter(mayRetry) : [];
let status = first.status;
if (retried.length > 0) {
  const paths = retried.map((file) => file.path);
  const second = jest('second', ['--runInBand', '--runTestsByPath', ...paths]);
  const again = new Map(second.files.map((file) => [file.path, file]));
  files = files.map((file) => again.get(file.path) ?? file);
  if (files.every((file) => file.failed === 0)) status = second.status;
  for (const path of paths) {
    if (again.get(path)?.failed === 0) console.log(`Passed at the second attempt only: ${path}`);
  }
}
const sum = (what) => files.reduce((total, file) => total + file[what], 0);
const passed = sum('passed');
let failed = sum('failed');
const pending = sum('pending');
if (existsSync(skipsFile))
  console.log(
    `\nSkipped here:\n${[...new Set(readFileSync(skipsFile, 'utf8').trim().split('\n'))].join('\n')}`,
  );
rmSync(folder, { recursive: true, force: true });
if (failed === 0 && status !== 0) failed = 1;
if (failed === 0 && passed === 0) {
  console.log('No test ran.');
  failed = 1;
}
console.log(`\n${passed} passed, ${failed} failed${pending > 0 ? `, ${pending} skipped` : ''}`);
process.exit(failed === 0 ? 0 : 1);
