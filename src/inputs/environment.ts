/** The only reader of inputs and of GitHub's context: everything else gets values. */
import type { RawInputs } from './parse.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** GitHub hands an input `task-definition` over as `INPUT_TASK-DEFINITION`. */
export function readRawInputs(environment: Environment, names: readonly string[]): RawInputs {
  const raw: Record<string, string> = {};
  for (const name of names) {
    const value = environment[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`];
    if (value !== undefined && value !== '') raw[name] = value;
  }
  return raw;
}

/** The run this action is part of, as GitHub describes it. Empty texts where a variable is missing. */
export interface RunContext {
  /** `owner/name` */
  readonly repository: string;
  readonly sha: string;
  readonly ref: string;
  readonly runId: string;
  readonly runAttempt: string;
  readonly job: string;
  readonly actor: string;
  readonly serverUrl: string;
  readonly apiUrl: string;
  readonly workspace: string;
  readonly tempDir: string;
}

export function readRunContext(environment: Environment): RunContext {
  const text = (name: string): string => environment[name] ?? '';
  return {
    repository: text('GITHUB_REPOSITORY'),
    sha: text('GITHUB_SHA'),
    ref: text('GITHUB_REF'),
    runId: text('GITHUB_RUN_ID'),
    runAttempt: text('GITHUB_RUN_ATTEMPT'),
    job: text('GITHUB_JOB'),
    actor: text('GITHUB_ACTOR'),
    serverUrl: text('GITHUB_SERVER_URL'),
    apiUrl: text('GITHUB_API_URL'),
    workspace: text('GITHUB_WORKSPACE'),
    tempDir: text('RUNNER_TEMP'),
  };
}
