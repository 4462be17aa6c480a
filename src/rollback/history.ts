/**
 * What ECS's own history of service deployments says about a revision. Pure. The history knows what was
 * SUCCESSFUL to ECS, not what people thought of it: going back from a revision is read as a judgement on it.
 */

import type { ServiceDeploymentSummary, ServiceRevisionFacts } from '../aws/ecs-service-deployments.ts';
import type { LeavingMark } from '../rollout/marks.ts';

export interface HistoryEntry {
  readonly serviceDeploymentArn: string;
  readonly status: string;
  readonly createdAt: number;
  readonly taskDefinitionArn: string;
  readonly images: ServiceRevisionFacts['images'];
}

/** Newest first. Entries whose revision ECS no longer knows are left out: they name no definition. */
export function joinHistory(
  deployments: readonly ServiceDeploymentSummary[],
  revisions: readonly ServiceRevisionFacts[],
): readonly HistoryEntry[] {
  const byArn = new Map(revisions.map((revision) => [revision.arn, revision]));
  return deployments
    .flatMap((deployment) => {
      const revision = byArn.get(deployment.targetRevisionArn ?? '');
      return revision === undefined
        ? []
        : [
            {
              serviceDeploymentArn: deployment.arn,
              status: deployment.status,
              createdAt: deployment.createdAt,
              taskDefinitionArn: revision.taskDefinitionArn,
              images: revision.images,
            },
          ];
    })
    .sort((one, other) => other.createdAt - one.createdAt);
}

/** Id of the newest service deployment. */
export function newestDeployment(history: readonly HistoryEntry[]): string | undefined {
  const [newest] = history;
  return newest === undefined ? undefined : nameOf(newest.serviceDeploymentArn);
}

/** The newest service deployment of the moment when a way back was begun; undefined: ECS has forgotten it. */
export function deploymentOf(
  history: readonly HistoryEntry[],
  leaving: LeavingMark,
): HistoryEntry | undefined {
  return history.find((each) => nameOf(each.serviceDeploymentArn) === leaving.after);
}

/** What was deployed since a way back was begun, newest first. */
export function deployedSince(
  history: readonly HistoryEntry[],
  leaving: LeavingMark,
): readonly HistoryEntry[] {
  const then = deploymentOf(history, leaving);
  return then === undefined
    ? history.filter((each) => each.createdAt > leaving.at)
    : history.slice(0, history.indexOf(then));
}

/** The newest deployment of a revision that ECS calls SUCCESSFUL. */
export function lastSuccess(
  history: readonly HistoryEntry[],
  taskDefinitionArn: string,
): HistoryEntry | undefined {
  return history.find(
    (entry) => entry.status === 'SUCCESSFUL' && entry.taskDefinitionArn === taskDefinitionArn,
  );
}

/**
 * What happened to a revision after its last success that speaks against it; undefined: nothing.
 * `knownGoodSince`: when a revision was known to be good first, by what the history does not hold any more.
 */
export function againstOf(
  history: readonly HistoryEntry[],
  taskDefinitionArn: string,
  knownGoodSince: (taskDefinitionArn: string) => number | undefined,
): string | undefined {
  const success = lastSuccess(history, taskDefinitionArn);
  if (success === undefined) return undefined;
  const failedLater = history.some(
    (each) =>
      each.taskDefinitionArn === taskDefinitionArn &&
      each.createdAt > success.createdAt &&
      ['ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'].includes(each.status),
  );
  if (failedLater) return 'its last deployment was rolled back by ECS';
  const successes = history.filter((each) => each.status === 'SUCCESSFUL');
  const next = successes[successes.indexOf(success) - 1];
  if (next === undefined) return undefined;
  // An older revision right after it, that had served before: somebody went back.
  const own = splitRevision(taskDefinitionArn);
  const after = splitRevision(next.taskDefinitionArn);
  const servedBefore =
    (knownGoodSince(next.taskDefinitionArn) ?? Number.POSITIVE_INFINITY) < success.createdAt ||
    successes.some(
      (each) => each.taskDefinitionArn === next.taskDefinitionArn && each.createdAt < success.createdAt,
    );
  const wentBack = own.family === after.family && after.revision < own.revision && servedBefore;
  return wentBack ? `it was rolled back to ${after.family}:${after.revision}` : undefined;
}

/** `arn:…:task-definition/family:7` (or `family:7`) to its parts. */
export function splitRevision(taskDefinitionArn: string): {
  readonly family: string;
  readonly revision: number;
} {
  const name = nameOf(taskDefinitionArn);
  const at = name.lastIndexOf(':');
  return { family: name.slice(0, at), revision: Number(name.slice(at + 1)) };
}

/** What stands behind the last `/` of an ARN. */
export function nameOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
