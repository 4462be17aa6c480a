// Starts the committed lab bundle with the Node that runs this, or says in one line why not.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export async function launchLab(command) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) {
    console.error(`The lab needs Node 20 or newer; this is ${process.version}.`);
    process.exit(1);
  }
  const bundle = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist', 'lab', 'index.js');
  if (!existsSync(bundle)) {
    console.error('dist/lab is missing: run "npm ci" and "npm run build".');
    process.exit(1);
  }
  process.argv.splice(2, 0, command);
  await import(pathToFileURL(bundle).href);
}
