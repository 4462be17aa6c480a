/** Images and secrets that a revision needs again, in a world where some are gone. */
import { describe, expect, test } from '@jest/globals';
import { readImagePresence } from '../../../src/aws/ecr-image-presence.ts';
import { readSecretPresence } from '../../../src/aws/secret-presence.ts';
import { VirtualTime } from '../../../src/lab/virtual/virtual-time.ts';
import { createWorldCaller } from '../../../src/lab/virtual/world-caller.ts';
import type { FaultEffect } from '../../../src/lab/world/faults/index.ts';
import { World } from '../../../src/lab/world/world.ts';

const home = { region: 'ap-south-1', account: async () => '123456789012' };
const parameterArn = 'arn:aws:ssm:ap-south-1:123456789012:parameter';
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
  expect(await time.run(readSecretPresence(aws, secret, home))).toMatchObject({
    kind: 'unchecked',
    why: expect.stringContaining('secretsmanager:DescribeSecret'),
  });
  fault('ListTagsForResource', { kind: 'access-denied' });
  expect(await time.run(readSecretPresence(aws, '/ips/db', home))).toEqual({
    kind: 'unchecked',
    why: 'ssm:ListTagsForResource: AccessDeniedException',
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
])('a secret %s', async (_name, valueFrom, kind, why) => {
  const { time, aws, secret, versionId } = setUp();
  const presence = await time.run(readSecretPresence(aws, valueFrom(secret, versionId), home));
  expect(presence.kind).toBe(kind);
  expect('why' in presence ? presence.why : '').toContain(why);
});

test('a secret that is to be deleted is gone already: no task can read it', async () => {
  const { world, time, aws, secret } = setUp();
  world.must('secretsmanager', 'DeleteSecret', { SecretId: secret });
  const presence = await time.run(readSecretPresence(aws, secret, home));
  expect(presence).toMatchObject({
    kind: 'gone',
    why: expect.stringMatching(/^secret db-\w{6} is scheduled/),
  });
});

describe('a parameter', () => {
  const made = ['/ips/db', 'plain', '/slashed'];
  test.each([
    ['by name', '/ips/db', 'present', ''],
    ['by ARN', `${parameterArn}/ips/db`, 'present', ''],
    ['outside of a hierarchy, by name', 'plain', 'present', ''],
    ['outside of a hierarchy, with a slash that it was not made with', '/plain', 'present', ''],
    ['outside of a hierarchy, without the slash that it was made with', 'slashed', 'present', ''],
    ['outside of a hierarchy, by ARN', `${parameterArn}/plain`, 'present', ''],
    ['with a slash, by ARN', `${parameterArn}/slashed`, 'present', ''],
    ['that is gone', '/ips/gone', 'gone', 'parameter /ips/gone does not exist any more'],
    [
      'that is gone, by ARN',
      `${parameterArn}/ips/gone`,
      'gone',
      'parameter /ips/gone does not exist any more',
    ],
    ['that is gone, outside of a hierarchy', 'gone', 'gone', 'parameter gone does not exist any more'],
    [
      'of another region',
      'arn:aws:ssm:eu-west-1:123456789012:parameter/ips/db',
      'unchecked',
      'it is a parameter of eu-west-1, and this job is in ap-south-1',
    ],
    [
      'of another account',
      'arn:aws:ssm:ap-south-1:999999999999:parameter/ips/db',
      'unchecked',
      'it is a parameter of the account 999999999999',
    ],
    ['with a version', '/ips/db:3', 'unchecked', 'it is no plain name of a parameter'],
    [
      'that stands for a secret',
      '/aws/reference/secretsmanager/db',
      'unchecked',
      "parameters under /aws/ are AWS's own",
    ],
  ])('%s', async (_name, valueFrom, kind, why) => {
    const { world, time, aws } = setUp();
    for (const Name of made)
      world.must('ssm', 'PutParameter', { Name, Value: 'hidden', Type: 'SecureString' });
    const presence = await time.run(readSecretPresence(aws, valueFrom, home));
    expect(presence).toEqual(why === '' ? { kind } : { kind, why });
    expect(world.callCounts()['ssm:GetParameters']).toBeUndefined();
  });

  test('while Systems Manager is out of order nothing is said about it', async () => {
    const { time, aws, fault } = setUp();
    fault('ListTagsForResource', { kind: 'server-error' });
    await expect(time.run(readSecretPresence(aws, '/ips/db', home))).rejects.toMatchObject({
      kind: 'transient',
      operation: 'ssm:ListTagsForResource',
    });
  });
});
