import { describe, expect, test } from '@jest/globals';
import { parseBlueGreenShift } from '../../../src/inputs/blue-green-shift.ts';
import { codes, ladder, rate } from '../../../src/inputs/shift-fields.ts';
import { listenerArn, ruleArn } from './plan-fixture.ts';

const good = { 'listener-rule-arn': ruleArn };

test('with the rule alone everything else has a meaning', () => {
  const parsed = parseBlueGreenShift(good);
  expect(parsed).toMatchObject({
    ok: true,
    request: {
      location: { kind: 'rule', ruleArn },
      steps: [10, 50, 100],
      bakeTimesMs: [300_000, 300_000, 300_000],
      probes: { count: 300, perStep: 120, header: 'x-ips-probe', timeoutMs: 5000 },
      maxErrorRate: 0.005,
      blueAfter: 'keep',
      onCancel: 'rollback',
      dryRun: false,
    },
  });
});

test('a listener stands for its default action; services by ARN are known by name', () => {
  const parsed = parseBlueGreenShift({
    'listener-arn': listenerArn,
    cluster: 'shop',
    'blue-service': 'arn:aws:ecs:ap-south-1:123456789012:service/shop/api-blue',
    'bake-time': '1m, 2m, 3m',
    'probe-url': 'http://127.0.0.1:8080/',
  });
  expect(parsed).toMatchObject({
    ok: true,
    request: {
      location: { kind: 'default-action', listenerArn },
      blueService: 'api-blue',
      bakeTimesMs: [60_000, 120_000, 180_000],
      probes: { baseUrl: 'http://127.0.0.1:8080' },
    },
  });
});

test.each([
  [{}, ['listener-rule-arn']],
  [{ ...good, 'listener-arn': listenerArn }, ['listener-rule-arn']],
  [{ 'listener-rule-arn': listenerArn }, ['listener-rule-arn']],
  [{ ...good, steps: '50,10,100' }, ['steps']],
  [{ ...good, 'bake-time': '1m,2m' }, ['bake-time']],
  [{ ...good, 'bake-time': '20m', timeout: '1h' }, ['timeout']],
  [{ ...good, 'task-definition': 'api:2' }, ['cluster']],
  [{ ...good, 'probe-url': 'http://user:secret@host' }, ['probe-url']],
  [{ ...good, 'probe-url': 'http://host/path' }, ['probe-url']],
  [{ ...good, 'probe-paths': 'health' }, ['probe-paths']],
  [{ ...good, 'probe-header': 'x probe' }, ['probe-header']],
  [{ ...good, accept: 'everything' }, ['accept']],
  [{ ...good, steps: '0', 'on-cancel': 'maybe', timeout: 'soon' }, ['steps', 'timeout', 'on-cancel']],
])('%j has problems in %j', (inputs, names) => {
  const parsed = parseBlueGreenShift(inputs as Record<string, string>);
  expect(parsed.ok ? [] : parsed.problems.map((problem) => problem.input)).toEqual(names);
});

describe('fields', () => {
  test.each([
    ['10,50,100', [10, 50, 100]],
    ['100', [100]],
    ['1 %, 100%', undefined],
    ['1%, 100%', [1, 100]],
    ['10,10,100', undefined],
    ['10,50', undefined],
    ['0,100', undefined],
    ['50,100,101', undefined],
    ['12.5,100', [12.5, 100]],
    ['0.1,100', [0.1, 100]],
    ['0.05,100', undefined],
    ['0.0,100', undefined],
  ])('ladder %s', (given, value) => {
    const parsed = ladder().parse(given);
    expect(parsed.ok ? parsed.value : undefined).toEqual(value);
  });
  test.each([
    ['0.5%', 0.005],
    ['0.005', 0.005],
    ['100%', 1],
    ['1', 1],
    ['0', 0],
    ['1.1', undefined],
    ['101%', undefined],
    ['-1%', undefined],
  ])('rate %s', (given, value) => {
    const parsed = rate().parse(given);
    expect(parsed.ok ? parsed.value : undefined).toEqual(value);
  });
  test.each([
    ['200-399', [{ from: 200, to: 399 }]],
    [
      '200, 404',
      [
        { from: 200, to: 200 },
        { from: 404, to: 404 },
      ],
    ],
    ['399-200', undefined],
    ['20', undefined],
    ['200-', undefined],
  ])('codes %s', (given, value) => {
    const parsed = codes().parse(given);
    expect(parsed.ok ? parsed.value : undefined).toEqual(value);
  });
});
