import { expect, test } from '@jest/globals';
import { AwsCallError } from '../../../src/aws/call-error.ts';
import type { ActionResult } from '../../../src/engine/action.ts';
import { tellBadInputs } from '../../../src/main/bad-inputs.ts';
import { describeFailure, publish, tellFailure } from '../../../src/main/publish.ts';
import { ConfigurationError } from '../../../src/runner/configuration-error.ts';
import type { Runner } from '../../../src/runner/runner.ts';

function recordingRunner(overrides: Partial<Runner> = {}): Runner & { readonly said: string[] } {
  const said: string[] = [];
  return {
    said,
    info: (line) => said.push(`info ${line}`),
    debug: () => undefined,
    annotate: (level, message, properties) => said.push(`${level} [${properties?.title ?? ''}] ${message}`),
    group: (title, lines) => said.push(`group ${title}: ${lines.join(' / ')}`),
    setOutput: (name, value) => said.push(`output ${name}=${value}`),
    saveState: () => undefined,
    state: () => '',
    summary: () => said.push('summary'),
    mask: () => undefined,
    cancelled: new AbortController().signal,
    ...overrides,
  };
}

const result: ActionResult = {
  ok: false,
  outputs: { outcome: 'rolled-back' },
  report: {
    title: 'Rolling deploy of api',
    outcome: 'rolled-back',
    ok: false,
    sentence: 'Revision 8 crashed.',
    remedy: 'Look at the log.',
    facts: [],
    events: [],
    sections: [],
    startedAt: 0,
    endedAt: 1,
  },
};

test('what explains a failure stands in the log, too; pictures do not', () => {
  const runner = recordingRunner();
  const sections = [
    { kind: 'text', heading: 'Timeline', text: 'gantt', language: 'mermaid' },
    {
      kind: 'table',
      heading: 'Stopped tasks',
      columns: ['task', 'after', 'code'],
      rows: [['a1', '', 'Spot']],
    },
    { kind: 'text', heading: 'Log', text: 'one\ntwo' },
  ] as const;
  publish({ ...result, report: { ...result.report, sections } }, runner);
  expect(runner.said.filter((each) => each.startsWith('group'))).toEqual([
    'group Stopped tasks: task: a1, code: Spot',
    'group Log: one / two',
  ]);
  const good = recordingRunner();
  publish({ ...result, ok: true, report: { ...result.report, ok: true, sections } }, good);
  expect(good.said.filter((each) => each.startsWith('group'))).toEqual([]);
});

test('the verdict, the outputs, the summary', () => {
  const runner = recordingRunner();
  expect(publish(result, runner)).toBe(true);
  expect(runner.said).toEqual([
    'error [Rolling deploy of api: rolled-back] Revision 8 crashed. Look at the log.',
    'output outcome=rolled-back',
    'summary',
  ]);
});

test('a full disk hides no verdict, and is said in one line', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    path: '/r/out',
  });
  const runner = recordingRunner({
    setOutput: () => {
      throw full;
    },
  });
  expect(
    publish({ ...result, ok: true, report: { ...result.report, ok: true, outcome: 'succeeded' } }, runner),
  ).toBe(false);
  expect(runner.said).toEqual([
    'info succeeded: Revision 8 crashed. Look at the log.',
    'error [Rolling deploy of api] Outputs and summary could not be written: the disk of the runner is full (/r/out).',
  ]);
});

test('a defect while publishing is not taken for the machine', () => {
  const runner = recordingRunner({
    summary: () => {
      throw new TypeError('x is undefined');
    },
  });
  expect(() => publish(result, runner)).toThrow('x is undefined');
});

test.each([
  [
    new ConfigurationError('service-not-found', 'There is no service x.'),
    'service-not-found',
    'There is no service x.',
  ],
  [
    new AwsCallError('ecs:UpdateService', 'AccessDeniedException', 'No.', 'access-denied'),
    'AccessDeniedException',
    'ecs:UpdateService: No. Give the role of this job ecs:UpdateService: docs/iam has the policy of this action.',
  ],
  [Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }), 'runner', 'The disk of the runner is full.'],
])('%s is the user\u2019s or the machine\u2019s: no stack', (error, title, message) => {
  expect(describeFailure(error)).toEqual({ title, message });
});

test('anything else is ours, and has its stack', () => {
  expect(describeFailure(new TypeError('boom'))).toMatchObject({
    title: 'defect',
    message: expect.stringContaining('boom'),
  });
  expect(describeFailure(new TypeError('boom')).stack).toContain('TypeError');
});

test.each([
  [true, ['output outcome=refused', 'output cause=bad-input']],
  [false, []],
])('bad input is a refusal where the action has that outcome: %s', (refuses, outputs) => {
  const runner = recordingRunner();
  tellBadInputs(runner, 'x', [{ input: 'steps', given: 'ten', allowed: 'percentages' }], refuses);
  expect(runner.said.filter((each) => each.startsWith('error'))).toHaveLength(1);
  expect(runner.said.filter((each) => each.startsWith('output'))).toEqual(outputs);
});

test('what the user has to correct is a refusal, where the action has that outcome; other failures are none', () => {
  const unclear = new ConfigurationError('colours-unclear', 'Name the group.');
  const outputsOf = (error: unknown, refuses: boolean): readonly string[] => {
    const runner = recordingRunner();
    tellFailure(error, { name: 'blue-green-shift', refuses }, runner);
    expect(runner.said[0]).toMatch(/^error \[blue-green-shift: /);
    expect(runner.said).toContain('summary');
    return runner.said.filter((each) => each.startsWith('output'));
  };
  expect(outputsOf(unclear, true)).toEqual(['output outcome=refused', 'output cause=colours-unclear']);
  expect(outputsOf(unclear, false)).toEqual([]);
  expect(outputsOf(new AwsCallError('ecs:DescribeServices', 'X', 'no', 'access-denied'), true)).toEqual([]);
  const full = recordingRunner({
    summary: () => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    },
  });
  expect(tellFailure(unclear, { name: 'x', refuses: true }, full).title).toBe('colours-unclear');
});
