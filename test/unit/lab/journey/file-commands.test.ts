import { expect, test } from '@jest/globals';
import { parseFileCommands, parseWorkflowCommand } from '../../../../src/lab/journey/file-commands.ts';
import { fileCommandEntry, workflowCommand } from '../../../../src/runner/workflow-commands.ts';

test('what the actions write is read back unchanged', () => {
  const text =
    fileCommandEntry('json', '{\n  "a": "b=c"\n}', 'D1') +
    fileCommandEntry('empty', '', 'D2') +
    'plain=x=y\n';
  expect(parseFileCommands(text)).toEqual({ json: '{\n  "a": "b=c"\n}', empty: '', plain: 'x=y' });
});

test('workflow commands are unescaped as GitHub does', () => {
  expect(
    parseWorkflowCommand(workflowCommand('error', '100 %: a\nb, c', { title: 'x: y, z', line: 3 })),
  ).toEqual({
    command: 'error',
    properties: { title: 'x: y, z', line: '3' },
    message: '100 %: a\nb, c',
  });
  expect(parseWorkflowCommand('just text :: with colons')).toBeUndefined();
});
