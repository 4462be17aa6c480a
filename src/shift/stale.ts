/** Older code never wins: what serves, or is being shifted to, must not contain the commit of this run and more. */
import { readTaskDefinition } from '../aws/ecs-task-definition.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import { marksOf } from '../rollout/marks.ts';
import { createStaleCheck } from '../rollout/stale-check.ts';
import { event } from './decide.ts';
import type { Gathered } from './gather.ts';
import { revisionName } from './plan.ts';
import type { Refusal } from './preflight.ts';
import type { ShiftRun } from './run-plan.ts';

/** `live`: `family:12`. Undefined: nothing speaks against it. */
export type StaleGuard = (live: string, gathered: Gathered) => Promise<Refusal | undefined>;

export function createStaleGuard(
  { aws, ports, record }: ShiftRun,
  { guardStale, taskDefinition }: ShiftRequest,
): StaleGuard {
  const { github, context, clock, runner } = ports;
  if (!guardStale || github === undefined) return async () => undefined;
  const told = new Set<string>();
  const check = createStaleCheck(github, {
    repository: context.repository,
    cancelled: runner.cancelled,
    unknown: (message) => {
      if (told.has(message)) return;
      told.add(message);
      record(event(clock.now(), 'guard-stale.unknown', 'notice', message));
    },
  });
  return async (live, { facts, definition }) => {
    const wanted = facts.taskDefinitionArn;
    if (wanted === undefined || live === '' || revisionName(wanted) === live) return undefined;
    const found = await readTaskDefinition(aws, live, runner.cancelled);
    if (found === undefined) return undefined;
    const commit =
      taskDefinition?.kind === 'file'
        ? context.sha || undefined
        : definition === undefined
          ? undefined
          : marksOf(definition.tags).commit;
    const refusal = await check({ name: live, marks: marksOf(found.tags) }, commit);
    return refusal === undefined
      ? undefined
      : { code: 'stale-commit', message: `${refusal.reason} ${refusal.remedy}` };
  };
}
