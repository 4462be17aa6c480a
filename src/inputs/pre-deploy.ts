/** Inputs of the task that runs before a deployment, most often a migration of the database. */
import { command } from './command.ts';
import { duration, matching, optional, withDefault } from './field.ts';
import type { InputProblem, RawInputs } from './parse.ts';

/** One run of a command in one container of the new revision, before the service is changed. */
export interface PreDeployRequest {
  readonly command: readonly string[];
  /** Undefined: the only essential container. */
  readonly container: string | undefined;
  readonly timeoutMs: number;
}

const minute = 60_000;

export const preDeployFields = {
  'pre-deploy-command': optional(command()),
  'pre-deploy-container': optional(
    matching(/^[A-Za-z0-9_-]{1,255}$/, 'the name of a container of the task definition'),
  ),
  'pre-deploy-timeout': withDefault(duration(10_000, 24 * 60 * minute), 10 * minute),
};

export interface PreDeployGiven {
  readonly 'pre-deploy-command': readonly string[] | undefined;
  readonly 'pre-deploy-container': string | undefined;
  readonly 'pre-deploy-timeout': number;
}

export function preDeployOf(given: PreDeployGiven): PreDeployRequest | undefined {
  const words = given['pre-deploy-command'];
  return words === undefined
    ? undefined
    : {
        command: words,
        container: given['pre-deploy-container'],
        timeoutMs: given['pre-deploy-timeout'],
      };
}

/** What does not fit together. */
export function preDeployProblems(given: PreDeployGiven, raw: RawInputs): readonly InputProblem[] {
  if (given['pre-deploy-command'] !== undefined || given['pre-deploy-container'] === undefined) return [];
  const allowed = 'the name of a container beside pre-deploy-command, which is not given';
  return [{ input: 'pre-deploy-container', given: (raw['pre-deploy-container'] ?? '').trim(), allowed }];
}
