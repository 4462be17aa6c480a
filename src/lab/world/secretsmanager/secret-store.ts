/** Secrets and their versions with staging labels. */
import { AwsError } from '../aws-error.ts';
import type { Kernel } from '../kernel.ts';

export interface SecretVersion {
  readonly id: string;
  readonly createdAtMs: number;
  readonly value: string | undefined;
  readonly binary: Uint8Array | undefined;
  readonly stages: Set<string>;
}

export interface Secret {
  readonly arn: string;
  readonly name: string;
  description: string | undefined;
  kmsKeyId: string | undefined;
  readonly createdAtMs: number;
  changedAtMs: number;
  deletedAtMs: number | undefined;
  /** When it is gone for good. */
  purgeAtMs: number | undefined;
  /** Oldest first. */
  readonly versions: SecretVersion[];
  readonly tags: Map<string, string>;
}

const secretNotFound = () =>
  new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");

export class SecretStore {
  readonly #kernel: Kernel;
  readonly #byName = new Map<string, Secret>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  get all(): readonly Secret[] {
    return [...this.#byName.values()];
  }

  /** @throws AwsError ResourceExistsException, InvalidRequestException (scheduled for deletion) */
  create(name: string): Secret {
    const existing = this.#byName.get(name);
    if (existing?.deletedAtMs !== undefined)
      throw new AwsError(
        'InvalidRequestException',
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      );
    if (existing !== undefined)
      throw new AwsError(
        'ResourceExistsException',
        `The operation failed because the secret ${name} already exists.`,
      );
    const secret: Secret = {
      arn: this.#kernel.arn('secretsmanager', `secret:${name}-${this.#suffix()}`),
      name,
      description: undefined,
      kmsKeyId: undefined,
      createdAtMs: this.#kernel.now,
      changedAtMs: this.#kernel.now,
      deletedAtMs: undefined,
      purgeAtMs: undefined,
      versions: [],
      tags: new Map(),
    };
    this.#byName.set(name, secret);
    return secret;
  }

  /**
   * By name, full ARN, or ARN without the six random characters (AWS warns that a partial ARN is ambiguous
   * for names that themselves end in a hyphen and six characters: the full ARN is tried first).
   */
  find(id: string): Secret | undefined {
    const byName = this.#byName.get(id);
    if (byName !== undefined) return byName;
    if (!id.startsWith('arn:')) return undefined;
    let partial: Secret | undefined;
    for (const secret of this.#byName.values()) {
      if (secret.arn === id) return secret;
      if (secret.arn.slice(0, -7) === id) partial = secret;
    }
    return partial;
  }

  get(id: string | undefined): Secret {
    const secret = id === undefined ? undefined : this.find(id);
    if (secret === undefined) throw secretNotFound();
    return secret;
  }

  /** As `get`, and not marked as deleted. */
  getActive(id: string | undefined): Secret {
    const secret = this.get(id);
    if (secret.deletedAtMs !== undefined)
      throw new AwsError(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    return secret;
  }

  /**
   * A new version. With AWSCURRENT among its stages the version that had it becomes AWSPREVIOUS.
   * The same token with the same value changes nothing; with another value it is refused.
   */
  putVersion(
    secret: Secret,
    content: { readonly value: string | undefined; readonly binary: Uint8Array | undefined },
    stages: readonly string[],
    token: string | undefined,
  ): SecretVersion {
    const known = secret.versions.find((version) => version.id === token);
    if (known !== undefined) {
      if (known.value === content.value && String(known.binary) === String(content.binary)) return known;
      throw new AwsError(
        'ResourceExistsException',
        `The operation failed because the version ${token} already exists with another value.`,
      );
    }
    const version: SecretVersion = {
      id: token ?? this.#versionId(),
      createdAtMs: this.#kernel.now,
      ...content,
      stages: new Set(),
    };
    secret.versions.push(version);
    for (const stage of stages) this.moveStage(secret, stage, version);
    secret.changedAtMs = this.#kernel.now;
    this.#kernel.record('secretsmanager.version', secret.arn, { stages: [...version.stages].sort() });
    return version;
  }

  moveStage(secret: Secret, stage: string, to: SecretVersion): void {
    const from = secret.versions.find((version) => version.stages.has(stage));
    if (from === to) return;
    from?.stages.delete(stage);
    to.stages.add(stage);
    if (stage !== 'AWSCURRENT' || from === undefined) return;
    for (const version of secret.versions) version.stages.delete('AWSPREVIOUS');
    from.stages.add('AWSPREVIOUS');
  }

  /** `undefined` stage and id mean AWSCURRENT. */
  version(
    secret: Secret,
    stage: string | undefined,
    versionId: string | undefined,
  ): SecretVersion | undefined {
    return secret.versions.find(
      (version) =>
        (versionId === undefined || version.id === versionId) &&
        ((stage === undefined && versionId !== undefined) || version.stages.has(stage ?? 'AWSCURRENT')),
    );
  }

  /** `recoveryDays` 7 to 30; 0 deletes at once. */
  remove(secret: Secret, recoveryDays: number): Date {
    secret.deletedAtMs = this.#kernel.now;
    secret.purgeAtMs = this.#kernel.now + recoveryDays * 86_400_000;
    this.#kernel.record('secretsmanager.deleted', secret.arn, { recoveryDays });
    if (recoveryDays === 0) this.#byName.delete(secret.name);
    else {
      const purgeAtMs = secret.purgeAtMs;
      this.#kernel.at(purgeAtMs, () => {
        if (secret.purgeAtMs === purgeAtMs) this.#byName.delete(secret.name);
      });
    }
    return new Date(secret.purgeAtMs);
  }

  restore(secret: Secret): void {
    secret.deletedAtMs = undefined;
    secret.purgeAtMs = undefined;
  }

  #suffix(): string {
    const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'];
    const rng = this.#kernel.rng('secretsmanager.suffix');
    return Array.from({ length: 6 }, () => rng.pick(alphabet)).join('');
  }

  #versionId(): string {
    const hex = this.#kernel.rng('secretsmanager.version').hex(32);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}
