import { expect, test } from '@jest/globals';
import { readRawInputs } from '../../../src/inputs/environment.ts';
import { integer, optional, secret, text, withDefault } from '../../../src/inputs/field.ts';
import { describeProblem, parseFields } from '../../../src/inputs/parse.ts';

const table = {
  cluster: text('a cluster name'),
  'desired-count': optional(integer(0, 5)),
  tries: withDefault(integer(1, 9), 3),
  token: secret(integer(1, 2)),
};

test('values, defaults and what was not given', () => {
  expect(parseFields(table, { cluster: ' prod ', 'desired-count': '', token: '1' })).toEqual({
    ok: true,
    request: { cluster: 'prod', 'desired-count': undefined, tries: 3, token: 1 },
  });
});

test('all problems come at once, and a secret is not repeated', () => {
  const parsed = parseFields(table, { 'desired-count': '6', token: 'hunter2' });
  expect(parsed.ok ? [] : parsed.problems.map(describeProblem)).toEqual([
    'Input "cluster": given (nothing); allowed is a cluster name.',
    'Input "desired-count": given "6"; allowed is a whole number from 0 to 5.',
    'Input "token": given (secret); allowed is a whole number from 1 to 2.',
  ]);
});

test('a long value is shown on one line of 80 characters', () => {
  const parsed = parseFields({ n: integer(1, 2) }, { n: `1\n${'x'.repeat(200)}` });
  expect(parsed.ok ? '' : parsed.problems[0]!.given).toHaveLength(80);
});

test('inputs are read under the names GitHub gives them', () => {
  const environment = {
    'INPUT_TASK-DEFINITION': 'td.json',
    INPUT_MY_INPUT: 'x',
    INPUT_EMPTY: '',
    INPUT_OTHER: 'not asked for',
  };
  expect(readRawInputs(environment, ['task-definition', 'my input', 'empty', 'absent'])).toEqual({
    'task-definition': 'td.json',
    'my input': 'x',
  });
});
