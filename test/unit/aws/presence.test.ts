/** Images and secrets that a revision needs again, in a world where some are gone. */
import { expect, test } from '@jest/globals';
import { readImagePresence } from '../../../src/aws/ecr-image-presence.ts';
import { readSecretPresence } from '../../../src/aws/secret-presence.ts';
import { VirtualTime } from '../../../src/lab/virtual/virtual-time.ts';
import { createWorldCaller } from '../../../src/lab/virtual/world-caller.ts';
import type { FaultEffect } from '../../../src/lab/world/faults/index.ts';
import { World } from '../../../src/lab/world/world.ts';

const host = '123456789012.dkr.ecr.ap-south-1.amazonaws.com';

function setUp() {
  const world = new World();
  const time = new VirtualTime(world.kernel);
  const aws = createWorldCaller(world, time, world.root);
  world.must('ecr', 'CreateRepository', { repositoryName: 'api' });
  const digest = world.ecr.seedImage('api', 'v1');
  const { ARN } = world.must('secretsmanager', 'CreateSecret', { Name: 'db', SecretString: '{"a":"1"}' });
  const [versionId = ''] = Object.keys(
    world.must('secretsmanager', 'DescribeSecret', { SecretId: 'db' }).VersionIdsToStages,
  );
  const fault = (operation: string, effect: FaultEffect) =>
    world.loadFaults({ rules: [{ id: 'x', match: { operation }, effect }], events: [] });
  return { world, time, aws, digest, secret: String(ARN), versionId, fault };
}

test.each([
  ['there', `${host}/api:v1`, undefined, 'present', ''],
  ['elsewhere', 'nginx:1.27', undefined, 'unchecked', 'it is not in ECR'],
  ['a tag that never was', `${host}/api:v9`, undefined, 'gone', 'is not in ECR any more'],
  ['a repository that never was', `${host}/web:v1`, undefined, 'gone', 'is not in ECR any more'],
  [
    'another digest under the tag',
    `${host}/api:v1`,
    `sha256:${'0'.repeat(64)}`,
    'moved',
    'another image now',
  ],
])('an image %s', async (_name, image, digest, kind, why) => {
  const { time, aws } = setUp();
  const presence = await time.run(readImagePresence(aws, image, digest));
  expect(presence.kind).toBe(kind);
  expect('why' in presence ? presence.why : '').toContain(why);
});

test.each([
  ['holds the image that ran', true, 'present'],
  ['does not', false, 'moved'],
])('a tag that means an index which %s', async (_name, holds, kind) => {
  const { world, time, aws, digest } = setUp();
  const other = world.ecr.seedImage('api', 'other');
  const child = (each: string) => ({
    digest: each,
    size: 1,
    platform: { os: 'linux', architecture: 'amd64' },
  });
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  world.must('ecr', 'PutImage', {
    repositoryName: 'api',
    imageTag: 'v1',
    imageManifestMediaType: mediaType,
    imageManifest: JSON.stringify({
      schemaVersion: 2,
      mediaType,
      manifests: [child(other), ...(holds ? [child(digest)] : [])],
    }),
  });
  expect((await time.run(readImagePresence(aws, `${host}/api:v1`, digest))).kind).toBe(kind);
});

test('an archived image is told apart from one that is gone, by tag and by digest', async () => {
  const { world, time, aws, digest } = setUp();
  const imageId = { imageTag: 'v1' };
  world.must('ecr', 'UpdateImageStorageClass', {
    repositoryName: 'api',
    imageId,
    targetStorageClass: 'ARCHIVE',
  });
  for (const image of [`${host}/api:v1`, `${host}/api@${digest}`]) {
    expect(await time.run(readImagePresence(aws, image, undefined))).toEqual({
      kind: 'gone',
      why: `${image} is archived in ECR`,
    });
  }
});

test('without the permission nothing is said about an image or a secret', async () => {
  const { time, aws, secret, fault } = setUp();
  fault('DescribeImages', { kind: 'access-denied' });
  expect(await time.run(readImagePresence(aws, `${host}/api:v1`, undefined))).toMatchObject({
    kind: 'unchecked',
  });
  fault('DescribeSecret', { kind: 'access-denied' });
  expect(await time.run(readSecretPresence(aws, secret))).toMatchObject({
    kind: 'unchecked',
    why: expect.stringContaining('secretsmanager:DescribeSecret'),
  });
});

test.each([
  ['whole', (arn: string) => arn, 'present', ''],
  ['with a key of its JSON', (arn: string) => `${arn}:a::`, 'present', ''],
  ['with a stage that is there', (arn: string) => `${arn}::AWSCURRENT:`, 'present', ''],
  ['with a stage that is not', (arn: string) => `${arn}::AWSPREVIOUS:`, 'gone', 'has no stage AWSPREVIOUS'],
  ['with a version that is there', (arn: string, version: string) => `${arn}:::${version}`, 'present', ''],
  ['with a version that is not', (arn: string) => `${arn}:::none`, 'gone', 'has no version none any more'],
  ['that never was', (arn: string) => `${arn.slice(0, -10)}-ZZZZZZ`, 'gone', 'does not exist any more'],
  ['of Systems Manager', () => '/api/db', 'unchecked', 'Systems Manager'],
])('a secret %s', async (_name, valueFrom, kind, why) => {
  const { time, aws, secret, versionId } = setUp();
  const presence = await time.run(readSecretPresence(aws, valueFrom(secret, versionId)));
  expect(presence.kind).toBe(kind);
  expect('why' in presence ? presence.why : '').toContain(why);
});

test('a secret that is to be deleted is gone already: no task can read it', async () => {
  const { world, time, aws, secret } = setUp();
  world.must('secretsmanager', 'DeleteSecret', { SecretId: secret });
  const presence = await time.run(readSecretPresence(aws, secret));
  expect(presence).toMatchObject({
    kind: 'gone',
    why: expect.stringMatching(/^secret db-\w{6} is scheduled/),
  });
});
