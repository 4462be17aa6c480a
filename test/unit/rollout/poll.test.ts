import { describe, expect, test } from '@jest/globals';
import { spareCalls as spareCallsOf } from '../../../src/rollout/call-budget.ts';
import { type PollPhase, pauseAfterFailureMs, pollDelayMs } from '../../../src/rollout/poll.ts';

const spare = { spareCalls: 20, spareNearEnd: 40 };
const cases: readonly (readonly [phase: PollPhase, inPhaseMs: number, delay: number])[] = [
  ['starting', 0, 1000],
  ['launching', 0, 1300],
  ['launching', 300_000, 1300],
  ['failing', 89_999, 1300],
  ['failing', 90_000, 2500],
  ['failing', 179_999, 2500],
  ['failing', 180_000, 5000],
  ['in-progress', 0, 5000],
  ['in-progress', 600_000, 5000],
  ['baking', 40_000, 2000],
  ['baking', 40_020, 2001],
  ['baking', 200_000, 5000],
  ['near-end', 10_000, 500],
  ['near-end', 10_020, 501],
  ['near-end', 99_980, 4999],
  ['near-end', 200_000, 5000],
  ['nearly-back', 10_000, 500],
  ['nearly-back', 10_020, 501],
  ['nearly-back', 20_000, 1000],
  ['nearly-back', 200_000, 1000],
  ['rolling-back', 120_000, 5000],
];
test.each(cases)('%s after %i ms: %i ms', (phase, inPhaseMs, delay) => {
  expect(pollDelayMs('auto', { phase, inPhaseMs, ...spare })).toBe(delay);
  expect(pollDelayMs({ fixedMs: 7000 }, { phase, inPhaseMs, ...spare })).toBe(7000);
});

test.each([
  ['launching', 0, 1, 1, 1300],
  ['launching', 0, 0.9, 0.9, 5000],
  ['baking', 3000, 1, 1, 3000],
  ['baking', 3000, 0.9, 0.9, 5000],
  ['near-end', 8000, 0.9, 1, 1000],
  ['near-end', 8000, 0.9, 0.9, 5000],
  ['near-end', 8000, 4, 4, 1000],
  ['near-end', 8000, 10, 10, 800],
  // A failure, or a way back, is told soon at any price.
  ['failing', 0, -20, -20, 1300],
  ['nearly-back', 0, -20, -20, 500],
] as const)('%s after %i ms, %d calls to spare (%d near the end): %i ms', (...values) => {
  const [phase, inPhaseMs, spareCalls, spareNearEnd, delay] = values;
  expect(pollDelayMs('auto', { phase, inPhaseMs, spareCalls, spareNearEnd })).toBe(delay);
});

describe('calls to spare', () => {
  test.each([
    // 80 for the first 226 s, 14 of them around it, and 45 for slow looks.
    [0, 0, 20.8, 43.4],
    [20, 0, 0.8, 23.4],
    [30, 113_000, 13.4, 24.7],
    [66, 226_000, 0, 0],
    [66, 452_000, 80, 80],
  ])('%i made in %i ms: %d, or %d near the end', (made, sinceMs, spareCalls, spareNearEnd) => {
    const found = spareCallsOf(made, sinceMs);
    expect(found.spareCalls).toBeCloseTo(spareCalls, 6);
    expect(found.spareNearEnd).toBeCloseTo(spareNearEnd, 6);
  });
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
    expect(pollDelayMs('auto', { phase, inPhaseMs: 60_000, endsInMs, ...spare })).toBe(delay);
  }
  expect(pollDelayMs('auto', { phase: 'near-end', inPhaseMs: 0, endsInMs, ...spare })).toBe(500);
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
