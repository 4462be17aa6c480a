import { describe, expect, test } from '@jest/globals';
import type { WeightSplit } from '../../../src/aws/elb-forward.ts';
import { scalingOfTag, scalingToTag } from '../../../src/aws/scaling-targets.ts';
import { judgeLock, type LockQuestion } from '../../../src/shift/interrupted.ts';
import {
  asWeightsSay,
  formerSplit,
  isEarlierAttempt,
  leaseMs,
  noteTags,
  recordOfTags,
  recordOverTags,
  recordToTags,
  type ShiftRecord,
} from '../../../src/shift/record.ts';
import { blueArn, greenArn, otherArn } from './plan-fixture.ts';

const start = Date.parse('2026-11-26T10:00:00.000Z');
const record: ShiftRecord = {
  holder: 'o/r run 42.1 job deploy',
  lockedAt: start - 60_000,
  probeTask: false,
  aliveAt: start,
  stage: 'shifting',
  former: { 'api-a': 1 },
  steps: [10, 50, 100],
  revision: 'api:2',
  count: 3,
  blueCount: 3,
  noReturnAt: undefined,
  kept: undefined,
  cluster: 'shop',
  together: false,
  breaking: false,
};

describe('the record of a shift', () => {
  test('comes back from its tags as it went into them', () => {
    for (const each of [
      record,
      { ...record, stage: 'paused', revision: '', former: { 'api-a': 999, 'api-c': 0 } } as const,
      { ...record, stage: 'promoted', noReturnAt: start + 1000 } as const,
      { ...record, stage: 'promoted', kept: { tasks: 2, since: start + 1000 } } as const,
      { ...record, stage: 'left' } as const,
      { ...record, cluster: '', together: true, breaking: true },
    ]) {
      expect(recordOfTags(recordToTags(each))).toEqual(each);
    }
  });

  test('of a promoted one whose weights are back it is promoted no more', () => {
    const live = (blue: number, green: number) => [
      { targetGroupArn: blueArn, weight: blue },
      { targetGroupArn: greenArn, weight: green },
    ];
    const ended = {
      ...record,
      stage: 'promoted',
      noReturnAt: start,
      kept: { tasks: 1, since: start },
    } as const;
    const back = { ...record, stage: 'shifting', noReturnAt: undefined, kept: undefined };
    expect(asWeightsSay(ended, live(1, 0), greenArn)).toEqual(back);
    expect(asWeightsSay(ended, live(1, 0).slice(0, 1), greenArn)).toEqual(back);
    expect(asWeightsSay({ ...ended, stage: 'left' }, live(1, 0), greenArn)).toEqual({
      ...back,
      stage: 'left',
    });
    expect(asWeightsSay(record, live(1, 0), greenArn)).toBe(record);
    for (const split of [live(0, 100), live(99, 1), live(0, 0), []]) {
      expect(asWeightsSay(ended, split, greenArn)).toBe(ended);
    }
    // And it stays so for whoever comes next.
    const tags = { ...recordToTags(ended), ...recordOverTags(back as typeof record) };
    expect(recordOfTags(tags)).toEqual(back);
  });

  test('a later note changes what it says and nothing else', () => {
    const tags = { ...recordToTags(record), ...noteTags({ aliveAt: start + 60_000, stage: 'promoted' }) };
    expect(recordOfTags(tags)).toEqual({ ...record, aliveAt: start + 60_000, stage: 'promoted' });
    const kept = { tasks: 1, since: start + 60_000 };
    expect(recordOfTags({ ...tags, ...noteTags({ aliveAt: start, kept }) })).toMatchObject({ kept });
    expect(recordOfTags({ ...tags, 'ips-deploy:blue-kept': 'tasks=1' })).toMatchObject({ kept: undefined });
  });

  test('tags of somebody else are none; torn ones are read as far as they go', () => {
    expect(recordOfTags({ team: 'a' })).toBeUndefined();
    expect(recordOfTags({ 'ips-deploy:holder': 'x', 'ips-deploy:alive': 'yesterday' })).toMatchObject({
      lockedAt: 0,
      probeTask: false,
      aliveAt: 0,
      stage: 'shifting',
      former: {},
      steps: [],
      revision: '',
    });
  });

  test('the former split has every group of the rule, those that came later at 0', () => {
    const live: WeightSplit = [
      { targetGroupArn: blueArn, weight: 90 },
      { targetGroupArn: greenArn, weight: 10 },
    ];
    expect(formerSplit(record, live)).toEqual([
      { targetGroupArn: blueArn, weight: 1 },
      { targetGroupArn: greenArn, weight: 0 },
    ]);
  });

  test('an earlier attempt of the same job of the same run is over', () => {
    const ours = 'o/r run 42.2 job deploy';
    expect(isEarlierAttempt('o/r run 42.1 job deploy', ours)).toBe(true);
    expect(isEarlierAttempt('o/r run 42.2 job deploy', ours)).toBe(false);
    expect(isEarlierAttempt('o/r run 41.1 job deploy', ours)).toBe(false);
    expect(isEarlierAttempt('o/r run 42.1 job other', ours)).toBe(false);
  });
});

describe('a shift that is there already', () => {
  const split = (blue: number, green: number, other = 0): WeightSplit => [
    { targetGroupArn: blueArn, weight: blue },
    { targetGroupArn: greenArn, weight: green },
    ...(other === 0 ? [] : [{ targetGroupArn: otherArn, weight: other }]),
  ];
  const ask = (change: Partial<ShiftRecord> = {}, question: Partial<LockQuestion> = {}) =>
    judgeLock({
      lock: { ruleArn: 'rule/test', priority: '9', greenArn, record: { ...record, ...change } },
      live: split(90, 10),
      blueArn,
      revision: 'api:2',
      holder: 'o/r run 43.1 job deploy',
      onInterrupted: 'resume',
      blue: { healthy: 3, needed: 3, scaleUp: undefined },
      pastBreakingSchema: 'refuse',
      now: start + leaseMs,
      ...question,
    });

  test.each<readonly [string, Partial<ShiftRecord>, Partial<LockQuestion>, string]>([
    ['may be alive to the last millisecond of its lease', {}, { now: start + leaseMs - 1 }, 'held'],
    ['is dead from then on, and goes on', {}, {}, 'resume'],
    [
      'of an earlier attempt is dead at once',
      { holder: 'o/r run 43.0 job deploy' },
      { now: start },
      'resume',
    ],
    ['of this very job is our own', { holder: 'o/r run 43.1 job deploy' }, { now: start }, 'resume'],
    ['that was left waits for nobody', { stage: 'left' }, { now: start }, 'resume'],
    ['that rests waits for nobody', { stage: 'paused' }, { now: start }, 'resume'],
    ['of another revision is taken back', {}, { revision: 'api:3' }, 'take-back'],
    ['is taken back where that is asked for', {}, { onInterrupted: 'rollback' }, 'take-back'],
    ['is left alone where that is asked for', {}, { onInterrupted: 'report' }, 'report'],
    ['with somebody else’s weights is left alone', {}, { live: split(70, 30) }, 'report'],
    ['with a third group’s weight is left alone', {}, { live: split(90, 10, 5) }, 'report'],
    ['at its former weights goes on', {}, { live: split(1, 0) }, 'resume'],
    [
      'that was promoted is finished for another revision',
      { stage: 'promoted' },
      { live: split(0, 100), revision: 'api:3' },
      'finish',
    ],
    [
      'that was promoted is never taken back',
      { stage: 'promoted' },
      { live: split(0, 100), onInterrupted: 'rollback' },
      'resume',
    ],
    [
      'past its point of no return is finished',
      { noReturnAt: start },
      { live: split(0, 100), revision: 'api:3' },
      'finish',
    ],
    [
      'that was promoted is taken back by an order of its own',
      { stage: 'promoted' },
      { live: split(0, 100), onInterrupted: 'rollback-only' },
      'take-back',
    ],
    [
      'past its point of no return goes back to no blue that was scaled down',
      { noReturnAt: start },
      {
        live: split(0, 100),
        onInterrupted: 'rollback-only',
        blue: { healthy: 2, needed: 3, scaleUp: undefined },
      },
      'report',
    ],
    [
      'past its point of no return goes back to a blue that has its tasks again',
      { noReturnAt: start },
      { live: split(0, 100), onInterrupted: 'rollback-only' },
      'take-back',
    ],
    [
      'with somebody else’s weights is not taken back by order either',
      {},
      { live: split(70, 30), onInterrupted: 'rollback-only' },
      'report',
    ],
    [
      'that brings a breaking schema change is not taken back for another revision',
      { breaking: true },
      { revision: 'api:3' },
      'report',
    ],
    ['… nor by policy', { breaking: true }, { onInterrupted: 'rollback' }, 'report'],
    ['… nor by order', { breaking: true }, { onInterrupted: 'rollback-only' }, 'report'],
    [
      '… unless that is accepted by name',
      { breaking: true },
      { onInterrupted: 'rollback-only', pastBreakingSchema: 'accept' },
      'take-back',
    ],
    [
      '… or green has no traffic yet',
      { breaking: true },
      { onInterrupted: 'rollback-only', live: split(1, 0) },
      'take-back',
    ],
    ['… and goes on with its own', { breaking: true }, {}, 'resume'],
    [
      'that may be alive is not taken back by order either',
      {},
      { now: start + leaseMs - 1, onInterrupted: 'rollback-only' },
      'held',
    ],
    ['that rests is judged', { stage: 'paused' }, { onInterrupted: 'judge' }, 'judge'],
    [
      'that rests with another revision is no rest any more',
      { stage: 'paused' },
      { onInterrupted: 'judge', revision: 'api:3' },
      'take-back',
    ],
    ['that died is nothing to judge', {}, { onInterrupted: 'judge' }, 'take-back'],
    ['that may be alive judges itself', {}, { now: start + leaseMs - 1, onInterrupted: 'judge' }, 'held'],
    [
      'that was promoted is finished by who judges',
      { stage: 'promoted' },
      { live: split(0, 100), onInterrupted: 'judge' },
      'finish',
    ],
    ['that rests goes on by order', { stage: 'paused' }, { onInterrupted: 'resume-only' }, 'resume'],
  ])('%s', (_what, change, question, kind) => {
    expect(ask(change, question).kind).toBe(kind);
  });

  test('only a shift that makes way for ours is followed by ours', () => {
    expect(ask({}, { revision: 'api:3' })).toMatchObject({ thenShift: true });
    expect(ask({}, { onInterrupted: 'rollback' })).toMatchObject({ thenShift: false });
    expect(ask({}, { revision: '', onInterrupted: 'rollback-only' })).toMatchObject({ thenShift: false });
    expect(ask({}, { revision: 'api:3', onInterrupted: 'resume-only' })).toMatchObject({ thenShift: false });
    expect(ask({}, { revision: 'api:3', onInterrupted: 'judge' })).toMatchObject({ thenShift: false });
  });

  test('says what was found', () => {
    expect(ask()).toMatchObject({
      why: 'A shift to api-b (api:2) by o/r run 42.1 job deploy has given no sign of life for 5m; green has 10 % of the traffic.',
    });
  });
});

test('scaling comes back from its note', () => {
  const now = {
    resourceId: 'service/shop/api',
    arn: 'arn:x',
    minCapacity: 3,
    maxCapacity: 6,
    suspended: { scaleIn: true, scaleOut: false, scheduled: true },
  };
  const before = { ...now, minCapacity: 1, suspended: { scaleIn: false, scaleOut: false, scheduled: false } };
  expect(scalingOfTag(now, scalingToTag(before))).toEqual(before);
  expect(scalingOfTag(now, 'min=1 max=2')).toBeUndefined();
});
