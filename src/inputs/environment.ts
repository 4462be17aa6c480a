/** The only reader of inputs and of GitHub's context: everything else gets values. */
import type { Environment, RunContext } from '../runner/context.ts';
import type { RawInputs } from './parse.ts';

/** GitHub hands an input `task-definition` over as `INPUT_TASK-DEFINITION`. */
export function readRawInputs(environment: Environment, names: readonly string[]): RawInputs {
  const raw: Record<string, string> = {};
  for (const name of names) {
    const value = environment[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`];
    if (value !== undefined && value !== '') raw[name] = value;
  }
  return raw;
}

export function readRunContext(environment: Environment): RunContext {
  const text = (name: string): string => environment[name] ?? '';
  const credentialsEndAt = Date.parse(text('AWS_CREDENTIAL_EXPIRATION'));
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
    ...(Number.isNaN(credentialsEndAt) ? {} : { credentialsEndAt }),
  };
}
