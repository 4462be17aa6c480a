import { describe, expect, test } from '@jest/globals';
import { planWeights, type WeightsFacts } from '../../../src/rollback/weights.ts';

const group = (name: string): string =>
  `arn:aws:elasticloadbalancing:ap-south-1:123456789012:targetgroup/${name}/0123456789abcdef`;

function facts(
  weights: Readonly<Record<string, number>>,
  healthy: Readonly<Record<string, number>>,
  stickinessSeconds?: number,
): WeightsFacts {
  return {
    forward: {
      location: { kind: 'rule', ruleArn: 'rule' },
      listenerArn: 'listener',
      priority: '10',
      split: Object.entries(weights).map(([name, weight]) => ({ targetGroupArn: group(name), weight })),
      stickinessSeconds,
      conditions: [],
      actions: [],
    },
    health: Object.entries(healthy).map(([name, count]) => ({
      targetGroupArn: group(name),
      targets: [
        ...Array.from({ length: count }, (_, index) => ({ state: 'healthy', id: `${index}` })),
        { state: 'unhealthy', id: 'x' },
      ].map((each) => ({ ...each, port: 5000, reason: undefined, description: undefined })),
    })),
    serviceGroupArns: [group('green')],
  };
}

describe('going back by weight', () => {
  test('all weight goes to the other group', () => {
    expect(planWeights(facts({ blue: 0, green: 100 }, { blue: 3, green: 3 }), undefined, true)).toEqual({
      kind: 'shift',
      weights: [
        { targetGroupArn: group('green'), weight: 0 },
        { targetGroupArn: group('blue'), weight: 100 },
      ],
      fromGroupArn: group('green'),
      toGroupArn: group('blue'),
      healthyTargets: 3,
      warnings: [],
    });
  });

  test('from the middle of a shift', () => {
    expect(planWeights(facts({ blue: 50, green: 50 }, { blue: 3, green: 3 }), undefined, true)).toMatchObject(
      {
        weights: [
          { targetGroupArn: group('green'), weight: 0 },
          { targetGroupArn: group('blue'), weight: 100 },
        ],
      },
    );
  });

  test('a third group keeps its share, once the other one is named', () => {
    const three = facts({ blue: 0, green: 90, other: 10 }, { blue: 3, green: 3, other: 1 });
    expect(planWeights(three, undefined, true)).toMatchObject({ kind: 'unfit', code: 'several-groups' });
    expect(planWeights(three, group('blue'), true)).toMatchObject({
      kind: 'shift',
      weights: [
        { targetGroupArn: group('green'), weight: 0 },
        { targetGroupArn: group('blue'), weight: 90 },
      ],
    });
  });

  test.each([
    [3, 3, true, 'shift', 0],
    [2, 3, true, 'unfit', 0],
    [2, 3, false, 'shift', 1],
    [1, 3, false, 'shift', 1],
    [0, 3, false, 'unfit', 0],
    [0, 0, false, 'unfit', 0],
  ])('%i healthy there, %i here, full strength %s: %s', (there, here, full, kind, warnings) => {
    const plan = planWeights(facts({ blue: 0, green: 100 }, { blue: there, green: here }), undefined, full);
    expect({ kind: plan.kind, warnings: plan.kind === 'shift' ? plan.warnings.length : 0 }).toEqual({
      kind,
      warnings,
    });
  });

  test('already back: no change', () => {
    expect(planWeights(facts({ blue: 100, green: 0 }, { blue: 3, green: 0 }), undefined, true)).toEqual({
      kind: 'no-change',
      toGroupArn: group('blue'),
      healthyTargets: 3,
    });
  });

  test('sticky clients are warned of', () => {
    const plan = planWeights(facts({ blue: 0, green: 1 }, { blue: 3, green: 3 }, 3600), undefined, true);
    expect(plan).toMatchObject({ warnings: [expect.stringContaining('3600 s')] });
  });

  test.each([
    [
      'the service is not behind this rule',
      facts({ blue: 0, red: 1 }, { blue: 3 }),
      undefined,
      'group-not-in-rule',
    ],
    ['there is no other group', facts({ green: 1 }, { green: 3 }), undefined, 'no-other-group'],
    [
      'the group named is not in the rule',
      facts({ blue: 0, green: 1 }, { blue: 3 }),
      group('red'),
      'group-not-in-rule',
    ],
    [
      'the other group is sick',
      facts({ blue: 0, green: 1 }, { blue: 0, green: 3 }),
      undefined,
      'other-group-unhealthy',
    ],
  ])('not where %s', (_name, given, wanted, code) => {
    expect(planWeights(given, wanted, false)).toMatchObject({ kind: 'unfit', code });
  });
});
