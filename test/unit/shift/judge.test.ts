import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addHarm,
  type Block,
  type Bound,
  dispersion,
  harmRatio,
  logBet,
  noHarmEvidence,
  safetyRatio,
} from '../../../src/shift/judge.ts';

type Row = readonly [greenBad: number, green: number, blueBad: number, blue: number];

const block = ([greenBad, green, blueBad, blue]: Row): Block => ({ greenBad, green, blueBad, blue });
const beside: Bound = { rho: 1, delta: 0.001 };
const alone: Bound = { rho: 0, delta: 0.003 };

function harmAfterEach(rows: readonly Row[], bound: Bound, phi: number): number[] {
  let evidence = noHarmEvidence;
  return rows.map((row) => {
    evidence = addHarm(evidence, block(row), bound, phi);
    return harmRatio(evidence);
  });
}

const twice = (row: Row): Row[] => [row, row];

describe('the judge gives the known answers', () => {
  test.each([
    {
      name: 'healthy',
      rows: [
        [1, 600, 5, 5400],
        [0, 600, 6, 5400],
        [1, 600, 5, 5400],
      ],
      bound: beside,
      phi: 1,
      answers: [0.61604, 0.48891, 0.446508],
    },
    { name: 'dead', rows: twice([600, 600, 5, 5400]), bound: beside, phi: 1, answers: [30, 900] },
    {
      name: '2 % errors',
      rows: twice([12, 600, 5, 5400]),
      bound: beside,
      phi: 1,
      answers: [27.5341, 825.014],
    },
    {
      name: '2 % errors, phi 5',
      rows: twice([12, 600, 5, 5400]),
      bound: beside,
      phi: 5,
      answers: [4.48144, 44.7558],
    },
    {
      name: 'low traffic',
      rows: [
        [1, 6, 0, 54],
        [2, 6, 0, 54],
        [1, 6, 0, 54],
      ],
      bound: beside,
      phi: 1,
      answers: [3.09926, 61.3578, 456.555],
    },
    { name: 'no blue', rows: twice([60, 6000, 0, 0]), bound: alone, phi: 1, answers: [22.5, 675] },
    { name: 'no green data', rows: [[0, 0, 5, 5400]], bound: beside, phi: 1, answers: [1] },
    {
      name: 'shared outage',
      rows: twice([30, 600, 270, 5400]),
      bound: beside,
      phi: 1,
      answers: [0.456, 0.406337],
    },
  ] as const)('$name', ({ rows, bound, phi, answers }) => {
    const given = harmAfterEach(rows as readonly Row[], bound, phi);
    expect(given.map((value) => Number(value.toPrecision(6)))).toEqual(answers);
  });

  test('safety, delta 0.005', () => {
    const rows = twice([0, 600, 5, 5400]).map((row) => ({
      block: block(row),
      bound: { rho: 1, delta: 0.005 },
    }));
    expect(Number(safetyRatio(rows.slice(0, 1)).toPrecision(6))).toBe(17.3423);
    expect(Number(safetyRatio(rows).toPrecision(6))).toBe(415.265);
  });

  test('safety of probes alone, delta 0.01', () => {
    const probes = [{ block: block([0, 450, 0, 0]), bound: { rho: 0, delta: 0.01 } }];
    expect(Number(safetyRatio(probes).toPrecision(6))).toBe(42.2632);
  });

  test('a release that fails one minute in five is caught, thanks to the cautious bettor', () => {
    let evidence = noHarmEvidence;
    let minutes = 0;
    while (harmRatio(evidence) < 300 && minutes < 60) {
      const failing = minutes % 5 === 4;
      evidence = addHarm(evidence, block([failing ? 6000 : 6, 6000, 54, 54_000]), beside);
      minutes += 1;
    }
    expect(minutes).toBeLessThan(20);
    expect(0.5 * (evidence.wealth.reduce((sum, value) => sum + value, 0) / 6)).toBeLessThan(150);
  });
});

describe('laws', () => {
  const blocks = fc.record({
    green: fc.integer({ min: 0, max: 10_000 }),
    blue: fc.integer({ min: 0, max: 10_000 }),
    greenShare: fc.double({ min: 0, max: 1, noNaN: true }),
    blueShare: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const toBlock = (drawn: { green: number; blue: number; greenShare: number; blueShare: number }): Block => ({
    green: drawn.green,
    blue: drawn.blue,
    greenBad: Math.floor(drawn.green * drawn.greenShare),
    blueBad: Math.floor(drawn.blue * drawn.blueShare),
  });

  test('one more failure of green never lowers the evidence of harm, one more of blue never raises it', () => {
    fc.assert(
      fc.property(blocks, (drawn) => {
        const given = toBlock(drawn);
        const at = (changed: Block): number => harmRatio(addHarm(noHarmEvidence, changed, beside));
        expect(at({ ...given, greenBad: given.greenBad + 1 })).toBeGreaterThanOrEqual(at(given));
        expect(at({ ...given, blueBad: given.blueBad + 1 })).toBeLessThanOrEqual(at(given));
      }),
    );
  });

  test('one block alone never reaches the limit, whatever it holds', () => {
    fc.assert(
      fc.property(blocks, (drawn) => {
        expect(harmRatio(addHarm(noHarmEvidence, toBlock(drawn), beside))).toBeLessThanOrEqual(30);
      }),
    );
  });

  test('a green as good as the bound gains nothing on average: E[exp(l)] <= 1', () => {
    // Exact expectation over a binomial of 40 green requests at the bound's rate.
    const bound = { rho: 0, delta: 0.05 };
    for (const r of [1.5, 2, 4, 10, 50, 1000]) {
      let expectation = 0;
      let probability = (1 - bound.delta) ** 40;
      for (let bad = 0; bad <= 40; bad++) {
        expectation += probability * Math.exp(logBet(block([bad, 40, 0, 0]), bound, r));
        probability *= ((40 - bad) / (bad + 1)) * (bound.delta / (1 - bound.delta));
      }
      expect(expectation).toBeLessThanOrEqual(1 + 1e-9);
    }
  });
});

describe('dispersion of blue', () => {
  test('is 1 for even failures and for no failures', () => {
    expect(dispersion([])).toBe(1);
    expect(dispersion(Array.from({ length: 10 }, () => ({ bad: 5, requests: 1000 })))).toBe(1);
  });
  test('grows when the same failures come in one burst', () => {
    const burst = Array.from({ length: 10 }, (_, minute) => ({ bad: minute === 3 ? 50 : 0, requests: 1000 }));
    expect(dispersion(burst)).toBeGreaterThan(20);
  });
});
