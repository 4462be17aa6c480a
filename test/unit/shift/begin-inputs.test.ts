/** When a shift may begin, what it must not take back, and who probes: inputs and what does not fit together. */
import { expect, test } from '@jest/globals';
import { parseBlueGreenShift } from '../../../src/inputs/blue-green-shift.ts';
import { ruleArn } from './plan-fixture.ts';

const parse = (inputs: Readonly<Record<string, string>>) =>
  parseBlueGreenShift({ 'listener-rule-arn': ruleArn, ...inputs });

test('left out they ask for nothing but that newer code stays', () => {
  expect(parse({})).toMatchObject({
    ok: true,
    request: {
      maintenance: { windows: [], outside: 'refuse', timeoutMs: 18_000_000 },
      guardStale: true,
      githubToken: undefined,
      schema: 'compatible',
      pastBreakingSchema: 'refuse',
      probes: { task: undefined },
    },
  });
});

test('a task in the VPC', () => {
  const given = {
    cluster: 'shop',
    'probe-from': 'vpc-task',
    'probe-task-definition': 'prober:3',
    'probe-command': '["./probe", "--all"]',
    'probe-task-timeout': '3m',
  };
  expect(parse(given)).toMatchObject({
    ok: true,
    request: {
      probes: {
        task: {
          taskDefinition: 'prober:3',
          container: undefined,
          command: ['./probe', '--all'],
          timeoutMs: 180_000,
        },
      },
    },
  });
});

const vpc = { cluster: 'shop', 'probe-from': 'vpc-task', 'probe-task-definition': 'prober' };
test.each<readonly [Readonly<Record<string, string>>, readonly string[]]>([
  [vpc, []],
  [{ ...vpc, 'probe-container': 'prober', 'probe-command': 'probe all' }, []],
  [{ ...vpc, cluster: '' }, ['cluster']],
  [{ ...vpc, 'probe-task-definition': '' }, ['probe-task-definition']],
  [{ ...vpc, 'probe-task-definition': 'prober.json' }, ['probe-task-definition']],
  [{ ...vpc, 'probe-count': '0' }, ['probe-count']],
  [{ ...vpc, 'probe-task-timeout': '29s' }, ['probe-task-timeout']],
  [{ ...vpc, 'probe-task-timeout': '30s' }, []],
  [{ ...vpc, 'probe-from': 'runner' }, ['probe-task-definition']],
  [{ 'probe-container': 'prober', 'probe-command': 'x' }, ['probe-container', 'probe-command']],
  [{ 'outside-window': 'wait' }, ['outside-window']],
  [{ 'outside-window': 'wait', 'maintenance-window': 'Sun 02:00-04:00 UTC' }, []],
  [{ 'maintenance-window': 'Sunday night' }, ['maintenance-window']],
  [{ schema: 'broken' }, ['schema']],
  [{ 'past-breaking-schema': 'yes' }, ['past-breaking-schema']],
  // A run that begins nothing rests nowhere.
  [{ until: '50' }, ['guard']],
  [{ until: '50', 'on-interrupted': 'rollback-only' }, []],
  [{ 'on-interrupted': 'undo' }, ['on-interrupted']],
])('%j has problems in %j', (inputs, names) => {
  const parsed = parse(inputs);
  expect(parsed.ok ? [] : parsed.problems.map((problem) => problem.input)).toEqual(names);
});
