import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Redactor } from '../../../src/runner/redactor.ts';
import {
  fileCommandEntry,
  linesOf,
  plainLine,
  workflowCommand,
} from '../../../src/runner/workflow-commands.ts';

test('messages and properties are escaped', () => {
  expect(workflowCommand('error', '50 %\r\nnext', { title: 'a:b,c', file: undefined, line: 3 })).toBe(
    '::error title=a%3Ab%2Cc,line=3::50 %25%0D%0Anext',
  );
  expect(workflowCommand('group', 'x')).toBe('::group::x');
});

test('no text can end a command and begin another', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(workflowCommand('error', text, { title: text }).split(/[\r\n]/)).toHaveLength(1);
    }),
  );
});

test.each(['::set-output name=x::y', '  ::error::x', '##[error]x', 'a ##[stop-commands]b ##[error]c'])(
  '%s loses its power as a log line',
  (line) => {
    expect(plainLine(line)).not.toMatch(/^\s*::|##\[/);
    expect(plainLine(line).replaceAll('\u200b', '')).toBe(line);
  },
);

test('ordinary lines stay as they are', () => expect(plainLine('a :: b ##x [y]')).toBe('a :: b ##x [y]'));

test('a lone carriage return ends a line for the runner, so it does here', () => {
  expect(linesOf('a\r::error::b\r\nc\nd')).toEqual(['a', '::error::b', 'c', 'd']);
});

test('a value that holds the delimiter is refused', () => {
  expect(fileCommandEntry('a', 'b\nc', 'D')).toBe('a<<D\nb\nc\nD\n');
  expect(() => fileCommandEntry('a', 'x D y', 'D')).toThrow('delimiter');
});

test('secrets are hidden wherever they stand, line by line, the longest first', () => {
  const redactor = new Redactor();
  redactor.add('abcd');
  redactor.add('abcdef');
  redactor.add('line-one\nline-two');
  redactor.add('abc');
  redactor.add(undefined);
  expect(redactor.redact('abcdef abcd abc line-two')).toBe('*** *** abc ***');
});
