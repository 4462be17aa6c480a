import { describe, expect, test } from '@jest/globals';
import { matchTarget, tagOf } from '../../../src/rollback/match.ts';
import { candidates, number } from './facts.ts';

const digest = `sha256:${'d'.repeat(64)}`;
const known = candidates(
  5,
  { revision: 1, promoted: 1, marks: { commit: `abcdef1${'0'.repeat(33)}`, ref: 'refs/tags/v1.0.0' } },
  { revision: 2, promoted: 2, marks: { commit: `abcdef2${'0'.repeat(33)}`, ref: 'refs/heads/main' } },
  { revision: 3, deployed: 3, digest, image: '123456789012.dkr.ecr.ap-south-1.amazonaws.com/api:1.5' },
  { revision: 4, bad: 4, image: 'registry.example.com/api:1.5', status: 'INACTIVE' },
  { revision: 5, promoted: 5, image: `registry.example.com/api:live@${digest.replaceAll('d', 'e')}` },
);
const named = (name: string) => matchTarget({ kind: 'named', name }, known);

describe('what a name means', () => {
  test.each([
    ['v1.0.0', 1, 'git tag'],
    ['refs/tags/v1.0.0', 1, 'git tag'],
    [`abcdef2${'0'.repeat(33)}`, 2, 'commit'],
    ['ABCDEF2', 2, 'commit'],
    ['2.0', 2, 'image tag'],
    ['registry.example.com/api:2.0', 2, 'image tag'],
    ['api:2.0', 2, 'image tag'],
    ['live', 5, 'image tag'],
    ['1.5', 3, 'image tag'],
  ])('%s is revision %i by its %s', (name, revision, by) => {
    const match = named(name);
    expect(match.kind === 'one' ? [number(match.candidate), match.by] : match).toEqual([revision, by]);
  });

  test('a digest is the one that ran, or that the image is pinned to', () => {
    const found = (wanted: string) => matchTarget({ kind: 'digest', digest: wanted }, known);
    expect(found(digest)).toMatchObject({ kind: 'one', by: 'image digest' });
    expect(found(digest.replaceAll('d', 'e'))).toMatchObject({ kind: 'one' });
    expect(found(digest.replaceAll('d', 'f'))).toMatchObject({
      kind: 'none',
      why: expect.stringMatching(/^No revision has the image digest sha256:f+\. Known are api:5 \(/),
    });
  });

  test.each([
    ['six digits of a sha are too few', 'abcdef'],
    ['a branch moves', 'main'],
    ['nothing like it', 'v9'],
    ['part of a tag', 'v1'],
    ['part of an image', 'pi:2.0'],
  ])('no match: %s', (_name, name) => {
    expect(named(name).kind).toBe('none');
  });

  test('what fits several is refused with their names', () => {
    const two = candidates(
      3,
      { revision: 1, promoted: 1, image: 'api:1.5', marks: { commit: `abcdef1${'0'.repeat(33)}` } },
      { revision: 2, promoted: 2, image: 'api:1.5', marks: { commit: `abcdef1${'1'.repeat(33)}` } },
      { revision: 3, promoted: 3 },
    );
    for (const name of ['1.5', 'abcdef1']) {
      expect(matchTarget({ kind: 'named', name }, two)).toEqual({
        kind: 'several',
        why: `${name} means 2 revisions: api:2 (1.5, commit abcdef1, promoted 1970-01-03 00:00), api:1 (1.5, commit abcdef1, promoted 1970-01-02 00:00)`,
      });
    }
  });

  test('of many only some are named', () => {
    const many = candidates(1, ...Array.from({ length: 12 }, (_, index) => ({ revision: index + 1 })));
    expect(matchTarget({ kind: 'named', name: 'v9' }, many)).toMatchObject({
      why: expect.stringMatching(/, and 4 more$/),
    });
    expect(matchTarget({ kind: 'named', name: 'v9' }, [])).toMatchObject({
      why: expect.stringContaining('none is known'),
    });
  });
});

test.each([
  ['api', undefined],
  ['api:1.4', '1.4'],
  ['registry:5000/api', undefined],
  ['registry:5000/api:1.4', '1.4'],
  [`registry:5000/api:1.4@${digest}`, '1.4'],
  [`api@${digest}`, undefined],
])('tag of %s', (image, tag) => {
  expect(tagOf(image)).toBe(tag);
});
