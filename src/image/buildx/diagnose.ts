/** What Docker said when it failed, as one cause. Pure. */
import type { ImageErrorCode } from '../build-error.ts';
import { type FailedStep, failedLine, failedStep } from './failed-step.ts';
import { brokenNetwork, diskFull, symptoms } from './symptoms.ts';

export interface Diagnosis {
  readonly code: ImageErrorCode;
  readonly message: string;
  /** Of the Dockerfile. */
  readonly line?: number;
  /** Worth another attempt. */
  readonly transient: boolean;
}

/** @param dockerfile its text, for engines whose BuildKit does not tell the line */
export function diagnose(lines: readonly string[], exitCode: number, dockerfile = ''): Diagnosis {
  const step = failedStep(lines);
  // What steps wrote that went well is no cause.
  const begin = lines.findLastIndex((each) => errorSign.test(each));
  const error = lines.slice(Math.max(0, begin)).join('\n');
  const line = failedLine(lines, step, dockerfile);
  const command = /(?:did not complete successfully|executor failed running .*): exit code: (\d+)/.exec(
    error,
  );
  const cause =
    command === null
      ? (ofSymptoms(error) ?? ofNetwork(error, step) ?? unknown(error, exitCode))
      : ofCommand(step, Number(command[1]));
  const told = cause.line ?? line;
  const where = told !== undefined && inDockerfile(cause) ? `Dockerfile line ${told}: ` : '';
  const message = `${where}${cause.message}`;
  return { transient: false, ...cause, message, ...(told === undefined ? {} : { line: told }) };
}

type Cause = Pick<Diagnosis, 'code' | 'message'> & Partial<Diagnosis>;

/** Between buildx and its BuildKit. */
const builderGone = /failed to receive status: rpc error|code = Unavailable|error reading from server/;

const errorSign = /^\s*(?:#\d+ )?error:?\s/i;

/** The message speaks of an instruction there. */
function inDockerfile({ code, message }: Cause): boolean {
  return code === 'dockerfile' || message.startsWith('RUN ');
}

function ofSymptoms(error: string): Cause | undefined {
  for (const { pattern, code, message, line } of symptoms) {
    const match = pattern.exec(error);
    if (match === null) continue;
    return { code, message: message(match), ...(line === undefined ? {} : { line: line(match) }) };
  }
  return undefined;
}

function ofNetwork(error: string, step: FailedStep | undefined): Cause | undefined {
  const broken = brokenNetwork.exec(error)?.[0].replace(/^: /, '');
  if (broken === undefined) return undefined;
  if (builderGone.test(error) || step?.name === 'waiting for connection') {
    const message = `The builder stopped answering (${broken}): it was ended, or ran out of memory.`;
    return { code: 'docker-daemon-down', message, transient: true };
  }
  return { code: 'registry-network', message: `${whatBroke(error, step)} (${broken}).`, transient: true };
}

function unknown(error: string, exitCode: number): Cause {
  const said = error
    .split('\n')[0]!
    .replace(errorSign, '')
    .replace(/^(?:failed to build: )?(?:failed to solve: )?/, '')
    .trim();
  const message = `docker buildx build ended with ${exitCode}: ${said || 'it said nothing'}`;
  return { code: 'build-failed', message };
}

/** A RUN that failed: its own words are the cause. */
function ofCommand(step: FailedStep | undefined, exitCode: number): Cause {
  const output = step?.output ?? [];
  const text = output.join('\n');
  const full = diskFull.pattern.exec(text);
  if (full !== null) return { code: 'disk-full', message: diskFull.message(full) };
  const last = output.findLast((each) => each.trim() !== '')?.trim();
  const hint = /exec format error/i.test(text)
    ? ' Commands of another platform need docker/setup-qemu-action before this step.'
    : exitCode === 137
      ? ' It was killed, most often for want of memory.'
      : '';
  return {
    code: 'build-failed',
    message: `RUN ended with exit code ${exitCode}${last === undefined ? '' : ` (${last})`}.${hint}`,
    transient: brokenNetwork.test(text),
  };
}

function whatBroke(error: string, step: FailedStep | undefined): string {
  const push =
    /failed to push (\S+?):? /.exec(error)?.[1] ?? /^pushing (\S+) with docker$/.exec(step?.name ?? '')?.[1];
  if (push !== undefined) return `The push to ${push} broke off`;
  const host = /https?:\/\/([^/"\s]+)/.exec(error)?.[1] ?? /lookup (\S+)/.exec(error)?.[1];
  return host === undefined ? 'The network or the registry failed' : `${host} could not be reached`;
}
