import { describe, expect, test } from '@jest/globals';
import { firstWholeMinuteOf, trafficOf } from '../../../src/shift/traffic.ts';
import { type Counted, evidenceOf, minute, start, times } from './gates/ask.ts';
import { baseline } from './plan-fixture.ts';

const young = { ...baseline, requestsPerMinute: 0 };
const seen = (counted: readonly Counted[], readTo: number, from = start) => ({
  evidence: evidenceOf(counted),
  metricsReadTo: start + readTo * minute,
  weights: [
    { at: start - 10 * minute, percent: 0 },
    { at: from, percent: 10 },
  ],
});

describe('requests a minute', () => {
  test.each([
    { what: 'usual ones, before any minute', usual: 500, state: seen([], 0), requests: 500 },
    {
      what: 'usual ones, where fewer come',
      usual: 500,
      state: seen(times(2, { green: 1, blue: 9 }), 2),
      requests: 500,
    },
    {
      what: 'seen ones, where more come',
      usual: 9,
      state: seen(times(2, { green: 1, blue: 9 }), 2),
      requests: 10,
    },
    {
      what: 'seen ones, where none are usual',
      usual: 0,
      state: seen(times(2, { green: 1, blue: 9 }), 2),
      requests: 10,
    },
    { what: 'none before any minute', usual: 0, state: seen([], 0), requests: 0 },
    {
      what: 'a minute without a count as none',
      usual: 0,
      state: seen(times(1, { green: 1, blue: 9 }), 2),
      requests: 5,
    },
    {
      what: 'the latest five minutes',
      usual: 0,
      state: seen([...times(1, { green: 1, blue: 999 }), ...times(5, { green: 1, blue: 9 })], 6),
      requests: 10,
    },
    {
      what: 'no minute that was read in part',
      usual: 0,
      state: seen(times(2, { green: 1, blue: 9 }), 1),
      requests: 10,
    },
    {
      what: 'no minute from before the first weight',
      usual: 0,
      state: seen(times(2, { green: 0, blue: 10 }), 2, start + 1),
      requests: 10,
    },
  ])('are the $what', ({ usual, state, requests }) => {
    expect(trafficOf({ ...young, requestsPerMinute: usual }, state)).toBe(requests);
  });
});

test('the first whole minute begins with the first weight or after it', () => {
  const from = (at: number) => firstWholeMinuteOf({ weights: [{ at, percent: 10 }] });
  expect(from(start)).toBe(start);
  expect(from(start + 1)).toBe(start + minute);
  expect(firstWholeMinuteOf({ weights: [{ at: start, percent: 0 }] })).toBe(Number.POSITIVE_INFINITY);
});
