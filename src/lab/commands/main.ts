/** Entry of the lab's bundle: `start` plays a scenario, `lab` stands. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scenarios } from '../journey/scenarios.ts';
import { oneLine } from '../user-error.ts';
import { parseCommandLine, type Settings } from './arguments.ts';

/** The folder with the actions: above dist/lab when bundled, above src/lab/commands otherwise. */
function findRepository(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'actions')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

async function run(settings: Settings, cancelled: AbortSignal): Promise<number> {
  switch (settings.command) {
    case 'help':
      console.log(settings.text);
      return 0;
    case 'list':
      for (const scenario of scenarios) console.log(`${scenario.name.padEnd(20)} ${scenario.about}`);
      return 0;
    case 'start':
      return (await import('./start.ts')).start(settings, findRepository(), cancelled);
    case 'lab':
      return (await import('./standing-lab.ts')).standingLab(settings, findRepository(), cancelled);
  }
}

// `npm start | head` ends the reading, not the lab: it still has to clean up.
process.stdout.on('error', () => undefined);
const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => abort.abort());

const parsed = parseCommandLine(
  process.argv.slice(2),
  scenarios.map((scenario) => scenario.name),
);
if (!parsed.ok) {
  console.error(parsed.complaint);
  process.exitCode = 2;
} else {
  try {
    process.exitCode = await run(parsed.settings, abort.signal);
  } catch (error) {
    console.error(
      oneLine(error) ?? (error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
    process.exitCode = 1;
  }
}
