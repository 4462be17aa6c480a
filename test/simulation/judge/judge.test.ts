/** False rollbacks and detection by simulation: a subset of `npm run bench:judge`, from the seeds that are named. */
import { describe, expect, test } from '@jest/globals';
import {
  failing,
  fallShare,
  falls,
  intermittent,
  noDifference,
  type RuleName,
  type Setting,
} from '../../../bench/judge-simulation.ts';
import { median } from '../../../bench/support.ts';

const seeds = 100;

function medianMinutes(setting: Setting, rule: RuleName): number {
  return median(falls(setting, rule, seeds).map((each) => each.atMinute ?? Number.POSITIVE_INFINITY));
}

describe('a release that is no worse, looked at each minute of a day', () => {
  test.each([1, 10, 100, 1000])('at %i requests a second is not taken back (seeds 1 to 100)', (rate) => {
    // One in a hundred is promised; as the bound gives green a tenth of a point, it is less.
    expect(fallShare(falls(noDifference(rate), 'judge', seeds))).toBeLessThanOrEqual(0.01);
  });
  test('is taken back by a threshold and by a z-test that is looked at each minute', () => {
    expect(fallShare(falls(noDifference(10), 'flagger', seeds))).toBeGreaterThan(0.99);
    expect(fallShare(falls(noDifference(100), 'z-test', seeds))).toBeGreaterThan(0.1);
  });
});

describe('a release that fails, at 100 requests a second and 10 % weight (seeds 1 to 100)', () => {
  test.each([
    { rate: 0.01, within: 6.5 },
    { rate: 0.05, within: 4.7 },
    { rate: 0.2, within: 4.7 },
    { rate: 1, within: 4.7 },
  ])('$rate of its requests: within $within minutes, before the other rules', ({ rate, within }) => {
    const minutes = medianMinutes(failing(rate), 'judge');
    expect(minutes).toBeLessThanOrEqual(within);
    for (const rule of ['flagger', 'alarm'] as const) {
      expect(medianMinutes(failing(rate), rule)).toBeGreaterThan(minutes);
    }
  });
  test('probes see it in real time', () => {
    expect(medianMinutes(failing(1, 2), 'judge')).toBeLessThanOrEqual(0.5);
    expect(medianMinutes(failing(0.05, 2), 'judge')).toBeLessThan(medianMinutes(failing(0.05), 'judge'));
  });
});

test('a release that fails one minute in five is found with its third bad minute, at 1,000 requests a second', () => {
  // Minutes 4, 9 and 14 fail; the last is read a little over two minutes after its end.
  expect(medianMinutes(intermittent(1000), 'judge')).toBeLessThanOrEqual(17.2);
});
