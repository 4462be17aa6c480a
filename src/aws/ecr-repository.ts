/** Repositories of ECR: read one, make one as the guide does. */
import { AwsCallError } from './call-error.ts';
import type { AwsCaller } from './caller.ts';
import { keepPrefix } from './ecr-keep-tags.ts';

export interface EcrRepository {
  readonly name: string;
  /** `123456789012.dkr.ecr.ap-south-1.amazonaws.com/name`: how ECS pulls from it. */
  readonly uri: string;
  readonly registryId: string;
  /** MUTABLE, IMMUTABLE, or either of them with exclusion filters. */
  readonly tagMutability: string;
  /** With `*` as wildcard: the tags that are the exception to `tagMutability`. */
  readonly exclusionFilters: readonly string[];
}

/** Undefined where there is none. */
export async function readEcrRepository(
  aws: AwsCaller,
  name: string,
  signal?: AbortSignal,
): Promise<EcrRepository | undefined> {
  try {
    const { repositories = [] } = await aws.call(
      'ecr:DescribeRepositories',
      { repositoryNames: [name] },
      signal,
    );
    return repositories[0] === undefined ? undefined : toRepository(repositories[0]);
  } catch (error) {
    if (error instanceof AwsCallError && error.code === 'RepositoryNotFoundException') return undefined;
    throw error;
  }
}

/**
 * For images: scan on push, AES256 and "keep the last 10 images", as in the guide; tags immutable. For a build
 * cache: one tag that moves, and what it leaves behind goes after a week.
 */
export async function createEcrRepository(
  aws: AwsCaller,
  name: string,
  use: 'images' | 'cache',
  signal?: AbortSignal,
): Promise<EcrRepository> {
  try {
    const { repository } = await aws.call(
      'ecr:CreateRepository',
      {
        repositoryName: name,
        imageTagMutability: use === 'images' ? 'IMMUTABLE' : 'MUTABLE',
        imageScanningConfiguration: { scanOnPush: use === 'images' },
        encryptionConfiguration: { encryptionType: 'AES256' },
      },
      signal,
    );
    if (repository === undefined) throw new Error('ecr:CreateRepository answered without a repository.');
    await aws.call(
      'ecr:PutLifecyclePolicy',
      { repositoryName: name, lifecyclePolicyText: JSON.stringify(lifecycles[use]) },
      signal,
    );
    return toRepository(repository);
  } catch (error) {
    // Another run was faster, or an answer was lost after the effect: what is there counts.
    if (!(error instanceof AwsCallError) || error.code !== 'RepositoryAlreadyExistsException') throw error;
    const found = await readEcrRepository(aws, name, signal);
    if (found === undefined) throw error;
    return found;
  }
}

const lifecycles = {
  images: {
    rules: [
      {
        // It expires nothing: what a rule has taken up, no later rule can expire.
        rulePriority: 1,
        description: 'Keep what was promoted',
        selection: {
          tagStatus: 'tagged',
          tagPatternList: [`${keepPrefix}*`],
          countType: 'imageCountMoreThan',
          countNumber: 9999,
        },
        action: { type: 'expire' },
      },
      {
        rulePriority: 2,
        description: 'Keep last 10 images',
        selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 10 },
        action: { type: 'expire' },
      },
    ],
  },
  cache: {
    rules: [
      {
        rulePriority: 1,
        description: 'Build cache that no tag names any more',
        selection: {
          tagStatus: 'untagged',
          countType: 'sinceImagePushed',
          countUnit: 'days',
          countNumber: 7,
        },
        action: { type: 'expire' },
      },
    ],
  },
} as const;

/** Whether a push to this tag fails once the tag exists. Pure. */
export function isImmutableTag(repository: EcrRepository, tag: string): boolean {
  const excluded = repository.exclusionFilters.some((filter) =>
    new RegExp(`^${filter.split('*').map(escapeRegExp).join('.*')}$`).test(tag),
  );
  return repository.tagMutability.startsWith('IMMUTABLE') !== excluded;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function toRepository(repository: {
  readonly repositoryName?: string | undefined;
  readonly repositoryUri?: string | undefined;
  readonly registryId?: string | undefined;
  readonly imageTagMutability?: string | undefined;
  readonly imageTagMutabilityExclusionFilters?:
    | readonly { readonly filter: string | undefined }[]
    | undefined;
}): EcrRepository {
  return {
    name: repository.repositoryName ?? '',
    uri: repository.repositoryUri ?? '',
    registryId: repository.registryId ?? '',
    tagMutability: repository.imageTagMutability ?? 'MUTABLE',
    exclusionFilters: (repository.imageTagMutabilityExclusionFilters ?? []).flatMap(({ filter }) =>
      filter === undefined ? [] : [filter],
    ),
  };
}
