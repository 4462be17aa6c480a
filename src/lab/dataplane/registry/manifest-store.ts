/**
 * The seam between the registry's HTTP side and the ECR model behind it: bytes of blobs stay with the
 * registry (`blob-store.ts`), manifests, tags and who may push belong to the model. Synchronous and free of
 * I/O, so that the world's `EcrService` can implement it.
 */

/** A manifest exactly as it was pushed: its digest is that of these bytes. */
export interface StoredManifest {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  readonly mediaType: string;
  /** The manifest's bytes as UTF-8 text (a manifest is JSON, so the text gives the bytes back). */
  readonly body: string;
}

export type PutManifestResult =
  | { readonly kind: 'stored' }
  /** The tag exists, is immutable and names another digest. `message` in ECR's words. */
  | { readonly kind: 'tag-immutable'; readonly message: string }
  | { readonly kind: 'repository-unknown' };

export interface ManifestStore {
  /** `AWS:<password>` as sent in Basic authentication, against the tokens of GetAuthorizationToken. */
  verifyRegistryToken(userColonPassword: string): boolean;
  repositoryExists(repository: string): boolean;
  /** By tag or by `sha256:` digest. */
  hasManifest(repository: string, reference: string): boolean;
  getManifest(repository: string, reference: string): StoredManifest | undefined;
  /** `tag` is absent for a push by digest. */
  putManifest(repository: string, tag: string | undefined, manifest: StoredManifest): PutManifestResult;
  /** By tag: removes the tag. By digest: removes the manifest and all its tags. False where there is none. */
  deleteManifest(repository: string, reference: string): boolean;
  /** Every tag of the repository, in lexical order. */
  tags(repository: string): readonly string[];
  /** Manifests whose `subject` is this digest (OCI 1.1 referrers). */
  referrers(repository: string, digest: string): readonly StoredManifest[];
  /** The blob was uploaded to or mounted into the repository. */
  noteBlob(repository: string, digest: string, sizeBytes: number): void;
  hasBlob(repository: string, digest: string): boolean;
}
