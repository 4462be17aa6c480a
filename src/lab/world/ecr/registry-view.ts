/**
 * The registry as its HTTP side wants it (`ManifestStore` in the data plane): plain answers instead of
 * errors. It asks for a good token only; `authorizeRegistry` has what IAM says to a push or a pull.
 */
import { AwsError } from '../aws-error.ts';
import type { EcrService } from './ecr-service.ts';
import type { StoredImage } from './image-store.ts';

interface ManifestView {
  readonly digest: string;
  readonly mediaType: string;
  readonly body: string;
}

const view = (image: Pick<StoredImage, 'digest' | 'mediaType' | 'bytes'>): ManifestView => ({
  digest: image.digest,
  mediaType: image.mediaType,
  body: typeof image.bytes === 'string' ? image.bytes : new TextDecoder().decode(image.bytes),
});

export function registryView(ecr: EcrService) {
  return {
    verifyRegistryToken: (userColonPassword: string): boolean =>
      ecr.verifyRegistryToken(userColonPassword) !== undefined,
    repositoryExists: (repository: string): boolean => ecr.repositoryExists(repository),
    hasManifest: (repository: string, reference: string): boolean => ecr.hasManifest(repository, reference),
    getManifest: (repository: string, reference: string): ManifestView | undefined => {
      const found = ecr.getManifest(repository, reference);
      return found === undefined ? undefined : view(found);
    },
    putManifest: (
      repository: string,
      tag: string | undefined,
      manifest: ManifestView,
    ):
      | { readonly kind: 'stored' }
      | { readonly kind: 'tag-immutable'; readonly message: string }
      | { readonly kind: 'repository-unknown' } => {
      if (!ecr.repositoryExists(repository)) return { kind: 'repository-unknown' };
      try {
        ecr.put(ecr.store.get(repository), tag, manifest.digest, manifest.body, manifest.mediaType);
        return { kind: 'stored' };
      } catch (error) {
        if (error instanceof AwsError && error.code === 'ImageTagAlreadyExistsException')
          return { kind: 'tag-immutable', message: error.message };
        throw error;
      }
    },
    deleteManifest: (repository: string, reference: string): boolean =>
      ecr.deleteManifest(repository, reference),
    tags: (repository: string): readonly string[] => ecr.tags(repository),
    referrers: (repository: string, digest: string): readonly ManifestView[] => {
      const images = ecr.store.repositories.get(repository)?.images.values() ?? [];
      return [...images].filter((image) => image.subject === digest).map(view);
    },
    noteBlob: (repository: string, digest: string, sizeBytes: number): void => {
      if (ecr.repositoryExists(repository)) ecr.noteBlob(repository, digest, sizeBytes);
    },
    hasBlob: (repository: string, digest: string): boolean => ecr.hasBlob(repository, digest),
  };
}
