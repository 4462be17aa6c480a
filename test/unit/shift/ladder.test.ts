import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sameSplit } from '../../../src/aws/elb-forward.ts';
import { longestAutoLadder } from '../../../src/inputs/shift-fields.ts';
import {
  buildLadder,
  describeSplit,
  isOnLadder,
  mostSteps,
  shareOf,
  splitAt,
  startSplit,
  stepsWithin,
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

  test('tenths of a percent are weights out of 1,000, up to the 999 that ALB takes', () => {
    const weights = (percent: number): number[] =>
      splitAt(former, blueArn, greenArn, percent).map((group) => group.weight);
    expect(weights(0.1)).toEqual([999, 1]);
    expect(weights(12.5)).toEqual([875, 125]);
    expect(weights(12)).toEqual([88, 12]);
    expect(weights(100)).toEqual([0, 100]);
  });

  test.each([
    // 6,000 requests a minute: 1 % for 4.2 minutes are 252 requests.
    { budget: 252, requestsPerMinute: 6000, steps: [1, 4.6, 22, 100] },
    { budget: 100, requestsPerMinute: 6000, steps: [0.3, 1.3, 5.5, 23, 100] },
    { budget: 1, requestsPerMinute: 600_000, steps: [0.1, 0.4, 1.6, 6.3, 25, 100] },
    { budget: 100, requestsPerMinute: 10, steps: [10, 32, 100] },
    { budget: 100, requestsPerMinute: 0, steps: [10, 32, 100] },
  ])(
    '$budget harmed requests at $requestsPerMinute a minute: $steps',
    ({ budget, requestsPerMinute, steps }) => {
      expect(stepsWithin(budget, requestsPerMinute)).toEqual(steps);
    },
  );

  test('the inputs know how long a made ladder can be', () => {
    expect(longestAutoLadder).toBe(mostSteps);
  });

  test('law: a budget gives rising steps to 100 of at most fivefold, within ALB’s weights and the budget', () => {
    const budgets = fc.integer({ min: 1, max: 1_000_000 });
    const rates = fc.double({ min: 0, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(budgets, rates, (budget, requestsPerMinute) => {
        const steps = stepsWithin(budget, requestsPerMinute);
        expect(steps.at(-1)).toBe(100);
        expect(steps.length).toBeLessThanOrEqual(mostSteps);
        steps.forEach((percent, index) => {
          if (index === 0) return;
          expect(percent).toBeGreaterThan(steps[index - 1]!);
          expect(percent / steps[index - 1]!).toBeLessThan(5.6);
        });
        const dead = (steps[0]! / 100) * requestsPerMinute * 4.2;
        if (steps[0]! > 0.1) expect(dead).toBeLessThanOrEqual(budget * (1 + 1e-9));
      }),
    );
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
