import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { copyData, sameData } from '../../../../src/lab/world/plain-data.ts';

const data = fc.letrec((tie) => ({
  value: fc.oneof(
    fc.string(),
    fc.double({ noNaN: true }),
    fc.boolean(),
    fc.constant(undefined),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ minLength: 1 }), tie('value'), { maxKeys: 4 }),
  ),
})).value;

test('a copy is equal, shares nothing that can be written to, and is as good as structuredClone', () => {
  fc.assert(
    fc.property(data, (value) => {
      const copy = copyData(value);
      expect(copy).toEqual(value);
      if (typeof value === 'object') expect(copy).not.toBe(value);
      expect(JSON.stringify(copy)).toBe(JSON.stringify(structuredClone(value)));
    }),
  );
});

test('equal is what a copy is, and what another value is not', () => {
  fc.assert(
    fc.property(data, data, (one, other) => {
      if (!JSON.stringify(one)?.includes('{"0"'))
        expect(sameData(one, copyData(one))).toBe(isComparable(one));
      if (sameData(one, other)) expect(JSON.stringify(one)).toBe(JSON.stringify(other));
    }),
  );
  expect(sameData({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  expect(sameData({ a: 1 }, { a: 1, b: 0 })).toBe(false);
  expect(sameData([1, 2], [1])).toBe(false);
  expect(sameData([1], { 0: 1 })).toBe(false);
  expect(sameData(new Date(1), new Date(2))).toBe(false);
});

/** Bytes are never called equal: no input of a remembered read has them. */
function isComparable(value: unknown): boolean {
  if (value instanceof Uint8Array) return false;
  if (Array.isArray(value)) return value.every(isComparable);
  if (typeof value === 'object' && value !== null && !(value instanceof Date))
    return Object.values(value).every(isComparable);
  return true;
}

test('what is no data is not copied', () => {
  expect(() => copyData({ run: () => 1 })).toThrow('A function is no data.');
  expect(() => copyData({ at: new Map() })).toThrow('[object Map] is no data.');
});
