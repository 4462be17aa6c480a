import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { refusalCodes } from '../../../src/rollback/refusal.ts';
import { root } from '../../support/source-files.ts';

test('every code that a rollback refuses with has its part in docs/troubleshooting.md', () => {
  const documented = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8');
  expect(refusalCodes.filter((code) => !documented.includes(`\n### ${code}\n`))).toEqual([]);
});
