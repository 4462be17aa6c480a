/** What was promoted outlives the lifecycle policy: 50 pushes after a promotion, on two platforms. */
import { createHash } from 'node:crypto';
import { beforeEach, expect, test } from '@jest/globals';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { createEcrRepository } from '../../../src/aws/ecr-repository.ts';
import { withRetries } from '../../../src/aws/retry.ts';
import { VirtualTime } from '../../../src/lab/virtual/virtual-time.ts';
import { createWorldCaller } from '../../../src/lab/virtual/world-caller.ts';
import { World } from '../../../src/lab/world/world.ts';
import { keepServingImages } from '../../../src/rollout/keep-images.ts';

const repository = 'ips-data-acquisition-api';
const day = 86_400_000;
let world: World;
let time: VirtualTime;
let aws: AwsCaller;

beforeEach(async () => {
  world = new World();
  time = new VirtualTime(world.kernel);
  const principal = { kind: 'root', arn: 'arn:aws:iam::123456789012:root', name: 'root' } as const;
  aws = withRetries(createWorldCaller(world, time, principal), { clock: time, random: () => 0.5 });
  await time.run(createEcrRepository(aws, repository, 'images'));
});

/** An image index of two platforms, as buildx pushes one. @returns its digest */
function push(tag: string): string {
  const index = 'application/vnd.oci.image.index.v1+json';
  const manifests = ['amd64', 'arm64'].map((architecture) => {
    const child = world.ecr.seedImage(repository, `${tag}-${architecture}`);
    const { bytes } = world.ecr.getManifest(repository, child)!;
    world.must('ecr', 'BatchDeleteImage', {
      repositoryName: repository,
      imageIds: [{ imageTag: `${tag}-${architecture}` }],
    });
    const text = Buffer.from(bytes).toString();
    const put = { repositoryName: repository, imageManifest: text };
    world.must('ecr', 'PutImage', { ...put, imageDigest: child });
    const platform = { os: 'linux', architecture };
    return {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: child,
      size: text.length,
      platform,
    };
  });
  const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType: index, manifests });
  const put = { repositoryName: repository, imageManifest, imageManifestMediaType: index, imageTag: tag };
  world.must('ecr', 'PutImage', put);
  return `sha256:${createHash('sha256').update(imageManifest).digest('hex')}`;
}

const image = (digest: string) => ({
  image: `123456789012.dkr.ecr.ap-south-1.amazonaws.com/${repository}@${digest}`,
});
const promote = (digest: string, keep = 3) =>
  time.run(keepServingImages(aws, [image(digest)], time.now(), keep));
const holds = (digest: string): boolean => world.ecr.getManifest(repository, digest) !== undefined;
const childrenOf = (digest: string): readonly string[] =>
  (
    JSON.parse(Buffer.from(world.ecr.getManifest(repository, digest)!.bytes).toString()) as {
      manifests: { digest: string }[];
    }
  ).manifests.map((each) => each.digest);

test('50 pushes after a promotion, each on a day of its own: the live image is whole, the others went', async () => {
  const live = push('live');
  const children = childrenOf(live);
  expect(await promote(live)).toEqual([]);
  const later: string[] = [];
  for (let index = 0; index < 50; index++) {
    await time.run(time.sleep(day));
    later.push(push(`later-${index}`));
  }
  await time.run(time.sleep(2 * day));
  expect([live, ...children].map(holds)).toEqual([true, true, true]);
  expect(later.filter(holds).length).toBeLessThanOrEqual(10);
  expect(holds(later.at(-1)!)).toBe(true);
});

test('without a promotion it would have been gone', async () => {
  const old = push('old');
  await time.run(time.sleep(1000));
  for (let index = 0; index < 50; index++) push(`later-${index}`);
  await time.run(time.sleep(2 * day));
  expect(holds(old)).toBe(false);
});

test('the last three promotions are kept, earlier ones are released and go', async () => {
  const promoted: string[] = [];
  for (let index = 0; index < 5; index++) {
    promoted.push(push(`release-${index}`));
    await promote(promoted.at(-1)!);
    await time.run(time.sleep(day));
  }
  for (let index = 0; index < 50; index++) push(`later-${index}`);
  await time.run(time.sleep(2 * day));
  expect(promoted.map(holds)).toEqual([false, false, true, true, true]);
});

test('promoted again after a way back, it is the newest again', async () => {
  const [one, two] = [push('one'), push('two')];
  for (const digest of [one, two, one]) {
    await promote(digest, 1);
    await time.run(time.sleep(day));
  }
  for (let index = 0; index < 50; index++) push(`later-${index}`);
  await time.run(time.sleep(2 * day));
  expect([one, two].map(holds)).toEqual([true, false]);
});

test('a lost answer, an image elsewhere, and a missing permission', async () => {
  const live = push('live');
  const match = { operation: 'PutImage' };
  world.loadFaults({
    rules: [{ id: 'lost', match, count: 1, effect: { kind: 'reset-after-effect' } }],
    events: [],
  });
  expect(await promote(live)).toEqual([]);
  const elsewhere = [{ image: 'public.ecr.aws/nginx/nginx:1' }];
  expect(await time.run(keepServingImages(aws, elsewhere, time.now(), 3))).toEqual([]);
  world.loadFaults({ rules: [{ id: 'no', match, effect: { kind: 'access-denied' } }], events: [] });
  const problems = await promote(push('next'));
  expect(problems).toEqual([expect.stringContaining('ecr:PutImage')]);
});

test('many repositories are written to side by side, but not all at once; images of one never are', async () => {
  const containers: { readonly image: string }[] = [];
  for (let index = 0; index < 12; index++) {
    const name = `service-${index}`;
    await time.run(createEcrRepository(aws, name, 'images'));
    for (const tag of ['api', 'sidecar']) {
      world.ecr.seedImage(name, tag);
      containers.push({ image: `123456789012.dkr.ecr.ap-south-1.amazonaws.com/${name}:${tag}` });
    }
  }
  const underWay = new Map<string, number>();
  let most = 0;
  const slow: AwsCaller = {
    async call(operation, input, signal) {
      const { repositoryName = '' } = input as { readonly repositoryName?: string };
      underWay.set(repositoryName, (underWay.get(repositoryName) ?? 0) + 1);
      expect(underWay.get(repositoryName)).toBe(1);
      most = Math.max(most, [...underWay.values()].filter((each) => each > 0).length);
      await time.sleep(100);
      const answer = await aws.call(operation, input, signal);
      underWay.set(repositoryName, 0);
      return answer;
    },
  };
  const begun = time.now();
  expect(await time.run(keepServingImages(slow, containers, begun, 3))).toEqual([]);
  expect(most).toBe(4);
  // One after the other it would be 24 images of three calls: 7.2 seconds and more.
  expect(time.now() - begun).toBeLessThan(3000);
  for (let index = 0; index < 12; index++) {
    const { imageIds } = world.must('ecr', 'ListImages', { repositoryName: `service-${index}` });
    const tags = (imageIds as { imageTag: string }[]).map((each) => each.imageTag);
    expect(tags.filter((tag) => tag.startsWith('keep-'))).toHaveLength(2);
  }
});
