import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { root } from '../support/source-files.ts';

/** What git tracks; without git (an archive of the sources), what is there. */
function projectFiles(): readonly string[] {
  const git = spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
  const all =
    git.status === 0
      ? git.stdout.split('\0')
      : (readdirSync(root, { recursive: true }) as string[]).filter(
          (path) => !path.split('/').includes('node_modules'),
        );
  return all.filter((path) => path !== '' && existsSync(join(root, path)) && !/^(dist|build)\//.test(path));
}

const tracked = projectFiles();

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
