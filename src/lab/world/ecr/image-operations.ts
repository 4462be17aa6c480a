/** ECR's API over images and their scans. */
import type {
  BatchCheckLayerAvailabilityCommandInput,
  BatchDeleteImageCommandInput,
  BatchGetImageCommandInput,
  DescribeImageScanFindingsCommandInput,
  DescribeImagesCommandInput,
  ImageFailure,
  ImageIdentifier,
  ListImagesCommandInput,
  PutImageCommandInput,
  StartImageScanCommandInput,
  TagStatus,
  UpdateImageStorageClassCommandInput,
} from '@aws-sdk/client-ecr';
import { AwsError } from '../aws-error.ts';
import { page } from '../pagination.ts';
import type { Operation } from '../service.ts';
import { sha256Hex } from '../sts/sha256.ts';
import type { EcrService } from './ecr-service.ts';
import type { Repository, StoredImage } from './image-store.ts';

type Found = { readonly image: StoredImage } | { readonly failure: ImageFailure };

const digestPattern = /^sha256:[0-9a-f]{64}$/;

export function imageOperations(ecr: EcrService): Readonly<Record<string, Operation>> {
  const { store, kernel } = ecr;
  const registryId = kernel.config.accountId;

  const operation = (name: string, mutates: boolean, run: Operation['run']): Operation => ({
    mutates,
    permissions: (input: { repositoryName?: string } | undefined) => [
      { action: `ecr:${name}`, resources: [kernel.arn('ecr', `repository/${input?.repositoryName ?? '*'}`)] },
    ],
    run,
  });

  const find = (repository: Repository, id: ImageIdentifier): Found => {
    const fail = (failureCode: NonNullable<ImageFailure['failureCode']>, failureReason: string): Found => ({
      failure: { imageId: id, failureCode, failureReason },
    });
    const { imageDigest, imageTag } = id;
    if (imageDigest === undefined && imageTag === undefined)
      return fail('MissingDigestAndTag', 'Invalid request parameters: both tag and digest cannot be null');
    if (imageDigest !== undefined && !digestPattern.test(imageDigest))
      return fail('InvalidImageDigest', 'Invalid request parameters: image digest should satisfy the regex');
    const image = store.find(repository, imageDigest ?? imageTag ?? '');
    if (image === undefined) return fail('ImageNotFound', 'Requested image not found');
    if (imageDigest !== undefined && imageTag !== undefined && !image.tags.has(imageTag))
      return fail('ImageTagDoesNotMatchDigest', 'Tag does not match the digest');
    return { image };
  };

  /** As `find`, with the error that single-image operations throw. */
  const need = (repository: Repository, id: ImageIdentifier | undefined): StoredImage => {
    const found = find(repository, id ?? {});
    if ('image' in found) return found.image;
    throw notThere(repository, id);
  };

  const notThere = (repository: Repository, id: ImageIdentifier | undefined): AwsError =>
    new AwsError(
      'ImageNotFoundException',
      `The image with imageId {imageDigest:'${id?.imageDigest ?? 'null'}', imageTag:'${id?.imageTag ?? 'null'}'} does not exist within the repository with name '${repository.name}' in the registry with id '${registryId}'`,
    );

  const statusOf = (image: StoredImage) => (image.archivedAtMs === undefined ? 'ACTIVE' : 'ARCHIVED');

  const updateStorageClass = (input: UpdateImageStorageClassCommandInput) => {
    const repository = store.get(input.repositoryName);
    const image = need(repository, input.imageId);
    if (input.targetStorageClass === 'STANDARD') image.archivedAtMs = undefined;
    else image.archivedAtMs ??= kernel.now;
    return {
      registryId,
      repositoryName: repository.name,
      imageId: input.imageId,
      imageStatus: statusOf(image),
    };
  };

  const text = (image: StoredImage): string =>
    typeof image.bytes === 'string' ? image.bytes : new TextDecoder().decode(image.bytes);

  const matchesTagStatus = (image: StoredImage, status: TagStatus | undefined): boolean =>
    status === undefined || status === 'ANY' || (status === 'TAGGED') === image.tags.size > 0;

  const put = (input: PutImageCommandInput) => {
    const repository = store.get(input.repositoryName);
    const manifest = input.imageManifest ?? '';
    const digest = `sha256:${sha256Hex(manifest)}`;
    if (input.imageDigest !== undefined && input.imageDigest !== digest)
      throw new AwsError(
        'ImageDigestDoesNotMatchException',
        `The image digest ${input.imageDigest} does not match the digest ${digest} computed over the image manifest.`,
      );
    const { image, changed } = ecr.put(
      repository,
      input.imageTag,
      digest,
      manifest,
      input.imageManifestMediaType,
    );
    if (!changed)
      throw new AwsError(
        'ImageAlreadyExistsException',
        `Image with digest '${digest}' and tag '${input.imageTag ?? ''}' already exists in the repository with name '${repository.name}' in registry with id '${registryId}'`,
      );
    return {
      image: {
        registryId,
        repositoryName: repository.name,
        imageId: { imageDigest: digest, imageTag: input.imageTag },
        imageManifest: manifest,
        imageManifestMediaType: image.mediaType,
      },
    };
  };

  const batchGet = (input: BatchGetImageCommandInput) => {
    const repository = store.get(input.repositoryName);
    const failures: ImageFailure[] = [];
    const images = [];
    for (const id of input.imageIds ?? []) {
      const found = find(repository, id);
      if ('failure' in found) {
        failures.push(found.failure);
        continue;
      }
      const { image } = found;
      if (image.archivedAtMs !== undefined) {
        failures.push({ imageId: id, failureCode: 'ImageNotFound', failureReason: 'The image is archived' });
        continue;
      }
      const accepted = input.acceptedMediaTypes;
      if (accepted !== undefined && !accepted.includes(image.mediaType)) {
        failures.push({
          imageId: id,
          failureCode: 'ImageNotFound',
          failureReason: `Requested image not found: its media type ${image.mediaType} is not among acceptedMediaTypes`,
        });
        continue;
      }
      image.lastPulledAtMs = kernel.now;
      images.push({
        registryId,
        repositoryName: repository.name,
        imageId: { imageDigest: image.digest, imageTag: id.imageTag },
        imageManifest: text(image),
        imageManifestMediaType: image.mediaType,
      });
    }
    return { images, failures };
  };

  const describe = (input: DescribeImagesCommandInput) => {
    const repository = store.get(input.repositoryName);
    const { tagStatus, imageStatus = 'ACTIVE' } = input.filter ?? {};
    const wanted = (image: StoredImage): boolean => imageStatus === 'ANY' || imageStatus === statusOf(image);
    const chosen =
      input.imageIds === undefined
        ? [...repository.images.values()].filter(
            (image) => wanted(image) && matchesTagStatus(image, tagStatus),
          )
        : input.imageIds.map((id) => {
            const image = need(repository, id);
            if (!wanted(image)) throw notThere(repository, id);
            return image;
          });
    const { items, nextToken } = page(chosen, input.nextToken, input.maxResults ?? 100);
    return {
      imageDetails: items.map((image) => {
        const imageScanStatus = ecr.scanning.status(repository, image);
        const done = imageScanStatus?.status === 'COMPLETE' || imageScanStatus?.status === 'ACTIVE';
        const findings = done ? ecr.scanning.describe(repository, image).imageScanFindings : undefined;
        return {
          registryId,
          repositoryName: repository.name,
          imageDigest: image.digest,
          imageTags: image.tags.size === 0 ? undefined : [...image.tags],
          imageSizeInBytes: image.sizeBytes,
          imagePushedAt: new Date(image.pushedAtMs),
          imageManifestMediaType: image.mediaType,
          artifactMediaType: image.artifactMediaType,
          lastRecordedPullTime:
            image.lastPulledAtMs === undefined ? undefined : new Date(image.lastPulledAtMs),
          imageStatus: statusOf(image),
          lastArchivedAt: image.archivedAtMs === undefined ? undefined : new Date(image.archivedAtMs),
          imageScanStatus,
          imageScanFindingsSummary:
            findings === undefined
              ? undefined
              : {
                  imageScanCompletedAt: findings.imageScanCompletedAt,
                  vulnerabilitySourceUpdatedAt: findings.vulnerabilitySourceUpdatedAt,
                  findingSeverityCounts: findings.findingSeverityCounts,
                },
        };
      }),
      nextToken,
    };
  };

  const list = (input: ListImagesCommandInput) => {
    const repository = store.get(input.repositoryName);
    const ids = [...repository.images.values()]
      .filter((image) => matchesTagStatus(image, input.filter?.tagStatus))
      .flatMap((image): ImageIdentifier[] =>
        image.tags.size === 0
          ? [{ imageDigest: image.digest }]
          : [...image.tags].map((imageTag) => ({ imageDigest: image.digest, imageTag })),
      );
    const { items, nextToken } = page(ids, input.nextToken, input.maxResults ?? 100);
    return { imageIds: items, nextToken };
  };

  /** A tag removes itself only; the image goes with its last tag, or by digest with all of them. */
  const batchDelete = (input: BatchDeleteImageCommandInput) => {
    const repository = store.get(input.repositoryName);
    const failures: ImageFailure[] = [];
    const imageIds: ImageIdentifier[] = [];
    for (const id of input.imageIds ?? []) {
      const found = find(repository, id);
      if ('failure' in found) {
        failures.push(found.failure);
        continue;
      }
      const { image } = found;
      const holder = [...repository.images.values()].find((one) => one.children.includes(image.digest));
      const wholeImage = id.imageTag === undefined || image.tags.size === 1;
      if (wholeImage && holder !== undefined) {
        failures.push({
          imageId: id,
          failureCode: 'ImageReferencedByManifestList',
          failureReason: `Requested image referenced by manifest list: [${holder.digest}]`,
        });
        continue;
      }
      if (id.imageTag === undefined)
        for (const imageTag of image.tags) imageIds.push({ imageDigest: image.digest, imageTag });
      else imageIds.push({ imageDigest: image.digest, imageTag: id.imageTag });
      if (id.imageTag === undefined && image.tags.size === 0) imageIds.push({ imageDigest: image.digest });
      if (wholeImage) store.removeImage(repository, image, 'deleted');
      else image.tags.delete(id.imageTag!);
    }
    return { imageIds, failures };
  };

  return {
    PutImage: operation('PutImage', true, put),
    BatchGetImage: operation('BatchGetImage', false, batchGet),
    DescribeImages: operation('DescribeImages', false, describe),
    ListImages: operation('ListImages', false, list),
    UpdateImageStorageClass: operation('UpdateImageStorageClass', true, updateStorageClass),
    BatchDeleteImage: operation('BatchDeleteImage', true, batchDelete),
    BatchCheckLayerAvailability: operation(
      'BatchCheckLayerAvailability',
      false,
      (input: BatchCheckLayerAvailabilityCommandInput) => {
        const repository = store.get(input.repositoryName);
        const digests = input.layerDigests ?? [];
        const valid = digests.filter((digest) => digestPattern.test(digest));
        return {
          layers: valid.map((layerDigest) => ({
            layerDigest,
            layerAvailability: repository.blobs.has(layerDigest) ? 'AVAILABLE' : 'UNAVAILABLE',
            layerSize: repository.blobs.get(layerDigest),
          })),
          failures: digests
            .filter((digest) => !digestPattern.test(digest))
            .map((layerDigest) => ({
              layerDigest,
              failureCode: 'InvalidLayerDigest',
              failureReason: 'Invalid request parameters: layer digest should satisfy the regex',
            })),
        };
      },
    ),
    StartImageScan: operation('StartImageScan', true, (input: StartImageScanCommandInput) => {
      const repository = store.get(input.repositoryName);
      const image = need(repository, input.imageId);
      ecr.scanning.start(repository, image, true);
      return {
        registryId,
        repositoryName: repository.name,
        imageId: { imageDigest: image.digest, imageTag: input.imageId?.imageTag },
        imageScanStatus: ecr.scanning.status(repository, image),
      };
    }),
    DescribeImageScanFindings: operation(
      'DescribeImageScanFindings',
      false,
      (input: DescribeImageScanFindingsCommandInput) => {
        const repository = store.get(input.repositoryName);
        const image = need(repository, input.imageId);
        return {
          registryId,
          repositoryName: repository.name,
          imageId: { imageDigest: image.digest, imageTag: input.imageId?.imageTag },
          ...ecr.scanning.describe(repository, image),
        };
      },
    ),
  };
}
