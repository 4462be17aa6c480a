/** Runs that die, and what must not be left behind. */
import { expect } from '@jest/globals';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { cluster, type Region, rulesOfListener } from './region.ts';

export class Killed extends Error {}

/** From the given call on nothing gets through: that one with its effect, or without. */
export function killedAt(
  call: number,
  withEffect: boolean,
): { wrap: (aws: AwsCaller) => AwsCaller; made: () => number } {
  let calls = 0;
  return {
    made: () => calls,
    wrap: (aws) => ({
      call: async (operation, input, signal) => {
        calls++;
        if (calls > call || (calls === call && !withEffect)) throw new Killed(operation);
        const output = await aws.call(operation, input, signal);
        if (calls === call) throw new Killed(operation);
        return output;
      },
    }),
  };
}

export function scalable(region: Region, service = 'api-blue'): void {
  region.world.must('application-autoscaling', 'RegisterScalableTarget', {
    ServiceNamespace: 'ecs',
    ScalableDimension: 'ecs:service:DesiredCount',
    ResourceId: `service/${cluster}/${service}`,
    MinCapacity: 2,
    MaxCapacity: 6,
  });
}

export function scalingNow(region: Region): readonly Record<string, unknown>[] {
  const { ScalableTargets } = region.world.must('application-autoscaling', 'DescribeScalableTargets', {
    ServiceNamespace: 'ecs',
  });
  return ScalableTargets.map((target: Record<string, unknown>) => ({
    service: String(target['ResourceId']).split('/').at(-1),
    min: target['MinCapacity'],
    max: target['MaxCapacity'],
    suspended: Object.values(target['SuspendedState'] as object).includes(true),
    noted: Object.keys(
      region.world.must('application-autoscaling', 'ListTagsForResource', {
        ResourceARN: target['ScalableTargetARN'],
      }).Tags,
    ),
  }));
}

/** Everything is put away, whatever happened. */
export function expectTidy(region: Region): void {
  expect(rulesOfListener(region)).toBe(2);
  for (const target of scalingNow(region)) {
    expect(target).toMatchObject({ suspended: false, noted: [] });
  }
}
