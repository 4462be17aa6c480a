/** The judge of a watch after a rollout: over many drawn hours it keeps its word, and its limits are where they are said. */
import { describe, expect, test } from '@jest/globals';
import { judgeAfter, limitOf, type Usual, usualOf } from '../../../src/aftercare/judge-after.ts';
import type { GroupMinute } from '../../../src/aws/elb-minutes.ts';
import type { WatchRequest } from '../../../src/inputs/watch-fields.ts';
import { createRng, type Rng } from '../../../src/lab/world/random.ts';
import { binomial } from '../../../src/lab/world/sim/distributions.ts';
import { baselineOf } from '../../../src/shift/baseline.ts';
import { addMinutes, type Evidence, noEvidence } from '../../../src/shift/evidence.ts';

const request: WatchRequest = {
  forMs: 600_000,
  maxErrorRate: 0.005,
  objectives: { errorRate: undefined, latency: undefined },
};
interface Rates {
  readonly requests: number;
  readonly errors: number;
  readonly unanswered?: number;
  readonly slow: number;
}

function drawMinutes(rng: Rng, { requests, errors, unanswered = 0, slow }: Rates, count: number, from = 0) {
  return Array.from(
    { length: count },
    (_, index): GroupMinute => ({
      at: (from + index) * 60_000,
      requests,
      errors: binomial(rng, requests, errors),
      unanswered: binomial(rng, requests, unanswered),
      slow: binomial(rng, requests, slow),
    }),
  );
}

function usualFrom(minutes: readonly GroupMinute[]): Usual {
  return usualOf(baselineOf(minutes, [], 0.2), minutes);
}

/** The minute at which the release goes back, looking after each; undefined where it stays. */
function backAt(usual: Usual, after: readonly GroupMinute[]): number | undefined {
  let evidence: Evidence = noEvidence;
  for (const [index, green] of after.entries()) {
    evidence = addMinutes(
      evidence,
      [{ at: green.at, green, blue: undefined }],
      usual.traffic,
      request,
      green.at,
    );
    if (judgeAfter(evidence, request, usual).kind === 'harm') return index + 1;
  }
  return undefined;
}

const watches = 150;

/** How many of them go back, and after how many minutes in the median. */
function play(seed: number, before: Rates, after: Rates) {
  const rng = createRng(seed, 'aftercare');
  const ends: number[] = [];
  for (let count = 0; count < watches; count++) {
    const usual = usualFrom(drawMinutes(rng, before, 60));
    const end = backAt(usual, drawMinutes(rng, after, 10, 60));
    if (end !== undefined) ends.push(end);
  }
  return { back: ends.length, median: ends.sort((one, other) => one - other)[Math.floor(ends.length / 2)] };
}

describe('over drawn watches', () => {
  const quiet = { requests: 100, errors: 0.002, slow: 0.04 };

  test.each([
    ['a quiet service', quiet],
    ['a busy one', { ...quiet, requests: 3000 }],
    ['one that hardly anybody asks', { ...quiet, requests: 3 }],
    ['one that fails three in a hundred, as ever', { ...quiet, errors: 0.03 }],
    ['one that leaves one in a hundred unanswered, as ever', { ...quiet, unanswered: 0.01 }],
  ])('%s stays: at most one in a hundred goes back', (_name, rates) => {
    expect(play(1, rates, rates).back).toBeLessThanOrEqual(watches / 100);
  });

  test('another time of the day, with twice the traffic and half as many slow again, stays', () => {
    expect(play(2, quiet, { ...quiet, requests: 200, slow: 0.06 }).back).toBeLessThanOrEqual(watches / 100);
  });

  test.each([
    ['one in five fails', { ...quiet, errors: 0.2 }, 3],
    ['five in a hundred fail', { ...quiet, errors: 0.05 }, 5],
    ['one in ten is not answered', { ...quiet, unanswered: 0.1 }, 4],
    ['a third is slow', { ...quiet, slow: 0.33 }, 5],
  ])('%s: it goes back, in minutes', (_name, after, within) => {
    const { back, median } = play(3, quiet, after);
    expect(back).toBeGreaterThan(0.99 * watches);
    expect(median).toBeLessThanOrEqual(within);
  });
});

describe('the limit', () => {
  const usual = usualFrom(drawMinutes(createRng(4, 'limit'), { requests: 100, errors: 0, slow: 0.04 }, 60));
  test.each([
    [request.objectives, 300],
    [{ errorRate: 0.01, latency: undefined }, 400],
    [{ errorRate: 0.01, latency: { percentile: 95, seconds: 0.4 } }, 500],
  ])('has a share for each stream that can speak: %j', (objectives, limit) => {
    expect(limitOf({ ...request, objectives }, usual)).toBe(limit);
  });

  test('without answers before there is no measure of slow', () => {
    const silent = usualOf(baselineOf([], [], undefined), []);
    expect(limitOf(request, silent)).toBe(200);
  });

  test('one minute alone never decides', () => {
    const worst: GroupMinute = { at: 0, requests: 5000, errors: 5000, unanswered: 0, slow: 0 };
    expect(backAt(usual, [worst])).toBeUndefined();
    expect(backAt(usual, [worst, { ...worst, at: 60_000 }])).toBe(2);
  });
});
