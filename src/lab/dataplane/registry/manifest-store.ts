/**
 * The seam between the registry's HTTP side and the ECR model behind it: bytes of blobs stay with the
 * registry (`blob-store.ts`), manifests, tags and who may push belong to the model. Synchronous and free of
 * I/O: the world's `EcrService` is one.
 */
import type { AwsError } from '../../world/aws-error.ts';
import type { Principal } from '../../world/service.ts';

/** A manifest exactly as it was pushed: its digest is that of these bytes. */
export interface StoredManifest {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: string | Uint8Array;
}

export interface ManifestStore {
  /** `AWS:<password>` as sent in Basic authentication; whose token it is, undefined when it is no good. */
  verifyRegistryToken(userColonPassword: string): Principal | undefined;
  /** What IAM says to a pull or a push: undefined where it is allowed. */
  authorizeRegistry(principal: Principal, access: 'pull' | 'push', repository: string): AwsError | undefined;
  repositoryExists(repository: string): boolean;
  /** By tag or by `sha256:` digest. */
  hasManifest(repository: string, reference: string): boolean;
  getManifest(repository: string, reference: string): StoredManifest | undefined;
  /** `reference` is the tag or the digest of the URL. Throws AwsError: immutable tag, missing layers... */
  putManifest(
    repository: string,
    reference: string,
    mediaType: string,
    bytes: Uint8Array,
    digest: string,
    principal: Principal,
  ): void;
  /** False where there is no such manifest. */
  deleteManifest(repository: string, reference: string): boolean;
  tags(repository: string): readonly string[];
  /** The blob was uploaded to or mounted into the repository. */
  noteBlob(repository: string, digest: string, sizeBytes: number): void;
  hasBlob(repository: string, digest: string): boolean;
}

export function manifestText(manifest: StoredManifest): string {
  return typeof manifest.bytes === 'string' ? manifest.bytes : Buffer.from(manifest.bytes).toString('utf8');
}
