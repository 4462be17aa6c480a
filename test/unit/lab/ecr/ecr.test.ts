import { describe, expect, test } from '@jest/globals';
import { World } from '../../../../src/lab/world/world.ts';

const host = '123456789012.dkr.ecr.ap-south-1.amazonaws.com';

function setUp(repository: object = {}) {
  const world = new World();
  world.must('ecr', 'CreateRepository', { repositoryName: 'api', ...repository });
  const ecr = (operation: string, input: object = {}) =>
    world.must('ecr', operation, { repositoryName: 'api', ...input });
  return { world, ecr };
}

test('an image is its manifest: BatchGetImage gives the exact text back, by tag and by digest', () => {
  const { world, ecr } = setUp();
  const digest = world.ecr.seedImage('api', 'v1');
  const [byTag] = ecr('BatchGetImage', { imageIds: [{ imageTag: 'v1' }] }).images;
  const [byDigest] = ecr('BatchGetImage', { imageIds: [{ imageDigest: digest }] }).images;
  expect(byTag.imageManifest).toBe(byDigest.imageManifest);
  const put = ecr('PutImage', { imageManifest: byTag.imageManifest, imageTag: 'release' });
  expect(put.image.imageId).toEqual({ imageDigest: digest, imageTag: 'release' });
  expect(ecr('DescribeImages').imageDetails).toMatchObject([
    { imageDigest: digest, imageTags: ['v1', 'release'] },
  ]);
  const missing = ecr('BatchGetImage', { imageIds: [{ imageTag: 'v9' }] });
  expect(missing).toMatchObject({ images: [], failures: [{ failureCode: 'ImageNotFound' }] });
});

test('an archived image is there for who asks for it, and cannot be pulled until it is back', () => {
  const { world, ecr } = setUp();
  const imageDigest = world.ecr.seedImage('api', 'v1');
  const move = (targetStorageClass: string) =>
    ecr('UpdateImageStorageClass', { imageId: { imageTag: 'v1' }, targetStorageClass }).imageStatus;
  const describe = (filter?: object) =>
    ecr('DescribeImages', { imageIds: [{ imageTag: 'v1' }], ...(filter === undefined ? {} : { filter }) });
  const pull = () => world.ecr.resolveImage(`${host}/api:v1`).found;
  expect(describe().imageDetails).toMatchObject([{ imageDigest, imageStatus: 'ACTIVE' }]);
  expect(move('ARCHIVE')).toBe('ARCHIVED');
  expect(() => describe()).toThrow(expect.objectContaining({ code: 'ImageNotFoundException' }));
  expect(ecr('DescribeImages').imageDetails).toEqual([]);
  for (const imageStatus of ['ANY', 'ARCHIVED']) {
    expect(describe({ imageStatus }).imageDetails).toMatchObject([{ imageDigest, imageStatus: 'ARCHIVED' }]);
  }
  expect(ecr('BatchGetImage', { imageIds: [{ imageDigest }] })).toMatchObject({
    images: [],
    failures: [{ failureCode: 'ImageNotFound' }],
  });
  expect(pull()).toBe(false);
  expect(move('STANDARD')).toBe('ACTIVE');
  expect(pull()).toBe(true);
});

test('only accepted media types are given', () => {
  const { world, ecr } = setUp();
  world.ecr.seedImage('api', 'v1');
  const get = (type: string) =>
    ecr('BatchGetImage', { imageIds: [{ imageTag: 'v1' }], acceptedMediaTypes: [type] });
  expect(get('application/vnd.oci.image.manifest.v1+json').images).toHaveLength(1);
  expect(get('application/vnd.docker.distribution.manifest.v2+json').images).toHaveLength(0);
});

test('a manifest whose layers or children are not there is refused', () => {
  const { ecr } = setUp();
  const digest = `sha256:${'0'.repeat(64)}`;
  const manifest = { schemaVersion: 2, config: { digest, size: 1 }, layers: [] };
  const put = (value: object) => ecr('PutImage', { imageManifest: JSON.stringify(value), imageTag: 'v1' });
  expect(() => put(manifest)).toThrow(expect.objectContaining({ code: 'LayersNotFoundException' }));
  expect(() => put({ schemaVersion: 2, manifests: [{ digest, size: 1 }] })).toThrow(
    expect.objectContaining({ code: 'ReferencedImagesNotFoundException' }),
  );
  expect(() => ecr('PutImage', { imageManifest: '{' })).toThrow('Invalid JSON syntax');
});

describe('tag mutability', () => {
  const exclusion = { imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'dev-*' }] };
  test.each([
    ['MUTABLE', {}, 'v1', true],
    ['IMMUTABLE', {}, 'v1', false],
    ['IMMUTABLE_WITH_EXCLUSION', exclusion, 'v1', false],
    ['IMMUTABLE_WITH_EXCLUSION', exclusion, 'dev-1', true],
    ['MUTABLE_WITH_EXCLUSION', exclusion, 'v1', true],
    ['MUTABLE_WITH_EXCLUSION', exclusion, 'dev-1', false],
  ])('%s %j: may %s move? %s', (imageTagMutability, more, tag, moves) => {
    const { world, ecr } = setUp({ imageTagMutability, ...more });
    const first = world.ecr.seedImage('api', tag, 'first');
    const again = () => world.ecr.seedImage('api', tag, 'second');
    if (moves) again();
    else expect(again).toThrow(expect.objectContaining({ code: 'ImageTagAlreadyExistsException' }));
    const [found] = ecr('DescribeImages', { imageIds: [{ imageTag: tag }] }).imageDetails;
    expect(found.imageDigest === first).toBe(!moves);
    // The same digest once more is no change, whatever the setting.
    world.ecr.seedImage('api', 'other', moves ? 'second' : 'first');
  });
});

describe('images of tasks', () => {
  test.each([
    ['by tag', `${host}/api:v1`, true],
    ['without a tag: latest', `${host}/api`, false],
    ['a tag that is not there', `${host}/api:v9`, false],
    ['no such repository', `${host}/absent:v1`, false],
    ['the live registry', '127.0.0.1:5001/api:v1', true],
    ['the live registry, no such tag', '127.0.0.1:5001/api:v9', false],
  ])('%s', (_name, image, found) => {
    const { world } = setUp();
    world.ecr.setRegistryHosts(['127.0.0.1:5001']);
    const digest = world.ecr.seedImage('api', 'v1');
    const result = world.ecr.resolveImage(image);
    if (found) expect(result).toEqual({ found: true, digest });
    else
      expect(result).toEqual({
        found: false,
        reason: expect.stringMatching(/^CannotPullContainerError: .*failed to resolve ref .*ot found/i),
      });
    expect(world.ecr.resolveImage(`${host}/api@${digest}`)).toEqual({ found: true, digest });
  });

  test('images of other registries are not for the account to judge', () => {
    const { world } = setUp();
    for (const image of ['nginx:1', 'docker.io/library/nginx', 'localhost:9/api:v1'])
      expect(world.ecr.resolveImage(image)).toEqual({ found: true, digest: undefined });
  });
});

test('the token opens the registry for twelve hours', () => {
  const { world, ecr } = setUp();
  const [data] = ecr('GetAuthorizationToken').authorizationData;
  expect(data.proxyEndpoint).toBe(`https://${host}`);
  const basic = Buffer.from(data.authorizationToken, 'base64').toString();
  expect(basic).toMatch(/^AWS:/);
  world.kernel.advanceTo(world.kernel.now + 12 * 3_600_000 - 1);
  expect(world.ecr.verifyRegistryToken(basic)).toEqual(world.root);
  expect(world.ecr.verifyRegistryToken(`${basic}x`)).toBeUndefined();
  world.kernel.advanceTo(world.kernel.now + 1);
  expect(world.ecr.verifyRegistryToken(basic)).toBeUndefined();
});

test('with a live registry, URIs and the login go there', () => {
  const { world, ecr } = setUp();
  world.ecr.setRegistryHosts(['127.0.0.1:5001']);
  expect(ecr('DescribeRepositories', { repositoryNames: ['api'] }).repositories[0].repositoryUri).toBe(
    '127.0.0.1:5001/api',
  );
  expect(ecr('GetAuthorizationToken').authorizationData[0].proxyEndpoint).toBe('http://127.0.0.1:5001');
});

test('a pushed manifest is asked back as it was, and its tag and it are deleted apart', () => {
  const { world } = setUp({ imageTagMutability: 'IMMUTABLE' });
  const { ecr, root } = world;
  const blob = `sha256:${'1'.repeat(64)}`;
  const bytes = new TextEncoder().encode(
    JSON.stringify({ schemaVersion: 2, config: { digest: blob, size: 10 }, layers: [] }),
  );
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
  const push = (ref: string, of: string, repository = 'api') =>
    ecr.putManifest(repository, ref, mediaType, bytes, digest(of), root);
  expect(() => push('v1', 'a')).toThrow(expect.objectContaining({ code: 'LayersNotFoundException' }));
  ecr.noteBlob('api', blob, 10);
  expect([ecr.hasBlob('api', blob), ecr.hasBlob('api', digest('2'))]).toEqual([true, false]);
  push('v1', 'a');
  push('v1', 'a');
  expect(() => push('v1', 'b')).toThrow(expect.objectContaining({ code: 'ImageTagAlreadyExistsException' }));
  push(digest('b'), 'b');
  expect(() => push(digest('c'), 'b')).toThrow(
    expect.objectContaining({ code: 'ImageDigestDoesNotMatchException' }),
  );
  expect(() => push('v1', 'a', 'absent')).toThrow(
    expect.objectContaining({ code: 'RepositoryNotFoundException' }),
  );
  expect(ecr.getManifest('api', 'v1')).toEqual({ mediaType, bytes, digest: digest('a') });
  expect(ecr.tags('api')).toEqual(['v1']);
  expect(ecr.deleteManifest('api', 'v1')).toBe(true);
  expect([ecr.hasManifest('api', 'v1'), ecr.hasManifest('api', digest('a'))]).toEqual([false, true]);
  expect(ecr.deleteManifest('api', digest('a'))).toBe(true);
  expect(ecr.deleteManifest('api', digest('a'))).toBe(false);
});

test('a push needs the permissions of a push', () => {
  const { world } = setUp();
  const statement = {
    Effect: 'Allow',
    Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchCheckLayerAvailability'],
    Resource: 'arn:aws:ecr:*:*:repository/api',
  };
  world.iam.addUser({ name: 'puller', policies: { pull: { Statement: [statement] } } });
  const puller = { kind: 'user', arn: 'arn:aws:iam::123456789012:user/puller', name: 'puller' } as const;
  expect(world.ecr.authorizeRegistry(puller, 'pull', 'api')).toBeUndefined();
  expect(world.ecr.authorizeRegistry(puller, 'pull', 'other')?.code).toBe('AccessDeniedException');
  expect(world.ecr.authorizeRegistry(puller, 'push', 'api')?.message).toContain('ecr:InitiateLayerUpload');
});

describe('scans', () => {
  test('basic: in progress, then complete with the findings that were chosen; once in 24 hours', () => {
    const { world, ecr } = setUp();
    const imageDigest = world.ecr.seedImage('api', 'v1');
    world.ecr.setScanFindings(imageDigest, { findings: [{ name: 'CVE-2026-1', severity: 'CRITICAL' }] });
    const imageId = { imageDigest };
    expect(() => ecr('DescribeImageScanFindings', { imageId })).toThrow(
      expect.objectContaining({ code: 'ScanNotFoundException' }),
    );
    expect(ecr('StartImageScan', { imageId }).imageScanStatus.status).toBe('IN_PROGRESS');
    expect(ecr('DescribeImageScanFindings', { imageId }).imageScanFindings).toBeUndefined();
    world.kernel.advanceTo(world.kernel.now + 15_000);
    expect(ecr('DescribeImageScanFindings', { imageId })).toMatchObject({
      imageScanStatus: { status: 'COMPLETE' },
      imageScanFindings: { findingSeverityCounts: { CRITICAL: 1 }, findings: [{ name: 'CVE-2026-1' }] },
    });
    expect(() => ecr('StartImageScan', { imageId })).toThrow(
      expect.objectContaining({ code: 'LimitExceededException' }),
    );
    world.kernel.advanceTo(world.kernel.now + 86_400_000);
    expect(ecr('StartImageScan', { imageId }).imageScanStatus.status).toBe('IN_PROGRESS');
  });

  test('enhanced: never complete but active, with enhanced findings; not to be started by hand', () => {
    const { world, ecr } = setUp();
    ecr('PutRegistryScanningConfiguration', { scanType: 'ENHANCED', rules: [] });
    const imageDigest = world.ecr.seedImage('api', 'v1');
    world.ecr.setScanFindings(imageDigest, { findings: [{ name: 'CVE-2026-1', severity: 'HIGH' }] });
    world.kernel.advanceTo(world.kernel.now + 15_000);
    const found = ecr('DescribeImageScanFindings', { imageId: { imageDigest } });
    expect(found).toMatchObject({
      imageScanStatus: { status: 'ACTIVE' },
      imageScanFindings: { findingSeverityCounts: { HIGH: 1 }, enhancedFindings: [{ severity: 'HIGH' }] },
    });
    expect(found.imageScanFindings.findings).toBeUndefined();
    expect(() => ecr('StartImageScan', { imageId: { imageDigest } })).toThrow('This feature is disabled');
  });

  test('a scan can end without findings to be had', () => {
    const { world, ecr } = setUp({ imageScanningConfiguration: { scanOnPush: true } });
    const imageDigest = world.ecr.seedImage('api', 'v1');
    world.ecr.setScanFindings(imageDigest, { findings: [], status: 'UNSUPPORTED_IMAGE' });
    world.kernel.advanceTo(world.kernel.now + 15_000);
    const found = ecr('DescribeImageScanFindings', { imageId: { imageDigest } });
    expect(found.imageScanStatus.status).toBe('UNSUPPORTED_IMAGE');
    expect(found.imageScanFindings).toBeUndefined();
  });
});

test('deleting a tag leaves the image to its other tags; the last one takes it along', () => {
  const { world, ecr } = setUp();
  const imageDigest = world.ecr.seedImage('api', 'v1', 'same');
  world.ecr.seedImage('api', 'latest', 'same');
  const remove = (imageId: object) => ecr('BatchDeleteImage', { imageIds: [imageId] });
  expect(remove({ imageTag: 'v1' }).imageIds).toEqual([{ imageDigest, imageTag: 'v1' }]);
  expect(world.ecr.hasManifest('api', imageDigest)).toBe(true);
  remove({ imageTag: 'latest' });
  expect(world.ecr.hasManifest('api', imageDigest)).toBe(false);
  expect(remove({ imageTag: 'latest' }).failures).toMatchObject([{ failureCode: 'ImageNotFound' }]);
});
