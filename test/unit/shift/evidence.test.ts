import { describe, expect, test } from '@jest/globals';
import { AwsCallError } from '../../../src/aws/call-error.ts';
import { baselineOf } from '../../../src/shift/baseline.ts';
import { addMinutes, addProbes, formatRatio, noEvidence, totalsOf } from '../../../src/shift/evidence.ts';
import { initialState } from '../../../src/shift/initial-state.ts';
import { splitAt } from '../../../src/shift/ladder.ts';
import { refused } from '../../../src/shift/perform.ts';
import { safetyOf } from '../../../src/shift/safety.ts';
import { baseline, blueArn, former, greenArn, planOf } from './plan-fixture.ts';

const minute = (at: number, requests: number, errors = 0, unanswered = 0, slow = 0) => ({
  at,
  requests,
  errors,
  unanswered,
  slow,
});
const pair = (at: number, green: number, greenErrors: number, blue: number) => ({
  at,
  green: minute(at, green, greenErrors),
  blue: minute(at, blue),
});

describe('our own probes are in green’s metrics, too', () => {
  test('and are taken out again, good ones and bad ones', () => {
    const probed = addProbes(noEvidence, { sent: 120, bad: 20, reasons: {} }, 90_000);
    const seen = addMinutes(
      probed,
      [pair(60_000, 720, 23, 5400)],
      baseline,
      { maxErrorRate: 0.005 },
      300_000,
    );
    expect(totalsOf(seen, 'errors')).toEqual({ greenBad: 3, green: 600, blueBad: 0, blue: 5400 });
  });
  test('those that their own minute could not hold are looked for in the next, and no count falls below zero', () => {
    const probed = addProbes(noEvidence, { sent: 120, bad: 30, reasons: {} }, 30_000);
    const seen = addMinutes(
      probed,
      [pair(0, 100, 10, 900), pair(60_000, 300, 25, 900), pair(120_000, 300, 5, 900)],
      baseline,
      { maxErrorRate: 0.005 },
      300_000,
    );
    expect(seen.minutes[0]!.errors).toMatchObject({ green: 0, greenBad: 0 });
    expect(seen.minutes[1]!.errors).toMatchObject({ green: 280, greenBad: 5 });
    expect(seen.minutes[2]!.errors).toMatchObject({ green: 300, greenBad: 5 });
  });
});

describe('what real traffic shows', () => {
  const shown = (pairs: Parameters<typeof addMinutes>[1]) =>
    safetyOf(addMinutes(noEvidence, pairs, baseline, { maxErrorRate: 0.005 }, 300_000), baseline, {
      maxErrorRate: 0.005,
    });
  test('1,200 good requests show it, 100 do not', () => {
    expect(shown([pair(0, 1200, 0, 10_800)])).toMatchObject({ proven: true, lack: undefined });
    expect(shown([pair(0, 100, 0, 900)])).toMatchObject({ proven: false });
  });
  test('no traffic shows nothing', () => {
    expect(shown([]).lack).toContain('no request of green');
  });
  test('requests that are mostly our own show nothing', () => {
    const probed = addProbes(noEvidence, { sent: 2000, bad: 0, reasons: {} }, 0);
    const seen = addMinutes(probed, [pair(0, 4000, 0, 10_000)], baseline, { maxErrorRate: 0.005 }, 300_000);
    expect(safetyOf(seen, baseline, { maxErrorRate: 0.005 }).lack).toContain('probes');
  });
  test('without blue beside it green is held to the absolute rate', () => {
    expect(shown([pair(0, 6000, 0, 0)]).proven).toBe(true);
    expect(shown([pair(0, 6000, 300, 0)]).proven).toBe(false);
  });
});

test('the baseline is blue’s last hour', () => {
  const hour = Array.from({ length: 10 }, (_, index) => minute(index * 60_000, 1000, 1, 2));
  expect(baselineOf(hour, [], 0.1)).toMatchObject({
    requestsPerMinute: 1000,
    errorRate: 0.001,
    unansweredRate: 0.002,
    errorDispersion: 1,
    slowerThanSeconds: 0.1,
  });
  expect(baselineOf([], [], undefined)).toMatchObject({ requestsPerMinute: 0, errorRate: 0 });
});

test.each([
  [0.001, 'under 0.01'],
  [0.446508, '0.45'],
  [4.48, '4.5'],
  [825.014, '825'],
  [12_345, '12,345'],
  [Number.POSITIVE_INFINITY, 'over 1e+9'],
])('the ratio %d is told as %s', (ratio, told) => {
  expect(formatRatio(ratio)).toBe(told);
});

describe('acts that AWS refused', () => {
  const plan = planOf();
  const split = splitAt(former, blueArn, greenArn, 10);
  const act = { kind: 'write-split', split, next: { kind: 'verify', step: 0, since: 0 } } as const;
  test('a weight whose answer was lost may be there: it is ours, and has to be taken back', () => {
    const lost = new AwsCallError('elasticloadbalancing:ModifyRule', 'ECONNRESET', 'reset', 'transient');
    const state = refused(plan, act, lost, initialState(plan, 0));
    expect(state).toMatchObject({ shifted: true, earlier: [split], refusal: { final: false } });
  });
  test('what cannot be put away is told, and the next thing is', () => {
    const denied = new AwsCallError('elasticloadbalancing:DeleteRule', 'AccessDenied', 'no', 'access-denied');
    const tail = { kind: 'delete-test-rule' } as const;
    const state = {
      ...initialState(plan, 0),
      testRuleArn: 'arn:rule',
      phase: { kind: 'tail', ending: { kind: 'promoted' }, remaining: [tail] },
    } as const;
    expect(refused(plan, { kind: 'tail', act: tail }, denied, state)).toMatchObject({
      phase: { remaining: [] },
      leftovers: [expect.stringContaining('aws elbv2 delete-rule --rule-arn arn:rule')],
    });
  });
});
