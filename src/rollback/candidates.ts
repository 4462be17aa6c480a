/**
 * The revisions a service could go back to, each with a verdict: promoted by one of our deploys, bad, or
 * unknown. Pure. Only what was promoted is taken by itself; where our deploys left no marks yet, what ECS
 * calls SUCCESSFUL has to do.
 */
import type { ServiceRevisionFacts } from '../aws/ecs-service-deployments.ts';
import type { TaggedDefinition } from '../aws/ecs-task-definition.ts';
import { isBad, type Marks, marksOf, promotedAt } from '../rollout/marks.ts';
import { againstOf, type HistoryEntry, lastSuccess, splitRevision } from './history.ts';

export type CandidateVerdict = 'promoted' | 'bad' | 'unknown';

export interface Candidate {
  readonly taskDefinitionArn: string;
  /** Undefined where ECS does not know it any more. */
  readonly definition: TaggedDefinition | undefined;
  /** By container; with the digest that its tasks ran where ECS remembers it. */
  readonly images: ServiceRevisionFacts['images'];
  readonly marks: Marks;
  /** It is what the service runs or is being given. */
  readonly current: boolean;
  readonly verdict: CandidateVerdict;
  /** When it was promoted, last deployed with success, or registered: the newest of these that is known. */
  readonly since: number | undefined;
  /** In words, where the verdict needs some. */
  readonly why: string;
  /** What lets it be chosen without being named; undefined: nothing does. */
  readonly basis: 'promoted' | 'history' | undefined;
}

export interface CandidateFacts {
  /** `cluster/service`: the service's own, and those whose promotions count for it as well. */
  readonly places: readonly string[];
  readonly currentTaskDefinitionArn: string;
  /** Newest first. */
  readonly history: readonly HistoryEntry[];
  /** What was read of each revision; undefined where ECS knows none. */
  readonly definitions: ReadonlyMap<string, TaggedDefinition | undefined>;
}

/** Newest first, the current one included. */
export function candidatesOf(facts: CandidateFacts): readonly Candidate[] {
  const { places, history, definitions } = facts;
  const marks = new Map([...definitions].map(([arn, each]) => [arn, marksOf(each?.tags ?? new Map())]));
  const promotions = [...marks.values()].flatMap((each) => promotedFor(each, places) ?? []);
  /** Since then our deploys tell by a mark what was good: what has none was not promoted. */
  const marksBegan = promotions.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...promotions);
  const promotedSince = (arn: string): number | undefined => {
    const known = marks.get(arn);
    return known === undefined ? undefined : promotedFor(known, places);
  };
  return [...definitions]
    .map(([arn, definition]): Candidate => {
      const own = marks.get(arn)!;
      const promoted = promotedFor(own, places);
      const success = lastSuccess(history, arn);
      const against = againstOf(history, arn, promotedSince);
      const bad = isBadFor(own, places)
        ? `marked bad${own.bad?.at === undefined ? '' : ` ${day(own.bad.at)}`}${own.bad?.reason ? `: ${own.bad.reason}` : ''}`
        : against;
      const ours = own.commit !== undefined || own.ref !== undefined || own.run !== undefined;
      const byHistory = success !== undefined && success.createdAt < marksBegan && !ours;
      const verdict = bad !== undefined ? 'bad' : promoted !== undefined ? 'promoted' : 'unknown';
      return {
        taskDefinitionArn: arn,
        definition,
        images: imagesOf(definition, success),
        marks: own,
        current: arn === facts.currentTaskDefinitionArn,
        verdict,
        since: promoted ?? success?.createdAt ?? definition?.definition.registeredAt?.getTime(),
        why:
          bad ??
          (promoted !== undefined
            ? ''
            : own.promotions.length > 0
              ? `promoted for ${own.promotions.map((each) => each.place).join(', ')} only`
              : byHistory
                ? 'SUCCESSFUL to ECS; no deploy of ours has judged it'
                : success !== undefined
                  ? 'SUCCESSFUL to ECS, and never promoted'
                  : 'never deployed to this service with success, as far as is known'),
        basis:
          bad !== undefined
            ? undefined
            : promoted !== undefined
              ? 'promoted'
              : byHistory
                ? 'history'
                : undefined,
      };
    })
    .sort(newestFirst);
}

/** When it was last promoted for any of these services; undefined: never. */
function promotedFor(marks: Marks, places: readonly string[]): number | undefined {
  const times = places.flatMap((place) => promotedAt(marks, place) ?? []);
  return times.length === 0 ? undefined : Math.max(...times);
}

/** Marked bad, and promoted for none of these services since. */
export function isBadFor(marks: Marks, places: readonly string[]): boolean {
  return places.every((place) => isBad(marks, place));
}

/** Those that may be taken without being named, the best first: never a bad one, never the current one. */
export function inOrder(candidates: readonly Candidate[]): readonly Candidate[] {
  const rank = (each: Candidate): number => (each.basis === 'promoted' ? 0 : 1);
  return candidates
    .filter((each) => each.basis !== undefined && !each.current)
    .sort((one, other) => rank(one) - rank(other) || newestFirst(one, other));
}

export function day(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

function newestFirst(one: Candidate, other: Candidate): number {
  const byTime = (other.since ?? 0) - (one.since ?? 0);
  return byTime !== 0
    ? byTime
    : splitRevision(other.taskDefinitionArn).revision - splitRevision(one.taskDefinitionArn).revision;
}

function imagesOf(
  definition: TaggedDefinition | undefined,
  success: HistoryEntry | undefined,
): ServiceRevisionFacts['images'] {
  const ran = new Map((success?.images ?? []).map((each) => [each.containerName, each]));
  if (definition === undefined) return success?.images ?? [];
  return (definition.definition.containerDefinitions ?? []).map((container) => {
    const containerName = container.name ?? '';
    const image = container.image ?? '';
    const pinned = /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
    return { containerName, image, digest: pinned ?? ran.get(containerName)?.digest };
  });
}
