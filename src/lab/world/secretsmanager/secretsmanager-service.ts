/** AWS Secrets Manager: the API over the store, and what ECS reads of it. */
import type {
  CreateSecretCommandInput,
  DeleteSecretCommandInput,
  DescribeSecretCommandInput,
  DescribeSecretCommandOutput,
  GetSecretValueCommandInput,
  ListSecretsCommandInput,
  ListSecretVersionIdsCommandInput,
  PutSecretValueCommandInput,
  RestoreSecretCommandInput,
  Tag,
  TagResourceCommandInput,
  UntagResourceCommandInput,
  UpdateSecretCommandInput,
} from '@aws-sdk/client-secrets-manager';
import { AwsError } from '../aws-error.ts';
import type { SecretResolver } from '../contracts.ts';
import type { Kernel } from '../kernel.ts';
import { page } from '../pagination.ts';
import type { Operation, ServiceModule } from '../service.ts';
import { resolveSecretReference } from './resolve-secret.ts';
import { type Secret, SecretStore } from './secret-store.ts';

const namePattern = /^[A-Za-z0-9/_+=.@-]{1,512}$/;

function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

export class SecretsManagerService implements ServiceModule, SecretResolver {
  readonly id = 'secretsmanager';
  readonly #kernel: Kernel;
  readonly #store: SecretStore;
  #operations: Readonly<Record<string, Operation>> | undefined;

  constructor(deps: { readonly kernel: Kernel }) {
    this.#kernel = deps.kernel;
    this.#store = new SecretStore(deps.kernel);
  }

  /** Made when somebody asks: few worlds are asked about secrets. */
  get operations(): Readonly<Record<string, Operation>> {
    this.#operations ??= this.#tableOfOperations();
    return this.#operations;
  }

  #tableOfOperations(): Readonly<Record<string, Operation>> {
    const write = (name: string, run: Operation['run']) => this.#operation(name, true, run);
    const read = (name: string, run: Operation['run']) => this.#operation(name, false, run);
    return {
      CreateSecret: write('CreateSecret', (input: CreateSecretCommandInput) => this.#create(input)),
      GetSecretValue: read('GetSecretValue', (input: GetSecretValueCommandInput) => this.#getValue(input)),
      PutSecretValue: write('PutSecretValue', (input: PutSecretValueCommandInput) => this.#putValue(input)),
      DescribeSecret: read('DescribeSecret', (input: DescribeSecretCommandInput) =>
        this.#describe(this.#store.get(input.SecretId)),
      ),
      ListSecrets: read('ListSecrets', (input: ListSecretsCommandInput) => this.#list(input)),
      ListSecretVersionIds: read('ListSecretVersionIds', (input: ListSecretVersionIdsCommandInput) =>
        this.#versionIds(input),
      ),
      UpdateSecret: write('UpdateSecret', (input: UpdateSecretCommandInput) => this.#update(input)),
      DeleteSecret: write('DeleteSecret', (input: DeleteSecretCommandInput) => this.#delete(input)),
      RestoreSecret: write('RestoreSecret', (input: RestoreSecretCommandInput) => {
        const secret = this.#store.get(input.SecretId);
        this.#store.restore(secret);
        return { ARN: secret.arn, Name: secret.name };
      }),
      TagResource: write('TagResource', (input: TagResourceCommandInput) => {
        setTags(this.#store.getActive(input.SecretId), input.Tags);
        return {};
      }),
      UntagResource: write('UntagResource', (input: UntagResourceCommandInput) => {
        const secret = this.#store.getActive(input.SecretId);
        for (const key of input.TagKeys ?? []) secret.tags.delete(key);
        return {};
      }),
    };
  }

  resolveSecret(valueFrom: string) {
    return resolveSecretReference(this.#store, valueFrom);
  }

  #operation(name: string, mutates: boolean, run: Operation['run']): Operation {
    return {
      mutates,
      permissions: (input: { SecretId?: string; Name?: string } | undefined) => {
        const id = input?.SecretId ?? input?.Name;
        if (name === 'ListSecrets') return [{ action: 'secretsmanager:ListSecrets', resources: ['*'] }];
        const found = typeof id === 'string' ? this.#store.find(id) : undefined;
        const named = typeof id === 'string' && id.startsWith('arn:') ? id : undefined;
        const resource =
          found?.arn ?? named ?? this.#kernel.arn('secretsmanager', `secret:${String(id ?? '*')}`);
        return [{ action: `secretsmanager:${name}`, resources: [resource] }];
      },
      run,
    };
  }

  #create(input: CreateSecretCommandInput) {
    const name = input.Name ?? '';
    if (!namePattern.test(name))
      throw invalidParameter(
        `Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@! The name ${JSON.stringify(name)} is not.`,
      );
    bothValues(input.SecretString, input.SecretBinary);
    const secret = this.#store.create(name);
    secret.description = input.Description;
    secret.kmsKeyId = input.KmsKeyId;
    setTags(secret, input.Tags);
    const content = { value: input.SecretString, binary: input.SecretBinary };
    if (content.value === undefined && content.binary === undefined) return { ARN: secret.arn, Name: name };
    const version = this.#store.putVersion(secret, content, ['AWSCURRENT'], input.ClientRequestToken);
    return { ARN: secret.arn, Name: name, VersionId: version.id };
  }

  #getValue(input: GetSecretValueCommandInput) {
    const secret = this.#store.getActive(input.SecretId);
    const version = this.#store.version(secret, input.VersionStage, input.VersionId);
    if (version === undefined)
      throw new AwsError(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret value for ${input.VersionId === undefined ? `staging label: ${input.VersionStage ?? 'AWSCURRENT'}` : `VersionId: ${input.VersionId}`}`,
      );
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.id,
      SecretString: version.value,
      SecretBinary: version.binary,
      VersionStages: [...version.stages],
      CreatedDate: new Date(version.createdAtMs),
    };
  }

  #putValue(input: PutSecretValueCommandInput) {
    const secret = this.#store.getActive(input.SecretId);
    bothValues(input.SecretString, input.SecretBinary);
    if (input.SecretString === undefined && input.SecretBinary === undefined)
      throw invalidParameter('You must provide either SecretString or SecretBinary.');
    const version = this.#store.putVersion(
      secret,
      { value: input.SecretString, binary: input.SecretBinary },
      input.VersionStages ?? ['AWSCURRENT'],
      input.ClientRequestToken,
    );
    return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: [...version.stages] };
  }

  #update(input: UpdateSecretCommandInput) {
    const secret = this.#store.getActive(input.SecretId);
    if (input.Description !== undefined) secret.description = input.Description;
    if (input.KmsKeyId !== undefined) secret.kmsKeyId = input.KmsKeyId;
    secret.changedAtMs = this.#kernel.now;
    bothValues(input.SecretString, input.SecretBinary);
    const content = { value: input.SecretString, binary: input.SecretBinary };
    if (content.value === undefined && content.binary === undefined)
      return { ARN: secret.arn, Name: secret.name };
    const version = this.#store.putVersion(secret, content, ['AWSCURRENT'], input.ClientRequestToken);
    return { ARN: secret.arn, Name: secret.name, VersionId: version.id };
  }

  #delete(input: DeleteSecretCommandInput) {
    const days = input.RecoveryWindowInDays;
    if (input.ForceDeleteWithoutRecovery && days !== undefined)
      throw invalidParameter(
        "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
      );
    if (days !== undefined && (days < 7 || days > 30))
      throw invalidParameter('RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
    const secret = this.#store.getActive(input.SecretId);
    const DeletionDate = this.#store.remove(secret, input.ForceDeleteWithoutRecovery ? 0 : (days ?? 30));
    return { ARN: secret.arn, Name: secret.name, DeletionDate };
  }

  #describe(secret: Secret): Omit<DescribeSecretCommandOutput, '$metadata'> {
    const stages: Record<string, string[]> = {};
    for (const version of secret.versions)
      if (version.stages.size > 0) stages[version.id] = [...version.stages];
    return {
      ARN: secret.arn,
      Name: secret.name,
      Description: secret.description,
      KmsKeyId: secret.kmsKeyId,
      RotationEnabled: false,
      CreatedDate: new Date(secret.createdAtMs),
      LastChangedDate: new Date(secret.changedAtMs),
      DeletedDate: secret.deletedAtMs === undefined ? undefined : new Date(secret.deletedAtMs),
      Tags: [...secret.tags].map(([Key, Value]) => ({ Key, Value })),
      VersionIdsToStages: stages,
    };
  }

  #list(input: ListSecretsCommandInput) {
    let secrets = this.#store.all.filter(
      (secret) => input.IncludePlannedDeletion === true || secret.deletedAtMs === undefined,
    );
    for (const filter of input.Filters ?? []) {
      if (filter.Key !== 'name')
        throw invalidParameter(`The lab filters secrets by name only; ${String(filter.Key)} was given.`);
      secrets = secrets.filter((secret) =>
        (filter.Values ?? []).some((value) => secret.name.startsWith(value)),
      );
    }
    const { items, nextToken } = page(secrets, input.NextToken, input.MaxResults ?? 100);
    return {
      SecretList: items.map((secret) => {
        const { VersionIdsToStages, ...entry } = this.#describe(secret);
        return { ...entry, SecretVersionsToStages: VersionIdsToStages };
      }),
      NextToken: nextToken,
    };
  }

  #versionIds(input: ListSecretVersionIdsCommandInput) {
    const secret = this.#store.get(input.SecretId);
    const versions = secret.versions.filter((version) => input.IncludeDeprecated || version.stages.size > 0);
    return {
      ARN: secret.arn,
      Name: secret.name,
      Versions: versions.map((version) => ({
        VersionId: version.id,
        VersionStages: [...version.stages],
        CreatedDate: new Date(version.createdAtMs),
      })),
    };
  }
}

function bothValues(text: string | undefined, binary: Uint8Array | undefined): void {
  if (text !== undefined && binary !== undefined)
    throw invalidParameter("You can't specify both a binary secret value and a string secret value.");
}

function setTags(secret: Secret, tags: readonly Tag[] | undefined): void {
  for (const tag of tags ?? []) if (tag.Key !== undefined) secret.tags.set(tag.Key, tag.Value ?? '');
}
