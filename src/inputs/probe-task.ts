/** Probes by a one-off task: for load balancers that only the VPC can reach. */
import { command } from './command.ts';
import { type TaskDefinitionRef, taskDefinitionRef } from './ecs-names.ts';
import { choice, duration, matching, optional, withDefault } from './field.ts';
import type { InputProblem, RawInputs } from './parse.ts';

export interface ProbeTaskRequest {
  /** Family, `family:revision` or ARN. */
  readonly taskDefinition: string;
  /** Undefined: the only essential container. */
  readonly container: string | undefined;
  /** Undefined: the container's own. */
  readonly command: readonly string[] | undefined;
  readonly timeoutMs: number;
}

const minute = 60_000;

export const probeTaskFields = {
  'probe-from': withDefault(choice('runner', 'vpc-task'), 'runner'),
  'probe-task-definition': optional(taskDefinitionRef()),
  'probe-container': optional(
    matching(/^[A-Za-z0-9_-]{1,255}$/, 'the name of a container of probe-task-definition'),
  ),
  'probe-command': optional(command()),
  'probe-task-timeout': withDefault(duration(30_000, 60 * minute), 10 * minute),
};

export interface ProbeTaskGiven {
  readonly 'probe-from': 'runner' | 'vpc-task';
  readonly 'probe-task-definition': TaskDefinitionRef | undefined;
  readonly 'probe-container': string | undefined;
  readonly 'probe-command': readonly string[] | undefined;
  readonly 'probe-task-timeout': number;
  readonly 'probe-count': number;
  readonly cluster: string | undefined;
}

export function probeTaskOf(given: ProbeTaskGiven): ProbeTaskRequest | undefined {
  const definition = given['probe-task-definition'];
  if (given['probe-from'] !== 'vpc-task' || definition === undefined || definition.kind === 'file') {
    return undefined;
  }
  return {
    taskDefinition: definition.name,
    container: given['probe-container'],
    command: given['probe-command'],
    timeoutMs: given['probe-task-timeout'],
  };
}

/** What does not fit together. */
export function probeTaskProblems(given: ProbeTaskGiven, raw: RawInputs): readonly InputProblem[] {
  const problems: InputProblem[] = [];
  const problem = (input: string, allowed: string): void => {
    problems.push({ input, given: (raw[input] ?? '').trim() || '(nothing)', allowed });
  };
  const definition = given['probe-task-definition'];
  if (given['probe-from'] === 'vpc-task') {
    if (definition === undefined || definition.kind === 'file') {
      problem(
        'probe-task-definition',
        'a family, family:revision or ARN whose container sends the probes, with probe-from: vpc-task',
      );
    }
    if (given.cluster === undefined) problem('cluster', 'the cluster that the probe task runs in');
    if (given['probe-count'] === 0) problem('probe-count', 'at least 1 with probe-from: vpc-task');
    return problems;
  }
  for (const input of ['probe-task-definition', 'probe-container', 'probe-command'] as const) {
    if (given[input] !== undefined) problem(input, 'only with probe-from: vpc-task');
  }
  return problems;
}
