/**
 * Amazon ECR: the account's private registry. The API's operations are in `repository-operations.ts` and
 * `image-operations.ts`; here is what the rest of the world and the live registry use.
 */
import { AwsError } from '../aws-error.ts';
import type { ImageResolver } from '../contracts.ts';
import type { SessionPrincipal } from '../iam/iam-service.ts';
import type { Kernel } from '../kernel.ts';
import type { Operation, Permission, Principal, ServiceId, ServiceModule } from '../service.ts';
import { sha256Hex } from '../sts/sha256.ts';
import { imageOperations } from './image-operations.ts';
import { parseImageReference } from './image-reference.ts';
import { ImageStore, type Repository, type StoredImage } from './image-store.ts';
import { expiredImages } from './lifecycle.ts';
import { mediaTypes } from './manifest.ts';
import { repositoryOperations } from './repository-operations.ts';
import { type ScanFindings, Scanning } from './scanning.ts';

/** What the live registry (OCI distribution API) asks. Blobs themselves are its own. */
export interface RegistryBackend {
  /** `user:password` of basic auth; undefined where the token is unknown or over its 12 hours. */
  verifyRegistryToken(userColonPassword: string): Principal | undefined;
  /** What IAM says to a push or a pull: undefined where it is allowed. */
  authorizeRegistry(principal: Principal, access: 'pull' | 'push', repository: string): AwsError | undefined;
  repositoryExists(repository: string): boolean;
  hasManifest(repository: string, ref: string): boolean;
  getManifest(
    repository: string,
    ref: string,
  ): { readonly mediaType: string; readonly bytes: string | Uint8Array; readonly digest: string } | undefined;
  /**
   * `ref` is the tag or the digest of the URL; `digest` was computed over `bytes`. Every blob that the
   * manifest names has to be noted before.
   * @throws AwsError ImageTagAlreadyExistsException, LayersNotFoundException, RepositoryNotFoundException...
   */
  putManifest(
    repository: string,
    ref: string,
    mediaType: string,
    bytes: string | Uint8Array,
    digest: string,
    principal: Principal,
  ): void;
  /** The registry holds this blob now. */
  noteBlob(repository: string, digest: string, sizeBytes: number): void;
  hasBlob(repository: string, digest: string): boolean;
  /** By tag: removes the tag. By digest: the manifest with all its tags. False where there is none. */
  deleteManifest(repository: string, ref: string): boolean;
  tags(repository: string): readonly string[];
}

interface Authorizer {
  authorize(
    principal: SessionPrincipal,
    service: ServiceId,
    permissions: readonly Permission[],
  ): AwsError | undefined;
}

const tokenLifeMs = 12 * 3_600_000;

export class EcrService implements ServiceModule, ImageResolver, RegistryBackend {
  readonly id = 'ecr';
  readonly store: ImageStore;
  readonly scanning: Scanning;
  readonly #kernel: Kernel;
  readonly #iam: Authorizer | undefined;
  readonly #tokens = new Map<string, { readonly principal: Principal; readonly expiresAtMs: number }>();
  #registryHosts: readonly string[];
  #operations: Readonly<Record<string, Operation>> | undefined;
  /** How often lifecycle policies are applied. AWS: "within 24 hours"; the rhythm is assumed. */
  lifecycleIntervalMs = 24 * 3_600_000;

  constructor(deps: {
    readonly kernel: Kernel;
    readonly iam?: Authorizer;
    /** Where the live registry answers, e.g. `127.0.0.1:5001`. */
    readonly registryHosts?: readonly string[];
  }) {
    this.#kernel = deps.kernel;
    this.#iam = deps.iam;
    this.#registryHosts = deps.registryHosts ?? [];
    this.store = new ImageStore(deps.kernel);
    this.scanning = new Scanning(deps.kernel);
  }

  /** Made when somebody asks: few worlds are asked about images. */
  get operations(): Readonly<Record<string, Operation>> {
    this.#operations ??= { ...repositoryOperations(this), ...imageOperations(this) };
    return this.#operations;
  }

  get kernel(): Kernel {
    return this.#kernel;
  }

  /** `123456789012.dkr.ecr.ap-south-1.amazonaws.com` */
  get awsHost(): string {
    const { accountId, region } = this.#kernel.config;
    return `${accountId}.dkr.ecr.${region}.amazonaws.com`;
  }

  /** The host that answers pushes: the live registry where there is one. */
  get host(): string {
    return this.#registryHosts[0] ?? this.awsHost;
  }

  /** What `GetAuthorizationToken` names: the live registry speaks plain HTTP. */
  get proxyEndpoint(): string {
    return this.#registryHosts[0] === undefined
      ? `https://${this.awsHost}`
      : `http://${this.#registryHosts[0]}`;
  }

  setRegistryHosts(hosts: readonly string[]): void {
    this.#registryHosts = hosts;
  }

  /** The findings that scans of this image will show, in whatever repository. */
  setScanFindings(digest: string, findings: ScanFindings): void {
    this.scanning.setFindings(digest, findings);
  }

  /** An image without real content, for worlds where nothing is pulled. */
  seedImage(repositoryName: string, tag: string, content = tag): string {
    const repository = this.store.get(repositoryName);
    const blob = (text: string) => {
      const digest = `sha256:${sha256Hex(text)}`;
      repository.blobs.set(digest, text.length);
      return { digest, size: text.length };
    };
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...blob(`config of ${content}`) },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...blob(`layer of ${content}`) }],
    });
    const digest = `sha256:${sha256Hex(manifest)}`;
    this.put(repository, tag, digest, manifest, mediaTypes.ociManifest);
    return digest;
  }

  /** Stores a manifest, with the scan that a push starts. */
  put(
    repository: Repository,
    tag: string | undefined,
    digest: string,
    bytes: string | Uint8Array,
    mediaType: string | undefined,
  ): { readonly image: StoredImage; readonly changed: boolean } {
    const result = this.store.putManifest(repository, tag, digest, bytes, mediaType);
    const scans = repository.scanOnPush || this.scanning.scanType === 'ENHANCED';
    if (result.changed && scans && result.image.children.length === 0)
      this.scanning.start(repository, result.image, false);
    return result;
  }

  issueToken(principal: Principal): { readonly authorizationToken: string; readonly expiresAtMs: number } {
    const password = `lab-${this.#kernel.rng('ecr.token').hex(64)}`;
    const expiresAtMs = this.#kernel.now + tokenLifeMs;
    this.#tokens.set(password, { principal, expiresAtMs });
    return { authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'), expiresAtMs };
  }

  verifyRegistryToken(userColonPassword: string): Principal | undefined {
    if (!userColonPassword.startsWith('AWS:')) return undefined;
    const token = this.#tokens.get(userColonPassword.slice(4));
    return token === undefined || this.#kernel.now >= token.expiresAtMs ? undefined : token.principal;
  }

  authorizeRegistry(principal: Principal, access: 'pull' | 'push', repository: string): AwsError | undefined {
    const actions =
      access === 'pull'
        ? ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage']
        : [
            'ecr:BatchCheckLayerAvailability',
            'ecr:InitiateLayerUpload',
            'ecr:UploadLayerPart',
            'ecr:CompleteLayerUpload',
            'ecr:PutImage',
          ];
    const resources = [this.#kernel.arn('ecr', `repository/${repository}`)];
    return this.#iam?.authorize(
      principal,
      'ecr',
      actions.map((action) => ({ action, resources })),
    );
  }

  repositoryExists(repository: string): boolean {
    return this.store.repositories.has(repository);
  }

  hasManifest(repository: string, ref: string): boolean {
    return this.#find(repository, ref) !== undefined;
  }

  getManifest(repository: string, ref: string) {
    const image = this.#find(repository, ref);
    if (image === undefined) return undefined;
    image.lastPulledAtMs = this.#kernel.now;
    return { mediaType: image.mediaType, bytes: image.bytes, digest: image.digest };
  }

  putManifest(
    repositoryName: string,
    ref: string,
    mediaType: string,
    bytes: string | Uint8Array,
    digest: string,
    principal: Principal,
  ): void {
    const denied = this.authorizeRegistry(principal, 'push', repositoryName);
    if (denied !== undefined) throw denied;
    if (ref.startsWith('sha256:') && ref !== digest)
      throw new AwsError(
        'ImageDigestDoesNotMatchException',
        `The manifest's digest is ${digest}, not ${ref} as the request names it.`,
      );
    const tag = ref.startsWith('sha256:') ? undefined : ref;
    this.put(this.store.get(repositoryName), tag, digest, bytes, mediaType);
  }

  noteBlob(repository: string, digest: string, sizeBytes: number): void {
    this.store.get(repository).blobs.set(digest, sizeBytes);
  }

  hasBlob(repository: string, digest: string): boolean {
    return this.store.repositories.get(repository)?.blobs.has(digest) ?? false;
  }

  deleteManifest(repository: string, ref: string): boolean {
    const image = this.#find(repository, ref);
    if (image === undefined) return false;
    if (ref.startsWith('sha256:')) this.store.removeImage(this.store.get(repository), image, 'deleted');
    else image.tags.delete(ref);
    return true;
  }

  tags(repository: string): readonly string[] {
    const images = this.store.repositories.get(repository)?.images.values() ?? [];
    return [...images].flatMap((image) => [...image.tags]).sort();
  }

  resolveImage(image: string): ReturnType<ImageResolver['resolveImage']> {
    const reference = parseImageReference(image);
    if (reference.host !== this.awsHost && !this.#registryHosts.includes(reference.host))
      return { found: true, digest: undefined };
    const ref = reference.digest ?? reference.tag ?? 'latest';
    const found = this.#find(reference.repository, ref);
    if (found !== undefined) {
      found.lastPulledAtMs = this.#kernel.now;
      return { found: true, digest: found.digest };
    }
    const full = reference.digest === undefined && reference.tag === undefined ? `${image}:latest` : image;
    const why = this.repositoryExists(reference.repository)
      ? `${full}: not found`
      : `unexpected status from HEAD request to https://${reference.host}/v2/${reference.repository}/manifests/${ref}: 404 Not Found: name unknown: The repository with name '${reference.repository}' does not exist in the registry with id '${this.#kernel.config.accountId}'`;
    return {
      found: false,
      reason: `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${full}: ${why}`,
    };
  }

  /** Applies the repository's lifecycle policy now, as ECR does by itself at least daily. */
  applyLifecycle(repository: Repository): readonly string[] {
    const { lifecycle } = repository;
    if (lifecycle === undefined) return [];
    lifecycle.evaluatedAtMs = this.#kernel.now;
    const expired = expiredImages([...repository.images.values()], lifecycle.rules, this.#kernel.now);
    for (const { image } of expired) this.store.removeImage(repository, image, 'expired');
    return expired.map(({ image }) => image.digest);
  }

  /** Goes on for as long as this policy stands. */
  scheduleLifecycle(repository: Repository): void {
    const policy = repository.lifecycle;
    const evaluate = () => {
      const stands =
        repository.lifecycle === policy && this.store.repositories.get(repository.name) === repository;
      if (!stands || policy === undefined) return;
      this.applyLifecycle(repository);
      this.#kernel.after(this.lifecycleIntervalMs, evaluate);
    };
    this.#kernel.after(this.lifecycleIntervalMs, evaluate);
  }

  #find(repositoryName: string, ref: string): StoredImage | undefined {
    const repository = this.store.repositories.get(repositoryName);
    const found = repository === undefined ? undefined : this.store.find(repository, ref);
    return found?.archivedAtMs === undefined ? found : undefined;
  }
}
