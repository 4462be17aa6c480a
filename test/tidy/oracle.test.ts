/** The oracle of the simulated rollouts judges by the world alone: no code of the kit is in it, however far away. */
import { posix } from 'node:path';
import { expect, test } from '@jest/globals';
import { importsOf, sourceFiles } from '../support/source-files.ts';

const files = new Map(
  [...sourceFiles('src'), ...sourceFiles('test/simulation')].map((file) => [file.path, file]),
);

/** Every file that a file imports, types included, and what these import. */
function reachedFrom(start: string): ReadonlySet<string> {
  const reached = new Set<string>();
  const next = [start];
  for (let path = next.pop(); path !== undefined; path = next.pop()) {
    const file = files.get(path);
    if (file === undefined) throw new Error(`${path} is not there.`);
    for (const { specifier } of importsOf(file)) {
      if (!specifier.startsWith('.')) continue;
      const found = posix.join(posix.dirname(path), specifier);
      if (!reached.has(found)) next.push(found);
      reached.add(found);
    }
  }
  return reached;
}

const isKit = (path: string): boolean => path.startsWith('src/') && !path.startsWith('src/lab/');

test('the oracle imports the lab and nothing of the kit', () => {
  expect([...reachedFrom('test/simulation/rollout/truth.ts')].filter(isKit)).toEqual([]);
});

test('what plays the stories does reach the kit', () => {
  expect([...reachedFrom('test/simulation/rollout/play.ts')]).toContain('src/rollout/verdict.ts');
});
