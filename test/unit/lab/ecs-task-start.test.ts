import { expect, test } from '@jest/globals';
import { taskStartWithin } from '../../../src/lab/world/ecs/index.ts';

test.each([
  [30, 120],
  [1, 1],
] as const)('a start within %i and %i seconds is made of draws that add up to it', (low, high) => {
  const { provisioningMs, pullMs } = taskStartWithin([low, high]);
  expect(provisioningMs![0] + pullMs![0]).toBeCloseTo(low * 1000);
  expect(provisioningMs![1] + pullMs![1]).toBeCloseTo(high * 1000);
});
