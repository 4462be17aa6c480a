import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keepPrefix, keepTag, tagsToRelease } from '../../../src/aws/ecr-keep-tags.ts';

const digest = (name: string): string => `sha256:${name.repeat(64).slice(0, 64)}`;

test('the tag tells time and digest', () => {
  expect(keepTag(Date.UTC(2026, 0, 31, 12, 5, 9), digest('ab'))).toBe('keep-20260131120509-abababababab');
});

test.each([
  ['the last two digests stay', ['1a', '2b', '3c'], 2, ['keep-1-a']],
  ['one that was promoted again counts once, at its newest', ['1a', '2b', '3a'], 2, ['keep-1-a']],
  ['just enough', ['1a', '2b'], 2, []],
  ['none are to stay', ['1a', '2b'], 0, ['keep-2-b', 'keep-1-a']],
])('%s', (_what, promotions, keep, released) => {
  const kept = promotions.map(([time, name]) => ({ tag: `keep-${time}-${name}`, digest: digest(name!) }));
  const commits = ['a', 'b', 'c'].map((name) => ({ tag: `commit-${name}`, digest: digest(name) }));
  expect(tagsToRelease([...kept, ...commits], keep)).toEqual(released);
});

test('the last tag of an image is never released', () => {
  expect(
    tagsToRelease(
      [
        { tag: 'keep-1-a', digest: digest('a') },
        { tag: 'keep-2-b', digest: digest('b') },
      ],
      1,
    ),
  ).toEqual([]);
});

test('law: no image loses its last tag, the newest digests keep one, others are not touched', () => {
  const image = fc.record({
    keep: fc.boolean(),
    time: fc.integer({ min: 1, max: 99 }).map((time) => String(time).padStart(2, '0')),
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(image, { selector: (one) => `${one.keep}${one.time}${one.name}` }),
      fc.integer({ min: 0, max: 4 }),
      (images, keep) => {
        const all = images.map((one) => ({
          tag: `${one.keep ? keepPrefix : 'v'}${one.time}-${one.name}`,
          digest: digest(one.name),
        }));
        const released = new Set(tagsToRelease(all, keep));
        const left = all.filter(({ tag }) => !released.has(tag));
        expect(new Set(left.map((each) => each.digest))).toEqual(new Set(all.map((each) => each.digest)));
        for (const tag of released) expect(tag.startsWith(keepPrefix)).toBe(true);
        const order = (list: typeof all) => [
          ...new Set(
            list
              .filter(({ tag }) => tag.startsWith(keepPrefix))
              .sort((one, other) => (one.tag < other.tag ? 1 : -1))
              .map((each) => each.digest),
          ),
        ];
        expect(order(left).slice(0, keep)).toEqual(order(all).slice(0, keep));
      },
    ),
  );
});
