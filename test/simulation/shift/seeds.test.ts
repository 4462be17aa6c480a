/** Many seeds, drawn releases and trouble: whatever happens, the laws hold and the outcome is true. */
import { afterAll, expect, jest, test } from '@jest/globals';
import { live, troubles } from './life.ts';

/** Each release with each trouble once; `SHIFT_SEEDS=10000` draws more of them. */
const seeds = Number(process.env['SHIFT_SEEDS'] ?? 110);
const first = 1100;
/** Ten of a kind in one test: a failing one names its seed. */
const batch = 10;
const seen = new Map<string, number>();

jest.setTimeout(600_000);

test.each(Array.from({ length: Math.ceil(seeds / batch) }, (_, index) => [first + index * batch]))(
  'seeds from %i',
  async (from) => {
    for (let seed = from; seed < Math.min(from + batch, first + seeds); seed++) {
      const { trouble, outcomes } = await live(seed);
      const key = `${trouble}: ${outcomes.join(', then ')}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
  },
);

afterAll(() => {
  process.stderr.write(
    `${[...seen]
      .sort()
      .map(([key, count]) => `${String(count).padStart(5)} ${key}`)
      .join('\n')}\n`,
  );
});

test('every trouble was drawn', () => {
  for (const trouble of troubles) {
    expect([...seen.keys()].some((key) => key.startsWith(`${trouble}:`))).toBe(seeds >= 110);
  }
});
