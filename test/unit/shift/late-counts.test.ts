/** Counts of CloudWatch that come one by one: which of them are judged, when, and as what. */
import { describe, expect, test } from '@jest/globals';
import { toTrafficMinutes } from '../../../src/aws/elb-minutes.ts';
import { baselineOf } from '../../../src/shift/baseline.ts';
import { addMinutes, type Evidence, noEvidence, ratioOf } from '../../../src/shift/evidence.ts';
import { toPairs } from '../../../src/shift/minutes.ts';
import { safetyOf } from '../../../src/shift/safety.ts';
import { baseline } from './plan-fixture.ts';

const minute = 60_000;
type Counts = Readonly<Record<string, number>>;

/** Green has a quarter of 1,200 requests a minute, and is as slow as blue: 1 in 100 beyond the threshold. */
const whole: Counts = {
  g0_requests: 900,
  g0_code2: 900,
  g0_timed: 900,
  g0_slow: 9,
  g1_requests: 300,
  g1_code2: 300,
  g1_timed: 300,
  g1_slow: 3,
};
const without = (...names: readonly string[]): Counts =>
  Object.fromEntries(Object.entries(whole).filter(([name]) => !names.some((each) => name.includes(each))));

/** Each minute as it is shown at `atMinute`. */
function read(
  minutes: readonly Counts[],
  atMinute: number,
  before: Evidence = noEvidence,
  percent = 25,
): Evidence {
  const series = new Map<string, Map<number, number>>();
  minutes.forEach((counts, index) => {
    for (const [id, value] of Object.entries(counts)) {
      series.set(id, (series.get(id) ?? new Map<number, number>()).set(index * minute, value));
    }
  });
  const traffic = toTrafficMinutes(series, { targetGroupArns: ['blue', 'green'] });
  const pairs = toPairs(traffic, 0, minutes.length * minute);
  return addMinutes(before, pairs, baseline, { maxErrorRate: 0.005 }, atMinute * minute, [
    { at: 0, percent },
  ]);
}

const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);
const counted = (evidence: Evidence) => evidence.minutes.map((each) => each.counted);
const most = (evidence: Evidence) =>
  Math.max(...(['errors', 'unanswered', 'slow'] as const).map((stream) => ratioOf(evidence, stream)));

describe('what took back a green that was as fast as blue', () => {
  // As both sides have more slow requests than usual: 12 in 100.
  const slow = { ...whole, g0_slow: 108, g1_slow: 36 };
  const hidden = (...names: readonly string[]): Counts =>
    Object.fromEntries(Object.entries(slow).filter(([name]) => !names.some((each) => name.includes(each))));

  test.each([
    { what: 'green’s times before blue’s', names: ['g0_timed', 'g0_slow'] },
    { what: 'green’s counts before blue’s', names: ['g0'] },
    { what: 'blue’s requests last', names: ['g0_requests'] },
    { what: 'green’s requests last', names: ['g1_requests'] },
  ])('$what', ({ names }) => {
    const early = read(times(4, hidden(...names)), 6);
    expect(most(early)).toBeLessThanOrEqual(1);
    const final = read(times(4, slow), 9, early);
    expect(most(final)).toBeLessThan(1);
    expect(final.harm).toEqual(read(times(4, slow), 9).harm);
  });
  test('one after the other', () => {
    // How many took how long is of one metric: it comes at once.
    const order = [
      'g1_(timed|slow)',
      'g1_code2',
      'g1_requests',
      'g0_requests',
      'g0_code2',
      'g0_(timed|slow)',
    ];
    let evidence = noEvidence;
    for (let come = 1; come <= order.length; come++) {
      const pattern = new RegExp(order.slice(0, come).join('|'));
      const shown = Object.fromEntries(Object.entries(slow).filter(([name]) => pattern.test(name)));
      evidence = read(times(6, shown), 7, evidence);
      expect(most(evidence)).toBeLessThanOrEqual(1);
    }
    expect(counted(evidence)).toEqual(times(6, 'whole'));
  });
});

describe('a minute waits', () => {
  test.each([
    { what: 'for blue’s requests', counts: without('g0'), answer: 'too-little' },
    {
      what: 'for half of blue’s requests',
      counts: { ...whole, g0_requests: 449, g0_code2: 449, g0_timed: 449 },
      answer: 'too-little',
    },
    { what: 'for green’s requests', counts: without('g1_requests'), answer: 'too-little' },
    { what: 'for what became of blue’s', counts: without('g0_code2'), answer: 'too-little' },
    { what: 'for what became of green’s, to prove something', counts: without('g1_code2'), answer: 'partly' },
    { what: 'for blue’s times, to prove something', counts: without('g0_timed'), answer: 'partly' },
    { what: 'for nothing', counts: whole, answer: 'whole' },
    { what: 'for no request that is under way', counts: { ...whole, g1_code2: 294 }, answer: 'whole' },
  ])('$what', ({ counts, answer }) => {
    expect(counted(read([counts], 4))).toEqual([answer]);
  });
  test('and no longer than eight minutes', () => {
    expect(counted(read([without('g0')], 8.9))).toEqual(['too-little']);
    expect(counted(read([without('g0')], 9))).toEqual(['whole']);
  });
  test('not for a side that has no weight', () => {
    expect(counted(read([without('g0')], 4, noEvidence, 100))).toEqual(['whole']);
    expect(
      counted(
        read([{ ...without('g1'), g0_requests: 1200, g0_code2: 1200, g0_timed: 1200 }], 4, noEvidence, 0),
      ),
    ).toEqual(['whole']);
  });
  test('not for ends that blue’s requests never have', () => {
    const hour = times(20, { requests: 1000, errors: 0, unanswered: 0, unknown: 300, untimed: 300, slow: 0 });
    const usual = baselineOf(
      hour.map((each, index) => ({ ...each, at: index * minute })),
      [],
      0.1,
    );
    expect(usual).toMatchObject({ unknownShare: 0.3, untimedShare: 0.3 });
    const series = new Map(
      Object.entries({ ...whole, g0_code2: 640, g0_timed: 640, g1_code2: 215, g1_timed: 215 }).map(
        ([id, value]) => [id, new Map([[0, value]])],
      ),
    );
    const pairs = toPairs(toTrafficMinutes(series, { targetGroupArns: ['blue', 'green'] }), 0, minute);
    const evidence = addMinutes(
      noEvidence,
      pairs,
      { ...baseline, ...usual },
      { maxErrorRate: 0.005 },
      4 * minute,
      [{ at: 0, percent: 25 }],
    );
    expect(counted(evidence)).toEqual(['whole']);
  });
  test('and proves nothing for green meanwhile', () => {
    const early = read(times(4, without('g1_code2', 'g1_timed')), 6);
    expect(safetyOf(early, baseline, { maxErrorRate: 0.005 })).toMatchObject({ proven: false, requests: 0 });
    expect(safetyOf(read(times(4, whole), 6), baseline, { maxErrorRate: 0.005 })).toMatchObject({
      proven: true,
      requests: 1200,
    });
  });
});

describe('requests of green that have no end after eight minutes, where blue’s have', () => {
  // The load balancer waits for longer than that before it answers itself.
  const hanging = (count: number): Counts => ({ ...whole, g1_code2: 300 - count, g1_timed: 300 - count });
  test.each([
    { count: 60, answer: 'whole' },
    { count: 61, answer: 'untold' },
    { count: 300, answer: 'untold' },
  ])('$count of 300: $answer', ({ count, answer }) => {
    expect(counted(read([hanging(count)], 8.9))).toEqual(['partly']);
    expect(counted(read([hanging(count)], 9))).toEqual([answer]);
  });
  test('prove nothing for it, and nothing against it', () => {
    const evidence = read(times(4, hanging(270)), 20);
    expect(safetyOf(evidence, baseline, { maxErrorRate: 0.005 })).toMatchObject({
      proven: false,
      requests: 0,
    });
    expect(most(evidence)).toBeLessThanOrEqual(1);
  });
  test('say nothing while blue’s have none either, nor where that is usual', () => {
    const both = { ...hanging(270), g0_code2: 719, g0_timed: 719 };
    expect(counted(read([both], 9))).toEqual(['whole']);
    const evidence = (unknownShare: number) => {
      const series = new Map(Object.entries(hanging(120)).map(([id, value]) => [id, new Map([[0, value]])]));
      const pairs = toPairs(toTrafficMinutes(series, { targetGroupArns: ['blue', 'green'] }), 0, minute);
      return addMinutes(
        noEvidence,
        pairs,
        { ...baseline, unknownShare },
        { maxErrorRate: 0.005 },
        9 * minute,
        [{ at: 0, percent: 25 }],
      );
    };
    expect(counted(evidence(0.19))).toEqual(['untold']);
    expect(counted(evidence(0.2))).toEqual(['whole']);
  });
  test('of a handful there are too few to say so', () => {
    const few = { g0_requests: 900, g0_code2: 900, g0_timed: 900, g1_requests: 10, g1_code2: 7, g1_timed: 7 };
    expect(counted(read([few], 9))).toEqual(['whole']);
    expect(counted(read([{ ...few, g1_code2: 6 }], 9))).toEqual(['untold']);
  });
});

describe('failures that are counted late', () => {
  const failing = { ...whole, g1_code2: 282, g1_code5: 18, g0_code2: 899, g0_code5: 1 };
  test('convict as if they had been there from the first', () => {
    const early = read(times(2, { ...failing, g1_code5: 0 }), 4);
    expect(ratioOf(early, 'errors')).toBeLessThan(1);
    const late = read(times(2, failing), 5, early);
    expect(ratioOf(late, 'errors')).toBeGreaterThan(400);
    expect(late.harm.errors).toEqual(read(times(2, failing), 4).harm.errors);
  });
  test('of green alone, while blue’s may still come, say less than they will', () => {
    const { g0_code5: _, ...open } = { ...failing, g0_code2: 850 };
    const early = ratioOf(read(times(2, open), 4), 'errors');
    expect(early).toBeLessThan(10);
    // They never came: what is missing was no failure.
    expect(ratioOf(read(times(2, open), 10), 'errors')).toBeGreaterThan(400);
  });
  test('of the load balancer itself are not green’s while its answers are not counted', () => {
    // Twenty of blue's requests hang; green's answers come late.
    const counts = { ...whole, g0_code2: 880, g0_timed: 880, elb_504: 20 };
    const { g1_code2: _, g1_timed: __, ...late }: Counts = counts;
    expect(ratioOf(read(times(3, late), 5), 'unanswered')).toBeLessThanOrEqual(1);
  });
  test('of both sides at once are no reason to take green back', () => {
    const both = { ...whole, g0_code2: 810, g0_timed: 810, g1_code2: 270, g1_timed: 270, elb_504: 120 };
    expect(ratioOf(read(times(3, both), 5), 'unanswered')).toBeLessThan(1);
    const green = { ...whole, g1_code2: 270, g1_timed: 270, elb_504: 30 };
    expect(ratioOf(read(times(3, green), 5), 'unanswered')).toBeGreaterThan(400);
  });
});
