/** ECR's API over repositories and the registry as a whole. */
import type {
  CreateRepositoryCommandInput,
  DeleteRepositoryCommandInput,
  DescribeRepositoriesCommandInput,
  ImageTagMutability,
  ImageTagMutabilityExclusionFilter,
  LifecyclePolicyPreviewResult,
  ListTagsForResourceCommandInput,
  PutImageScanningConfigurationCommandInput,
  PutImageTagMutabilityCommandInput,
  PutLifecyclePolicyCommandInput,
  PutRegistryScanningConfigurationCommandInput,
  RegistryScanningRule,
  SetRepositoryPolicyCommandInput,
  StartLifecyclePolicyPreviewCommandInput,
  TagResourceCommandInput,
  UntagResourceCommandInput,
} from '@aws-sdk/client-ecr';
import { AwsError } from '../aws-error.ts';
import { page } from '../pagination.ts';
import type { CallContext, Operation } from '../service.ts';
import type { EcrService } from './ecr-service.ts';
import type { Repository } from './image-store.ts';
import { expiredImages, parseLifecyclePolicy } from './lifecycle.ts';

interface ByName {
  readonly repositoryName?: string | undefined;
}

const mutabilities = ['MUTABLE', 'IMMUTABLE', 'IMMUTABLE_WITH_EXCLUSION', 'MUTABLE_WITH_EXCLUSION'];

function checkMutability(
  mutability: ImageTagMutability,
  filters: readonly ImageTagMutabilityExclusionFilter[],
): void {
  const invalid = (why: string) =>
    new AwsError(
      'InvalidParameterException',
      `Invalid parameter at 'imageTagMutability' failed to satisfy constraint: '${why}'`,
    );
  if (!mutabilities.includes(mutability)) throw invalid(`must be one of ${mutabilities.join(', ')}`);
  const withExclusion = mutability.endsWith('_WITH_EXCLUSION');
  if (withExclusion && filters.length === 0)
    throw invalid(`${mutability} needs imageTagMutabilityExclusionFilters`);
  if (!withExclusion && filters.length > 0)
    throw invalid(`imageTagMutabilityExclusionFilters are not allowed with ${mutability}`);
}

export function repositoryOperations(ecr: EcrService): Readonly<Record<string, Operation>> {
  const { store, kernel } = ecr;
  const registryId = kernel.config.accountId;

  const onRepository = (name: string, mutates: boolean, run: Operation['run']): Operation => ({
    mutates,
    permissions: (input: ByName | undefined) => [
      {
        action: `ecr:${name}`,
        resources: [kernel.arn('ecr', `repository/${input?.repositoryName ?? '*'}`)],
      },
    ],
    run,
  });
  const onRegistry = (name: string, mutates: boolean, run: Operation['run']): Operation => ({
    mutates,
    permissions: () => [{ action: `ecr:${name}`, resources: ['*'] }],
    run,
  });
  const onResource = (name: string, mutates: boolean, run: Operation['run']): Operation => ({
    mutates,
    permissions: (input: { resourceArn?: string } | undefined) => [
      { action: `ecr:${name}`, resources: [input?.resourceArn ?? '*'] },
    ],
    run,
  });

  const view = (repository: Repository) => ({
    repositoryArn: repository.arn,
    registryId,
    repositoryName: repository.name,
    repositoryUri: `${ecr.host}/${repository.name}`,
    createdAt: new Date(repository.createdAtMs),
    imageTagMutability: repository.tagMutability,
    imageTagMutabilityExclusionFilters:
      repository.exclusionFilters.length === 0 ? undefined : [...repository.exclusionFilters],
    imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
    encryptionConfiguration: repository.encryption,
  });
  const byArn = (arn: string | undefined) => store.get(/:repository\/(.+)$/.exec(arn ?? '')?.[1]);
  let scanningRules: readonly RegistryScanningRule[] = [];
  const lifecycleOf = (input: ByName) => {
    const repository = store.get(input.repositoryName);
    if (repository.lifecycle === undefined)
      throw new AwsError(
        'LifecyclePolicyNotFoundException',
        `Lifecycle policy does not exist for the repository with name '${repository.name}' in the registry with id '${registryId}'`,
      );
    return { repository, lifecycle: repository.lifecycle };
  };
  const lifecycleView = (repository: Repository, text: string) => ({
    registryId,
    repositoryName: repository.name,
    lifecyclePolicyText: text,
  });
  const previews = new Map<string, { text: string; results: LifecyclePolicyPreviewResult[] }>();
  const policyOf = (input: ByName) => {
    const repository = store.get(input.repositoryName);
    if (repository.policyText === undefined)
      throw new AwsError(
        'RepositoryPolicyNotFoundException',
        `Repository policy does not exist for the repository with name '${repository.name}' in the registry with id '${registryId}'`,
      );
    return { registryId, repositoryName: repository.name, policyText: repository.policyText };
  };

  return {
    CreateRepository: onRepository('CreateRepository', true, (input: CreateRepositoryCommandInput) => {
      const tagMutability = input.imageTagMutability ?? 'MUTABLE';
      const exclusionFilters = input.imageTagMutabilityExclusionFilters ?? [];
      checkMutability(tagMutability, exclusionFilters);
      const repository = store.create(input.repositoryName ?? '', {
        tagMutability,
        exclusionFilters,
        scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
        encryption: input.encryptionConfiguration ?? { encryptionType: 'AES256' },
      });
      for (const tag of input.tags ?? []) repository.tags.set(tag.Key ?? '', tag.Value ?? '');
      return { repository: view(repository) };
    }),
    DescribeRepositories: {
      mutates: false,
      permissions: (input: DescribeRepositoriesCommandInput | undefined) => [
        {
          action: 'ecr:DescribeRepositories',
          resources: (input?.repositoryNames ?? ['*']).map((name) => kernel.arn('ecr', `repository/${name}`)),
        },
      ],
      run: (input: DescribeRepositoriesCommandInput) => {
        const names = input.repositoryNames;
        const all =
          names === undefined
            ? [...store.repositories.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
            : names.map((name) => store.get(name));
        const { items, nextToken } = page(all, input.nextToken, input.maxResults ?? 100);
        return { repositories: items.map(view), nextToken };
      },
    },
    DeleteRepository: onRepository('DeleteRepository', true, (input: DeleteRepositoryCommandInput) => {
      const repository = store.get(input.repositoryName);
      if (repository.images.size > 0 && !input.force)
        throw new AwsError(
          'RepositoryNotEmptyException',
          `The repository with name '${repository.name}' in registry with id '${registryId}' cannot be deleted because it still contains images`,
        );
      store.repositories.delete(repository.name);
      return { repository: view(repository) };
    }),
    PutImageTagMutability: onRepository(
      'PutImageTagMutability',
      true,
      (input: PutImageTagMutabilityCommandInput) => {
        const repository = store.get(input.repositoryName);
        const mutability = input.imageTagMutability ?? 'MUTABLE';
        const filters = input.imageTagMutabilityExclusionFilters ?? [];
        checkMutability(mutability, filters);
        repository.tagMutability = mutability;
        repository.exclusionFilters = filters;
        return { registryId, repositoryName: repository.name, imageTagMutability: mutability };
      },
    ),
    PutImageScanningConfiguration: onRepository(
      'PutImageScanningConfiguration',
      true,
      (input: PutImageScanningConfigurationCommandInput) => {
        const repository = store.get(input.repositoryName);
        repository.scanOnPush = input.imageScanningConfiguration?.scanOnPush ?? false;
        const imageScanningConfiguration = { scanOnPush: repository.scanOnPush };
        return { registryId, repositoryName: repository.name, imageScanningConfiguration };
      },
    ),
    GetRegistryScanningConfiguration: onRegistry('GetRegistryScanningConfiguration', false, () => ({
      registryId,
      scanningConfiguration: { scanType: ecr.scanning.scanType, rules: scanningRules },
    })),
    PutRegistryScanningConfiguration: onRegistry(
      'PutRegistryScanningConfiguration',
      true,
      (input: PutRegistryScanningConfigurationCommandInput) => {
        ecr.scanning.scanType = input.scanType ?? 'BASIC';
        scanningRules = input.rules ?? [];
        return {
          registryScanningConfiguration: { scanType: ecr.scanning.scanType, rules: scanningRules },
        };
      },
    ),
    PutLifecyclePolicy: onRepository('PutLifecyclePolicy', true, (input: PutLifecyclePolicyCommandInput) => {
      const repository = store.get(input.repositoryName);
      const rules = parseLifecyclePolicy(input.lifecyclePolicyText ?? '');
      const text = compactJson(input.lifecyclePolicyText ?? '');
      repository.lifecycle = { text, rules, evaluatedAtMs: kernel.now };
      ecr.scheduleLifecycle(repository);
      return lifecycleView(repository, text);
    }),
    GetLifecyclePolicy: onRepository('GetLifecyclePolicy', false, (input: ByName) => {
      const { repository, lifecycle } = lifecycleOf(input);
      return {
        ...lifecycleView(repository, lifecycle.text),
        lastEvaluatedAt: new Date(lifecycle.evaluatedAtMs),
      };
    }),
    DeleteLifecyclePolicy: onRepository('DeleteLifecyclePolicy', true, (input: ByName) => {
      const { repository, lifecycle } = lifecycleOf(input);
      repository.lifecycle = undefined;
      return {
        ...lifecycleView(repository, lifecycle.text),
        lastEvaluatedAt: new Date(lifecycle.evaluatedAtMs),
      };
    }),
    StartLifecyclePolicyPreview: onRepository(
      'StartLifecyclePolicyPreview',
      true,
      (input: StartLifecyclePolicyPreviewCommandInput) => {
        const repository = store.get(input.repositoryName);
        const given = input.lifecyclePolicyText ?? lifecycleOf(input).lifecycle.text;
        const rules = parseLifecyclePolicy(given);
        const text = compactJson(given);
        const images = [...repository.images.values()];
        const results = expiredImages(images, rules, kernel.now).map((one) => ({
          imageTags: [...one.image.tags],
          imageDigest: one.image.digest,
          imagePushedAt: new Date(one.image.pushedAtMs),
          action: { type: 'EXPIRE' as const },
          appliedRulePriority: one.rulePriority,
        }));
        previews.set(repository.name, { text, results });
        return { ...lifecycleView(repository, text), status: 'IN_PROGRESS' };
      },
    ),
    GetLifecyclePolicyPreview: onRepository('GetLifecyclePolicyPreview', false, (input: ByName) => {
      const repository = store.get(input.repositoryName);
      const preview = previews.get(repository.name);
      if (preview === undefined)
        throw new AwsError(
          'LifecyclePolicyPreviewNotFoundException',
          `Lifecycle policy preview does not exist for the repository with name '${repository.name}' in the registry with id '${registryId}'`,
        );
      return {
        ...lifecycleView(repository, preview.text),
        status: 'COMPLETE',
        previewResults: preview.results,
        summary: { expiringImageTotalCount: preview.results.length },
      };
    }),
    SetRepositoryPolicy: onRepository(
      'SetRepositoryPolicy',
      true,
      (input: SetRepositoryPolicyCommandInput) => {
        store.get(input.repositoryName).policyText = input.policyText ?? '';
        return policyOf(input);
      },
    ),
    GetRepositoryPolicy: onRepository('GetRepositoryPolicy', false, policyOf),
    DeleteRepositoryPolicy: onRepository('DeleteRepositoryPolicy', true, (input: ByName) => {
      const former = policyOf(input);
      store.get(input.repositoryName).policyText = undefined;
      return former;
    }),
    GetAuthorizationToken: onRegistry(
      'GetAuthorizationToken',
      false,
      (_input: unknown, context: CallContext) => {
        const { authorizationToken, expiresAtMs } = ecr.issueToken(context.principal);
        return {
          authorizationData: [
            { authorizationToken, expiresAt: new Date(expiresAtMs), proxyEndpoint: ecr.proxyEndpoint },
          ],
        };
      },
    ),
    TagResource: onResource('TagResource', true, (input: TagResourceCommandInput) => {
      const { tags } = byArn(input.resourceArn);
      for (const tag of input.tags ?? []) tags.set(tag.Key ?? '', tag.Value ?? '');
      return {};
    }),
    UntagResource: onResource('UntagResource', true, (input: UntagResourceCommandInput) => {
      const { tags } = byArn(input.resourceArn);
      for (const key of input.tagKeys ?? []) tags.delete(key);
      return {};
    }),
    ListTagsForResource: onResource(
      'ListTagsForResource',
      false,
      (input: ListTagsForResourceCommandInput) => ({
        tags: [...byArn(input.resourceArn).tags].map(([Key, Value]) => ({ Key, Value })),
      }),
    ),
  };
}

/** ECR gives a lifecycle policy back without the white space that it came with. */
function compactJson(text: string): string {
  return JSON.stringify(JSON.parse(text));
}
