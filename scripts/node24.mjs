// Runs a script with the Node 24 that the actions run on: the binary from the optional dependency
// on Linux, else the Node that is installed, if it is new enough. Says so in one line if none is.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

export function node24() {
  const bundled = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  if (process.platform === 'linux' && existsSync(bundled)) return bundled;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const node = node24();
  if (node === undefined) {
    console.error(
      `Node 24 is needed here and this is ${process.version}: run "npm ci" (Linux brings it along) or install Node 24.`,
    );
    process.exit(1);
  }
  const child = spawn(
    node,
    ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', ...process.argv.slice(2)],
    { stdio: 'inherit' },
  );
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) =>
    process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 15)),
  );
}
