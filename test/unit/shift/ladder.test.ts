import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sameSplit } from '../../../src/aws/elb-forward.ts';
import {
  buildLadder,
  describeSplit,
  isOnLadder,
  shareOf,
  splitAt,
  startSplit,
} from '../../../src/shift/ladder.ts';
import { verifySplit } from '../../../src/shift/router.ts';
import { blueArn, former, greenArn, otherArn } from './plan-fixture.ts';

describe('the ladder', () => {
  test('each step gives blue and green 100 together and keeps other groups', () => {
    const three = [...former, { targetGroupArn: otherArn, weight: 0 }];
    expect(splitAt(three, blueArn, greenArn, 10)).toEqual([
      { targetGroupArn: blueArn, weight: 90 },
      { targetGroupArn: greenArn, weight: 10 },
      { targetGroupArn: otherArn, weight: 0 },
    ]);
  });

  test('starts with green at 0, added or left as it is', () => {
    const attached = [...former, { targetGroupArn: greenArn, weight: 0 }];
    expect(startSplit(former, greenArn)).toEqual(attached);
    expect(startSplit(attached, greenArn)).toBe(attached);
  });

  test('one bake for all, or one for each', () => {
    const bakes = (bakeTimesMs: number[]): number[] =>
      buildLadder(former, blueArn, greenArn, [10, 100], bakeTimesMs).map((step) => step.bakeTimeMs);
    expect(bakes([1000])).toEqual([1000, 1000]);
    expect(bakes([1000, 2000])).toEqual([1000, 2000]);
  });

  test('names groups in words', () => {
    expect(describeSplit(splitAt(former, blueArn, greenArn, 50))).toBe('api-a 50, api-b 50');
  });

  test('law: green’s share is the step’s, and only steps and the former split are on the ladder', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 999 }), (percent, weight) => {
        const start = [{ targetGroupArn: blueArn, weight }];
        const steps = buildLadder(start, blueArn, greenArn, [percent], [0]);
        expect(shareOf(steps[0]!.split, greenArn)).toBeCloseTo(percent);
        expect(isOnLadder(steps[0]!.split, start, steps)).toBe(true);
        expect(isOnLadder(start, start, steps)).toBe(true);
        const off = splitAt(start, blueArn, greenArn, percent === 100 ? 99 : percent + 1);
        expect(isOnLadder(off, start, steps)).toBe(false);
      }),
    );
  });
});

describe('splits', () => {
  const split = (blue: number, green?: number) => [
    { targetGroupArn: blueArn, weight: blue },
    ...(green === undefined ? [] : [{ targetGroupArn: greenArn, weight: green }]),
  ];
  test('a group at 0 equals a group that is not there; order does not matter', () => {
    expect(sameSplit(split(1), split(1, 0))).toBe(true);
    expect(sameSplit(split(90, 10), [...split(90, 10)].reverse())).toBe(true);
    expect(sameSplit(split(90, 10), split(90, 11))).toBe(false);
    expect(sameSplit(split(1), [])).toBe(false);
  });
  test('a read that lags is pending, somebody else’s write is different', () => {
    expect(verifySplit(split(50, 50), split(50, 50), [])).toBe('verified');
    expect(verifySplit(split(90, 10), split(50, 50), [split(90, 10)])).toBe('pending');
    expect(verifySplit(split(90, 10), split(50, 50), [])).toBe('different');
  });
  test('without weights nobody has a share', () => {
    expect(shareOf(split(0, 0), greenArn)).toBe(0);
  });
});
