import { describe, expect, test } from '@jest/globals';
import { maintenanceWindows } from '../../../src/inputs/maintenance-window.ts';

const parse = (given: string) => maintenanceWindows().parse(given);
const week = [0, 1, 2, 3, 4, 5, 6];

describe('windows', () => {
  test.each([
    ['Sun 02:00-04:00 UTC', { days: [0], startMinute: 120, endMinute: 240, zone: 'UTC' }],
    ['Mon-Fri 22:00-06:00 Europe/Berlin', { days: [1, 2, 3, 4, 5], startMinute: 1320, endMinute: 360 }],
    ['Fri-Mon 1:05-1:06 UTC', { days: [0, 1, 5, 6], startMinute: 65, endMinute: 66 }],
    ['sat, SUNDAY 00:00 - 24:00 Asia/Kolkata', { days: [0, 6], startMinute: 0, endMinute: 1440 }],
    ['daily 23:59-00:00 UTC', { days: week, startMinute: 1439, endMinute: 0 }],
    ['Every day 00:00-24:00 America/Argentina/Buenos_Aires', { days: week }],
  ])('%s', (given, expected) => {
    expect(parse(given)).toMatchObject({ ok: true, value: [expected] });
  });

  test('several, on lines or after semicolons, with comments', () => {
    const given = 'Sun 02:00-04:00 UTC; Wed 02:00-03:00 UTC\n# in winter\nFri 1:00-2:00 UTC';
    expect(parse(given)).toMatchObject({ ok: true, value: [{ days: [0] }, { days: [3] }, { days: [5] }] });
  });
});

test.each([
  ['Sun 02:00-04:00', 'days, from-to, time zone'],
  ['Sun 2-4 UTC', '2 is no time'],
  ['Sun 24:00-04:00 UTC', '24:00 is no time'],
  ['Sun 02:00-24:01 UTC', '24:01 is no time'],
  ['Sun 02:60-04:00 UTC', '02:60 is no time'],
  ['Sun 02:00-02:00 UTC', 'begins when it ends'],
  ['Son 02:00-04:00 UTC', 'Son names no days'],
  ['Mon-Tue-Wed 02:00-04:00 UTC', 'names no days'],
  ['Mon- 02:00-04:00 UTC', 'names no days'],
  ['Sun 02:00-04:00 Mars/Olympus', 'Mars/Olympus is no time zone'],
  ['Sun 02:00-04:00 +02:00', '+02:00 is no time zone'],
  ['Sun 02:00-04:00 UTC; Mon', '"Mon"'],
  [';', 'windows such as'],
])('%s is refused', (given, expected) => {
  expect(parse(given)).toMatchObject({ ok: false, allowed: expect.stringContaining(expected) });
});
