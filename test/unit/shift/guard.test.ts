/** Who may guard a rest: an alarm that can take the weights back, or a workflow that watches. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { guard } from '../../../src/inputs/shift-fields.ts';
import { judgeAlarm } from '../../../src/shift/guard.ts';
import { notWatching } from '../../../src/shift/watch-workflow.ts';
import { root } from '../../support/source-files.ts';
import { listenerArn, ruleArn } from './plan-fixture.ts';

describe('an alarm', () => {
  const at = 'ap-south-1:123456789012';
  const acting = (...actions: readonly string[]) => ({ state: 'OK', actionsEnabled: true, actions }) as const;
  const lambda = `arn:aws:lambda:${at}:function:restore`;
  const topic = `arn:aws:sns:${at}:people`;

  test.each([
    ['with a function', acting(lambda), true],
    [
      'with a version of a function in China',
      acting('arn:aws-cn:lambda:cn-north-1:1:function:restore:3'),
      true,
    ],
    ['with a response plan', acting('arn:aws:ssm-incidents::123456789012:response-plan/restore'), true],
    ['with a topic and a function', acting(topic, lambda), true],
    ['with a topic', acting(topic), false],
    ['with an OpsItem', acting(`arn:aws:ssm:${at}:opsitem:1`), false],
    ['that stops an instance', acting('arn:aws:automate:ap-south-1:ec2:stop'), false],
    [
      'that scales',
      acting(`arn:aws:autoscaling:${at}:scalingPolicy:1:resource/ecs/service/a/b:policyName/c`),
      false,
    ],
    ['without an action', acting(), false],
    ['whose actions are disabled', { ...acting(lambda), actionsEnabled: false }, false],
    ['that has no data', { ...acting(lambda), state: 'INSUFFICIENT_DATA' as const }, true],
    ['that rings already', { ...acting(lambda), state: 'ALARM' as const }, false],
    ['that is not there', undefined, false],
  ])('%s', (_what, alarm, good) => {
    expect(judgeAlarm({ kind: 'alarm', name: 'x', vouched: false }, alarm).kind).toBe(
      good ? 'good' : 'unfit',
    );
  });

  test.each([
    ['with a topic', acting(topic), true],
    ['without an action, which EventBridge hears of', acting(), true],
    ['that rings already', { ...acting(topic), state: 'ALARM' as const }, false],
    ['that is not there', undefined, false],
  ])('%s, of which the user says that something behind it restores', (_what, alarm, good) => {
    expect(judgeAlarm({ kind: 'alarm', name: 'x', vouched: true }, alarm).kind).toBe(good ? 'good' : 'unfit');
  });

  test('is named with or without that word', () => {
    expect(guard().parse('alarm:bad green')).toEqual({
      ok: true,
      value: { kind: 'alarm', name: 'bad green', vouched: false },
    });
    expect(guard().parse('restoring-alarm: x')).toEqual({
      ok: true,
      value: { kind: 'alarm', name: 'x', vouched: true },
    });
    expect(guard().parse('restoring:x').ok).toBe(false);
  });
});

describe('a workflow', () => {
  const rule = { kind: 'rule', ruleArn } as const;
  const scheduled = (job: string, on = 'on:\n  schedule:\n    - cron: "*/10 * * * *"\n'): string =>
    `${on}jobs:\n  a:\n${job}`;
  const action = (inputs: string): string =>
    `    steps:\n      - uses: o/k/actions/blue-green-shift@v1\n        with: { ${inputs} }\n`;
  const called = (file: string, inputs: string): string =>
    `    uses: o/k/.github/workflows/${file}@v1\n    with: { ${inputs} }\n`;
  const here = 'listener-rule-arn: of-a-variable';

  test.each<readonly [string, string, string | undefined]>([
    ['the kit’s own, called', scheduled(called('watch.yml', here)), undefined],
    ['the action that judges', scheduled(action(`${here}, on-interrupted: judge`)), undefined],
    ['the action that ends a rest', scheduled(action(`${here}, on-interrupted: rollback-only`)), undefined],
    [
      'a rule that is written out',
      scheduled(called('watch.yml', `listener-rule-arn: "${ruleArn}"`)),
      undefined,
    ],
    [
      'another rule',
      scheduled(called('watch.yml', `listener-rule-arn: "${ruleArn}9"`)),
      'watches another rule',
    ],
    [
      'the listener of the rule',
      scheduled(called('watch.yml', `listener-arn: "${listenerArn}"`)),
      'watches another rule',
    ],
    ['another called workflow', scheduled(called('nightly.yml', here)), 'neither calls'],
    ['a watch.yml of something else', scheduled(called('watch.yml', 'path: src')), 'neither calls'],
    ['the action that would go on', scheduled(action(here)), 'neither calls'],
    ['another action', scheduled(`    steps:\n      - uses: actions/checkout@v5\n`), 'neither calls'],
    ['a name in a script', scheduled('    steps:\n      - run: echo blue-green-shift\n'), 'neither calls'],
    ['no schedule', scheduled(called('watch.yml', here), 'on: push\n'), 'is not scheduled'],
    ['an empty schedule', scheduled(called('watch.yml', here), 'on:\n  schedule: []\n'), 'is not scheduled'],
    [
      'a schedule in a comment',
      scheduled(called('watch.yml', here), 'on:\n  # schedule:\n  push:\n'),
      'is not scheduled',
    ],
    ['what is no YAML', 'on: [', 'is no YAML'],
    ['nothing', '', 'is not scheduled'],
  ])('%s', (_what, text, missing) => {
    const said = notWatching(text, rule);
    if (missing === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(missing);
  });

  test('the starter is one', () => {
    const starter = readFileSync(join(root, 'workflows/watch.yml'), 'utf8');
    expect(notWatching(starter, { kind: 'default-action', listenerArn })).toBeUndefined();
  });
});
