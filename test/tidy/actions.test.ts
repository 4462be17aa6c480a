import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { type FieldTable, parseFields } from '../../src/inputs/parse.ts';
import { root } from '../support/source-files.ts';

interface ActionYaml {
  readonly name: string;
  readonly description: string;
  readonly inputs: Readonly<Record<string, { description?: string; required?: boolean; default?: unknown }>>;
  readonly outputs: Readonly<Record<string, { description?: string; value?: string }>>;
  readonly runs: {
    readonly using: string;
    readonly main?: string;
    readonly post?: string;
    readonly steps?: readonly { id?: string; uses?: string; with?: Record<string, string> }[];
  };
}

const read = (path: string): ActionYaml => parse(readFileSync(join(root, path), 'utf8')) as ActionYaml;
const names = readdirSync(join(root, 'actions'));

test('there are these actions', () => {
  expect([...names].sort()).toEqual([
    'blue-green-shift',
    'build-push-ecr',
    'cutover-check',
    'render-task-def',
    'rollback',
    'rolling-deploy',
    'tell-github',
    'trust-policy',
    'wait-for-window',
  ]);
});

describe.each(names)('%s', (name) => {
  const action = read(`actions/${name}/action.yml`);

  test('runs committed bundles on node24', () => {
    expect(action.runs.using).toBe('node24');
    for (const script of [action.runs.main, action.runs.post]) {
      if (script !== undefined) expect(existsSync(join(root, 'actions', name, script))).toBe(true);
    }
  });

  test('declares exactly the inputs that are read, with the same defaults', async () => {
    const { fields } = (await import(`../../src/inputs/${name}.ts`)) as { fields: FieldTable };
    expect(Object.keys(action.inputs).sort()).toEqual(Object.keys(fields).sort());
    const differing = Object.entries(action.inputs).filter(([input, declared]) => {
      const field = fields[input]!;
      if ((declared.required === true) !== (field.fallback === undefined)) return true;
      const given = declared.default === undefined ? '' : String(declared.default);
      // What GitHub fills in (`github.token`) is not known here.
      if (given === '' || given.startsWith('${{')) return false;
      const parsed = parseFields({ [input]: field }, { [input]: given });
      return !parsed.ok || JSON.stringify(parsed.request[input]) !== JSON.stringify(field.fallback?.value);
    });
    expect(differing.map(([input]) => input)).toEqual([]);
  });

  test('describes every input and output', () => {
    const silent = [...Object.entries(action.inputs), ...Object.entries(action.outputs)].filter(
      ([, each]) => !each.description?.trim(),
    );
    expect(silent.map(([each]) => each)).toEqual([]);
  });
});

describe('the root action', () => {
  const pipeline = read('action.yml');
  const siblings = new Map(
    (pipeline.runs.steps ?? []).flatMap((step) => {
      const name = /^\$\/actions\/([a-z-]+)$/.exec(step.uses ?? '')?.[1];
      return name === undefined
        ? []
        : [[step.id ?? '', { step, action: read(`actions/${name}/action.yml`) }]];
    }),
  );
  const text = readFileSync(join(root, 'action.yml'), 'utf8');

  test('is made of its siblings', () => {
    expect([...siblings.keys()]).toEqual(['build', 'render', 'rolling', 'shift']);
  });

  test('gives its sibling actions only inputs they have, and those they need', () => {
    for (const { step, action } of siblings.values()) {
      const given = Object.keys(step.with ?? {});
      const needed = Object.entries(action.inputs).filter(([, input]) => input.required === true);
      expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(given));
      expect(given).toEqual(expect.arrayContaining(needed.map(([input]) => input)));
    }
  });

  test('takes only outputs that its sibling actions have', () => {
    const taken = [...text.matchAll(/steps\.(\w+)\.outputs\.([a-z-]+)/g)]
      .filter(([, id]) => siblings.has(id!))
      .map(([, id, output]) => ({ id: id!, output: output! }));
    expect(taken.length).toBeGreaterThan(10);
    const unknown = taken.filter(({ id, output }) => siblings.get(id)!.action.outputs[output] === undefined);
    expect(unknown).toEqual([]);
  });

  test('has the defaults of its siblings', () => {
    const different = [...siblings.values()].flatMap(({ step, action }) =>
      Object.entries(step.with ?? {})
        .filter(([input, value]) => value === `\${{ inputs.${input} }}`)
        .filter(
          ([input]) => (pipeline.inputs[input]!.default ?? '') !== (action.inputs[input]!.default ?? ''),
        )
        .map(([input]) => input),
    );
    // Each strategy has its own time-out.
    expect(new Set(different)).toEqual(new Set(['timeout']));
  });

  test('passes every declared input on and takes every output from a step', () => {
    expect(Object.keys(pipeline.inputs).filter((input) => !text.includes(`inputs.${input}`))).toEqual([]);
    expect(
      Object.entries(pipeline.outputs)
        .filter(([, output]) => !/steps\.[a-z-]+\.outputs\./.test(output.value ?? ''))
        .map(([output]) => output),
    ).toEqual([]);
  });
});
