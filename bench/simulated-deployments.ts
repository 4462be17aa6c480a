/**
 * How much the world simulates in a second on one core. Measured as what is shipped runs: as one bundle, in which V8
 * sees what a function calls as constants and not as bindings between 300 modules (4 % of the time). STORIES=n plays
 * the first n of each kind alone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { repository } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'ips-stories-'));
try {
  const build = await rolldown({
    input: join(repository, 'bench', 'stories-a-second.ts'),
    cwd: repository,
    platform: 'node',
    resolve: { mainFields: ['module', 'main'] },
    transform: { target: 'node20' },
  });
  await build.write({
    dir: folder,
    format: 'esm',
    entryFileNames: 'stories.mjs',
    chunkFileNames: '[name].mjs',
  });
  await build.close();
  const { storiesASecond, rollingDeploymentsASecond }: typeof import('./stories-a-second.ts') = await import(
    pathToFileURL(join(folder, 'stories.mjs')).href
  );
  const asked = process.env['STORIES'];
  console.log(`${await storiesASecond(asked === undefined ? undefined : Number(asked))}\n`);
  console.log(rollingDeploymentsASecond());
} finally {
  rmSync(folder, { recursive: true });
}
