/** The oracles of the simulated rollouts and shifts judge by the world alone: no code of the kit is in it, however far away. */
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

test.each(['rollout/truth.ts', 'shift/truth.ts', 'shift/watch.ts', 'shift/laws.ts'])(
  '%s imports the lab and nothing of the kit',
  (path) => {
    expect([...reachedFrom(`test/simulation/${path}`)].filter(isKit)).toEqual([]);
  },
);

test.each([
  ['rollout', 'src/rollout/verdict.ts'],
  ['shift', 'src/shift/decide.ts'],
])('what plays the stories of a %s does reach the kit', (name, path) => {
  expect([...reachedFrom(`test/simulation/${name}/play.ts`)]).toContain(path);
});
