/** Two shifts of one pair that begin at the same moment, by two rules: one goes on, and never both. */
import { describe, expect, test } from '@jest/globals';
import type { FaultRule } from '../../../src/lab/world/faults/index.ts';
import { leaseMs } from '../../../src/shift/record.ts';
import { yieldsTo } from '../../../src/shift/rival.ts';
import { plainAsks } from './asks.ts';
import { playStory } from './play.ts';
import { forwardTo, liveWeights, makeRegion, minute, registerImage, shift } from './region.ts';
import { drawStory, type Story } from './story.ts';

const drawn = drawStory(1);
const story: Story = {
  ...drawn,
  asks: plainAsks,
  request: { ...drawn.request, steps: [10, 100], bakeMs: 60_000, timeoutMs: 3_600_000 },
  release: 'good',
  blue: 'ecs',
  together: true,
  requestsPerSecond: 20,
  hand: undefined,
  kill: undefined,
  until: undefined,
  cancelAtMs: undefined,
  rules: [],
  metrics: 'usual',
  alarm: 'none',
};

const outcomesOf = async (atMs: number, change: Partial<Story> = {}) => {
  const { outcomes, wrong } = await playStory({ ...story, ...change, hand: { kind: 'rival-shift', atMs } });
  expect({ atMs, wrong }).toEqual({ atMs, wrong: [] });
  return outcomes;
};

describe('two shifts of one pair', () => {
  test.each([0, 40, 120, 200, 400, 700, 1000, 1500, 2500, 5000])(
    'that begin %i ms apart: one is refused, and one is promoted',
    async (atMs) => {
      const outcomes = await outcomesOf(atMs);
      expect(outcomes.filter((each) => each.endsWith(' refused'))).toHaveLength(1);
      expect(outcomes.filter((each) => each.includes(' promoted'))).toHaveLength(1);
    },
  );

  const lag = (ms: number, principal?: string): FaultRule => ({
    id: `read-lag ${principal ?? ''}`,
    match: { mutates: false, ...(principal === undefined ? {} : { principal }) },
    effect: { kind: 'read-lag', ms },
  });
  const oneGoesOn = (outcomes: readonly string[]) => {
    expect(outcomes.filter((each) => each.endsWith(' refused'))).toHaveLength(1);
    expect(outcomes.filter((each) => each.includes(' promoted'))).toHaveLength(1);
  };

  test.each([2000, 5000, 8000])('whose reads lag by %i ms: one goes on all the same', async (ms) => {
    for (const atMs of [0, 300, 900, 2500, 7000]) oneGoesOn(await outcomesOf(atMs, { rules: [lag(ms)] }));
  });

  // Whoever waits for the other one does not give up while that one has yet to look.
  test.each(['run-1', 'run-7'])('of which %s is held up for some time, with late reads', async (who) => {
    for (let untilMs = 40_000; untilMs <= 130_000; untilMs += 10_000) {
      const match = { operation: 'DescribeServices', principal: `*/${who}` };
      const heldUp: FaultRule = {
        id: 'held-up',
        match,
        fromMs: 15_000,
        untilMs,
        effect: { kind: 'throttle' },
      };
      oneGoesOn(await outcomesOf(300, { rules: [lag(8000), heldUp] }));
    }
  });

  test('of which the later one has given green traffic: the earlier one goes', async () => {
    const region = await makeRegion('ecs', { seed: 3101, requestsPerSecond: 20 });
    const { world, time, listenerArn, groups } = region;
    registerImage(region, 'v2');
    const rule = (
      Priority: number,
      Conditions: object[],
      arn: string,
      tags: Readonly<Record<string, string>> = {},
    ) =>
      world.must('elasticloadbalancing', 'CreateRule', {
        ListenerArn: listenerArn,
        Priority,
        Conditions,
        Actions: [{ Type: 'forward', TargetGroupArn: arn }],
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      }).Rules[0].RuleArn;
    const path = { Field: 'path-pattern', PathPatternConfig: { Values: ['/admin/*'] } };
    const header = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Other', Values: ['x'] } };
    const theirs = rule(5, [path], groups.a);
    const begins = (): void => {
      // As the first one has it, of another holder a moment later, who gives signs of life for an hour.
      const { Rules } = world.must('elasticloadbalancing', 'DescribeRules', { ListenerArn: listenerArn });
      const { RuleArn: ours } = Rules.find((each: { Priority: string }) => each.Priority === '9');
      const { TagDescriptions } = world.must('elasticloadbalancing', 'DescribeTags', {
        ResourceArns: [ours],
      });
      const tags: { Key: string; Value: string }[] = TagDescriptions[0].Tags;
      const isoIn = (ms: number): string => new Date(time.now() + ms).toISOString();
      rule(4, [path, header], groups.b, {
        ...Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])),
        'ips-deploy:holder': 'o/r run 7.1 job other',
        'ips-deploy:locked': isoIn(1),
        'ips-deploy:alive': isoIn(60 * minute),
      });
      void time.sleep(3 * minute).then(() =>
        world.must('elasticloadbalancing', 'ModifyRule', {
          RuleArn: theirs,
          Actions: [
            forwardTo([
              [groups.a, 90],
              [groups.b, 10],
            ]),
          ],
        }),
      );
    };
    const { outputs, report } = await shift(
      region,
      { accept: 'other-rule,unproven', 'probe-count': '0', 'probes-per-step': '0' },
      { onEvent: ({ code }) => (code === 'shift.locked' ? begins() : undefined) },
    );
    expect(outputs).toMatchObject({ outcome: 'refused', cause: 'another-shift' });
    expect(report.sentence).toContain('o/r run 7.1 job other began to shift the same pair');
    expect(liveWeights(region)['api-a']).toBeGreaterThan(0);
    expect(liveWeights(region)['api-b'] ?? 0).toBe(0);
    expect(Number(outputs['duration-seconds'])).toBeLessThan(240);
  });

  test('of which the later one dies: the earlier one does not wait for ever', async () => {
    const match = { principal: '*/run-7' };
    const gone: FaultRule = { id: 'gone', match, fromMs: 2000, effect: { kind: 'reset' } };
    const outcomes = await outcomesOf(300, { rules: [lag(8000), gone] });
    expect(outcomes.filter((each) => each.includes(' promoted'))).toHaveLength(0);
    expect(outcomes.find((each) => each.startsWith('run-1'))).toBe('run-1 refused');
  });
});

describe('whoever sees another', () => {
  const own = { ruleArn: 'rule/m', lockedAt: 1000 };
  const rival = { ruleArn: 'rule/n', holder: 'other', lockedAt: 1001, aliveAt: 1001, hasTraffic: false };
  test.each([
    ['that locked a moment later waits', {}, 1001 + leaseMs - 1, false],
    ['that is silent goes', {}, 1001 + leaseMs, true],
    ['that has traffic goes', { hasTraffic: true }, 1002, true],
    ['that locked a moment earlier goes', { lockedAt: 999 }, 1002, true],
    ['of the same moment waits where its rule is the first', { lockedAt: 1000 }, 1002, false],
    ['of the same moment goes where its rule is not', { lockedAt: 1000, ruleArn: 'rule/l' }, 1002, true],
  ])('%s', (_what, change, now, yields) => {
    expect(yieldsTo({ ...rival, ...change }, own, now)).toBe(yields);
  });
});
