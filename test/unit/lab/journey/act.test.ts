import { expect, test } from '@jest/globals';
import { complaints } from '../../../../src/lab/journey/act.ts';

const good = { outcomes: ['promoted'], exitCode: 0, harmless: true } as const;
const bad = {
  outcomes: ['rolled-back'],
  exitCode: 1,
  causes: ['errors'],
  saying: /HTTP 5\d\d/,
  harmless: false,
} as const;
const result = { outcome: 'promoted', cause: '', exitCode: 0, summaryMarkdown: '', explanation: '' };
const load = { served: 10, harmed: 0, dropped: 0 };

test('a good release has no complaint', () => expect(complaints(good, result, load)).toEqual([]));

test.each([
  [{ ...result, outcome: '' }, load, 'the outcome is (none), expected promoted'],
  [{ ...result, exitCode: 1 }, load, 'exit code 1, expected 0'],
  [result, { ...load, harmed: 1 }, '1 requests were harmed'],
  [result, { ...load, dropped: 1 }, '1 requests were dropped'],
])('a good release that goes wrong: %#', (given, traffic, complaint) => {
  expect(complaints(good, given, traffic)).toEqual([complaint]);
});

test('a bad release may harm, but its cause has to be the true one', () => {
  const caught = {
    outcome: 'rolled-back',
    cause: 'errors',
    exitCode: 1,
    summaryMarkdown: '',
    explanation: '3 of 9 failed: HTTP 503',
  };
  expect(complaints(bad, caught, { served: 10, harmed: 3, dropped: 1 })).toEqual([]);
  expect(complaints(bad, { ...caught, explanation: 'not stable' }, load)).toEqual([
    'the explanation does not say HTTP 5\\d\\d: not stable',
  ]);
  expect(complaints(bad, { ...caught, cause: 'timeout' }, load)).toEqual([
    'the cause is timeout, expected errors',
  ]);
});
