/** Reads what is known of the revisions of a service: ECS's history, the family, and the marks on each. */
import type { AwsCaller } from '../aws/caller.ts';
import { listServiceDeployments, readServiceRevisions } from '../aws/ecs-service-deployments.ts';
import {
  listNewestRevisions,
  readTaskDefinition,
  type TaggedDefinition,
} from '../aws/ecs-task-definition.ts';
import { placeOf } from '../rollout/marks.ts';
import { type Candidate, candidatesOf } from './candidates.ts';
import { type HistoryEntry, joinHistory, splitRevision } from './history.ts';

/** Service deployments that are looked at most; ECS keeps those of 90 days. */
const historyLimit = 100;
/** Revisions that are read at most, from the history and from the family each. */
const revisionLimit = 30;
/** AWS lets a burst of 50 through, and 20 a second. */
const readAtOnce = 5;

export interface Known {
  /** Newest first. */
  readonly history: readonly HistoryEntry[];
  readonly candidates: readonly Candidate[];
}

/** `more`: revisions that are to be among the candidates in any case. */
export async function readKnown(
  aws: AwsCaller,
  place: { readonly cluster: string; readonly service: string },
  currentTaskDefinitionArn: string,
  more: readonly string[],
  signal?: AbortSignal,
): Promise<Known> {
  const deployments = await listServiceDeployments(aws, { ...place, atMost: historyLimit }, signal);
  const revisionArns = [...new Set(deployments.flatMap((each) => each.targetRevisionArn ?? []))];
  const history = joinHistory(deployments, await readServiceRevisions(aws, revisionArns, signal));
  const { family } = splitRevision(currentTaskDefinitionArn);
  const ofFamily = await listNewestRevisions(aws, family, revisionLimit, signal);
  const deployed = [...new Set(history.map((each) => each.taskDefinitionArn))].slice(0, revisionLimit);
  const arns = [...new Set([currentTaskDefinitionArn, ...deployed, ...ofFamily])];
  const definitions = new Map<string, TaggedDefinition | undefined>();
  for (let from = 0; from < arns.length; from += readAtOnce) {
    const some = arns.slice(from, from + readAtOnce);
    const read = await Promise.all(some.map((arn) => readTaskDefinition(aws, arn, signal)));
    some.forEach((arn, index) => void definitions.set(arn, read[index]));
  }
  for (const name of more) {
    if (arns.some((arn) => isRevision(arn, name))) continue;
    const found = await readTaskDefinition(aws, name, signal);
    if (found !== undefined) definitions.set(found.arn, found);
  }
  return {
    history,
    candidates: candidatesOf({
      place: placeOf(place.cluster, place.service),
      currentTaskDefinitionArn,
      history,
      definitions,
    }),
  };
}

/** Whether `family:revision` or an ARN names this revision. Pure. */
export function isRevision(taskDefinitionArn: string, name: string): boolean {
  return taskDefinitionArn === name || (!name.startsWith('arn:') && taskDefinitionArn.endsWith(`/${name}`));
}
