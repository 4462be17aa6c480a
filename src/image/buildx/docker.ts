/** The docker command as a process: the only place that starts one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Environment } from '../../runner/context.ts';
import { ImageError } from '../build-error.ts';

export interface DockerRun {
  readonly exitCode: number;
  /** The last lines of both streams. */
  readonly tail: readonly string[];
}

export interface DockerRunOptions {
  /** All of it: docker finds itself and its daemon through it. */
  readonly environment: Environment;
  /** The working folder; left out, that of this process. */
  readonly folder?: string;
  readonly signal: AbortSignal;
  readonly onLine?: (line: string) => void;
}

const tailLines = 200;
const killAfterMs = 5000;

/** Rejects with ImageError where docker is missing or the job was cancelled. */
export function runDocker(args: readonly string[], options: DockerRunOptions): Promise<DockerRun> {
  return new Promise((resolve, reject) => {
    if (options.signal.aborted) return reject(new ImageError('cancelled', 'The job was cancelled.'));
    const child = spawn('docker', args, {
      env: { ...options.environment },
      ...(options.folder ? { cwd: options.folder } : {}),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const watcher = watch(child, options.environment);
    const tail: string[] = [];
    const onLine = (line: string): void => {
      tail.push(line);
      if (tail.length > tailLines) tail.shift();
      options.onLine?.(line);
    };
    createInterface({ input: child.stdout }).on('line', onLine);
    createInterface({ input: child.stderr }).on('line', onLine);
    let killTimer: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      child.kill('SIGINT');
      killTimer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    };
    options.signal.addEventListener('abort', cancel);
    const end = (): void => {
      watcher?.kill('SIGKILL');
      clearTimeout(killTimer);
      options.signal.removeEventListener('abort', cancel);
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      end();
      reject(
        error.code === 'ENOENT'
          ? new ImageError('docker-missing', 'There is no docker command on this runner.')
          : error,
      );
    });
    child.on('close', (code) => {
      end();
      if (options.signal.aborted)
        reject(new ImageError('cancelled', 'The job was cancelled during the build.'));
      else resolve({ exitCode: code ?? 1, tail });
    });
  });
}

/**
 * A build must not outlive this process, however that dies: the shell waits for the end of its input, which
 * only this process holds open, and then ends docker. Undefined where docker did not start, or without a shell.
 */
function watch(docker: ChildProcess, { PATH }: Environment): ChildProcess | undefined {
  if (docker.pid === undefined || process.platform === 'win32') return undefined;
  const script = `read _; kill -TERM "$0" && sleep ${killAfterMs / 1000} && kill -KILL "$0"`;
  const watcher = spawn('/bin/sh', ['-c', script, String(docker.pid)], {
    env: PATH === undefined ? {} : { PATH },
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // Without it a build is as safe as its runner is: the runner ends what jobs leave behind.
  watcher.on('error', () => undefined);
  watcher.stdin.on('error', () => undefined);
  watcher.unref();
  return watcher;
}

/** Undefined when docker can build with buildx; else why it cannot. */
export async function whyNoBuildx(
  environment: Environment,
  signal: AbortSignal,
): Promise<ImageError | undefined> {
  try {
    const plugin = await runDocker(['buildx', 'version'], { environment, signal });
    if (plugin.exitCode !== 0) {
      return new ImageError(
        'buildx-missing',
        'docker has no buildx: add docker/setup-buildx-action before this step.',
      );
    }
    // A builder of its own address (remote, kubernetes, cloud) needs no Docker daemon.
    const builder = await runDocker(['buildx', 'inspect'], { environment, signal });
    if (builder.exitCode === 0 && /^Driver:\s+(remote|kubernetes|cloud)\b/m.test(builder.tail.join('\n'))) {
      return undefined;
    }
    const daemon = await runDocker(['version', '--format', '{{.Server.Version}}'], { environment, signal });
    if (daemon.exitCode !== 0) {
      return new ImageError(
        'docker-daemon-down',
        'The Docker daemon does not answer: start it, or give this job access to its socket.',
      );
    }
    return undefined;
  } catch (error) {
    if (error instanceof ImageError && error.code === 'docker-missing') return error;
    throw error;
  }
}
