/** A standing lab as a process of its own, from the sources or from the committed bundle. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './source-files.ts';

export interface StandingLab {
  /** The variables that it printed. */
  readonly variables: Readonly<Record<string, string>>;
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

/** `entry` is the script to run; its output is in the error when it does not come up. */
export async function startStandingLab(
  flags: readonly string[] = [],
  entry = join(root, 'src/lab/commands/main.ts'),
): Promise<StandingLab> {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      entry,
      'lab',
      '--port',
      '0',
      '--listener-port',
      '0',
      '--tasks',
      'processes',
      ...flags,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const variables = await new Promise<Record<string, string>>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      output += chunk;
      if (!output.includes('Ctrl-C ends the lab')) return;
      resolve(
        Object.fromEntries(
          [...output.matchAll(/^export (\w+)='(.*)'$/gm)].map((match) => [match[1]!, match[2]!]),
        ),
      );
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.once('exit', (code) => reject(new Error(`The lab ended with ${code}: ${output}`)));
  });
  return {
    variables,
    child,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await exited;
    },
  };
}
