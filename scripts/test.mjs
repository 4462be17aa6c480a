// `npm test`: jest over all suites (or the ones named), then one true line: "N passed, N failed".
// Suites that need a tool which is not here say what they skipped and how to run it (test/support/tools.ts).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './node24.mjs';

const folder = mkdtempSync(join(tmpdir(), 'ips-test-'));
const resultsFile = join(folder, 'results.json');
const skipsFile = join(folder, 'skips.txt');
const run = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(root, 'node_modules/jest/bin/jest.js'),
    '--json',
    `--outputFile=${resultsFile}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, IPS_TEST_SKIPS: skipsFile } },
);
let passed = 0;
let failed = 0;
let pending = 0;
if (existsSync(resultsFile)) {
  const results = JSON.parse(readFileSync(resultsFile, 'utf8'));
  passed = results.numPassedTests;
  // A suite that could not be loaded has no failed test of its own, and is a failure all the same.
  failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  pending = results.numPendingTests;
} else {
  failed = 1;
}
if (existsSync(skipsFile))
  console.log(
    `\nSkipped here:\n${[...new Set(readFileSync(skipsFile, 'utf8').trim().split('\n'))].join('\n')}`,
  );
rmSync(folder, { recursive: true, force: true });
if (failed === 0 && run.status !== 0) failed = 1;
if (failed === 0 && passed === 0) {
  console.log('No test ran.');
  failed = 1;
}
console.log(`\n${passed} passed, ${failed} failed${pending > 0 ? `, ${pending} skipped` : ''}`);
process.exit(failed === 0 ? 0 : 1);
