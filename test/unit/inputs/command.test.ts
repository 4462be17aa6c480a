import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { command } from '../../../src/inputs/command.ts';

const parse = (given: string): readonly string[] | string => {
  const parsed = command().parse(given);
  return parsed.ok ? parsed.value : parsed.allowed.split('; ').slice(1).join('; ');
};

describe('words', () => {
  test.each([
    ['./migrate', ['./migrate']],
    ['./migrate --to  head', ['./migrate', '--to', 'head']],
    ['./migrate --name "a b"', ['./migrate', '--name', 'a b']],
    [`psql -c 'select 1; select "two"'`, ['psql', '-c', 'select 1; select "two"']],
    ['say "a \\"b\\" \\\\ \\n"', ['say', 'a "b" \\ \\n']],
    [`say it''s`, ['say', 'its']],
    [`say ''`, ['say', '']],
    ['say a\\ b', ['say', 'a b']],
    ['say \\$HOME "\\$HOME"', ['say', '$HOME', '$HOME']],
    ['./migrate \\\n  --to head', ['./migrate', '--to', 'head']],
    ['say a=b=c', ['say', 'a=b=c']],
    ['say a#b a~b', ['say', 'a#b', 'a~b']],
  ])('%s', (given, expected) => expect(parse(given)).toEqual(expected));

  test.each([
    ['migrate && echo done', '& means something to a shell, and none runs'],
    ['migrate | tee log', '| means something'],
    ['migrate $TARGET', '$ means something'],
    ['migrate "$TARGET"', '$ means something'],
    ['migrate `date`', '` means something'],
    ['migrate *.sql', '* means something'],
    ['migrate # all', '# means something'],
    ['migrate ~/x', '~ means something'],
    ["migrate 'up", "a ' is not closed"],
    ['migrate "up', 'a " is not closed'],
    ['migrate up\\', 'it ends with a backslash'],
    ['migrate\nseed', 'it is one command'],
    [`'' up`, 'its first word is empty'],
  ])('%s is refused', (given, expected) => expect(parse(given)).toContain(expected));
});

describe('a JSON list', () => {
  test.each([
    ['["./migrate"]', ['./migrate']],
    ['["sh","-c","a && b"]', ['sh', '-c', 'a && b']],
    ['["say",""]', ['say', '']],
  ])('%s', (given, expected) => expect(parse(given)).toEqual(expected));

  test.each([
    ['["a"', 'this begins like a JSON list'],
    ['[]', 'at least one text'],
    ['["a",1]', 'nothing but texts'],
    ['[""]', 'its first word is empty'],
  ])('%s is refused', (given, expected) => expect(parse(given)).toContain(expected));
});

test('any words come back as they were, in single quotes and as JSON', () => {
  const word = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes("'"));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      fc.pre(words[0] !== '');
      expect(parse(JSON.stringify(words))).toEqual(words);
      expect(parse(words.map((each) => `'${each}'`).join(' '))).toEqual(words);
    }),
  );
});
