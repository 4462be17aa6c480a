import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, test } from '@jest/globals';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { type ForwardLocation, listenerArnOf, withWeights } from '../../../src/aws/elb-forward.ts';
import { type AlbTarget, asFirst, createAlbRouter, splitToSee } from '../../../src/shift/router.ts';
import { blueArn, greenArn, listenerArn, otherArn, ruleArn } from './plan-fixture.ts';

const split = (blue: number, green: number) => [
  { targetGroupArn: blueArn, weight: blue },
  { targetGroupArn: greenArn, weight: green },
];
const forward = (blue: number, green: number): Action => ({
  Type: 'forward',
  Order: 2,
  ForwardConfig: {
    TargetGroups: split(blue, green).map((group) => ({
      TargetGroupArn: group.targetGroupArn,
      Weight: group.weight,
    })),
    TargetGroupStickinessConfig: { Enabled: false },
  },
});

/** A listener and a rule that hold what was last written; every write is kept. */
function awsWith(initial: readonly Action[]): { readonly aws: AwsCaller; readonly writes: unknown[] } {
  let actions = initial;
  const writes: unknown[] = [];
  const answer = (operation: string, input: { Actions?: Action[]; DefaultActions?: Action[] }): unknown => {
    if (operation.includes(':Modify')) {
      writes.push(input);
      actions = input.Actions ?? input.DefaultActions ?? [];
    }
    return operation.endsWith('Rules') || operation.endsWith('Rule')
      ? { Rules: [{ RuleArn: ruleArn, Priority: '10', Actions: actions, Conditions: [] }] }
      : { Listeners: [{ ListenerArn: listenerArn, DefaultActions: actions }] };
  };
  const aws = { call: async (operation: string, input: object) => answer(operation, input) };
  return { aws: aws as AwsCaller, writes };
}

const targetOf = (location: ForwardLocation, others: readonly ForwardLocation[] = []): AlbTarget => ({
  location,
  others,
  blueArn,
  greenArn,
  former: split(100, 0),
});

describe('the router of a load balancer', () => {
  test('compares right before it writes: a foreign split is left alone', async () => {
    const { aws, writes } = awsWith([forward(70, 30)]);
    const router = createAlbRouter(aws, targetOf({ kind: 'rule', ruleArn }));
    expect(await router.writeSplit(split(50, 50), [split(90, 10)])).toEqual({
      kind: 'interfered',
      live: split(70, 30),
    });
    expect(writes).toEqual([]);
  });

  test('writes what was asked for, and a write that was there already is no interference', async () => {
    const { aws, writes } = awsWith([forward(90, 10)]);
    const router = createAlbRouter(aws, targetOf({ kind: 'rule', ruleArn }));
    expect(await router.writeSplit(split(50, 50), [split(90, 10)])).toEqual({ kind: 'written' });
    expect(await router.writeSplit(split(50, 50), [split(90, 10)])).toEqual({ kind: 'written' });
    expect(writes).toHaveLength(2);
    expect(await router.readSplits()).toEqual([split(50, 50)]);
  });

  test('a default action is written through its listener', async () => {
    const { aws, writes } = awsWith([forward(100, 0)]);
    const router = createAlbRouter(aws, targetOf({ kind: 'default-action', listenerArn }));
    await router.writeSplit(split(90, 10), [split(100, 0)]);
    expect(writes).toEqual([{ ListenerArn: listenerArn, DefaultActions: [forward(90, 10)] }]);
  });

  test('a rule that no longer forwards is read as no group', async () => {
    const { aws } = awsWith([{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }]);
    const router = createAlbRouter(aws, targetOf({ kind: 'rule', ruleArn }));
    expect(await router.readSplits()).toEqual([[]]);
    expect(await router.writeSplit(split(1, 0), [split(1, 0)])).toEqual({ kind: 'interfered', live: [] });
  });
});

test('of several rules the one that somebody changed is seen, whichever it is', () => {
  const written = split(90, 10);
  expect(splitToSee([written, written], written)).toEqual(written);
  expect(splitToSee([written, split(70, 30)], written)).toEqual(split(70, 30));
  expect(splitToSee([split(70, 30), written], written)).toEqual(split(70, 30));
  expect(splitToSee([[], written], written)).toEqual([]);
});

test('new weights keep authentication, stickiness, order and foreign groups; the short form goes', () => {
  const login: Action = { Type: 'authenticate-cognito', Order: 1 };
  const short: Action = { Type: 'forward', Order: 2, TargetGroupArn: blueArn };
  expect(withWeights([login, short], split(90, 10))).toEqual([
    login,
    {
      Type: 'forward',
      Order: 2,
      ForwardConfig: {
        TargetGroups: [
          { TargetGroupArn: blueArn, Weight: 90 },
          { TargetGroupArn: greenArn, Weight: 10 },
        ],
      },
    },
  ]);
  const sticky: Action = {
    Type: 'forward',
    ForwardConfig: {
      TargetGroups: [
        { TargetGroupArn: otherArn, Weight: 0 },
        { TargetGroupArn: blueArn, Weight: 1 },
      ],
      TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 },
    },
  };
  expect(withWeights([sticky], split(90, 10))[0]?.ForwardConfig).toEqual({
    TargetGroups: [
      { TargetGroupArn: otherArn, Weight: 0 },
      { TargetGroupArn: blueArn, Weight: 90 },
      { TargetGroupArn: greenArn, Weight: 10 },
    ],
    TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 },
  });
});

test('the listener of a rule is in its name', () => {
  expect(listenerArnOf({ kind: 'rule', ruleArn })).toBe(listenerArn);
});

describe('another rule, in the words of the first', () => {
  const former = [{ targetGroupArn: blueArn, weight: 1 }];
  const target = { ...targetOf({ kind: 'rule', ruleArn }), former };
  test.each([
    ['blue alone, whatever its weight', [{ targetGroupArn: blueArn, weight: 7 }], former],
    ['blue with green at 0', split(100, 0), former],
    ['a step of the ladder', split(90, 10), split(90, 10)],
    ['the same share by other weights', split(9, 1), split(90, 10)],
    ['a share of less than a percent', split(995, 5), split(995, 5)],
    [
      'a third group',
      [...split(80, 10), { targetGroupArn: otherArn, weight: 10 }],
      [...split(90, 10), { targetGroupArn: otherArn, weight: 10 }],
    ],
    [
      'nothing',
      [],
      [
        { targetGroupArn: blueArn, weight: 0 },
        { targetGroupArn: greenArn, weight: 0 },
      ],
    ],
  ])('%s', (_what, given, expected) => {
    expect(asFirst(target, given)).toEqual(expected);
  });
});
