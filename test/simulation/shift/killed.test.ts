/** A runner dies at any call, before or after its effect; the next run finds the truth in AWS and ends well. */
import { describe, expect, jest, test } from '@jest/globals';
import { Killed, killedAt } from './dying.ts';
import { expectTidy, scalable, scalingNow } from './leftovers.ts';
import { liveWeights, makeRegion, registerImage, serviceNow, shift } from './region.ts';

const quick = {
  accept: 'unproven',
  'bake-time': '20s',
  'probe-count': '20',
  'probes-per-step': '5',
  'blue-after': 'scale-to-zero',
};

async function dyingRun(
  call: number,
  withEffect: boolean,
  inputs: Readonly<Record<string, string>>,
  seed: number,
) {
  const region = await makeRegion('ecs', { seed, requestsPerSecond: 0.15 });
  scalable(region);
  registerImage(region, 'v2');
  const { wrap, made } = killedAt(call, withEffect);
  let died = false;
  try {
    await shift(region, inputs, { wrap });
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    died = true;
  }
  return { region, died, made: made() };
}

/** Every other call while things are made and put away, and a sample of the waits in between, which are alike. */
function callsToDieAt(calls: number, offset: number): readonly number[] {
  const all = Array.from({ length: calls }, (_, index) => index + 1);
  const dense = (call: number): boolean => call < 90 || call > calls - 24;
  return all.filter((call) => (dense(call) ? call % 2 === offset : call % 13 === offset));
}

/** How many calls a whole shift makes. */
const wholeShift = dyingRun(Number.POSITIVE_INFINITY, true, quick, 300).then(({ made }) => made);

jest.setTimeout(120_000);

describe.each([
  ['after the call', true],
  ['instead of the call', false],
] as const)('killed %s', (_when, withEffect) => {
  test('anywhere: the next run promotes, and nothing is left', async () => {
    const calls = await wholeShift;
    expect(calls).toBeGreaterThan(60);
    for (const call of callsToDieAt(calls, withEffect ? 1 : 0)) {
      const { region, died } = await dyingRun(call, withEffect, quick, 300 + call);
      const result = await shift(region, quick, { runId: '2' });
      const told = `killed at call ${call} of ${calls} (${died})\n${region.log.join('\n')}`;
      const outcome = result.outputs['outcome'];
      if (outcome === 'no-change') {
        // It died with everything done but its own good-bye.
        expect({ call, live: liveWeights(region), told }).toEqual({
          call,
          live: { 'api-a': 0, 'api-b': 100 },
          told,
        });
      } else {
        expect({ outcome: outcome?.split('-')[0], told }).toEqual({ outcome: 'promoted', told });
        expect(liveWeights(region)).toEqual({ 'api-a': 0, 'api-b': 100 });
      }
      expectTidy(region);
      expect(scalingNow(region)).toEqual(
        expect.arrayContaining([
          { service: 'api-blue', min: 0, max: 6, suspended: false, noted: [] },
          { service: 'api-green', min: 2, max: 6, suspended: false, noted: [] },
        ]),
      );
      expect({ blue: serviceNow(region, 'api-blue').desiredCount, told }).toEqual({ blue: 0, told });
      expect(serviceNow(region, 'api-green')).toMatchObject({ desiredCount: 3, runningCount: 3 });
      expect({ harmed: region.traffic.total.harmed, told }).toEqual({ harmed: 0, told });
    }
  });

  test('anywhere, and another revision is asked for: the first is taken back, the other one shifted', async () => {
    const calls = await wholeShift;
    for (let call = withEffect ? 5 : 11; call <= calls; call += 29) {
      const { region } = await dyingRun(call, withEffect, quick, 600 + call);
      registerImage(region, 'v3');
      const result = await shift(region, quick, { runId: '2' });
      const told = `killed at call ${call}\n${region.log.join('\n')}`;
      expect({ outcome: result.outputs['outcome']?.split('-')[0], told }).toEqual({
        outcome: 'promoted',
        told,
      });
      expectTidy(region);
      expect({ harmed: region.traffic.total.harmed, told }).toEqual({ harmed: 0, told });
    }
  });
});
