/** A BuildKit of a test's own, with a builder of buildx that uses it. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface BuildKit {
  /** For docker: its own configuration folder, and the builder. */
  readonly environment: Readonly<Record<'DOCKER_CONFIG' | 'BUILDX_BUILDER', string>>;
  /** Forgets what was built. */
  prune(): void;
  stop(): Promise<void>;
}

export async function startBuildKit(): Promise<BuildKit> {
  const home = mkdtempSync(join(tmpdir(), 'ips-buildkit-'));
  const socket = `unix://${join(home, 'buildkitd.sock')}`;
  const folders = ['--addr', socket, '--root', join(home, 'root')];
  const worker = ['--containerd-worker=false', '--oci-worker-snapshotter=native'];
  const daemon = spawn('buildkitd', [...folders, ...worker], { stdio: 'ignore' });
  const environment = { DOCKER_CONFIG: join(home, 'docker'), BUILDX_BUILDER: 'contract' };
  mkdirSync(environment.DOCKER_CONFIG);
  const buildx = (...args: string[]) =>
    spawnSync('docker', ['buildx', ...args], { env: { ...process.env, ...environment } });
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    if (daemon.exitCode === null && daemon.kill('SIGTERM')) await ended;
    rmSync(home, { recursive: true, force: true });
  };
  buildx('create', '--name', 'contract', '--driver', 'remote', socket);
  for (let attempt = 0; attempt < 100; attempt++) {
    if (buildx('inspect', '--bootstrap').status === 0) {
      return { environment, prune: () => void buildx('prune', '--all', '--force'), stop };
    }
    await sleep(200);
  }
  await stop();
  throw new Error('buildkitd does not answer.');
}
