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

/** Names or ARNs. */
export interface Place {
  readonly cluster: string;
  readonly service: string;
  /** The other one of a pair: what was promoted for it counts, too. */
  readonly otherService: string | undefined;
}

export function placesOf({ cluster, service, otherService }: Place): readonly string[] {
  return [service, otherService].flatMap((each) => (each === undefined ? [] : [placeOf(cluster, each)]));
}

/** `more`: revisions that are to be among the candidates in any case. */
export async function readKnown(
  aws: AwsCaller,
  place: Place,
  currentTaskDefinitionArn: string,
  more: readonly string[],
  signal?: AbortSignal,
): Promise<Known> {
  const deployments = await listServiceDeployments(
    aws,
    { cluster: place.cluster, service: place.service, atMost: historyLimit },
    signal,
  );
  const revisionArns = [...new Set(deployments.flatMap((each) => each.targetRevisionArn ?? []))];
  const history = joinHistory(deployments, await readServiceRevisions(aws, revisionArns, signal));
  const { family } = splitRevision(currentTaskDefinitionArn);
  const ofFamily = await listNewestRevisions(aws, family, revisionLimit, signal);
  const deployed = [...new Set(history.map((each) => each.taskDefinitionArn))].slice(0, revisionLimit);
  const arns = [...new Set([currentTaskDefinitionArn, ...deployed, ...ofFamily])];
  const unread = more.filter((name) => !arns.some((arn) => isRevision(arn, name)));
  const definitions = new Map(await readAll(aws, arns, signal));
  for (const [, found] of await readAll(aws, unread, signal)) {
    if (found !== undefined) definitions.set(found.arn, found);
  }
  return knownOf(place, currentTaskDefinitionArn, history, definitions);
}

/**
 * Only these revisions, without a look at the history: enough for a way back by weight, which is there to be
 * fast.
 */
export async function readOnly(
  aws: AwsCaller,
  place: Place,
  currentTaskDefinitionArn: string,
  more: readonly string[],
  signal?: AbortSignal,
): Promise<Known> {
  const read = await readAll(aws, [...new Set([currentTaskDefinitionArn, ...more])], signal);
  const found = read.flatMap(([, each]) => each ?? []);
  const definitions = new Map(found.map((each) => [each.arn, each]));
  return knownOf(place, currentTaskDefinitionArn, [], definitions);
}

type Read = readonly [string, TaggedDefinition | undefined];

async function readAll(
  aws: AwsCaller,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly Read[]> {
  const read: Read[] = [];
  for (let from = 0; from < names.length; from += readAtOnce) {
    const some = names.slice(from, from + readAtOnce);
    const pairs = some.map(
      async (name): Promise<Read> => [name, await readTaskDefinition(aws, name, signal)],
    );
    read.push(...(await Promise.all(pairs)));
  }
  return read;
}

function knownOf(
  place: Place,
  currentTaskDefinitionArn: string,
  history: readonly HistoryEntry[],
  definitions: ReadonlyMap<string, TaggedDefinition | undefined>,
): Known {
  return {
    history,
    candidates: candidatesOf({ places: placesOf(place), currentTaskDefinitionArn, history, definitions }),
  };
}

/** The revisions of one family between two, as `family:revision`, newest first; none between two families. Pure. */
export function namesBetween(oneArn: string, otherArn: string, atMost: number): readonly string[] {
  const one = splitRevision(oneArn);
  const other = splitRevision(otherArn);
  if (one.family !== other.family) return [];
  const count = Math.max(0, Math.abs(one.revision - other.revision) - 1);
  const newest = Math.max(one.revision, other.revision);
  return Array.from({ length: Math.min(count, atMost) }, (_, index) => `${one.family}:${newest - 1 - index}`);
}

/** Whether `family:revision` or an ARN names this revision. Pure. */
export function isRevision(taskDefinitionArn: string, name: string): boolean {
  return taskDefinitionArn === name || (!name.startsWith('arn:') && taskDefinitionArn.endsWith(`/${name}`));
}
