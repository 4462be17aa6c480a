/** Builds and pushes with buildx; network failures are tried again (BuildKit keeps what it has done). */
import { retryPauseMs } from '../../aws/retry.ts';
import type { Clock } from '../../runner/clock.ts';
import type { Environment } from '../../runner/context.ts';
import { ImageError, type ImageErrorCode } from '../build-error.ts';
import { type BuildxBuild, type BuildxOutput, digestFromMetadata, getArgs } from './arguments.ts';
import { diagnose } from './diagnose.ts';
import { runDocker } from './docker.ts';

export interface BuildxPorts {
  /** With this build's own DOCKER_CONFIG. */
  readonly environment: Environment;
  /** Relative paths of secret files and build contexts mean this folder. */
  readonly workspace: string;
  /** Undefined where there is no such file. */
  readonly readFile: (path: string) => string | undefined;
  readonly attempts: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
  readonly onRetry: (message: string) => void;
}

const pauses = { transientBaseMs: 1000, throttledBaseMs: 2000, longestPauseMs: 20_000, totalMs: 600_000 };

/** Answers the digest that BuildKit pushed. */
export async function buildWithBuildx(build: BuildxBuild, ports: BuildxPorts): Promise<string> {
  await runBuild(build, { kind: 'push' }, ports);
  const digest = digestFromMetadata(ports.readFile(build.metadataFile) ?? '{}');
  if (digest === undefined) {
    throw new ImageError('build-failed', 'docker buildx build succeeded but told no digest: update buildx.');
  }
  return digest;
}

/** Rejects with ImageError where it failed for good. */
export async function runBuild(build: BuildxBuild, output: BuildxOutput, ports: BuildxPorts): Promise<void> {
  const args = getArgs(build, output);
  for (let attempt = 1; ; attempt++) {
    const run = await runDocker(args, {
      environment: ports.environment,
      folder: ports.workspace,
      signal: ports.signal,
      onLine: ports.onLine,
    });
    if (run.exitCode === 0) return;
    const cause = diagnose(run.tail, run.exitCode, ports.readFile(build.dockerfile));
    if (!cause.transient || attempt >= ports.attempts) {
      const suffix = cause.transient ? triedInVain(attempt, cause.code) : '';
      throw new ImageError(cause.code, `${cause.message}${suffix}`, cause.line);
    }
    ports.onRetry(`${cause.message} Trying again (${attempt + 1} of ${ports.attempts}).`);
    await ports.clock.sleep(retryPauseMs(pauses, 'transient', attempt, ports.random()), ports.signal);
  }
}

function triedInVain(attempts: number, code: ImageErrorCode): string {
  const tried = ` Tried ${attempts === 1 ? 'once' : `${attempts} times`}.`;
  if (code === 'docker-daemon-down') return `${tried} Look at the builder's own log (docker buildx inspect).`;
  return `${tried} Check the network of the runner, then run the job again: what has arrived is not sent twice.`;
}
