import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatCount } from '../../../src/report/count.ts';

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [12_345_678, '12,345,678'],
  [0.5, '0.5'],
  [-1, '-1'],
])('%s is written as %s', (count, text) => {
  expect(formatCount(count)).toBe(text);
});

test('any count is written as people in the United States write it', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (count) => {
      expect(formatCount(count)).toBe(count.toLocaleString('en-US'));
    }),
  );
});
