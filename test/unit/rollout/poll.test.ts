import { expect, test } from '@jest/globals';
import { type PollPhase, pauseAfterFailureMs, pollDelayMs } from '../../../src/rollout/poll.ts';

const cases: readonly (readonly [phase: PollPhase, inPhaseMs: number, delay: number])[] = [
  ['starting', 0, 1000],
  ['launching', 29_999, 2500],
  ['launching', 30_000, 5000],
  ['failing', 59_999, 1500],
  ['failing', 60_000, 2500],
  ['failing', 179_999, 2500],
  ['failing', 180_000, 5000],
  ['in-progress', 0, 5000],
  ['in-progress', 600_000, 5000],
  ['baking', 239_999, 2000],
  ['baking', 240_000, 5000],
  ['near-end', 10_000, 500],
  ['near-end', 10_020, 501],
  ['near-end', 99_980, 4999],
  ['near-end', 200_000, 5000],
  ['rolling-back', 120_000, 5000],
];
test.each(cases)('%s after %i ms: %i ms', (phase, inPhaseMs, delay) => {
  expect(pollDelayMs('auto', { phase, inPhaseMs })).toBe(delay);
  expect(pollDelayMs({ fixedMs: 7000 }, { phase, inPhaseMs })).toBe(7000);
});

test.each([
  [5001, 5000],
  [4999, 4999],
  [501, 501],
  [1, 500],
  [0, 5000],
  [-1, 5000],
])('slow looks lead up to the earliest end in %i ms: %i ms', (endsInMs, delay) => {
  for (const phase of ['in-progress', 'rolling-back'] as const) {
    expect(pollDelayMs('auto', { phase, inPhaseMs: 60_000, endsInMs })).toBe(delay);
  }
  expect(pollDelayMs('auto', { phase: 'near-end', inPhaseMs: 0, endsInMs })).toBe(500);
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
