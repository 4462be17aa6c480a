/** A release of which some requests hang, under the users' eyes alone: how far it gets. */
import { makeRegion, minute, registerImage, settle, shift } from './region.ts';

export interface HangingEnd {
  readonly outcome: string | undefined;
  readonly cause: string | undefined;
  /** Percent of green at most. */
  readonly reached: number;
  /** From the first weight to the last. */
  readonly minutes: number;
  readonly harmed: number;
}

/** Begins at a moment of the minute by its seed. `hangShare`: of green's requests. */
export async function playHanging(
  seed: number,
  hangShare: number,
  requestsPerSecond: number,
): Promise<HangingEnd> {
  const region = await makeRegion('ecs', { seed, requestsPerSecond, apps: { v2: { hangShare } } });
  registerImage(region, 'v2');
  await settle(region, (seed * 1700) % minute);
  const { outputs } = await shift(region, {
    'probe-count': '0',
    'probes-per-step': '0',
    accept: 'unproven',
    steps: '10,50,100',
    'bake-time': '5m,2m,2m',
  });
  const weights = region.states.at(-1)?.weights ?? [];
  const first = weights.find(({ percent }) => percent > 0)?.at ?? Number.NaN;
  return {
    outcome: outputs['outcome'],
    cause: outputs['cause'],
    reached: Math.max(0, ...weights.map(({ percent }) => percent)),
    minutes: ((weights.at(-1)?.at ?? Number.NaN) - first) / minute,
    harmed: region.traffic.total.harmed,
  };
}
