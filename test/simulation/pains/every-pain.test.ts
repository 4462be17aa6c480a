/** The pains that concern deployments, 1 to 13 and 18 to 23, each have a test that says so. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const folder = import.meta.dirname;
const named = readdirSync(folder)
  .filter((file) => file.endsWith('.test.ts') && file !== 'every-pain.test.ts')
  .map((file) => `${file}\n${readFileSync(join(folder, file), 'utf8')}`);

const numbers = [...Array.from({ length: 13 }, (_, index) => index + 1), 18, 19, 20, 21, 22, 23];

test.each(numbers)('pain %d', (number) => {
  const name = new RegExp(`pain[ -]0?${number}\\b`, 'i');
  expect(named.filter((text) => name.test(text)).length).toBeGreaterThan(0);
});
