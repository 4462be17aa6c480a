/** How soon the job knows, and at what price in calls: over rollouts of 40 to 900 s, each from its seed. */
import { expect, test } from '@jest/globals';
import { beginning, callLatencyMs, crashLoop, goodRollout, type Pace, quantile } from './pace.ts';

const count = Number(process.env['SEEDS'] ?? 200);
const shares = [0.05, 0.25, 0.5, 0.75, 0.95];

async function all(run: (seed: number) => Promise<Pace>): Promise<readonly Pace[]> {
  const paces: Pace[] = [];
  for (let seed = 1; seed <= count; seed++) paces.push(await run(seed));
  return paces;
}

/** The distribution, as it is printed: quantiles of each measure. */
function distribution(paces: readonly Pace[], measures: Readonly<Record<string, (pace: Pace) => number>>) {
  const columns = shares.map((share) => `${share * 100} %`);
  return Object.entries(measures).map(([name, measure]) => {
    const values = paces.map(measure);
    return { name, ...Object.fromEntries(shares.map((share, at) => [columns[at], quantile(values, share)])) };
  });
}

const lengthSeconds = (pace: Pace): number => Math.round(pace.lengthMs / 1000);
/** What a rollout of that length may ask: 80 calls for 226 s, and so on in proportion beyond. */
const callsAt226 = (pace: Pace): number => Math.round(pace.calls / Math.max(1, lengthSeconds(pace) / 226));

test('good rollouts', async () => {
  const paces = await all(goodRollout);
  console.table(
    distribution(paces, {
      'length, s': lengthSeconds,
      'end in ECS to the exit, ms': (pace) => Math.round(pace.lagMs),
      calls: (pace) => pace.calls,
      'calls, for 226 s': callsAt226,
    }),
  );
  expect(paces.filter((pace) => pace.outcome !== 'succeeded')).toEqual([]);
  expect(quantile(paces.map(lengthSeconds), 0.9)).toBeGreaterThan(600);
  expect(
    quantile(
      paces.map((pace) => pace.lagMs),
      0.5,
    ),
  ).toBeLessThanOrEqual(700);
  expect(Math.max(...paces.map((pace) => pace.lagMs))).toBeLessThan(6000);
  expect(
    quantile(
      paces.map((pace) => pace.lagMs),
      0.9,
    ),
  ).toBeLessThan(1500);
  expect(paces.filter((pace) => callsAt226(pace) > 80)).toEqual([]);
}, 60_000);

test("rollbacks by ECS's circuit breaker", async () => {
  const paces = await all(crashLoop);
  console.table(
    distribution(paces, {
      'length, s': lengthSeconds,
      'rollback asked for to the line in the log, ms': (pace) => Math.round(pace.announcedMs),
      'end of the rollback to the exit, ms': (pace) => Math.round(pace.lagMs),
      calls: (pace) => pace.calls,
      'calls, for 226 s': callsAt226,
    }),
  );
  expect(paces.filter((pace) => pace.outcome !== 'rolled-back')).toEqual([]);
  expect(paces.filter((pace) => !(pace.announcedMs <= 2000 && pace.lagMs <= 1500))).toEqual([]);
  expect(quantile(paces.map(callsAt226), 0.5)).toBeLessThanOrEqual(80);
}, 60_000);

test('without waiting: what is asked, and in how many turns', async () => {
  const file = await beginning();
  expect(file.byOperation).toEqual({
    'ecs:DescribeServices': 1,
    'ecs:DescribeTaskDefinition': 1,
    'ecs:RegisterTaskDefinition': 1,
    'ecs:UpdateService': 1,
  });
  // The two reads go side by side.
  expect(file.tookMs).toBe(3 * callLatencyMs);
  for (const known of ['equal-file', 'named'] as const) {
    const { byOperation, tookMs } = await beginning(known);
    expect(byOperation).toEqual({
      'ecs:DescribeServices': 1,
      'ecs:DescribeTaskDefinition': 1,
      'ecs:UpdateService': 1,
    });
    expect(tookMs).toBe(2 * callLatencyMs);
  }
});
