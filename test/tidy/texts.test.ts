import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { root } from '../support/source-files.ts';

const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter(
    (path) =>
      path !== '' &&
      existsSync(join(root, path)) &&
      !path.startsWith('dist/') &&
      path !== 'package-lock.json',
  );

test('links between the documents lead somewhere', () => {
  const broken = tracked
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) => {
      const text = readFileSync(join(root, path), 'utf8').replace(/```[\s\S]*?```/g, '');
      return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
        .map((match) => match[1]!.split('#')[0]!)
        .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
        .filter((target) => !existsSync(join(root, dirname(path), target)))
        .map((target) => `${path}: ${target}`);
    });
  expect(broken).toEqual([]);
});

test('the lock file names no host', () => {
  expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved"/);
});

test('the commands of the README are the scripts of the package', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const scripts = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts as Record<
    string,
    string
  >;
  expect(readme).toContain('npm start');
  expect(readme).toContain('npm cit');
  const unknown = [...readme.matchAll(/npm run ([a-z:-]+)/g)]
    .map((match) => match[1]!)
    .filter((name) => scripts[name] === undefined);
  expect(unknown).toEqual([]);
});
