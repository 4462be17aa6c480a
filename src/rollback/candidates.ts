/**
 * Which revisions a service could go back to, from ECS's own history of service deployments. Pure. The
 * history knows what was SUCCESSFUL to ECS, not what people thought of it: going back from a revision is
 * read as a judgement on it.
 */
import type { ServiceDeploymentSummary, ServiceRevisionFacts } from '../aws/ecs-service-deployments.ts';

export interface HistoryEntry {
  readonly serviceDeploymentArn: string;
  readonly status: string;
  readonly createdAt: number;
  readonly taskDefinitionArn: string;
  readonly images: ServiceRevisionFacts['images'];
}

export interface Candidate {
  readonly taskDefinitionArn: string;
  /** When it was last deployed with success. */
  readonly deployedAt: number;
  readonly images: ServiceRevisionFacts['images'];
  /** Why it is passed over by its history; undefined where it may be taken. */
  readonly against: string | undefined;
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

/**
 * Every revision that was once deployed with success and is not the current one, last deployed first. The
 * bad ones stay in the list with the reason, so that the plan can name them.
 */
export function candidatesOf(
  history: readonly HistoryEntry[],
  currentTaskDefinitionArn: string,
): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  for (const entry of history) {
    if (entry.status !== 'SUCCESSFUL' || entry.taskDefinitionArn === currentTaskDefinitionArn) continue;
    if (found.has(entry.taskDefinitionArn)) continue;
    found.set(entry.taskDefinitionArn, {
      taskDefinitionArn: entry.taskDefinitionArn,
      deployedAt: entry.createdAt,
      images: entry.images,
      against: againstOf(history, entry),
    });
  }
  return [...found.values()];
}

/** What happened to a revision after its last success. `entry` is that success. */
function againstOf(history: readonly HistoryEntry[], entry: HistoryEntry): string | undefined {
  const failedLater = history.find(
    (each) =>
      each.taskDefinitionArn === entry.taskDefinitionArn &&
      each.createdAt > entry.createdAt &&
      ['ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'].includes(each.status),
  );
  if (failedLater !== undefined) return 'its last deployment was rolled back by ECS';
  const successes = history.filter((each) => each.status === 'SUCCESSFUL');
  const next = successes[successes.indexOf(entry) - 1];
  if (next === undefined) return undefined;
  // An older revision right after it, that had served before: somebody went back.
  const own = splitRevision(entry.taskDefinitionArn);
  const after = splitRevision(next.taskDefinitionArn);
  const servedBefore = successes.some(
    (each) => each.taskDefinitionArn === next.taskDefinitionArn && each.createdAt < entry.createdAt,
  );
  const wentBack = own.family === after.family && after.revision < own.revision && servedBefore;
  return wentBack ? `it was rolled back to ${after.family}:${after.revision}` : undefined;
}

/** `arn:…:task-definition/family:7` (or `family:7`) to its parts. */
export function splitRevision(taskDefinitionArn: string): {
  readonly family: string;
  readonly revision: number;
} {
  const name = taskDefinitionArn.slice(taskDefinitionArn.lastIndexOf('/') + 1);
  const at = name.lastIndexOf(':');
  return { family: name.slice(0, at), revision: Number(name.slice(at + 1)) };
}
