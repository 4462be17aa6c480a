import { expect, test } from '@jest/globals';
import { parseRollback } from '../../../src/inputs/rollback.ts';

const asked = { cluster: 'main', service: 'api', reason: 'It is wrong.' };
const elb = 'arn:aws:elasticloadbalancing:ap-south-1:123456789012:';
const rule = `${elb}listener-rule/app/lb/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee`;
const listener = `${elb}listener/app/lb/50dc6c495c0c9188/f2f7dc8efc522ab2`;
const arn = 'arn:aws:ecs:ap-south-1:123456789012:task-definition/api:3';
const digest = `sha256:${'a'.repeat(64)}`;

test('the fewest inputs', () => {
  expect(parseRollback(asked)).toEqual({
    ok: true,
    request: {
      cluster: 'main',
      service: 'api',
      otherService: undefined,
      mode: 'roll-back',
      to: { kind: 'auto' },
      from: undefined,
      reason: 'It is wrong.',
      pastBreakingSchema: false,
      location: undefined,
      targetGroupArn: undefined,
      timeoutMs: 900_000,
      dryRun: false,
      reportPath: undefined,
    },
  });
});

test.each([
  ['auto', { kind: 'auto' }],
  ['Previous-Good', { kind: 'previous-good' }],
  ['previous', { kind: 'previous-good' }],
  ['api:3', { kind: 'revision', name: 'api:3' }],
  [arn, { kind: 'revision', name: arn }],
  [digest, { kind: 'digest', digest }],
  [`registry.example.com/api@${digest}`, { kind: 'digest', digest }],
  ['1.4.0', { kind: 'named', name: '1.4.0' }],
  ['v1.4.0+build.7', { kind: 'named', name: 'v1.4.0+build.7' }],
  ['refs/tags/v1.4.0', { kind: 'named', name: 'refs/tags/v1.4.0' }],
  ['abcdef1', { kind: 'named', name: 'abcdef1' }],
  ['registry.example.com/api:1.4.0', { kind: 'named', name: 'registry.example.com/api:1.4.0' }],
])('to %s', (to, target) => {
  expect(parseRollback({ ...asked, to })).toMatchObject({ ok: true, request: { to: target } });
});

test('what a list and a way past a breaking change say', () => {
  const { reason: _reason, ...nothing } = asked;
  expect(parseRollback({ ...nothing, mode: 'list' })).toMatchObject({
    request: { mode: 'list', reason: '' },
  });
  expect(parseRollback({ ...asked, 'other-service': 'api-green' })).toMatchObject({
    request: { otherService: 'api-green' },
  });
  expect(parseRollback({ ...asked, from: 'api:4', 'past-breaking-schema': 'accept' })).toMatchObject({
    request: { from: 'api:4', pastBreakingSchema: true },
  });
});

test('where the weights stand', () => {
  expect(parseRollback({ ...asked, to: 'weights', 'listener-rule-arn': rule })).toMatchObject({
    request: { location: { kind: 'rule', ruleArn: rule } },
  });
  expect(parseRollback({ ...asked, to: 'weights', 'listener-arn': listener })).toMatchObject({
    request: { location: { kind: 'default-action', listenerArn: listener } },
  });
});

test.each([
  [{ to: 'weights' }, ['listener-rule-arn']],
  [{ 'listener-rule-arn': rule, 'listener-arn': listener }, ['listener-arn']],
  [{ 'target-group-arn': `${elb}targetgroup/a/0123456789abcdef` }, ['listener-rule-arn']],
  [{ to: 'two words' }, ['to']],
  [{ to: 'arn:aws:ecs:ap-south-1:123456789012:service/main/api' }, ['to']],
  [{ to: '-v1' }, ['to']],
  [{ to: 'sha256:short@' }, ['to']],
  [{ from: 'api' }, ['from']],
  [{ mode: 'show' }, ['mode']],
  [{ 'past-breaking-schema': 'true' }, ['past-breaking-schema']],
  [{ reason: ' ' }, ['reason']],
  [{ reason: '', to: 'weights' }, ['reason', 'listener-rule-arn']],
])('%j', (change, inputs) => {
  const parsed = parseRollback({ ...asked, ...change } as Record<string, string>);
  expect(parsed.ok ? [] : parsed.problems.map((each) => each.input)).toEqual(inputs);
});
