// `npm run bench`: every measurement of bench/, one after the other, in this one run.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './node24.mjs';

let failed = 0;
for (const file of readdirSync(join(root, 'bench')).sort()) {
  // What only exports (support) is no measurement.
  if (!file.endsWith('.ts') || !readFileSync(join(root, 'bench', file), 'utf8').includes('console.log('))
    continue;
  console.log(`\n## ${file.replace(/\.ts$/, '')}`);
  const run = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, 'bench', file)],
    { stdio: 'inherit' },
  );
  if (run.status !== 0) failed++;
}
process.exit(failed === 0 ? 0 : 1);
