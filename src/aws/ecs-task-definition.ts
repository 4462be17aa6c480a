/** Task definitions as ECS keeps them. */
import type { RegisterTaskDefinitionRequest, TaskDefinition } from '@aws-sdk/client-ecs';
import { AwsCallError } from './call-error.ts';
import type { AwsCaller } from './caller.ts';
import { type Tags, toTags } from './ecs-tags.ts';

/** A registered revision: `definition` is ECS's own shape, output-only fields included. */
export interface RegisteredDefinition {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  /** ACTIVE, INACTIVE or DELETE_IN_PROGRESS. */
  readonly status: string;
  readonly definition: TaskDefinition;
}

export interface TaggedDefinition extends RegisteredDefinition {
  readonly tags: Tags;
}

/**
 * A family (its newest active revision), `family:revision` or an ARN; undefined where there is none. ECS
 * answers `ClientException` both for what is missing and for what is misspelt.
 */
export async function readTaskDefinition(
  aws: AwsCaller,
  taskDefinition: string,
  signal?: AbortSignal,
): Promise<TaggedDefinition | undefined> {
  try {
    const answer = await aws.call(
      'ecs:DescribeTaskDefinition',
      { taskDefinition, include: ['TAGS'] },
      signal,
    );
    return answer.taskDefinition === undefined
      ? undefined
      : { ...toRegistered(answer.taskDefinition), tags: toTags(answer.tags) };
  } catch (error) {
    if (error instanceof AwsCallError && (error.kind === 'not-found' || error.code === 'ClientException'))
      return undefined;
    throw error;
  }
}

/** ARNs of the newest ACTIVE revisions of a family, newest first; `atMost` up to 100. */
export async function listNewestRevisions(
  aws: AwsCaller,
  family: string,
  atMost: number,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const answer = await aws.call(
    'ecs:ListTaskDefinitions',
    { familyPrefix: family, status: 'ACTIVE', sort: 'DESC', maxResults: atMost },
    signal,
  );
  return answer.taskDefinitionArns ?? [];
}

/** Makes a new revision, always: compare first. */
export async function registerTaskDefinition(
  aws: AwsCaller,
  definition: RegisterTaskDefinitionRequest,
  signal?: AbortSignal,
): Promise<RegisteredDefinition> {
  const answer = await aws.call('ecs:RegisterTaskDefinition', definition, signal);
  if (answer.taskDefinition === undefined)
    throw new Error('ecs:RegisterTaskDefinition answered without a task definition.');
  return toRegistered(answer.taskDefinition);
}

function toRegistered(definition: TaskDefinition): RegisteredDefinition {
  return {
    arn: definition.taskDefinitionArn ?? '',
    family: definition.family ?? '',
    revision: definition.revision ?? 0,
    status: definition.status ?? '',
    definition,
  };
}

/** What ECS adds to its answers and refuses in requests. */
export const outputOnlyFields: readonly string[] = [
  'taskDefinitionArn',
  'revision',
  'status',
  'requiresAttributes',
  'compatibilities',
  'registeredAt',
  'registeredBy',
  'deregisteredAt',
  'deleteRequestedAt',
];
