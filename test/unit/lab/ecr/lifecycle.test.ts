import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { StoredImage } from '../../../../src/lab/world/ecr/image-store.ts';
import { expiredImages, parseLifecyclePolicy } from '../../../../src/lab/world/ecr/lifecycle.ts';
import { World } from '../../../../src/lab/world/world.ts';

const dayMs = 86_400_000;
const now = 100 * dayMs;

const image = (
  name: string,
  daysOld: number,
  tags: readonly string[],
  children: readonly string[] = [],
): StoredImage => ({
  digest: name,
  mediaType: '',
  artifactMediaType: undefined,
  bytes: '',
  sizeBytes: 1,
  children,
  tags: new Set(tags),
  pushedAtMs: now - daysOld * dayMs,
  lastPulledAtMs: undefined,
  archivedAtMs: undefined,
});

const rule = (rulePriority: number, selection: object) => ({
  rulePriority,
  selection,
  action: { type: 'expire' },
});
const policy = (...rules: object[]) => parseLifecyclePolicy(JSON.stringify({ rules }));
const more = (countNumber: number) => ({ countType: 'imageCountMoreThan', countNumber });
const older = (countNumber: number) => ({ countType: 'sinceImagePushed', countUnit: 'days', countNumber });

const images = [
  image('a', 1, ['prod-3']),
  image('b', 2, []),
  image('c', 3, ['prod-2', 'keep']),
  image('d', 4, []),
  image('e', 5, ['prod-1']),
];

test.each([
  ['keep two', [rule(1, { tagStatus: 'any', ...more(2) })], ['c', 'd', 'e']],
  ['as many as there are', [rule(1, { tagStatus: 'any', ...more(5) })], []],
  ['older than four days', [rule(1, { tagStatus: 'any', ...older(4) })], ['e']],
  ['untagged', [rule(1, { tagStatus: 'untagged', ...more(1) })], ['d']],
  ['by prefix', [rule(1, { tagStatus: 'tagged', tagPrefixList: ['prod'], ...more(1) })], ['c', 'e']],
  [
    'all prefixes at once',
    [rule(1, { tagStatus: 'tagged', tagPrefixList: ['prod', 'ke'], ...older(1) })],
    ['c'],
  ],
  ['by pattern', [rule(1, { tagStatus: 'tagged', tagPatternList: ['prod-*1'], ...older(1) })], ['e']],
  [
    'what an earlier rule selects a later one leaves alone',
    [
      rule(1, { tagStatus: 'tagged', tagPrefixList: ['prod'], ...more(3) }),
      rule(2, { tagStatus: 'any', ...more(1) }),
    ],
    ['b', 'd'],
  ],
])('%s', (_name, rules, expected) => {
  const expired = expiredImages(images, policy(...rules), now);
  expect(expired.map((one) => one.image.digest).sort()).toEqual(expected);
});

test('a child stays for as long as its index does', () => {
  const list = [image('child', 5, []), image('index', 1, ['v1'], ['child'])];
  const untagged = policy(rule(1, { tagStatus: 'untagged', ...older(1) }));
  expect(expiredImages(list, untagged, now)).toEqual([]);
  const all = policy(rule(1, { tagStatus: 'any', ...older(1) }));
  expect(expiredImages([list[0]!], all, now)).toHaveLength(1);
});

test('keeping n images leaves the n newest, whatever they are', () => {
  const ages = fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { maxLength: 30 });
  fc.assert(
    fc.property(ages, fc.integer({ min: 1, max: 40 }), (days, keep) => {
      const list = days.map((age) => image(`i${age}`, age, []));
      const expired = expiredImages(list, policy(rule(1, { tagStatus: 'any', ...more(keep) })), now);
      expect(expired).toHaveLength(Math.max(0, days.length - keep));
      const kept = list.filter((one) => !expired.some((gone) => gone.image === one));
      for (const gone of expired)
        for (const one of kept) expect(gone.image.pushedAtMs).toBeLessThan(one.pushedAtMs);
    }),
  );
});

test.each([
  ['{', /not valid JSON/],
  ['{"rules":[]}', /at least one rule/],
  [JSON.stringify({ rules: [rule(0, { tagStatus: 'any', ...more(1) })] }), /rulePriority/],
  [JSON.stringify({ rules: [rule(1, { tagStatus: 'tagged', ...more(1) })] }), /tagPrefixList/],
  [JSON.stringify({ rules: [rule(1, { tagStatus: 'any', ...more(0) })] }), /countNumber/],
  [
    JSON.stringify({ rules: [rule(1, { tagStatus: 'any', countType: 'sinceImagePushed', countNumber: 1 })] }),
    /countUnit/,
  ],
  [
    JSON.stringify({
      rules: [rule(1, { tagStatus: 'any', ...more(1) }), rule(2, { tagStatus: 'untagged', ...more(1) })],
    }),
    /highest rulePriority/,
  ],
  [
    JSON.stringify({
      rules: [rule(1, { tagStatus: 'untagged', ...more(1) }), rule(1, { tagStatus: 'any', ...more(1) })],
    }),
    /more than once/,
  ],
])('a policy that is not right is refused: %#', (text, message) => {
  expect(() => parseLifecyclePolicy(text)).toThrow(message);
});

test('the world applies a policy by itself within a day, and no more once it is gone', () => {
  const world = new World();
  world.must('ecr', 'CreateRepository', { repositoryName: 'api' });
  const push = (tag: string) => {
    world.kernel.advanceTo(world.kernel.now + 1000);
    world.ecr.seedImage('api', tag);
  };
  const text = JSON.stringify({ rules: [rule(1, { tagStatus: 'any', ...more(1) })] });
  world.must('ecr', 'PutLifecyclePolicy', { repositoryName: 'api', lifecyclePolicyText: text });
  for (const tag of ['v1', 'v2']) push(tag);
  expect(world.ecr.tags('api')).toEqual(['v1', 'v2']);
  world.kernel.advanceTo(world.kernel.now + dayMs);
  expect(world.ecr.tags('api')).toEqual(['v2']);
  world.must('ecr', 'DeleteLifecyclePolicy', { repositoryName: 'api' });
  push('v3');
  world.kernel.advanceTo(world.kernel.now + 2 * dayMs);
  expect(world.ecr.tags('api')).toEqual(['v2', 'v3']);
});

test('a policy is given back without white space', () => {
  const world = new World();
  world.must('ecr', 'CreateRepository', { repositoryName: 'api' });
  const policy = { rules: [rule(1, { tagStatus: 'any', ...more(10) })] };
  const lifecyclePolicyText = JSON.stringify(policy, undefined, 2);
  const compact = { lifecyclePolicyText: JSON.stringify(policy) };
  const input = { repositoryName: 'api', lifecyclePolicyText };
  expect(world.must('ecr', 'PutLifecyclePolicy', input)).toMatchObject(compact);
  expect(world.must('ecr', 'GetLifecyclePolicy', { repositoryName: 'api' })).toMatchObject(compact);
  expect(world.must('ecr', 'StartLifecyclePolicyPreview', input)).toMatchObject(compact);
});
