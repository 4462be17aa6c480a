/** The smallest ECR model that the registry can stand on: everything may be done by `AWS:secret`. */
import type { ManifestStore, StoredManifest } from '../../../../src/lab/dataplane/registry/manifest-store.ts';
import { AwsError } from '../../../../src/lab/world/aws-error.ts';
import type { Principal } from '../../../../src/lab/world/service.ts';

export const root: Principal = { kind: 'root', arn: 'arn:aws:iam::123456789012:root', name: 'root' };

export class MemoryManifestStore implements ManifestStore {
  readonly repositories = new Set<string>();
  readonly immutable = new Set<string>();
  readonly #manifests = new Map<string, StoredManifest>();
  readonly #tags = new Map<string, Map<string, string>>();
  readonly #blobs = new Set<string>();

  constructor(...repositories: readonly string[]) {
    for (const repository of repositories) this.repositories.add(repository);
  }

  verifyRegistryToken(userColonPassword: string): Principal | undefined {
    return userColonPassword === 'AWS:secret' ? root : undefined;
  }

  authorizeRegistry(): undefined {
    return undefined;
  }

  repositoryExists(repository: string): boolean {
    return this.repositories.has(repository);
  }

  hasManifest(repository: string, reference: string): boolean {
    return this.getManifest(repository, reference) !== undefined;
  }

  getManifest(repository: string, reference: string): StoredManifest | undefined {
    const digest = this.#tags.get(repository)?.get(reference) ?? reference;
    return this.#manifests.get(`${repository}@${digest}`);
  }

  putManifest(
    repository: string,
    reference: string,
    mediaType: string,
    bytes: Uint8Array,
    digest: string,
  ): void {
    const tags = this.#tags.get(repository) ?? new Map<string, string>();
    this.#tags.set(repository, tags);
    const before = tags.get(reference);
    if (this.immutable.has(repository) && before !== undefined && before !== digest) {
      throw new AwsError('ImageTagAlreadyExistsException', `The tag ${reference} is immutable.`);
    }
    if (!reference.startsWith('sha256:')) tags.set(reference, digest);
    this.#manifests.set(`${repository}@${digest}`, { digest, mediaType, bytes });
  }

  deleteManifest(repository: string, reference: string): boolean {
    if (!reference.startsWith('sha256:')) return this.#tags.get(repository)?.delete(reference) ?? false;
    for (const [tag, digest] of this.#tags.get(repository) ?? []) {
      if (digest === reference) this.#tags.get(repository)?.delete(tag);
    }
    return this.#manifests.delete(`${repository}@${reference}`);
  }

  tags(repository: string): readonly string[] {
    return [...(this.#tags.get(repository)?.keys() ?? [])];
  }

  noteBlob(repository: string, digest: string): void {
    this.#blobs.add(`${repository}@${digest}`);
  }

  hasBlob(repository: string, digest: string): boolean {
    return this.#blobs.has(`${repository}@${digest}`);
  }
}
