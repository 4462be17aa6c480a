import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { candidatesOf, inOrder } from '../../../src/rollback/candidates.ts';
import { arn, candidates, day, historyOf, number, place, type Revision } from './facts.ts';

const order = (current: number, ...revisions: readonly Revision[]) =>
  inOrder(candidates(current, ...revisions)).map(number);

describe('who may be gone back to without being named', () => {
  test.each<[string, number, Revision[], number[]]>([
    [
      'the newest promoted one',
      3,
      [
        { revision: 1, promoted: 1 },
        { revision: 2, promoted: 2 },
        { revision: 3, promoted: 3 },
      ],
      [2, 1],
    ],
    [
      'by its promotion, not its number',
      3,
      [{ revision: 1, promoted: 2 }, { revision: 2, promoted: 1 }, { revision: 3 }],
      [1, 2],
    ],
    [
      'never the current one',
      2,
      [
        { revision: 1, promoted: 1 },
        { revision: 2, promoted: 9 },
      ],
      [1],
    ],
    [
      'never a bad one',
      3,
      [{ revision: 1, promoted: 1 }, { revision: 2, promoted: 2, bad: 3 }, { revision: 3 }],
      [1],
    ],
    [
      'one that was bad and promoted again',
      3,
      [{ revision: 1, promoted: 1 }, { revision: 2, promoted: 4, bad: 3 }, { revision: 3 }],
      [2, 1],
    ],
    ['not what was only registered', 3, [{ revision: 1 }, { revision: 2 }, { revision: 3, promoted: 3 }], []],
    [
      'without marks, what ECS calls SUCCESSFUL',
      3,
      [
        { revision: 1, deployed: 1 },
        { revision: 2, deployed: 2 },
        { revision: 3, deployed: 3 },
      ],
      [2, 1],
    ],
    [
      'a green that was rejected since marks are made is not taken',
      4,
      [
        { revision: 1, deployed: 1, promoted: 1 },
        { revision: 2, deployed: 2 },
        { revision: 4, deployed: 4, promoted: 4 },
      ],
      [1],
    ],
    [
      'what was SUCCESSFUL before the first mark, after all that is marked',
      4,
      [
        { revision: 1, deployed: 1 },
        { revision: 2, deployed: 2, promoted: 3 },
        { revision: 4, deployed: 5, promoted: 6 },
      ],
      [2, 1],
    ],
    [
      'a deployment of ours that was never promoted does not count as history',
      4,
      [
        { revision: 1, deployed: 1 },
        { revision: 2, deployed: 2, marks: { commit: 'a'.repeat(40) } },
        { revision: 4, deployed: 4 },
      ],
      [1],
    ],
    [
      'one promoted for another service only is not taken',
      3,
      [
        { revision: 1, promoted: 1 },
        { revision: 2, marks: { promotions: [{ at: 2 * day, place: 'main/staging' }] } },
        { revision: 3, promoted: 3 },
      ],
      [1],
    ],
    [
      'one promoted for whatever service is',
      3,
      [
        { revision: 2, marks: { promotions: [{ at: 2 * day, place: undefined }] } },
        { revision: 3, promoted: 3 },
      ],
      [2],
    ],
    [
      'of two promoted at once the higher number',
      3,
      [{ revision: 1, promoted: 1 }, { revision: 2, promoted: 1 }, { revision: 3 }],
      [2, 1],
    ],
    ['nothing before, nothing to go back to', 1, [{ revision: 1, promoted: 1, deployed: 1 }], []],
  ])('%s', (_name, current, revisions, expected) => {
    expect(order(current, ...revisions)).toEqual(expected);
  });

  test('one that was rolled back by hand before it was marked is passed over', () => {
    const history = historyOf([
      { revision: 1, deployed: 1 },
      { revision: 2, deployed: 2 },
      { revision: 3, deployed: 3 },
    ]);
    const again = { ...history[1]!, serviceDeploymentArn: 'again', createdAt: 4 * day };
    const known = candidates(
      2,
      { revision: 1, promoted: 1 },
      { revision: 2, promoted: 2 },
      { revision: 3, promoted: 3 },
    );
    const found = candidatesOf({
      places: [place],
      currentTaskDefinitionArn: arn(2),
      history: [again, ...history],
      definitions: new Map(known.map((each) => [each.taskDefinitionArn, each.definition])),
    });
    expect(inOrder(found).map(number)).toEqual([1]);
    expect(found.find((each) => number(each) === 3)).toMatchObject({
      verdict: 'bad',
      why: 'it was rolled back to api:2',
    });
  });
});

test('what the other service of a pair was promoted for counts where it is named', () => {
  const elsewhere = (at: number) => ({ promotions: [{ at: at * day, place: 'main/api-green' }] });
  const known = candidates(
    3,
    { revision: 1, promoted: 1 },
    { revision: 2, marks: { ...elsewhere(2), bad: { at: day, reason: '' } } },
    { revision: 3, promoted: 3 },
  );
  expect(inOrder(known).map(number)).toEqual([1]);
  expect(known.find((each) => number(each) === 2)).toMatchObject({ verdict: 'bad' });
  const both = candidatesOf({
    places: [place, 'main/api-green'],
    currentTaskDefinitionArn: arn(3),
    history: [],
    definitions: new Map(known.map((each) => [each.taskDefinitionArn, each.definition])),
  });
  expect(inOrder(both).map(number)).toEqual([2, 1]);
});

test('verdicts come with words', () => {
  const found = candidates(
    4,
    { revision: 1, deployed: 1 },
    { revision: 2, promoted: 2, deployed: 2, bad: 3 },
    { revision: 3, deployed: 3 },
    { revision: 4, deployed: 4, promoted: 4 },
    { revision: 5 },
    { revision: 6, marks: { promotions: [{ at: 0, place: 'main/web' }] } },
  );
  expect(Object.fromEntries(found.map((each) => [number(each), [each.verdict, each.why]]))).toEqual({
    1: ['unknown', 'SUCCESSFUL to ECS; no deploy of ours has judged it'],
    2: ['bad', 'marked bad 1970-01-04 00:00: it is wrong'],
    3: ['unknown', 'SUCCESSFUL to ECS, and never promoted'],
    4: ['promoted', ''],
    5: ['unknown', 'never deployed to this service with success, as far as is known'],
    6: ['unknown', 'promoted for main/web only'],
  });
});

test('images have the digest that ran, or the one they are pinned to', () => {
  const pinned = `sha256:${'b'.repeat(64)}`;
  const [first, second] = candidates(
    9,
    { revision: 2, deployed: 2, digest: 'sha256:ran' },
    { revision: 1, deployed: 1, digest: 'sha256:child', image: `api@${pinned}` },
  );
  expect(first?.images[0]?.digest).toBe('sha256:ran');
  expect(second?.images[0]?.digest).toBe(pinned);
});

test('the chosen one is never bad, never the current one, and the newest of the promoted ones', () => {
  const revision = fc.record(
    {
      promoted: fc.integer({ min: 1, max: 50 }),
      bad: fc.integer({ min: 1, max: 50 }),
      deployed: fc.integer({ min: 1, max: 50 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.array(revision, { minLength: 1, maxLength: 12 }),
      fc.nat(11),
      fc.func(fc.boolean()),
      (drawn, currentIndex, isUsable) => {
        const revisions = drawn.map((each, index): Revision => ({ ...each, revision: index + 1 }));
        const current = (currentIndex % revisions.length) + 1;
        const all = candidates(current, ...revisions);
        const chosen = inOrder(all).find((each) => isUsable(number(each)));
        if (chosen !== undefined) {
          expect(chosen.verdict).not.toBe('bad');
          expect(chosen.current).toBe(false);
          const own = revisions[number(chosen)! - 1]!;
          if (own.bad !== undefined) expect(own.promoted ?? 0).toBeGreaterThan(own.bad);
        }
        // Told from the revisions alone: promoted, not bad since, not rolled back in the history.
        const promoted = revisions.filter(
          (each) =>
            each.revision !== current &&
            each.promoted !== undefined &&
            !(each.bad !== undefined && each.bad >= each.promoted) &&
            all.find((one) => number(one) === each.revision)?.why === '' &&
            isUsable(each.revision),
        );
        const newest = Math.max(...promoted.map((each) => each.promoted!));
        if (promoted.length > 0) expect(revisions[number(chosen)! - 1]?.promoted).toBe(newest);
      },
    ),
    { numRuns: 500 },
  );
});
