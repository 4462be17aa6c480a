/** Answers of 4xx come in bursts: false rollbacks and detection by simulation, from the seeds that are named. */
import { describe, expect, test } from '@jest/globals';
import {
  calmUsers,
  type Found,
  findAll,
  type Ladder,
  longStep,
  scannedUsers,
  type Users,
  usualLadder,
} from '../../../bench/client-errors.ts';
import { median } from '../../../bench/support.ts';

const seeds = 200;
const share = (found: readonly Found[]): number =>
  found.filter(({ atMinute }) => atMinute !== undefined).length / found.length;
const minutes = (users: Users, ladder: Ladder): number =>
  median(findAll(users, ladder, seeds).map(({ atMinute }) => atMinute ?? Number.POSITIVE_INFINITY));

describe('a green that refuses as much as blue, an hour at 10 and at 50 %, is not taken back (seeds 1 to 200)', () => {
  const storm = (requestsPerSecond: number): Users => ({ ...scannedUsers(requestsPerSecond), scans: 0.3 });
  test.each([1, 10, 100])('at %i requests a second', (rate) => {
    for (const users of [calmUsers(rate), calmUsers(rate, 0.05), scannedUsers(rate), storm(rate)]) {
      for (const green of [0.1, 0.5]) {
        expect(share(findAll(users, longStep(0, green), seeds))).toBeLessThanOrEqual(0.01);
      }
    }
  });
  test('nor one at the bound, a quarter of a point above blue', () => {
    for (const rate of [10, 100]) {
      for (const users of [calmUsers(rate), calmUsers(rate, 0.05), scannedUsers(rate)]) {
        expect(share(findAll(users, longStep(0.0025, 0.5), seeds))).toBeLessThanOrEqual(0.01);
      }
    }
  });
  test.each([1, 10, 100])('nor where blue has no traffic, whatever scans come, at %i a second', (rate) => {
    const alone: Ladder = { steps: [[1, 60]], more: 0 };
    const large: Users = { ...scannedUsers(rate), scanRequests: [1000, 3000] };
    for (const users of [calmUsers(rate, 0.05), scannedUsers(rate), large, { ...large, scans: 0.005 }]) {
      expect(share(findAll(users, alone, seeds))).toBeLessThanOrEqual(0.01);
    }
  });
});

test('a scan of a few hundred makes many an hour wilder than 20, and does no harm to the comparison', () => {
  const found = findAll(scannedUsers(100), longStep(0), seeds);
  const wild = found.filter(({ dispersion }) => dispersion > 20);
  expect(wild.length / found.length).toBeGreaterThan(0.3);
  expect(share(wild)).toBe(0);
});

describe('a green that refuses more (seeds 1 to 200)', () => {
  test.each([1, 10, 100])('404 to everybody: at its second minute at %i requests a second', (rate) => {
    expect(minutes(calmUsers(rate), longStep(1))).toBe(2);
    expect(minutes(calmUsers(rate), { steps: [[1, 5]], more: 1 })).toBe(2);
  });
  test('404 to everybody beside scans: as soon with many requests, later with few', () => {
    expect(minutes(scannedUsers(100), longStep(1))).toBe(2);
    expect(minutes(scannedUsers(10), longStep(1))).toBeLessThanOrEqual(6);
  });
  test.each([1, 10, 100])(
    '404 to everybody that stays, at %i a second: blue was too wild for a promotion',
    (rate) => {
      for (const { atMinute, dispersion } of findAll(scannedUsers(rate), usualLadder(1), seeds)) {
        if (atMinute === undefined) expect(dispersion).toBeGreaterThan(20);
      }
    },
  );
  test.each([
    { rate: 10, more: 0.05, within: 5 },
    { rate: 100, more: 0.05, within: 2 },
    { rate: 100, more: 0.01, within: 10 },
  ])('$more more at $rate requests a second and 10 %: within $within minutes', ({ rate, more, within }) => {
    expect(minutes(calmUsers(rate), longStep(more))).toBeLessThanOrEqual(within);
  });
  test('one more in a hundred, at 100 requests a second, within the usual ladder', () => {
    expect(share(findAll(calmUsers(100), usualLadder(0.01), seeds))).toBeGreaterThan(0.95);
  });
  test('five more in a hundred are found beside scans, too', () => {
    expect(minutes(scannedUsers(100), longStep(0.05))).toBeLessThanOrEqual(10);
  });
});
