/** What a shift must not leave behind. */
import { expect } from '@jest/globals';
import { cluster, type Region, rulesOfListener } from './region.ts';

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
      // A half-made twin stays one until a run makes the rest.
    ).filter((key) => key !== 'ips-deploy:twin'),
  }));
}

/** Everything is put away, whatever happened. */
export function expectTidy(region: Region): void {
  expect(rulesOfListener(region)).toBe(2);
  for (const target of scalingNow(region)) {
    expect(target).toMatchObject({ suspended: false, noted: [] });
  }
}
