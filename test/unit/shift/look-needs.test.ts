import { describe, expect, test } from '@jest/globals';
import { initialState } from '../../../src/shift/initial-state.ts';
import { haveMoved, type Needs, needsOf, neverSeen, type SeenAt } from '../../../src/shift/look-needs.ts';
import type { Phase, ShiftState } from '../../../src/shift/state.ts';
import { healthy, planOf } from './plan-fixture.ts';

const now = 10_000_000;
const plan = planOf();
const undo = {
  ending: 'rolled-back',
  cause: { code: 'alarm', sentence: 'It rang.' },
  since: 0,
} as const;
const bake: Phase = { kind: 'bake', step: 0, since: 0, probesBefore: 0 };
const inPhase = (phase: Phase, change: Partial<ShiftState> = {}): ShiftState => ({
  ...initialState(plan, 0),
  phase,
  ...change,
});
const ago = (ms: number): SeenAt => ({
  splits: now - ms,
  greenTargets: now - ms,
  alarms: now - ms,
  service: now - ms,
});
const needs = (state: ShiftState, seenAt: SeenAt = ago(0), cancelled = false): Needs =>
  needsOf(state, seenAt, now, cancelled);
/** Names of what is read, in short. */
const read = (found: Needs): string =>
  Object.entries(found)
    .filter(([name, value]) => !['whole', 'follows'].includes(name) && value)
    .map(([name, value]) => (name === 'green' ? `green ${value}` : name))
    .join(', ');

describe('while a step bakes', () => {
  const whole = 'splits, lock, blueTargets, greenTargets, alarms, green all';
  test.each([
    [0, ''],
    [3999, ''],
    [4000, 'greenTargets'],
    [11_999, 'greenTargets'],
    [12_000, 'splits, greenTargets, alarms'],
    [24_999, 'splits, greenTargets, alarms'],
    [25_000, 'splits, greenTargets, alarms, green service'],
  ])('what was seen %i ms ago', (ms, expected) => {
    const found = needs(inPhase(bake), ago(ms));
    expect(read(found)).toBe(expected);
    expect(found.whole).toBe(false);
  });
  test('what was never seen is read', () => {
    expect(read(needs(inPhase(bake), neverSeen))).toBe('splits, greenTargets, alarms, green service');
  });
  test('everything is read where the look before showed something to decide', () => {
    const found = needs(inPhase(bake, { lookAgain: true }));
    expect(read(found)).toBe(whole);
    expect(found.whole).toBe(true);
  });
  test('a weight of ours makes what was seen before it old', () => {
    expect(needs(inPhase(bake, { writtenAt: now }), ago(0)).splits).toBe(true);
    expect(needs(inPhase(bake, { writtenAt: now - 1 }), ago(0)).splits).toBe(false);
  });
});

test.each<[Phase, string, boolean]>([
  [{ kind: 'lock' }, 'splits', false],
  [{ kind: 'lock-check', since: 0 }, 'splits, lock', false],
  [{ kind: 'attach' }, 'splits', false],
  [{ kind: 'quieten' }, 'splits', false],
  [{ kind: 'deploy' }, 'splits', false],
  [{ kind: 'ready', since: 0 }, 'green service', false],
  [{ kind: 'probe', since: 0 }, '', false],
  [{ kind: 'shift', step: 0, since: 0 }, '', false],
  [{ kind: 'verify', step: 0, since: 0 }, 'splits', false],
  [{ kind: 'retire', since: 0, ending: { kind: 'promoted' } }, '', false],
  [{ kind: 'undo', undo }, 'splits, blueTargets, greenTargets', true],
  [{ kind: 'undo-verify', undo, writtenAt: 0 }, 'splits, blueTargets, greenTargets', true],
  [{ kind: 'tail', ending: { kind: 'promoted' }, remaining: [] }, '', true],
])('%j, with everything just seen: %s', (phase, expected, whole) => {
  const found = needs(inPhase(phase));
  expect(read(found)).toBe(expected);
  expect(found.whole).toBe(whole);
});

test('before a way back is begun both sides are looked at, however early', () => {
  const found = needs(inPhase({ kind: 'lock-check', since: 0 }, { lookAgain: true }));
  expect(found).toMatchObject({
    splits: true,
    lock: true,
    blueTargets: true,
    greenTargets: true,
    whole: true,
  });
});

test('a cancelled job looks at what its way back needs, and at nothing else', () => {
  const found = needs(inPhase(bake), neverSeen, true);
  expect(read(found)).toBe('splits, blueTargets, greenTargets');
  expect(found.whole).toBe(true);
  const ending: Phase = { kind: 'tail', ending: { kind: 'promoted' }, remaining: [] };
  expect(read(needs(inPhase(ending), neverSeen, true))).toBe('');
});

describe('targets are a reason to look at the tasks', () => {
  const three = healthy(3);
  test.each([
    ['the same, all healthy', three, false],
    ['the same in another order', three.toReversed(), false],
    ['one less', three.slice(1), true],
    ['one more', [...three, { ...three[0]!, id: '10.0.0.77' }], true],
    ['one for another', [...three.slice(1), { ...three[0]!, id: '10.0.0.77' }], true],
    ['one on another port', [...three.slice(1), { ...three[0]!, port: 5001 }], true],
    ['one ill', [...three.slice(1), { ...three[0]!, state: 'unhealthy' }], true],
    ['one leaving', [...three.slice(1), { ...three[0]!, state: 'draining' }], true],
  ])('%s', (_what, targets, expected) => {
    expect(haveMoved(targets, three)).toBe(expected);
  });
  test('one that was ill then already: its task may end at any moment', () => {
    const ill = [{ ...three[0]!, state: 'unhealthy' }, ...three.slice(1)];
    expect(haveMoved(ill, ill)).toBe(true);
  });
});
