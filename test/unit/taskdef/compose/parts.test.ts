/** The parts that read Compose files: every attribute is answered, merge laws, both sides of each bound. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { leftOut, mapped, quiet, refused } from '../../../../src/taskdef/compose/attributes.ts';
import schema from '../../../../src/taskdef/compose/compose-spec.json' with { type: 'json' };
import { interpolate } from '../../../../src/taskdef/compose/interpolate.ts';
import { mergeTrees } from '../../../../src/taskdef/compose/merge.ts';
import { MergeTags, Places } from '../../../../src/taskdef/compose/tree.ts';
import { cpuUnitsOf, mebibytesOf, secondsOf } from '../../../../src/taskdef/compose/units.ts';
import { parseMount } from '../../../../src/taskdef/compose/volumes.ts';
import { smallestFargateSize } from '../../../../src/taskdef/fargate-size.ts';
import type { JsonObject } from '../../../../src/taskdef/json.ts';

test('every attribute of a service that the specification knows is mapped, refused or left out, and no other', () => {
  const known = Object.keys(schema.definitions.service.properties).sort();
  const answered = [...Object.keys(refused), ...Object.keys(leftOut), ...quiet, ...mapped];
  expect([...answered].sort()).toEqual(known);
});

test('every sentence about an attribute begins small and ends without a full stop: the path stands before it', () => {
  const sentences = Object.values({ ...refused, ...leftOut });
  expect(sentences.filter((text) => text.endsWith('.') || text.length < 15)).toEqual([]);
});

describe('units', () => {
  test.each([
    ['1m30s', 90],
    ['500ms', 0.5],
    ['1h5m30s20ms', 3930.02],
    ['0', 0],
    ['0s', 0],
    ['90', undefined],
    ['-1s', undefined],
    ['', undefined],
  ])('duration %j: %j s', (text, seconds) => {
    expect(secondsOf(text)).toBe(seconds);
  });

  test.each([
    ['512m', 512],
    ['1g', 1024],
    ['1.5GiB', 1536],
    ['2gb', 2048],
    ['1024k', 1],
    ['1048576b', 1],
    [1_048_576, 1],
    ['1048576', 1],
    ['many', undefined],
    [-1, undefined],
  ])('size %j: %j MiB', (text, size) => {
    expect(mebibytesOf(text)).toBe(size);
  });

  test.each([
    ['0.5', 512],
    [1.5, 1536],
    ['.25', 256],
    ['two', undefined],
  ])('%j CPUs: %j units', (text, units) => {
    expect(cpuUnitsOf(text)).toBe(units);
  });

  test.each([
    [0, 0, '256', '512'],
    [256, 1025, '256', '2048'],
    [257, 512, '512', '1024'],
    [256, 2049, '512', '3072'],
    [1024, 8193, '2048', '9216'],
    [8192, 16_385, '8192', '20480'],
    [99_999, 1, '16384', '122880'],
  ])('cpu %j and %j MiB fit into %s/%s', (cpu, memory, wantedCpu, wantedMemory) => {
    expect(smallestFargateSize(cpu, memory)).toEqual({ cpu: wantedCpu, memory: wantedMemory });
  });
});

test.each([
  ['data:/x', { type: 'volume', source: 'data', target: '/x', readOnly: false }],
  ['./x:/x:ro,z', { type: 'bind', source: './x', target: '/x', readOnly: true }],
  ['/x', { type: 'volume', source: undefined, target: '/x', readOnly: false }],
  ['C:\\data:/x', { type: 'bind', source: 'C:\\data', target: '/x', readOnly: false }],
  ['~/x:/x', { type: 'bind', source: '~/x', target: '/x', readOnly: false }],
])('volume %j', (entry, mount) => {
  expect(parseMount(entry)).toEqual({ ...mount, options: {} });
});

test('interpolation leaves what has no "$" alone, and a doubled text comes back', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const lookup = (): string => 'never';
      const missing = (): void => undefined;
      expect(interpolate(text.replaceAll('$', '$$$$'), lookup, missing)).toBe(text);
    }),
  );
});

describe('merging', () => {
  const merge = (...trees: readonly JsonObject[]): JsonObject =>
    trees.reduce((base, over) => mergeTrees(base, over, { places: new Places(), tags: new MergeTags() }));
  const key = fc.constantFrom('A', 'B', 'C');
  const value = fc.constantFrom('1', '2', '');
  const service = fc.record(
    {
      image: value,
      command: fc.array(value, { maxLength: 2 }),
      environment: fc.dictionary(key, value, { maxKeys: 3, noNullPrototype: true }),
      ports: fc.uniqueArray(fc.constantFrom('80', '81', '8080:80'), { maxLength: 3 }),
      volumes: fc.array(fc.constantFrom('a:/x', 'b:/x', 'a:/y'), { maxLength: 3 }),
      dns: fc.array(value, { maxLength: 2 }),
      depends_on: fc.uniqueArray(key, { maxLength: 2 }),
    },
    { requiredKeys: [] },
  );
  const tree = fc
    .dictionary(fc.constantFrom('web', 'db'), service, { maxKeys: 2, noNullPrototype: true })
    .map((services) => ({ services }) as unknown as JsonObject);

  test('is associative: three files are one, whichever two come first', () => {
    fc.assert(
      fc.property(tree, tree, tree, (one, two, three) => {
        expect(merge(merge(one, two), three)).toEqual(merge(one, merge(two, three)));
      }),
    );
  });

  test('an empty file changes nothing, and neither tree is touched', () => {
    fc.assert(
      fc.property(tree, tree, (one, two) => {
        const before = JSON.stringify([one, two]);
        merge(one, two);
        expect(JSON.stringify([one, two])).toBe(before);
        expect(merge(one, {})).toEqual(one);
      }),
    );
  });
});
