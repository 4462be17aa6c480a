import { expect, test } from '@jest/globals';
import { renderSummary } from '../../../src/report/summary.ts';
import { addMinutes, addProbes } from '../../../src/shift/evidence.ts';
import { attachedSplit, initialState } from '../../../src/shift/initial-state.ts';
import { drawShift, wayToLimit } from '../../../src/shift/picture.ts';
import { harmedRequests, reportShift } from '../../../src/shift/report.ts';
import type { Ending, ShiftState } from '../../../src/shift/state.ts';
import { baseline, blueArn, greenArn, listenerArn, otherArn, planOf } from './plan-fixture.ts';

const minute = 60_000;
const plan = planOf();

function stateAt50(ending: Ending): ShiftState {
  const state = initialState(plan, 0);
  const pairs = [1, 2, 3].map((at) => ({
    at: at * minute,
    green: { at: at * minute, requests: 600, errors: 12, unanswered: 0, slow: 30 },
    blue: { at: at * minute, requests: 5400, errors: 5, unanswered: 0, slow: 270 },
  }));
  const probed = addProbes(state.evidence, { sent: 300, bad: 0, reasons: {} }, 0);
  const evidence = addMinutes(probed, pairs, baseline, plan, 6 * minute);
  return {
    ...state,
    evidence,
    written: attachedSplit(plan),
    weights: [
      { at: 0, percent: 0 },
      { at: minute, percent: 10 },
      { at: 3 * minute, percent: 50 },
      { at: 4 * minute, percent: 0 },
    ],
    shifted: true,
    passed: [{ percent: 10, from: minute, to: 3 * minute, harm: 27.5, probesSent: 120, probesBad: 0 }],
    phase: { kind: 'tail', ending, remaining: [] },
  };
}

const rolledBack: Ending = {
  kind: 'rolled-back',
  cause: { code: 'errors', sentence: 'Green failed 36 of 1,800 requests.' },
};

test('a rollback is told with its numbers, the ladder, the picture and the evidence', () => {
  const outcome = { ending: rolledBack, state: stateAt50(rolledBack) };
  const report = reportShift(plan, baseline, outcome, [], { startedAt: 0, endedAt: 4 * minute });
  expect(report).toMatchObject({ ok: false, outcome: 'rolled-back' });
  expect(report.sentence).toMatch(
    /^Rolled back at 50 %: Green failed 36 of 1,800 requests\. About \d+ requests/,
  );
  const markdown = renderSummary(report);
  expect(markdown).toContain('| 10 % | 2m | 2m | 120 | 28:1 | ✅ passed |');
  expect(markdown).toContain('| 50 % | 2m | 1m |  | 24,750:1 | ❌ rolled-back |');
  expect(markdown).toContain('| 100 % | 2m |  |  |  | – not reached |');
  expect(markdown).toMatch(/\| Errors .*\| 36 of 1,800 \| 15 of 16,200 \| harm .*:1 \| 400:1 \| ❌ worse \|/);
  expect(markdown).toMatch(/\| Probes \| 0 of 300 \|/);
});

test('harm is what was counted, carried on to the traffic that is not counted yet', () => {
  const state = stateAt50(rolledBack);
  const counted = 36 - 1800 * (baseline.errorRate + baseline.unansweredRate);
  // Minutes 1 to 3 are in: 10 % for two minutes and 50 % for one. Nothing is missing at minute 4.
  expect(harmedRequests(baseline, state, 4 * minute)).toBe(Math.round(counted));
  // A further minute at 50 % that no metric has yet: 1.2 weight minutes instead of 0.7.
  const longer = { ...state, weights: [...state.weights.slice(0, 3), { at: 5 * minute, percent: 0 }] };
  expect(harmedRequests(baseline, longer, 5 * minute)).toBe(Math.round((counted * 1.2) / 0.7));
});

test('without any weight nobody was harmed', () => {
  const state = { ...stateAt50(rolledBack), weights: [{ at: 0, percent: 0 }] };
  expect(harmedRequests(baseline, state, 4 * minute)).toBe(0);
});

test('a failed way back gives the exact command for a person, and what is left over', () => {
  const ending: Ending = { ...rolledBack, kind: 'rollback-failed', problem: 'No permission.' };
  const state = { ...stateAt50(ending), leftovers: ['The test rule could not be deleted.'] };
  const report = reportShift(plan, baseline, { ending, state }, [], { startedAt: 0, endedAt: minute });
  expect(report.commands).toEqual([
    '# Blue gets everything back:',
    expect.stringContaining('aws elbv2 modify-rule --rule-arn'),
  ]);
  expect(report.commands![1]).toContain(`{"TargetGroupArn":"${blueArn}","Weight":1}`);
  expect(report.commands![1]).toContain(`{"TargetGroupArn":"${greenArn}","Weight":0}`);
  expect(report.remedy).toContain('The test rule could not be deleted.');
});

test('the commands name every rule that was shifted together, each with what is its own', () => {
  const ending: Ending = { ...rolledBack, kind: 'rollback-failed', problem: 'No permission.' };
  const login = {
    Type: 'authenticate-cognito' as const,
    AuthenticateCognitoConfig: {
      UserPoolArn: 'arn:pool',
      UserPoolClientId: 'id',
      UserPoolDomain: 'd',
      AuthenticationRequestExtraParams: { prompt: "user's own" },
    },
  };
  const forward = {
    Type: 'forward' as const,
    ForwardConfig: {
      TargetGroups: [
        { TargetGroupArn: blueArn, Weight: 50 },
        { TargetGroupArn: otherArn, Weight: 0 },
        { TargetGroupArn: greenArn, Weight: 50 },
      ],
    },
  };
  const together = planOf({
    others: [{ location: { kind: 'default-action', listenerArn }, actions: [login, forward] }],
  });
  const report = reportShift(together, baseline, { ending, state: stateAt50(ending) }, [], {
    startedAt: 0,
    endedAt: minute,
  });
  const [, main, other] = report.commands ?? [];
  expect(main).toMatch(/^aws elbv2 modify-rule /);
  const [, actions = ''] =
    /^aws elbv2 modify-listener --listener-arn \S+ --default-actions '([^']*)'$/.exec(other ?? '') ?? [];
  expect(JSON.parse(actions)).toEqual([
    login,
    {
      Type: 'forward',
      ForwardConfig: {
        TargetGroups: [
          { TargetGroupArn: blueArn, Weight: 1 },
          { TargetGroupArn: otherArn, Weight: 0 },
          { TargetGroupArn: greenArn, Weight: 0 },
        ],
      },
    },
  ]);
});

test('the harm of a green that was never given traffic is none', () => {
  const state: ShiftState = { ...stateAt50(rolledBack), weights: [{ at: 0, percent: 0 }], shifted: false };
  const report = reportShift(plan, baseline, { ending: rolledBack, state }, [], {
    startedAt: 0,
    endedAt: minute,
  });
  expect(report.sentence).toMatch(/^Green got no traffic: /);
  expect(report.facts).toContainEqual(['Requests harmed', 'about 0']);
});

const numbersOf = (chart: string, of: 'bar' | 'line'): number[] =>
  JSON.parse(new RegExp(`${of} (\\[.*\\])`).exec(chart)?.[1] ?? '[]');

test('the chart has a bar for each share and a line for the evidence, on one axis', () => {
  const state = stateAt50(rolledBack);
  const chart = drawShift({
    weights: state.weights,
    history: state.evidence.history,
    limit: 400,
    endAt: 6 * minute,
  });
  const shares = numbersOf(chart, 'bar');
  expect(shares).toHaveLength(60);
  expect([...new Set(shares)]).toEqual([0, 10, 50]);
  // Nothing was read before the sixth minute; then the evidence was beyond the limit.
  expect(new Set(numbersOf(chart, 'line').slice(0, -1))).toEqual(new Set([0]));
  expect(numbersOf(chart, 'line').at(-1)).toBe(100);
  expect(chart).toContain('x-axis "minutes" 0 --> 6');
});

test('the smallest share still has a bar, and an empty run a chart', () => {
  const weights = [{ at: 0, percent: 0.1 }];
  expect(new Set(numbersOf(drawShift({ weights, history: [], limit: 400, endAt: 1 }), 'bar'))).toEqual(
    new Set([1]),
  );
  expect(drawShift({ weights: [], history: [], limit: 400, endAt: 0 })).toContain('0 --> 0.1');
});

test.each([
  [0.4, 0],
  [1, 0],
  [20, 50],
  [400, 100],
  [Number.POSITIVE_INFINITY, 100],
])('evidence of %d:1 is %d of the way to 400:1', (ratio, way) => {
  expect(wayToLimit(ratio, 400)).toBe(way);
});

test('the raw minutes are in the summary, closed', () => {
  const report = reportShift(plan, baseline, { ending: rolledBack, state: stateAt50(rolledBack) }, [], {
    startedAt: 0,
    endedAt: 4 * minute,
  });
  expect(renderSummary(report)).toMatch(
    /<details><summary>Minutes that were judged[\s\S]*\| 00:01 \| 12 of 600 \| 5 of 5,400 \|[\s\S]*<\/details>/,
  );
});
