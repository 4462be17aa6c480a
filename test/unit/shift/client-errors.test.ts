/** Answers of 4xx, judged only where that is asked for. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toTrafficMinutes } from '../../../src/aws/elb-minutes.ts';
import { baselineOf } from '../../../src/shift/baseline.ts';
import { describePlan } from '../../../src/shift/describe-plan.ts';
import {
  addMinutes,
  addProbes,
  allowedAlone,
  type Evidence,
  noEvidence,
  ratioOf,
  totalsOf,
  worstStream,
} from '../../../src/shift/evidence.ts';
import { harmGate } from '../../../src/shift/gates/harm.ts';
import { harmLimit } from '../../../src/shift/limits.ts';
import { toPairs } from '../../../src/shift/minutes.ts';
import { evidenceOutput } from '../../../src/shift/outputs.ts';
import { sendProbes } from '../../../src/shift/prober.ts';
import { foreseeableLack, safetyOf } from '../../../src/shift/safety.ts';
import { type Counted, evidenceOf, minute, questionOf, short, start, times } from './gates/ask.ts';
import { baseline, planOf } from './plan-fixture.ts';

const judge = { maxErrorRate: 0.005, clientErrors: 'judge' } as const;
const ignore = { maxErrorRate: 0.005, clientErrors: 'ignore' } as const;
const usual = { ...baseline, clientErrors: { rate: 0.01, dispersion: 1 } };

type Row = readonly [greenBad: number, green: number, blueBad: number, blue: number];
const counted = ([refused, green, blueRefused, blue]: Row): Counted => ({
  green,
  refused,
  blue,
  blueRefused,
});
const twice = (row: Row): readonly Row[] => [row, row];

describe('the judge gives the known answers, made beside it from the formula', () => {
  test.each<{ name: string; rows: readonly Row[]; phi?: number; answers: readonly number[] }>([
    {
      name: 'as many as blue',
      rows: [
        [6, 600, 54, 5400],
        [5, 600, 55, 5400],
        [7, 600, 50, 5400],
      ],
      answers: [0.48504, 0.415583, 0.376872],
    },
    {
      name: 'a scan of both sides',
      rows: times(3, [66, 660, 594, 5940]),
      answers: [0.450196, 0.405032, 0.364543],
    },
    {
      name: 'one more in a hundred',
      rows: times(3, [12, 600, 54, 5400]),
      answers: [0.905889, 1.51478, 3.08019],
    },
    { name: 'five more in a hundred', rows: twice([36, 600, 54, 5400]), answers: [25, 750] },
    { name: 'the same, phi 8', rows: twice([36, 600, 54, 5400]), phi: 8, answers: [3.97842, 42.1589] },
    { name: '404 to everybody', rows: twice([600, 600, 54, 5400]), answers: [30, 900] },
    { name: '404 to everybody, phi 20', rows: twice([600, 600, 54, 5400]), phi: 20, answers: [30, 900] },
    { name: '404 to everybody, no blue', rows: twice([6000, 6000, 0, 0]), answers: [25, 750] },
    { name: 'every second one, no blue', rows: twice([3000, 6000, 0, 0]), answers: [20, 600] },
    // Good answers are missing: by a tenth, not at all, and all of them while ten times as many ask as usual.
    { name: 'a tenth, no blue', rows: twice([600, 6000, 0, 0]), answers: [0.45, 0.405] },
    { name: 'a scan, no blue', rows: twice([1200, 7140, 0, 0]), answers: [0.45, 0.405] },
    { name: '404 to ten times as many, no blue', rows: twice([60_000, 60_000, 0, 0]), answers: [25, 750] },
  ])('$name', ({ rows, phi = 1, answers }) => {
    const of = { ...baseline, clientErrors: { rate: 0.01, dispersion: phi } };
    const after = rows.map((_, index) => {
      const evidence = evidenceOf(rows.slice(0, index + 1).map(counted), of, judge, 60);
      return Number(ratioOf(evidence, 'client-errors').toPrecision(6));
    });
    expect(after).toEqual(answers);
  });
});

describe('where they are ignored', () => {
  const bad = times(3, counted([600, 600, 54, 5400]));
  test('nothing of them is kept, and the limit is what it was', () => {
    for (const policy of [ignore, { maxErrorRate: 0.005 }]) {
      const evidence = evidenceOf(bad, usual, policy, 60);
      expect(evidence.harm['client-errors']).toBeUndefined();
      expect(evidence.history.at(-1)!.ratios['client-errors']).toBeUndefined();
      expect(evidence.minutes).toHaveLength(3);
      for (const minute of evidence.minutes) {
        expect(minute['client-errors']).toBeUndefined();
        expect(minute.seen.clientErrors).toBeUndefined();
      }
      expect(worstStream(evidence).ratio).toBe(1);
    }
    expect(harmLimit(planOf(), usual)).toBe(400);
  });
  test('where they are judged, the limit is one stream more', () => {
    expect(harmLimit(planOf({ clientErrors: 'judge' }), usual)).toBe(500);
    const evidence = evidenceOf(bad, usual, judge, 60);
    expect(worstStream(evidence).stream).toBe('client-errors');
    expect(evidence.history.at(-1)!.ratios['client-errors']).toBe(ratioOf(evidence, 'client-errors'));
  });
});

describe('our own probes that are answered with 4xx', () => {
  const refusing = { probe: async () => ({ kind: 'answered', status: 401, durationMs: 1 }) as const };
  test.each([
    [[{ from: 200, to: 499 }], 0],
    [[{ from: 200, to: 399 }], 20],
  ])('are told, be they good or bad', async (goodCodes, bad) => {
    const tally = await sendProbes(
      refusing,
      { paths: ['/'], goodCodes },
      0,
      20,
      new AbortController().signal,
    );
    expect(tally).toMatchObject({ sent: 20, bad, clientErrors: 20 });
  });
  test('are taken out of green’s, of their minute or of the one after it', () => {
    const tally = { sent: 120, bad: 0, clientErrors: 120, reasons: {} };
    const pair = (index: number, green: number, refused: number) => ({
      at: start + index * minute,
      green: { at: 0, requests: green, errors: 0, unanswered: 0, slow: 0, clientErrors: refused },
      blue: { at: 0, requests: 5400, errors: 0, unanswered: 0, slow: 0, clientErrors: 54 },
    });
    const evidence = addMinutes(
      addProbes(noEvidence, tally, start + 50_000),
      [pair(0, 100, 90), pair(1, 620, 38)],
      usual,
      judge,
      start + 60 * minute,
    );
    expect(evidence.minutes.map((each) => each['client-errors'])).toEqual([
      { greenBad: 0, green: 0, blueBad: 54, blue: 5400 },
      { greenBad: 8, green: 600, blueBad: 54, blue: 5400 },
    ]);
  });
});

test('a count of blue’s that has not come yet speaks for green, until it will not come any more', () => {
  const at = 100 * minute;
  const series = new Map(
    Object.entries({
      g0_requests: 5400,
      g0_code2: 5300,
      g0_timed: 5400,
      g1_requests: 600,
      g1_code2: 590,
      g1_code4: 10,
      g1_timed: 600,
    }).map(([id, value]) => [id, new Map([[at, value]])]),
  );
  const traffic = toTrafficMinutes(series, { targetGroupArns: ['blue', 'green'] });
  const pairs = toPairs(traffic, at, at + minute);
  const ratio = (afterMinutes: number): number => {
    const now = at + (1 + afterMinutes) * minute;
    const weights = [{ at: 0, percent: 10 }];
    return ratioOf(addMinutes(noEvidence, pairs, usual, judge, now, weights), 'client-errors');
  };
  expect(ratio(7)).toBeLessThan(1);
  expect(ratio(8)).toBeGreaterThan(10);
});

describe('what is usual', () => {
  const hour = (refused: (index: number) => number) =>
    Array.from({ length: 60 }, (_, index) => ({
      at: index * minute,
      requests: 1000,
      errors: 0,
      unanswered: 0,
      slow: 0,
      ...(refused(index) > 0 ? { clientErrors: refused(index) } : {}),
    }));
  test('is told where there were any', () => {
    expect(
      baselineOf(
        hour(() => 0),
        [],
        0.1,
      ),
    ).not.toHaveProperty('clientErrors');
    expect(
      baselineOf(
        hour(() => 20),
        [],
        0.1,
      ).clientErrors,
    ).toEqual({ rate: 0.02, dispersion: 1 });
    // One scan: a minute with 200 among minutes with 20. X² / 59 by hand: 175.1.
    const scanned = baselineOf(
      hour((index) => (index === 30 ? 200 : 20)),
      [],
      0.1,
    ).clientErrors!;
    expect(scanned.rate).toBeCloseTo(0.023, 10);
    expect(scanned.dispersion).toBeCloseTo((177 ** 2 + 59 * 3 ** 2) / (23 * 0.977) / 59, 10);
  });
  test.each([
    [undefined, 0.1],
    [{ rate: 0.01, dispersion: 1 }, 0.12],
    [{ rate: 0.2, dispersion: 1 }, 0.5],
  ])('without blue twice of it and ten points are allowed: %o', (clientErrors, allowed) => {
    const { clientErrors: _, ...of } = usual;
    const given = clientErrors === undefined ? of : { ...of, clientErrors };
    expect(allowedAlone('client-errors', given, 0.5)).toBeCloseTo(allowed, 10);
  });
});

test('without blue and without a history all of them count', () => {
  const row = counted([60, 600, 0, 0]);
  const of = { ...usual, requestsPerMinute: 0, clientErrors: { rate: 0, dispersion: 1 } };
  const ratio = (row: Counted) => ratioOf(evidenceOf(times(3, row), of, judge, 60), 'client-errors');
  expect(ratio(row)).toBeLessThan(1);
  expect(ratio(counted([180, 600, 0, 0]))).toBeGreaterThan(400);
});

describe('the gate', () => {
  const asked = (minutes: readonly Counted[]) =>
    harmGate(
      questionOf(
        { plan: planOf({ clientErrors: 'judge' }), baseline: usual },
        { evidence: evidenceOf(minutes, usual, judge, 60) },
      ),
    );
  test('says how many green and blue refused', () => {
    expect(asked(times(2, counted([120, 600, 55, 5400])))).toEqual({
      kind: 'fail',
      cause: {
        code: 'client-errors',
        sentence:
          'Green refused 240 of 1,200 requests (4xx), blue 110 of 10,800; evidence 900:1, limit 500:1.',
      },
    });
  });
  test('says what is allowed where blue has no traffic', () => {
    expect(asked(times(2, counted([6000, 6000, 0, 0])))).toMatchObject({
      cause: {
        sentence:
          'Green refused 12,000 of 12,000 requests (4xx; allowed alone: 12 %); evidence 750:1, limit 500:1.',
      },
    });
  });
  test('lets neither one minute decide nor a scan of both sides', () => {
    expect(short(asked([counted([600, 600, 54, 5400])]))).toBe('pass');
    expect(short(asked(times(15, counted([66, 660, 594, 5940]))))).toBe('pass');
  });
});

describe('blue’s 4xx in wild bursts', () => {
  const good = times(3, { green: 1200, blue: 10_800 });
  const lack = (dispersion: number, policy: typeof judge | typeof ignore) => {
    const of = { ...baseline, clientErrors: { rate: 0.01, dispersion } };
    return safetyOf(evidenceOf(good, of, policy, 60), of, policy).lack;
  };
  test.each([
    [20, judge, false],
    [20.1, judge, true],
    [20.1, ignore, false],
  ])('dispersion %d, %o', (dispersion, policy, isWild) => {
    const expected = isWild ? expect.stringMatching(/4xx.*client-errors.*too wild/) : undefined;
    expect(lack(dispersion, policy)).toEqual(expected);
  });
  test('are foreseen, where no probes can stand in', () => {
    const of = { ...usual, clientErrors: { rate: 0.01, dispersion: 30 } };
    const probes = { ...planOf().probes, healthPathOnly: true };
    expect(foreseeableLack(planOf({ probes, clientErrors: 'judge' }), of)).toMatch(/4xx/);
    expect(foreseeableLack(planOf({ probes }), of)).toBeUndefined();
  });
});

test('the plan names the gate, and the output its stream', () => {
  const gates = (clientErrors: 'ignore' | 'judge') =>
    describePlan(planOf({ clientErrors })).find((line) => line.startsWith('Gates'));
  expect(gates('judge')).toContain('; answers of 4xx against blue’s');
  expect(gates('ignore')).not.toContain('4xx');
  const evidence = evidenceOf(times(2, counted([120, 600, 55, 5400])), usual, judge, 60);
  expect(evidenceOutput(evidence, 500)).toEqual({
    stream: 'client-errors',
    ratio: 900,
    limit: 500,
    green: { bad: 240, requests: 1200 },
    blue: { bad: 110, requests: 10_800 },
  });
});

describe('laws', () => {
  const minutes = fc.array(
    fc
      .record({
        green: fc.integer({ min: 0, max: 3000 }),
        blue: fc.integer({ min: 0, max: 3000 }),
        shares: fc.array(fc.double({ min: 0, max: 0.5, noNaN: true }), { minLength: 4, maxLength: 4 }),
      })
      .map(
        ({ green, blue, shares: [one = 0, two = 0, three = 0, four = 0] }): Counted => ({
          green,
          blue,
          greenBad: Math.floor(green * one),
          blueBad: Math.floor(blue * two),
          refused: Math.floor(green * three),
          blueRefused: Math.floor(blue * four),
        }),
      ),
    { minLength: 1, maxLength: 4 },
  );
  const at = (given: readonly Counted[], policy = judge as typeof judge | typeof ignore): Evidence =>
    evidenceOf(given, usual, policy, 60);

  test('whether they are judged makes no difference to any other stream', () => {
    fc.assert(
      fc.property(minutes, (given) => {
        const [judged, ignored] = [at(given), at(given, ignore)];
        for (const stream of ['errors', 'unanswered', 'slow', 'probes'] as const) {
          expect(judged.harm[stream]).toEqual(ignored.harm[stream]);
          expect(totalsOf(judged, stream)).toEqual(totalsOf(ignored, stream));
        }
        expect(safetyOf(judged, usual, judge)).toEqual(safetyOf(ignored, usual, ignore));
      }),
    );
  });

  test('one more of green never lowers the evidence, one more of blue never raises it', () => {
    fc.assert(
      fc.property(minutes, ([first, ...rest]) => {
        const ratio = (change: Counted): number => ratioOf(at([change, ...rest]), 'client-errors');
        const { refused = 0, blueRefused = 0 } = first!;
        expect(ratio({ ...first!, refused: refused + 1 })).toBeGreaterThanOrEqual(ratio(first!) * (1 - 1e-9));
        expect(ratio({ ...first!, blueRefused: blueRefused + 1 })).toBeLessThanOrEqual(
          ratio(first!) * (1 + 1e-9),
        );
      }),
    );
  });
});
