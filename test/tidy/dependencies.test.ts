import { posix } from 'node:path';
import { expect, test } from '@jest/globals';
import { importsOf, sourceFiles } from '../support/source-files.ts';

/** Area of src/ to the areas it may use, besides itself. Everything points down the data flow. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  main: [
    'inputs',
    'announce',
    'image',
    'taskdef',
    'rollout',
    'shift',
    'rollback',
    'aftercare',
    'cutover',
    'engine',
    'aws',
    'runner',
    'report',
  ],
  aftercare: ['inputs', 'shift', 'rollout', 'engine', 'aws', 'runner', 'report'],
  cutover: ['inputs', 'report'],
  announce: ['inputs', 'image', 'engine', 'aws', 'runner', 'report'],
  rollback: ['inputs', 'shift', 'rollout', 'engine', 'aws', 'runner', 'report'],
  shift: ['inputs', 'rollout', 'engine', 'aws', 'runner', 'report'],
  rollout: ['inputs', 'engine', 'aws', 'runner', 'report'],
  image: ['inputs', 'engine', 'aws', 'runner', 'report'],
  taskdef: ['inputs', 'engine', 'aws', 'runner', 'report'],
  inputs: ['report', 'runner', 'aws', 'image', 'taskdef', 'rollout', 'shift', 'rollback'],
  engine: ['aws', 'runner', 'report'],
  aws: ['runner'],
  runner: [],
  report: [],
  lab: ['aws'],
};

const area = (path: string): string => path.split('/')[1]!;
const files = sourceFiles('src');

function crossings(): readonly { from: string; to: string; typeOnly: boolean }[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier, typeOnly }) => ({
        from: file.path,
        to: posix.join(posix.dirname(file.path), specifier),
        typeOnly,
      }))
      .filter(({ from, to }) => area(from) !== area(to)),
  );
}

test('every area of src has its place in the order of dependencies', () => {
  expect(
    [...new Set(files.map((file) => area(file.path)))].filter((name) => allowed[name] === undefined),
  ).toEqual([]);
});

test('dependencies point down the data flow', () => {
  const wrong = crossings()
    .filter(({ from, to }) => !allowed[area(from)]?.includes(area(to)))
    .map(({ from, to }) => `${from} -> ${to}`);
  expect(wrong).toEqual([]);
});

test('the inputs take only types from what stands below them', () => {
  // The inputs name what the parts below them want to know; taking their code would load it too early.
  const wrong = crossings()
    .filter(({ from, to, typeOnly }) => {
      if (typeOnly) return false;
      return area(from) === 'inputs' && !['report', 'runner'].includes(area(to));
    })
    .map(({ from, to }) => `${from} -> ${to}`);
  expect(wrong).toEqual([]);
});

test('nothing in src but the lab itself depends on the lab', () => {
  expect(
    crossings()
      .filter(({ to }) => area(to) === 'lab')
      .map(({ from }) => from),
  ).toEqual([]);
});

test('the world of the lab knows neither wire nor data plane', () => {
  const wrong = files
    .filter((file) => file.path.startsWith('src/lab/world/'))
    .flatMap((file) =>
      importsOf(file)
        .map(({ specifier }) =>
          specifier.startsWith('.') ? posix.join(posix.dirname(file.path), specifier) : specifier,
        )
        .filter((to) => to.startsWith('src/') && !to.startsWith('src/lab/world/'))
        .map((to) => `${file.path} -> ${to}`),
    );
  expect(wrong).toEqual([]);
});

test('what reads the inputs is loaded without AWS code', () => {
  // A bad input is answered before anything heavy is read: entries reach the SDK by dynamic import only.
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const packages = new Set<string>();
  const visit = (path: string): void => {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) return;
    reached.add(path);
    const dynamic = new Set([...file.text.matchAll(/\bimport\(\s*'([^']+)'/g)].map((match) => match[1]!));
    for (const { specifier, typeOnly } of importsOf(file)) {
      if (typeOnly || dynamic.has(specifier)) continue;
      if (specifier.startsWith('.')) visit(posix.join(posix.dirname(path), specifier));
      else packages.add(specifier);
    }
  };
  for (const file of files)
    if (/^src\/main\/[a-z-]+\.ts$/.test(file.path) && file.text.includes('runAction(')) visit(file.path);
  expect([...packages].filter((name) => !name.startsWith('node:'))).toEqual([]);
});
