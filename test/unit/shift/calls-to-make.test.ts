import { expect, test } from '@jest/globals';
import { callsToMake, describeCalls } from '../../../src/shift/calls-to-make.ts';
import type { ShiftPlan } from '../../../src/shift/plan.ts';
import { baseline, planOf } from './plan-fixture.ts';

const bare = { alarms: [], blueAfter: 'keep' } as const;
const all = (change: Partial<ShiftPlan> = {}, requestsPerMinute = 6000): number =>
  callsToMake(planOf({ ...bare, ...change }), { ...baseline, requestsPerMinute }).all;
const perMinute = (change: Partial<ShiftPlan> = {}): number =>
  callsToMake(planOf({ ...bare, ...change }), baseline).perMinute;

test('a minute of a bake: targets, weights, tasks, metrics and a sign of life; alarms and other rules on top', () => {
  expect(perMinute()).toBe(16);
  expect(perMinute({ alarms: ['one', 'two'] })).toBe(20);
  expect(perMinute({ others: [{ location: { kind: 'rule', ruleArn: 'other' }, actions: [] }] })).toBe(20);
  expect(perMinute({ green: { ...planOf().green, service: undefined } })).toBe(14);
});

test('steps last until their minutes are counted, where there is traffic to count', () => {
  const steps = planOf().steps.map((step) => ({ ...step, bakeTimeMs: 60_000 }));
  expect(all({ steps })).toBeCloseTo(all({ steps }, 5) + 3 * 3.7 * 16, -1);
  // Blue without a history: its first minutes show whether there is traffic.
  expect(all({ steps }, 0)).toBeCloseTo(all({ steps }, 5) + 3.7 * 16, -1);
  const none = planOf().steps.map((step) => ({ ...step, bakeTimeMs: 0 }));
  expect(all({ steps: none })).toBe(all({ steps: none }, 0));
});

test('a rest ends the count at its weight; blue’s end and its time come on top', () => {
  expect(all({ until: 10 })).toBeLessThan(all() / 2);
  expect(all({ blueAfter: 0 })).toBeGreaterThan(all() + 40);
  expect(all({ blueAfter: 0, keepBlueMs: 600_000 })).toBeCloseTo(all({ blueAfter: 0 }) + 7.5 * 16, -1);
  expect(all({ blueAfter: 0, until: 10 })).toBe(all({ until: 10 }));
});

test('is told in tens', () => {
  expect(describeCalls(planOf(bare), baseline)).toMatch(
    /^About \d+0 calls to AWS, 16 a minute while a step bakes\.$/,
  );
});
