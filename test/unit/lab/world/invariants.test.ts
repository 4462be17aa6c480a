import { expect, test } from '@jest/globals';
import type { RouteAction, TargetGroupRoute, TargetStateName } from '../../../../src/lab/world/contracts.ts';
import {
  blueStaysWhole,
  foreignStays,
  liveTrafficHasHealthyTarget,
  observeRouting,
  type RoutingObservation,
  weightsOnLadder,
} from '../../../../src/lab/world/invariants.ts';
import { createStage } from './stage.ts';

const group = (targetGroupArn: string, states: readonly TargetStateName[]): TargetGroupRoute => ({
  targetGroupArn,
  protocol: 'HTTP',
  algorithm: 'round_robin',
  slowStartMs: 0,
  deregistrationDelayMs: 0,
  healthCheck: {
    enabled: true,
    protocol: 'HTTP',
    path: '/',
    port: 'traffic-port',
    intervalMs: 1,
    timeoutMs: 1,
    healthyThreshold: 1,
    unhealthyThreshold: 1,
    matcher: '200',
  },
  targets: states.map((state, index) => ({
    id: `10.0.0.${index}`,
    port: 80,
    zone: 'a',
    state,
    ownerTaskArn: undefined,
  })),
});

const forward = (weights: Readonly<Record<string, number>>): RouteAction => ({
  kind: 'forward',
  groups: Object.entries(weights).map(([targetGroupArn, weight]) => ({ targetGroupArn, weight })),
  stickinessSeconds: undefined,
});

function observed(
  weights: Readonly<Record<string, number>>,
  states: Readonly<Record<string, readonly TargetStateName[]>> = {},
): RoutingObservation {
  return {
    atMs: 0,
    rules: [{ ruleArn: 'rule', listenerArn: 'listener', conditions: [], action: forward(weights) }],
    groups: new Map(Object.entries(states).map(([arn, list]) => [arn, group(arn, list)])),
  };
}

test.each<[string, Record<string, number>, Record<string, readonly TargetStateName[]>, number]>([
  ['both healthy', { blue: 90, green: 10 }, { blue: ['healthy'], green: ['healthy'] }, 0],
  ['green not healthy', { blue: 90, green: 10 }, { blue: ['healthy'], green: ['initial'] }, 1],
  [
    'green not healthy and not weighted',
    { blue: 100, green: 0 },
    { blue: ['healthy'], green: ['initial'] },
    0,
  ],
  [
    'one healthy target is enough',
    { blue: 1, green: 1 },
    { blue: ['healthy'], green: ['unhealthy', 'healthy'] },
    0,
  ],
  ['none healthy anywhere', { blue: 1, green: 1 }, { blue: ['unhealthy'], green: [] }, 0],
  ['the healthy one has no weight', { blue: 1, green: 0 }, { blue: ['draining'], green: ['healthy'] }, 1],
])('live traffic: %s', (_name, weights, states, violations) => {
  expect(liveTrafficHasHealthyTarget(observed(weights, states))).toHaveLength(violations);
});

test.each([
  [{ blue: 100, green: 0 }, 0],
  [{ blue: 90, green: 10 }, 0],
  [{ blue: 9, green: 1 }, 0],
  [{ blue: 89, green: 11 }, 1],
  [{ blue: 0, green: 100 }, 0],
  [{ blue: 0, green: 0 }, 1],
])('weights %j', (weights, violations) => {
  expect(weightsOnLadder(observed(weights), 'rule', 'green', [0, 10, 50, 100])).toHaveLength(violations);
  expect(weightsOnLadder(observed(weights), 'another rule', 'green', [])).toEqual([]);
});

test('foreign groups and foreign rules are to stay as they are', () => {
  const ours = { ruleArns: ['rule'], targetGroupArns: ['blue', 'green'] };
  const check = (after: Record<string, number>, rules = ours) =>
    foreignStays(observed({ blue: 1, green: 0, other: 5 }), observed(after), rules).map(
      (one) => one.invariant,
    );
  expect(check({ blue: 0, green: 1, other: 5 })).toEqual([]);
  expect(check({ blue: 0, green: 1, other: 4 })).toEqual(['foreign-groups-stay']);
  expect(check({ blue: 0, green: 1 })).toEqual(['foreign-groups-stay']);
  expect(check({ blue: 1, green: 0, other: 5, more: 1 })).toEqual(['foreign-groups-stay']);
  expect(check({ blue: 0, green: 1, other: 5 }, { ...ours, ruleArns: [] })).toEqual(['foreign-rules-stay']);
});

test('the rule itself keeps its conditions and its stickiness', () => {
  const ours = { ruleArns: ['rule'], targetGroupArns: ['blue', 'green'] };
  const before = observed({ blue: 1, green: 0 });
  const [rule] = before.rules;
  const check = (change: object) =>
    foreignStays(before, { ...before, rules: [{ ...rule!, ...change }] }, ours).map((one) => one.invariant);
  expect(check({})).toEqual([]);
  expect(check({ conditions: [{ field: 'path-pattern', values: ['/'] }] })).toEqual(['foreign-fields-stay']);
  expect(check({ action: { ...rule!.action, stickinessSeconds: 60 } })).toEqual(['foreign-fields-stay']);
});

test.each<[Record<string, number>, readonly TargetStateName[], number]>([
  [{ blue: 1, green: 99 }, ['healthy', 'healthy'], 0],
  [{ blue: 1, green: 99 }, ['healthy', 'draining'], 1],
  [{ blue: 1, green: 99 }, ['healthy'], 1],
  [{ blue: 1, green: 99 }, ['healthy', 'unhealthy'], 0],
  [{ blue: 0, green: 100 }, [], 0],
])('blue with %j and targets %j', (weights, states, violations) => {
  const before = observed({ blue: 100, green: 0 }, { blue: ['healthy', 'healthy'] });
  const after = observed(weights, { blue: states });
  expect(blueStaysWhole(before, after, 'rule', 'blue')).toHaveLength(violations);
});

test('they hold in a world that stands still, and see a hand that takes weight to nowhere', () => {
  const { world, ruleArn, blueArn, greenArn, advance } = createStage();
  const observe = () => observeRouting(world.routing(), world.kernel.now);
  const before = observe();
  expect(liveTrafficHasHealthyTarget(before)).toEqual([]);
  expect(weightsOnLadder(before, ruleArn, greenArn, [0])).toEqual([]);
  const event = { kind: 'set-weights', ruleArn, weights: { [greenArn]: 1 } } as const;
  world.loadFaults({ rules: [], events: [{ id: 'hand', atMs: 0, event }] });
  advance(1000);
  expect(liveTrafficHasHealthyTarget(observe())).toEqual([
    {
      invariant: 'live-traffic-has-a-healthy-target',
      subject: ruleArn,
      message: `weight 1 of 2 goes to ${greenArn}, which has no healthy target`,
    },
  ]);
  expect(weightsOnLadder(observe(), ruleArn, greenArn, [0, 10])).toHaveLength(1);
  expect(blueStaysWhole(before, observe(), ruleArn, blueArn)).toEqual([]);
});
