import { describe, expect, test } from '@jest/globals';
import { describePlan } from '../../../src/shift/describe-plan.ts';
import type { ShiftPlan } from '../../../src/shift/plan.ts';
import { planOf } from './plan-fixture.ts';

const linesOf = (change: Partial<ShiftPlan>): string => describePlan(planOf(change)).join('\n');

describe('the gates stand in the plan', () => {
  test('all of those that were asked for, with what each allows', () => {
    const lines = linesOf({
      alarms: ['checkout', 'stock'],
      ringing: ['stock'],
      objectives: { errorRate: 0.005, latency: { percentile: 95, seconds: 0.4 } },
    });
    expect(lines).toContain(
      'Gates of each step: green’s targets; alarms checkout, stock (once it has been quiet); errors, unanswered and slow requests against blue’s (where blue has none: 0.5 %, or twice what is usual), and probes; at most 0.5 % of green’s requests failed; p95 of green’s requests within 400 ms.',
    );
  });

  test('and none that cannot speak', () => {
    const { probes } = planOf();
    const lines = linesOf({ alarms: [], probes: { ...probes, count: 0, perStep: 0 } });
    expect(lines).toContain('Gates of each step: green’s targets; errors');
    expect(lines).not.toMatch(/alarm|and probes|p95/);
  });

  test('with the checks of the user’s own, also where the shift is to rest', () => {
    const checks = [{ kind: 'command', command: './smoke.sh', timeoutMs: 60_000 }] as const;
    for (const until of [undefined, 50]) {
      expect(linesOf({ checks, until })).toMatch(/At the end of each bake: .*\.\/smoke\.sh.*, within 1m\./);
    }
    expect(linesOf({ checks, until: 50 })).toMatch(/Rest at 50 %[^\n]*$/);
  });
});

test('the floor of scaling is no higher than its limit', () => {
  const target = {
    resourceId: 'service/shop/api-blue',
    arn: undefined,
    minCapacity: 1,
    maxCapacity: 2,
    suspended: { scaleIn: false, scaleOut: false, scheduled: false },
  };
  expect(linesOf({ scaling: [target], requiredHealthy: 3 })).toContain('api-blue, at least 2 tasks;');
  expect(linesOf({ scaling: [{ ...target, maxCapacity: 6 }], requiredHealthy: 3 })).toContain(
    'at least 3 tasks;',
  );
});

test('a way back says what becomes of green', () => {
  const cause = { code: 'interrupted', sentence: 'Its run died.' } as const;
  const task = { kind: 'take-back', cause } as const;
  expect(linesOf({ task })).toMatch(/Weights back: .*\nScale api-green to 0\.\nDelete the test rule\.$/);
  expect(linesOf({ task, greenAfterRollback: 'keep' })).not.toContain('Scale');
  expect(linesOf({ task: { kind: 'finish' } })).not.toContain('Scale');
});

test('a way back of a blue that was kept small begins with its tasks', () => {
  const task = { kind: 'take-back', cause: { code: 'interrupted', sentence: 'Its run died.' } } as const;
  const lockOf = (record: object) => ({ ruleArn: 'rule/test', record }) as ShiftPlan['lock'];
  const kept = { tasks: 1, since: 0 };
  expect(linesOf({ task, lock: lockOf({ kept }) })).toMatch(
    /\nBlue's tasks before its traffic: api-blue was kept at 1, and has 10m for the others\.\nWeights back/,
  );
  expect(linesOf({ task, lock: lockOf({ kept, noReturnAt: 1 }) })).not.toContain("Blue's tasks");
  expect(linesOf({ task, lock: lockOf({}) })).not.toContain("Blue's tasks");
});
