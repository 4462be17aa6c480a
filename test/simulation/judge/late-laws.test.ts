/** Laws of counts that come late: what is known in the end decides, and nothing that is missing speaks against green. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toTrafficMinutes } from '../../../src/aws/elb-minutes.ts';
import { createRng } from '../../../src/lab/world/random.ts';
import { addMinutes, type Evidence, noEvidence, ratioOf } from '../../../src/shift/evidence.ts';
import { toPairs } from '../../../src/shift/minutes.ts';
import { type DrawnMinute, drawMinute, minuteMs, type Setting, seriesAt, usual } from './late-series.ts';

const targetGroupArns = ['blue', 'green'];
const policy = { maxErrorRate: 0.005, clientErrors: 'judge' } as const;
/** Nothing comes any more. */
const inTheEnd = 60 * minuteMs;

const settings: fc.Arbitrary<Setting> = fc.record({
  requestsPerMinute: fc.integer({ min: 100, max: 3000 }),
  share: fc.constantFrom(0.05, 0.1, 0.25, 0.5, 0.9),
  blue: natures(),
  green: natures(),
  minutes: fc.constantFrom(1, 2, 5),
});

function natures(): fc.Arbitrary<Setting['blue']> {
  const share = (max: number) => fc.double({ min: 0, max, noNaN: true });
  return fc.record({ failing: share(0.2), unanswered: share(0.1), slow: share(0.3), refused: share(0.4) });
}

function drawn(setting: Setting, seed: number): readonly DrawnMinute[] {
  const rng = createRng(seed, 'laws');
  return Array.from({ length: setting.minutes }, (_, index) =>
    drawMinute(setting, () => () => () => 1, index * minuteMs, rng),
  );
}

/** `part`: how much of each series of a minute is shown, 0 to 1. */
function reading(
  before: Evidence,
  minutes: readonly DrawnMinute[],
  { share }: Setting,
  now: number,
  part: (id: string, at: number) => number,
): Evidence {
  const shown = minutes.map(({ at, series }) => ({
    at,
    series: series.map((each) => ({ ...each, shown: () => part(each.id.replace('_slow', '_timed'), at) })),
  }));
  const end = minutes.length * minuteMs;
  const traffic = toTrafficMinutes(seriesAt(shown, now, 0, end), { targetGroupArns });
  const weights = [{ at: -minuteMs, percent: 100 * share }];
  return addMinutes(before, toPairs(traffic, 0, end), usual, policy, now, weights);
}

const parts = fc.array(fc.constantFrom(0, 0, 0.3, 0.7, 1, 1), { minLength: 40, maxLength: 40 });
const partOf =
  (drawnParts: readonly number[]) =>
  (id: string, at: number): number =>
    drawnParts[Math.abs([...`${id}${at}`].reduce((hash, each) => hash * 31 + each.charCodeAt(0), 7)) % 40]!;

test('in which order and in how many parts counts come makes no difference in the end', () => {
  fc.assert(
    fc.property(settings, fc.nat(), fc.array(parts, { maxLength: 6 }), (setting, seed, readings) => {
      const minutes = drawn(setting, seed);
      const at = (index: number): number => (setting.minutes + 2 + index) * minuteMs;
      const revised = readings.reduce(
        (evidence, each, index) => reading(evidence, minutes, setting, at(index), partOf(each)),
        noEvidence,
      );
      const { history: _, ...late } = reading(revised, minutes, setting, inTheEnd, () => 1);
      const { history: __, ...atOnce } = reading(noEvidence, minutes, setting, inTheEnd, () => 1);
      expect(late).toEqual(atOnce);
    }),
  );
});

test('while requests are all counted, no reading says more against green than what is known in the end', () => {
  fc.assert(
    fc.property(settings, fc.nat(), parts, (drawnSetting, seed, each) => {
      const setting = { ...drawnSetting, minutes: 1 };
      const minutes = drawn(setting, seed);
      const part = partOf(each.map((share) => (share === 1 ? 1 : 0)));
      const early = reading(noEvidence, minutes, setting, 3 * minuteMs, (id, at) =>
        id.endsWith('_requests') ? 1 : part(id, at),
      );
      const final = reading(noEvidence, minutes, setting, inTheEnd, () => 1);
      for (const stream of ['errors', 'unanswered', 'slow', 'client-errors'] as const) {
        // A minute that is not judged yet says nothing: 1.
        expect(ratioOf(early, stream)).toBeLessThanOrEqual(Math.max(1, ratioOf(final, stream)) * (1 + 1e-9));
      }
    }),
    { numRuns: 500 },
  );
});

test('what has come whole after two minutes is judged as it will be in the end', () => {
  fc.assert(
    fc.property(settings, fc.nat(), (drawnSetting, seed) => {
      const healthy = { ...drawnSetting.blue, unanswered: 0 };
      const setting = { ...drawnSetting, blue: healthy };
      const minutes = drawn(setting, seed);
      const now = (setting.minutes + 2) * minuteMs;
      const early = reading(noEvidence, minutes, setting, now, () => 1);
      const final = reading(noEvidence, minutes, setting, inTheEnd, () => 1);
      fc.pre(Object.values(early.minutes).every(({ counted }) => counted === 'whole'));
      expect(early.harm.errors).toEqual(final.harm.errors);
      expect(early.harm.slow).toEqual(final.harm.slow);
      expect(early.harm['client-errors']).toEqual(final.harm['client-errors']);
    }),
  );
});
