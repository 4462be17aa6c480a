/** The EC2 host of the old days: the example as one process, as docker-compose kept it running there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { companionFile } from '../dataplane/tasks/companion-file.ts';
import { freePort } from '../dataplane/tasks/free-port.ts';
import { UserError } from '../user-error.ts';

export interface Ec2Host {
  readonly host: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Rejects with one line when the example does not answer within `deadlineMs` of real time. */
export async function startEc2Host(exampleFolder: string, deadlineMs = 10_000): Promise<Ec2Host> {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    ['--require', companionFile('dataplane/tasks/port-map.cjs'), 'server.js'],
    {
      cwd: exampleFolder,
      env: {
        PATH: process.env['PATH'] ?? '',
        PORT: '5000',
        LAB_PORT_MAP: `5000=${port}`,
        IPS_VERSION: '0.9.0-ec2',
        IPS_BEHAVIOUR: 'good',
        ASPNETCORE_ENVIRONMENT: 'Production',
      },
      // Descriptor 3 is the lifeline that port-map.cjs watches: the host ends with the lab, however that dies.
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    },
  );
  child.stdio[3]?.on('error', () => undefined);
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const host = '127.0.0.1';
  const until = Date.now() + deadlineMs;
  while (Date.now() < until) {
    if (child.exitCode !== null)
      throw new UserError(`The EC2 host of the journey ended with exit code ${child.exitCode}.`);
    const answered = await fetch(`http://${host}:${port}/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return { host, port, stop };
    await sleep(25);
  }
  await stop();
  throw new UserError(`The EC2 host of the journey did not answer within ${deadlineMs / 1000} s.`);
}
