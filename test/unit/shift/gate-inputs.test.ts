import { expect, test } from '@jest/globals';
import { parseBlueGreenShift } from '../../../src/inputs/blue-green-shift.ts';
import { ruleArn } from './plan-fixture.ts';

const parse = (inputs: Readonly<Record<string, string>>) =>
  parseBlueGreenShift({ 'listener-rule-arn': ruleArn, ...inputs });

test.each([
  ['p95 400ms', { percentile: 95, seconds: 0.4 }],
  ['P99.9 <= 1.5s', { percentile: 99.9, seconds: 1.5 }],
  ['p50<2s', { percentile: 50, seconds: 2 }],
])('slo-latency %s', (given, latency) => {
  expect(parse({ 'slo-latency': given })).toMatchObject({ ok: true, request: { objectives: { latency } } });
});

test('checks of one’s own: a command, a URL, or both, with one time limit', () => {
  const given = {
    'check-command': './smoke.sh',
    'check-url': 'https://example.com/ready',
    'check-json': 'status = ok',
    'check-timeout': '30s',
  };
  expect(parse(given)).toMatchObject({
    ok: true,
    request: {
      checks: [
        { kind: 'command', command: './smoke.sh', timeoutMs: 30_000 },
        {
          kind: 'url',
          url: 'https://example.com/ready',
          timeoutMs: 30_000,
          goodCodes: [{ from: 200, to: 299 }],
          json: { path: 'status', value: 'ok' },
        },
      ],
    },
  });
  expect(parse({})).toMatchObject({
    ok: true,
    request: { checks: [], objectives: { errorRate: undefined, latency: undefined } },
  });
});

test('a ladder that is made takes one bake and a budget', () => {
  expect(parse({ steps: 'auto', 'bake-time': '5m', 'exposure-budget': '40' })).toMatchObject({
    ok: true,
    request: { steps: [], bakeTimesMs: [300_000], exposureBudget: 40 },
  });
  expect(parse({})).toMatchObject({ ok: true, request: { exposureBudget: undefined } });
});

test.each([
  [{ 'slo-latency': 'p95' }, ['slo-latency']],
  [{ 'slo-latency': 'p100 1s' }, ['slo-latency']],
  [{ 'slo-latency': 'p49 1s' }, ['slo-latency']],
  [{ 'slo-error-rate': '2' }, ['slo-error-rate']],
  [{ 'check-url': 'ftp://example.com' }, ['check-url']],
  [{ 'check-url': 'https://user:word@example.com' }, ['check-url']],
  [{ 'check-json': 'status=ok' }, ['check-json']],
  [{ 'check-url': 'https://example.com', 'check-json': 'status' }, ['check-json']],
  [{ 'check-timeout': '2h' }, ['check-timeout']],
  [{ 'exposure-budget': '0' }, ['exposure-budget']],
  [{ steps: 'auto', 'bake-time': '1m,2m' }, ['bake-time']],
  // The longest made ladder has six steps.
  [{ steps: 'auto', 'bake-time': '10m', timeout: '1h' }, ['timeout']],
  // A rest is a seventh.
  [{ steps: 'auto', 'bake-time': '9m', timeout: '1h' }, []],
  [{ steps: 'auto', 'bake-time': '9m', timeout: '1h', until: '50', unattended: 'accept' }, ['timeout']],
  [{ steps: 'auto', until: '50', unattended: 'accept' }, []],
  [{ steps: '10,100', until: '50', unattended: 'accept' }, ['until']],
])('%j has problems in %j', (inputs, names) => {
  const parsed = parse(inputs as unknown as Record<string, string>);
  expect(parsed.ok ? [] : parsed.problems.map((problem) => problem.input)).toEqual(names);
});
