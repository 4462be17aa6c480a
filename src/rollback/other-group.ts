/** Which revision stands behind the group that the weight would go back to, and what is known of it. */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import type { TargetGroupHealthFacts } from '../aws/ecs-target-health.ts';
import { readTaskDefinition } from '../aws/ecs-task-definition.ts';
import { readFamilyTasks } from '../aws/ecs-tasks.ts';
import { marksOf } from '../rollout/marks.ts';
import { isBadFor } from './candidates.ts';
import { splitRevision } from './history.ts';
import { type Place, placesOf } from './read.ts';

export interface OtherGroup {
  readonly taskDefinitionArn: string;
  readonly bad: boolean;
}

export type OtherGroupLookup =
  | { readonly kind: 'found'; readonly group: OtherGroup }
  /** Targets that are no tasks of this family, or that this job may not look at. */
  | { readonly kind: 'unknown'; readonly why: string };

/** By the addresses of its healthy targets: the twin of a service runs tasks of the same family. */
export async function readOtherGroup(
  aws: AwsCaller,
  at: Place & { readonly currentTaskDefinitionArn: string },
  health: TargetGroupHealthFacts | undefined,
  signal?: AbortSignal,
): Promise<OtherGroupLookup> {
  const healthy = (health?.targets ?? []).filter((each) => each.state === 'healthy');
  const addresses = new Set(healthy.map((each) => each.id));
  const { family } = splitRevision(at.currentTaskDefinitionArn);
  try {
    const query = { cluster: at.cluster, family, desiredStatus: 'RUNNING' } as const;
    const tasks = await readFamilyTasks(aws, query, signal);
    const behind = tasks.filter((task) => addresses.has(task.privateIp ?? ''));
    const arns = [...new Set(behind.map((task) => task.taskDefinitionArn))];
    let found: OtherGroup | undefined;
    for (const arn of arns) {
      const definition = await readTaskDefinition(aws, arn, signal);
      const bad = isBadFor(marksOf(definition?.tags ?? new Map()), placesOf(at));
      if (found === undefined || bad) found = { taskDefinitionArn: arn, bad };
    }
    return found === undefined
      ? { kind: 'unknown', why: `its targets are no tasks of ${family}` }
      : { kind: 'found', group: found };
  } catch (error) {
    if (!(error instanceof AwsCallError) || error.kind !== 'access-denied') throw error;
    return { kind: 'unknown', why: `${error.operation}: ${error.code}` };
  }
}
