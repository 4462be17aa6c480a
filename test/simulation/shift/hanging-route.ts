/** A release of which some requests hang, under the users' eyes alone: how far it gets. */
import type { AwsCaller } from '../../../src/aws/caller.ts';
import type { AwsInput, AwsOutput } from '../../../src/aws/operations.ts';
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

/**
 * A load balancer that waits for so many minutes before it answers with 504: the region's own gives up within the minute,
 * so what it counts is shown so much later.
 */
const waiting =
  (minutes: number) =>
  (aws: AwsCaller): AwsCaller => ({
    call: async (operation, input, signal) => {
      const answer = await aws.call(operation, input, signal);
      if (operation !== 'cloudwatch:GetMetricData') return answer;
      const asked = input as AwsInput<'cloudwatch:GetMetricData'>;
      const shifted = (at: Date | undefined, by: number): Date => new Date(at!.getTime() + by * minute);
      const { MetricDataResults: before } = await aws.call('cloudwatch:GetMetricData', {
        ...asked,
        StartTime: shifted(asked.StartTime, -minutes),
        EndTime: shifted(asked.EndTime, -minutes),
      });
      const { MetricDataResults: now } = answer as AwsOutput<'cloudwatch:GetMetricData'>;
      const results = now?.map((result) => {
        const earlier = before?.find(({ Id }) => Id === result.Id);
        return result.Id === 'elb_504' && earlier !== undefined
          ? { ...earlier, Timestamps: earlier.Timestamps?.map((at) => shifted(at, minutes)) }
          : result;
      });
      return { ...answer, MetricDataResults: results };
    },
  });

/**
 * Begins at a moment of the minute by its seed. `hangShare`: of green's requests. `waitsMinutes`: the load balancer, for
 * an answer; less than one unless told.
 */
export async function playHanging(
  seed: number,
  hangShare: number,
  requestsPerSecond: number,
  waitsMinutes = 0,
): Promise<HangingEnd> {
  const region = await makeRegion('ecs', { seed, requestsPerSecond, apps: { v2: { hangShare } } });
  registerImage(region, 'v2');
  await settle(region, (seed * 1700) % minute);
  const inputs = {
    'probe-count': '0',
    'probes-per-step': '0',
    accept: 'unproven',
    steps: '10,50,100',
    'bake-time': '5m,2m,2m',
  };
  const { outputs } = await shift(region, inputs, waitsMinutes === 0 ? {} : { wrap: waiting(waitsMinutes) });
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
