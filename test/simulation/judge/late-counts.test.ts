/**
 * An innocent green is not taken back because its counts, or blue's, come late: whatever comes first, as long as it
 * has nothing to do with how the requests ended.
 */
import { describe, expect, test } from '@jest/globals';
import { createRng, type Rng } from '../../../src/lab/world/random.ts';
import { ratioOf } from '../../../src/shift/evidence.ts';
import { type Lateness, type Nature, readings, type Setting, type Shown, usual } from './late-series.ts';

const seeds = Number(process.env['SEEDS'] ?? 20);
/** Smaller than a shift's own, so that a rate above the promise shows in few seeds. */
const limit = 20;

const after =
  (delay: number): Shown =>
  (later) =>
    later >= delay ? 1 : 0;
const uniform = (rng: Rng, from: number, to: number): number => from + rng.next() * (to - from);
/** A third of the minute each, so that no count but the sums is whole. */
function inParts(rng: Rng): Shown {
  const parts = [uniform(rng, 1, 6), uniform(rng, 1, 6), uniform(rng, 1, 6)];
  return (later) => parts.filter((part) => later >= part).length / 3;
}
const isBlue = (id: string): boolean => id.startsWith('g0');

const latenesses: Readonly<Record<string, Lateness>> = {
  'all at once': () => () => after(1.5),
  'each by itself, 1 to 6 minutes': (rng) => () => after(uniform(rng, 1, 6)),
  'some at once, some after seven minutes': (rng) => () => after(rng.chance(0.5) ? 1 : 7),
  'green long before blue': () => (id) => after(isBlue(id) ? 6 : 1),
  'blue’s failures and times last': () => (id) => after(/g0_(code5|timed)/.test(id) ? 7 : 1),
  'green’s failures and times first': () => (id) => after(/g1_(code5|timed)/.test(id) ? 1 : 5),
  'requests first, their ends in any order': (rng) => (id) =>
    after(/requests/.test(id) ? 1 : uniform(rng, 1, 7)),
  'green’s requests last': (rng) => (id) => after(/g1_requests/.test(id) ? 6 : uniform(rng, 1, 3)),
  'blue’s requests last': (rng) => (id) => after(/g0_requests/.test(id) ? 6 : uniform(rng, 1, 3)),
  'green’s answers last': () => (id) => after(/g1_(code2|timed)/.test(id) ? 6 : 1),
  'each of three nodes by itself': (rng) => {
    const shown = inParts(rng);
    return () => shown;
  },
  'each of three nodes by itself, blue’s not with green’s': (rng) => {
    const [blue, green] = [inParts(rng), inParts(rng)];
    return (id) => (isBlue(id) ? blue : id.startsWith('g1') ? green : after(7));
  },
};

const nature = (failing: number, unanswered: number, slow: number): Nature => ({ failing, unanswered, slow });
const natures: Readonly<Record<string, readonly [blue: Nature, green: Nature]>> = {
  'as few failures as usual': [nature(0.001, 0.0005, 0.01), nature(0.001, 0.0005, 0.01)],
  'both fail a lot': [nature(0.03, 0.02, 0.08), nature(0.03, 0.02, 0.08)],
  'green at the bound': [nature(0.01, 0.01, 0.05), nature(0.011, 0.011, 0.075)],
};

function settingOf(name: string, share: number): Setting {
  const [blue, green] = natures[name]!;
  return { requestsPerMinute: 1200, share, blue, green, minutes: 20 };
}

describe('rolled back in 20 minutes by any of three streams, at a limit of 20:1 (seeds 1 on)', () => {
  test.each(Object.keys(latenesses).flatMap((late) => Object.keys(natures).map((kind) => [late, kind])))(
    '%s, %s',
    (late, kind) => {
      const fell = { errors: 0, unanswered: 0, slow: 0 };
      let shifts = 0;
      for (const share of [0.05, 0.25, 0.5]) {
        for (let seed = 1; seed <= seeds; seed++) {
          shifts++;
          const most = { errors: 0, unanswered: 0, slow: 0 };
          const setting = settingOf(kind, share);
          const rate = setting.blue.unanswered;
          const baseline = { ...usual, unansweredRate: rate };
          for (const evidence of readings(setting, latenesses[late]!, createRng(seed, late), baseline)) {
            for (const stream of ['errors', 'unanswered', 'slow'] as const) {
              most[stream] = Math.max(most[stream], ratioOf(evidence, stream));
            }
          }
          for (const stream of ['errors', 'unanswered', 'slow'] as const) {
            if (most[stream] >= limit) fell[stream]++;
          }
        }
      }
      console.log(`${late}, ${kind}: ${JSON.stringify(fell)} of ${shifts}`);
      for (const count of Object.values(fell)) expect(count / shifts).toBeLessThanOrEqual(1 / limit);
    },
  );
});

const latenessesOf4xx: Readonly<Record<string, Lateness>> = {
  'each by itself, 1 to 6 minutes': latenesses['each by itself, 1 to 6 minutes']!,
  'green long before blue': latenesses['green long before blue']!,
  'blue’s 4xx last': () => (id) => after(id === 'g0_code4' ? 7 : 1),
  'green’s 4xx first': () => (id) => after(id === 'g1_code4' ? 1 : 5),
};

test.each(Object.entries(latenessesOf4xx))(
  'the same of answers with 4xx, where they are judged and green is at the bound: %s',
  (late, lateness) => {
    let [fell, shifts] = [0, 0];
    const baseline = { ...usual, unansweredRate: 0.0005, clientErrors: { rate: 0.03, dispersion: 1 } };
    const policy = { maxErrorRate: 0.005, clientErrors: 'judge' } as const;
    const blue: Nature = { ...nature(0.001, 0.0005, 0.01), refused: 0.03 };
    const green: Nature = { ...blue, refused: 0.0325 };
    for (const share of [0.05, 0.25, 0.5]) {
      for (let seed = 1; seed <= seeds; seed++) {
        shifts++;
        const setting = { requestsPerMinute: 1200, share, blue, green, minutes: 20 };
        let most = 0;
        for (const evidence of readings(
          setting,
          lateness,
          createRng(seed, `${late} 4xx`),
          baseline,
          policy,
        )) {
          most = Math.max(most, ratioOf(evidence, 'client-errors'));
        }
        if (most >= limit) fell++;
      }
    }
    console.log(`4xx, ${late}: ${fell} of ${shifts}`);
    expect(fell / shifts).toBeLessThanOrEqual(1 / limit);
  },
);
