import { expect, test } from '@jest/globals';
import { slowThresholdSeconds } from '../../../src/shift/baseline.ts';

test.each([
  [0.001, 0.051],
  [0.1, 0.15],
  [0.2, 0.25],
  [0.201, 0.251_25],
  [2, 2.5],
])('with a usual p95 of %d s, more than %d s is slow', (usual, threshold) => {
  expect(slowThresholdSeconds(usual)).toBeCloseTo(threshold, 6);
});
