/** Repositories and their content-addressed images. */
import type {
  EncryptionConfiguration,
  ImageTagMutability,
  ImageTagMutabilityExclusionFilter,
} from '@aws-sdk/client-ecr';
import { AwsError } from '../aws-error.ts';
import { matchesWildcard } from '../iam/wildcard.ts';
import type { Kernel } from '../kernel.ts';
import type { LifecycleRule } from './lifecycle.ts';
import { readManifest } from './manifest.ts';

export interface StoredImage {
  readonly digest: string;
  readonly mediaType: string;
  readonly artifactMediaType: string | undefined;
  readonly bytes: string | Uint8Array;
  /** Layers and config; for an index the sum over its children. */
  readonly sizeBytes: number;
  readonly children: readonly string[];
  readonly tags: Set<string>;
  pushedAtMs: number;
  lastPulledAtMs: number | undefined;
  /** Undefined while it can be pulled. */
  archivedAtMs: number | undefined;
}

export interface Repository {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
  tagMutability: ImageTagMutability;
  exclusionFilters: readonly ImageTagMutabilityExclusionFilter[];
  scanOnPush: boolean;
  readonly encryption: EncryptionConfiguration;
  /** By digest, in the order of pushing. */
  readonly images: Map<string, StoredImage>;
  /** Sizes by digest. */
  readonly blobs: Map<string, number>;
  lifecycle:
    | { readonly text: string; readonly rules: readonly LifecycleRule[]; evaluatedAtMs: number }
    | undefined;
  policyText: string | undefined;
  readonly tags: Map<string, string>;
}

const namePattern = /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

export class ImageStore {
  readonly #kernel: Kernel;
  readonly repositories = new Map<string, Repository>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** @throws AwsError InvalidParameterException, RepositoryAlreadyExistsException */
  create(
    name: string,
    settings: Pick<Repository, 'tagMutability' | 'exclusionFilters' | 'scanOnPush' | 'encryption'>,
  ): Repository {
    if (name.length < 2 || name.length > 256 || !namePattern.test(name))
      throw new AwsError(
        'InvalidParameterException',
        `Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*''; ${JSON.stringify(name)} was given`,
      );
    if (this.repositories.has(name))
      throw new AwsError(
        'RepositoryAlreadyExistsException',
        `The repository with name '${name}' already exists in the registry with id '${this.#kernel.config.accountId}'`,
      );
    const repository: Repository = {
      name,
      arn: this.#kernel.arn('ecr', `repository/${name}`),
      createdAtMs: this.#kernel.now,
      ...settings,
      images: new Map(),
      blobs: new Map(),
      lifecycle: undefined,
      policyText: undefined,
      tags: new Map(),
    };
    this.repositories.set(name, repository);
    this.#kernel.record('ecr.repository-created', repository.arn);
    return repository;
  }

  get(name: string | undefined): Repository {
    const repository = this.repositories.get(name ?? '');
    if (repository === undefined)
      throw new AwsError(
        'RepositoryNotFoundException',
        `The repository with name '${name ?? ''}' does not exist in the registry with id '${this.#kernel.config.accountId}'`,
      );
    return repository;
  }

  /** `ref` is a tag or a digest. */
  find(repository: Repository, ref: string): StoredImage | undefined {
    if (ref.startsWith('sha256:')) return repository.images.get(ref);
    for (const image of repository.images.values()) if (image.tags.has(ref)) return image;
    return undefined;
  }

  isTagImmutable(repository: Repository, tag: string): boolean {
    const excluded = repository.exclusionFilters.some((filter) => matchesWildcard(filter.filter ?? '', tag));
    switch (repository.tagMutability) {
      case 'IMMUTABLE':
        return true;
      case 'IMMUTABLE_WITH_EXCLUSION':
        return !excluded;
      case 'MUTABLE_WITH_EXCLUSION':
        return excluded;
      default:
        return false;
    }
  }

  /**
   * Stores a manifest and moves `tag` to it. The digest is the caller's to have computed.
   * @returns whether anything changed
   * @throws AwsError LayersNotFoundException, ReferencedImagesNotFoundException,
   *   ImageTagAlreadyExistsException (immutable tag with another digest)
   */
  putManifest(
    repository: Repository,
    tag: string | undefined,
    digest: string,
    bytes: string | Uint8Array,
    mediaType: string | undefined,
  ): { readonly image: StoredImage; readonly changed: boolean } {
    const content = readManifest(bytes, mediaType);
    const missing = content.blobs.filter((blob) => !repository.blobs.has(blob.digest));
    if (missing.length > 0)
      throw new AwsError(
        'LayersNotFoundException',
        `Layers with digests '${missing.map((blob) => blob.digest).join(', ')}' required for pushing image into repository with name '${repository.name}' in the registry with id '${this.#kernel.config.accountId}' do not exist`,
      );
    const absent = content.children.filter((child) => !repository.images.has(child));
    if (absent.length > 0)
      throw new AwsError(
        'ReferencedImagesNotFoundException',
        `Images with digests '${absent.join(', ')}' required for pushing image into repository with name '${repository.name}' in the registry with id '${this.#kernel.config.accountId}' do not exist`,
      );
    const holder = tag === undefined ? undefined : this.find(repository, tag);
    if (
      tag !== undefined &&
      holder !== undefined &&
      holder.digest !== digest &&
      this.isTagImmutable(repository, tag)
    )
      throw new AwsError(
        'ImageTagAlreadyExistsException',
        `The image tag '${tag}' already exists in the '${repository.name}' repository and cannot be overwritten because the tag is immutable.`,
      );
    const known = repository.images.get(digest);
    if (known !== undefined && (tag === undefined || holder === known))
      return { image: known, changed: false };
    const size = content.blobs.reduce((sum, blob) => sum + blob.size, 0);
    const childrenSize = content.children.reduce(
      (sum, child) => sum + (repository.images.get(child)?.sizeBytes ?? 0),
      0,
    );
    const image: StoredImage = known ?? {
      digest,
      mediaType: content.mediaType,
      artifactMediaType: content.artifactMediaType,
      bytes,
      sizeBytes: size + childrenSize,
      children: content.children,
      tags: new Set(),
      pushedAtMs: this.#kernel.now,
      lastPulledAtMs: undefined,
      archivedAtMs: undefined,
    };
    image.pushedAtMs = this.#kernel.now;
    repository.images.set(digest, image);
    if (tag !== undefined) {
      holder?.tags.delete(tag);
      image.tags.add(tag);
    }
    this.#kernel.record('ecr.image-pushed', repository.arn, { digest, tag: tag ?? null });
    return { image, changed: true };
  }

  removeImage(repository: Repository, image: StoredImage, why: 'deleted' | 'expired'): void {
    repository.images.delete(image.digest);
    this.#kernel.record(`ecr.image-${why}`, repository.arn, {
      digest: image.digest,
      tags: [...image.tags].sort(),
    });
  }
}
