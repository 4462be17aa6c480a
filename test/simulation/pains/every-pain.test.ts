/** The pains of other tools' users that deployments, images and shifts can have each have a test that says so. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const folder = import.meta.dirname;
/** What needs a real BuildKit stands there. */
const withBuildKit = join(folder, '../../contract/image/buildkit.test.ts');
const named = [
  ...readdirSync(folder)
    .filter((file) => file.endsWith('.test.ts') && file !== 'every-pain.test.ts')
    .map((file) => join(folder, file)),
  withBuildKit,
].map((path) => readFileSync(path, 'utf8'));

const numbers = Array.from({ length: 34 }, (_, index) => index + 1);

test.each(numbers)('pain %d', (number) => {
  // In the name of a test: a remark proves nothing.
  const name = new RegExp(`^ *(?:test(?:\\.each.*)?\\(|\\)?\\(?)?['"\`]pain ${number}\\b`, 'm');
  expect(named.filter((text) => name.test(text)).length).toBeGreaterThan(0);
});
