/**
 * A small process that outlives the lab for a moment: when its standard input closes, because the lab ended
 * or was killed, it kills what the lab had started and removes the lab's containers and folders.
 */
import { type ChildProcess, spawn } from 'node:child_process';

/** One order a line, JSON. */
export type ReaperOrder =
  | { readonly addProcessGroup: number }
  | { readonly removeProcessGroup: number }
  | { readonly folder: string }
  /** Containers with this label, then images whose name begins with the prefix (the lab's registry). */
  | {
      readonly containers: {
        readonly socketPath: string;
        readonly label: string;
        readonly imagePrefix: string;
      };
    };

// Plain JavaScript in a string: the reaper is started with `node -e` and needs no file of its own.
const script = `
const { rmSync } = require('node:fs');
const http = require('node:http');
const groups = new Set(), folders = [], engines = [];
let rest = '';
const call = (socketPath, method, path) => new Promise((resolve) => {
  const request = http.request({ socketPath, method, path, timeout: 10000 }, (response) => {
    let text = '';
    response.on('data', (chunk) => (text += chunk)).on('end', () => resolve(text));
  });
  request.on('error', () => resolve('[]')).on('timeout', () => request.destroy()).end();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    const order = JSON.parse(line);
    if (order.addProcessGroup) groups.add(order.addProcessGroup);
    if (order.removeProcessGroup) groups.delete(order.removeProcessGroup);
    if (order.folder) folders.push(order.folder);
    if (order.containers) engines.push(order.containers);
  }
});
process.stdin.on('close', async () => {
  for (const group of groups) try { process.kill(-group, 'SIGKILL'); } catch {}
  for (const { socketPath, label, imagePrefix } of engines) {
    const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
    const found = JSON.parse(await call(socketPath, 'GET', '/containers/json?all=1&filters=' + filters));
    await Promise.all(found.map(({ Id }) => call(socketPath, 'DELETE', '/containers/' + Id + '?force=1&v=1')));
    const images = JSON.parse(await call(socketPath, 'GET', '/images/json'));
    const names = images.flatMap(({ RepoTags, RepoDigests }) => [...(RepoTags ?? []), ...(RepoDigests ?? [])]);
    for (const name of names.filter((name) => name.startsWith(imagePrefix))) {
      await call(socketPath, 'DELETE', '/images/' + encodeURIComponent(name));
    }
  }
  for (const folder of folders) try { rmSync(folder, { recursive: true, force: true }); } catch {}
  process.exit(0);
});
`;

export class Reaper {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = spawn(process.execPath, ['-e', script], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
      cwd: '/',
    });
    this.#child.on('error', () => {});
    this.#child.stdin?.on('error', () => {});
    this.#child.unref();
  }

  order(order: ReaperOrder): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  /** Lets it do its work now; resolves when it has ended. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.pid === undefined) return;
    const ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.ref();
    this.#child.stdin?.end();
    await ended;
  }
}
