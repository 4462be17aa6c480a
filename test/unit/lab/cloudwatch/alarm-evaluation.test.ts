import { describe, expect, test } from '@jest/globals';
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
