import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { initialState } from '../../../src/shift/initial-state.ts';
import { untilNextLook } from '../../../src/shift/look-times.ts';
import type { ShiftState } from '../../../src/shift/state.ts';
import { planOf } from './plan-fixture.ts';

const since = 6_000_000;
const minute = 60_000;
/** Minutes are known up to `readTo` after the beginning of the step: the next one is due three minutes after that. */
const baking = (readTo: number): ShiftState => ({
  ...initialState(planOf(), since),
  phase: { kind: 'bake', step: 0, since, probesBefore: 0 },
  metricsReadTo: since + readTo,
});

describe('the next look', () => {
  test.each([
    // Nothing is due: as often as it goes.
    { after: 0, readTo: -60 * minute, endsAt: undefined, expected: 5000 },
    { after: 59_999, readTo: -60 * minute, endsAt: undefined, expected: 5000 },
    { after: 60_000, readTo: -60 * minute, endsAt: undefined, expected: 7500 },
    // The end of the bake in 12 s: three looks in its first minute, two later.
    { after: 0, readTo: -60 * minute, endsAt: 12_000, expected: 4000 },
    { after: 60_000, readTo: -60 * minute, endsAt: 72_000, expected: 6000 },
    { after: 60_000, readTo: -60 * minute, endsAt: 60_001, expected: 1 },
    // It is over: no moment to aim at.
    { after: 60_000, readTo: -60 * minute, endsAt: 60_000, expected: 7500 },
    // A minute of the metrics is due in 7 s, and was due a moment ago.
    { after: 173_000, readTo: 0, endsAt: undefined, expected: 7000 },
    { after: 180_000, readTo: 0, endsAt: undefined, expected: 7500 },
    // Whatever comes first.
    { after: 173_000, readTo: 0, endsAt: 600_000, expected: 7000 },
    { after: 173_000, readTo: 0, endsAt: 175_000, expected: 2000 },
  ])('$after ms into the step, read to $readTo, end $endsAt: in $expected ms', (row) => {
    const endsAt = row.endsAt === undefined ? undefined : since + row.endsAt;
    expect(untilNextLook(baking(row.readTo), since + row.after, endsAt)).toBe(row.expected);
  });

  test('never comes later than its period, and meets every moment that is due', () => {
    fc.assert(
      fc.property(
        fc.nat(600_000),
        fc.integer({ min: -600_000, max: 600_000 }),
        fc.nat(900_000),
        (after, readTo, end) => {
          const state = baking(readTo);
          const due = [since + readTo + 3 * minute, since + end].filter((at) => at > since + after);
          let now = since + after;
          const first = Math.min(...due);
          for (let looks = 0; now < first && looks < 200 && Number.isFinite(first); looks++) {
            const wait = untilNextLook(state, now, since + end);
            expect(wait).toBeGreaterThan(0);
            expect(wait).toBeLessThanOrEqual(now - since < minute ? 5000 : 7500);
            now += wait;
          }
          if (Number.isFinite(first)) expect(now).toBe(first);
        },
      ),
    );
  });

  test('while blue waits for its end it is the slower one', () => {
    const state: ShiftState = {
      ...baking(-60 * minute),
      phase: { kind: 'retire', since, ending: { kind: 'promoted' } },
    };
    expect(untilNextLook(state, since + 1000)).toBe(7500);
  });
});
