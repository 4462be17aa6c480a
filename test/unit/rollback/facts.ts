/** Candidates as tests need them, from what would have been read. */
import type { TaggedDefinition } from '../../../src/aws/ecs-task-definition.ts';
import { type Candidate, candidatesOf } from '../../../src/rollback/candidates.ts';
import type { HistoryEntry } from '../../../src/rollback/history.ts';
import { type Marks, marksToTags } from '../../../src/rollout/marks.ts';

export const place = 'main/api';
export const arn = (revision: number): string =>
  `arn:aws:ecs:ap-south-1:123456789012:task-definition/api:${revision}`;
export const number = (candidate: Candidate | undefined): number | undefined =>
  candidate === undefined
    ? undefined
    : Number(candidate.taskDefinitionArn.slice(candidate.taskDefinitionArn.lastIndexOf(':') + 1));

/** A day, so that times read as days. */
export const day = 86_400_000;

export interface Revision {
  readonly revision: number;
  /** Day of its registration. */
  readonly registered?: number;
  /** Day of its promotion for the service. */
  readonly promoted?: number;
  readonly bad?: number;
  /** Day of a deployment that ECS calls SUCCESSFUL. */
  readonly deployed?: number;
  readonly marks?: Partial<Marks>;
  readonly status?: string;
  readonly image?: string;
  readonly digest?: string;
}

export function definitionOf({
  revision,
  registered,
  promoted,
  bad,
  marks,
  status,
  image,
}: Revision): TaggedDefinition {
  const tags = marksToTags({
    ...(promoted === undefined ? {} : { promotions: [{ at: promoted * day, place }] }),
    ...(bad === undefined ? {} : { bad: { at: bad * day, reason: 'it is wrong' } }),
    ...marks,
  });
  return {
    arn: arn(revision),
    family: 'api',
    revision,
    status: status ?? 'ACTIVE',
    tags,
    definition: {
      registeredAt: new Date(registered === undefined ? revision * 1000 : registered * day),
      containerDefinitions: [{ name: 'api', image: image ?? `registry.example.com/api:${revision}.0` }],
    },
  };
}

export function historyOf(revisions: readonly Revision[]): readonly HistoryEntry[] {
  return revisions
    .flatMap(({ revision, deployed, digest }): HistoryEntry[] =>
      deployed === undefined
        ? []
        : [
            {
              serviceDeploymentArn: `sd${revision}`,
              status: 'SUCCESSFUL',
              createdAt: deployed * day,
              taskDefinitionArn: arn(revision),
              images: digest === undefined ? [] : [{ containerName: 'api', image: '', digest }],
            },
          ],
    )
    .sort((one, other) => other.createdAt - one.createdAt);
}

export function candidates(current: number, ...revisions: readonly Revision[]): readonly Candidate[] {
  return candidatesOf({
    places: [place],
    currentTaskDefinitionArn: arn(current),
    history: historyOf(revisions),
    definitions: new Map(revisions.map((each) => [arn(each.revision), definitionOf(each)])),
  });
}
