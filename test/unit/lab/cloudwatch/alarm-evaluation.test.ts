import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AlarmState, evaluateAlarm } from '../../../../src/lab/world/cloudwatch/alarm-evaluation.ts';

const slots = (row: string) =>
  row.split(' ').map((slot) => (slot === 'X' ? true : slot === '0' ? false : undefined));

/** The tables of the user guide: missing, ignore, breaching, notBreaching. `keep`: the state stays. */
const threeOfThree = [
  ['0 - X - X', 'OK', 'OK', 'OK', 'OK'],
  ['0 - - - -', 'OK', 'OK', 'OK', 'OK'],
  ['- - - - -', 'INSUFFICIENT_DATA', 'keep', 'ALARM', 'OK'],
  ['0 X X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['- - X - -', 'ALARM', 'keep', 'ALARM', 'OK'],
] as const;
const twoOfThree = [
  ['0 - X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['0 0 X 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['0 - X - -', 'OK', 'OK', 'ALARM', 'OK'],
  ['- - - - 0', 'OK', 'OK', 'ALARM', 'OK'],
  ['- - - X -', 'ALARM', 'keep', 'ALARM', 'OK'],
] as const;
const treatments = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;

describe.each([
  { needed: 3, table: threeOfThree },
  { needed: 2, table: twoOfThree },
])('$needed data points of 3 to alarm', ({ needed, table }) => {
  test.each(table.map(([row, ...expected]) => ({ row, expected })))('$row', ({ row, expected }) => {
    for (const current of ['OK', 'ALARM', 'INSUFFICIENT_DATA'] satisfies AlarmState[]) {
      treatments.forEach((treatment, index) => {
        const wanted = expected[index] === 'keep' ? current : expected[index];
        const state = evaluateAlarm(slots(row), 3, needed, treatment, current);
        expect([treatment, state]).toEqual([treatment, wanted]);
      });
    }
  });
});

test('a single new breaching point does not yet alarm where three are needed', () => {
  expect(evaluateAlarm(slots('- - - - X'), 3, 3, 'missing', 'OK')).toBe('OK');
  expect(evaluateAlarm(slots('- - - X X'), 3, 3, 'missing', 'OK')).toBe('OK');
  expect(evaluateAlarm(slots('- - X X X'), 3, 3, 'missing', 'OK')).toBe('ALARM');
});

test('for any data, treating what is missing as breaching never calms and as not breaching never alarms', () => {
  const slot = fc.constantFrom(true, false, undefined);
  const run = fc.integer({ min: 1, max: 5 }).chain((periods) =>
    fc.record({
      row: fc.array(slot, { minLength: periods + 2, maxLength: periods + 2 }),
      periods: fc.constant(periods),
      needed: fc.integer({ min: 1, max: periods }),
      current: fc.constantFrom<AlarmState>('OK', 'ALARM', 'INSUFFICIENT_DATA'),
    }),
  );
  fc.assert(
    fc.property(run, ({ row, periods, needed, current }) => {
      const [missing, ignore, breaching, notBreaching] = treatments.map((treatment) =>
        evaluateAlarm(row, periods, needed, treatment, current),
      );
      if (notBreaching === 'ALARM') expect([missing, ignore, breaching]).toEqual(['ALARM', 'ALARM', 'ALARM']);
      if (breaching === 'OK') expect([missing, ignore, notBreaching]).toEqual(['OK', 'OK', 'OK']);
      if (row.every((each) => each === undefined)) expect(missing).toBe('INSUFFICIENT_DATA');
    }),
  );
});
