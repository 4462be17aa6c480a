/**
 * The base image `lab/node:24` of the lab's registry, so that a Dockerfile's FROM needs nothing from outside.
 * For processes it holds next to nothing (Node is this process's own); for containers this machine's Node,
 * the libraries it needs, and busybox as the shell where the machine has it.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { TarInput } from '../tar.ts';
import { type ImageTarget, writeImage } from './image-writer.ts';

export const baseImage = { repository: 'lab/node', tag: '24' } as const;

const applets = ['sh', 'cat', 'cp', 'echo', 'env', 'ls', 'mkdir', 'rm', 'sleep', 'wget'];
const busyboxPaths = ['/bin/busybox', '/usr/bin/busybox'];

/** The repository must exist. Gives the image's digest. */
export async function pushBaseImage(target: ImageTarget, mode: 'process' | 'container'): Promise<string> {
  const layers: TarInput[][] = [
    [
      { path: 'etc', type: 'directory' },
      {
        path: 'etc/passwd',
        content: 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n',
      },
      { path: 'etc/group', content: 'root:x:0:\nnode:x:1000:\n' },
      { path: 'root', type: 'directory', mode: 0o700 },
      { path: 'home', type: 'directory' },
      { path: 'home/node', type: 'directory' },
      { path: 'tmp', type: 'directory', mode: 0o1777 },
    ],
  ];
  if (mode === 'container') layers.push(await machineLayer());
  return writeImage(target, {
    ...baseImage,
    layers,
    settings: {
      environment: { PATH: '/usr/local/bin:/usr/bin:/bin', NODE_VERSION: process.versions.node },
      command: ['node'],
    },
  });
}

async function machineLayer(): Promise<TarInput[]> {
  const files = new Map<string, TarInput>();
  const addFile = async (path: string, source: string): Promise<void> => {
    files.set(path, { path, mode: 0o755, content: await readFile(source) });
  };
  await addFile('usr/local/bin/node', process.execPath);
  for (const library of await libraries(process.execPath)) await addFile(library.slice(1), library);
  const busybox = busyboxPaths.find((path) => existsSync(path));
  if (busybox !== undefined) {
    await addFile('bin/busybox', await realpath(busybox));
    for (const library of await libraries(busybox)) await addFile(library.slice(1), library);
    for (const applet of applets) {
      files.set(`bin/${applet}`, { path: `bin/${applet}`, type: 'symlink', linkTarget: 'busybox' });
    }
  }
  return [...files.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** Absolute paths of the shared libraries of a program, its loader included; none for a static one. */
async function libraries(program: string): Promise<readonly string[]> {
  const listing = await promisify(execFile)('ldd', [program], { timeout: 10_000 }).then(
    ({ stdout }) => stdout,
    () => '',
  );
  return listing.split('\n').flatMap((line) => /(?:=>\s*)?(\/\S+)\s+\(0x/.exec(line)?.[1] ?? []);
}
