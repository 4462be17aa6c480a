import { expect, test } from '@jest/globals';
import { pauseAfterFailureMs, pollDelayMs } from '../../../src/rollout/poll.ts';

test.each([
  ['starting', 0, 1000],
  ['in-progress', 0, 5000],
  ['in-progress', 600_000, 5000],
  ['near-end', 14_999, 500],
  ['near-end', 15_000, 1000],
  ['near-end', 59_999, 1000],
  ['near-end', 60_000, 2000],
  ['rolling-back', 119_999, 1000],
  ['rolling-back', 120_000, 2000],
] as const)('%s after %i ms: %i ms', (phase, inPhaseMs, delay) => {
  expect(pollDelayMs('auto', { phase, inPhaseMs })).toBe(delay);
  expect(pollDelayMs({ fixedMs: 7000 }, { phase, inPhaseMs })).toBe(7000);
});

test.each([
  ['throttled', 1, 2000],
  ['throttled', 3, 8000],
  ['throttled', 4, 10_000],
  ['throttled', 400, 10_000],
  ['transient', 1, 500],
  ['transient', 2, 1000],
] as const)('%s for the %ith time: %i ms', (kind, failures, pause) => {
  expect(pauseAfterFailureMs(kind, failures)).toBe(pause);
});
