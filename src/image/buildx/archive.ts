/** Builds into an archive on disk, for what has to be known of an image before it leaves the runner. */
import { basename, dirname } from 'node:path';
import { ImageError } from '../build-error.ts';
import type { BuildxBuild } from './arguments.ts';
import { type BuildxPorts, runBuild } from './build.ts';
import { runDocker } from './docker.ts';

/**
 * As an OCI layout where the driver can write one; Docker's own driver without the containerd image store cannot,
 * and its image is loaded and saved. The layers are in BuildKit's cache then: the push finds them there.
 */
export async function buildArchive(build: BuildxBuild, file: string, ports: BuildxPorts): Promise<void> {
  try {
    await runBuild(build, { kind: 'archive', file }, ports);
    return;
  } catch (error) {
    const unsupported =
      error instanceof ImageError &&
      /exporter .*(not|un)\s?supported|does not support exporting|(not|un)\s?supported for the docker driver/i.test(
        error.message,
      );
    if (!unsupported) throw error;
  }
  const name = `ips-search:${basename(dirname(file)).toLowerCase()}`;
  await runBuild(build, { kind: 'load', name }, ports);
  const { environment, signal } = ports;
  const saved = await runDocker(['save', '--output', file, name], { environment, signal });
  await runDocker(['image', 'rm', name], { environment, signal }).catch(() => undefined);
  if (saved.exitCode !== 0) {
    throw new ImageError(
      'build-failed',
      `docker save ended with ${saved.exitCode}: ${saved.tail.at(-1) ?? ''}`,
    );
  }
}
