import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  bool,
  choice,
  duration,
  integer,
  keyValues,
  list,
  matching,
  text,
} from '../../../src/inputs/field.ts';
import { formatDuration } from '../../../src/report/duration.ts';

const value = <T>(parsed: { ok: boolean; value?: T }): T | string =>
  parsed.ok ? (parsed.value as T) : 'refused';

test.each([
  ['true', true],
  ['TRUE', true],
  ['False', false],
  ['yes', 'refused'],
  ['tRue', 'refused'],
  ['1', 'refused'],
])('bool %s', (given, expected) => expect(value(bool().parse(given))).toBe(expected));

test.each([
  ['1', 1],
  ['0', 'refused'],
  ['10', 10],
  ['11', 'refused'],
  ['1.5', 'refused'],
  ['1e1', 'refused'],
  ['٣', 'refused'],
])('integer from 1 to 10: %s', (given, expected) =>
  expect(value(integer(1, 10).parse(given))).toBe(expected),
);

test.each([
  ['90', 90_000],
  ['90s', 90_000],
  ['1.5s', 1500],
  ['500ms', 500],
  ['499ms', 'refused'],
  ['1h30m', 5_400_000],
  ['2h', 7_200_000],
  ['2h1s', 'refused'],
  ['10 m', 600_000],
  ['m10', 'refused'],
  ['-5s', 'refused'],
  ['1h30', 'refused'],
])('duration from 500ms to 2h: %s', (given, expected) =>
  expect(value(duration(500, 7_200_000).parse(given))).toBe(expected),
);

test('formatted whole seconds are read back as they were', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 86_400 }), (seconds) => {
      expect(value(duration(0, 86_400_000).parse(formatDuration(seconds * 1000)))).toBe(seconds * 1000);
    }),
  );
});

test('choice ignores case and names what there is', () => {
  expect(value(choice('rollback', 'stop').parse('Stop'))).toBe('stop');
  expect(choice('rollback', 'stop').parse('halt')).toEqual({ ok: false, allowed: 'one of rollback, stop' });
});

test('matching says the form in words', () => {
  expect(matching(/^a+$/, 'a row of a').parse('b')).toEqual({ ok: false, allowed: 'a row of a' });
});

describe('lists', () => {
  test('one a line, or separated by commas; blank lines and comments fall away', () => {
    expect(value(list(text()).parse('a\n\n# no\n b,c '))).toEqual(['a', 'b,c']);
    expect(value(list(text()).parse('a, b ,c'))).toEqual(['a', 'b', 'c']);
  });

  test('a bad entry is named', () => {
    expect(list(integer(1, 5)).parse('1,9')).toEqual({
      ok: false,
      allowed: 'one entry a line, each a whole number from 1 to 5; "9" is not',
    });
  });
});

describe('NAME=value lines', () => {
  test('everything after the first = belongs to the value', () => {
    expect([...(value(keyValues().parse('A=b=c==\nB="quoted value"\nC=')) as Map<string, string>)]).toEqual([
      ['A', 'b=c=='],
      ['B', '"quoted value"'],
      ['C', ''],
    ]);
  });

  test('any value without line breaks comes through', () => {
    fc.assert(
      fc.property(
        fc.string().filter((given) => !/[\r\n]/.test(given)),
        (given) => {
          expect((value(keyValues().parse(`NAME=${given}`)) as Map<string, string>).get('NAME')).toBe(given);
        },
      ),
    );
  });

  test.each(['=x', 'novalue', 'A=1\nA=2'])('%j is refused', (given) =>
    expect(keyValues().parse(given).ok).toBe(false),
  );
});
