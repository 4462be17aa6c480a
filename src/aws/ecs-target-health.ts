/** Health of the targets that a service's tasks are registered as, in one target group each. */
import type { AwsCaller } from './caller.ts';

export interface TargetFacts {
  readonly id: string;
  readonly port: number;
  /** initial, healthy, unhealthy, unhealthy.draining, unused, draining, unavailable. */
  readonly state: string;
  /** `Target.ResponseCodeMismatch` and the like. */
  readonly reason: string | undefined;
  readonly description: string | undefined;
}

export interface TargetGroupHealthFacts {
  readonly targetGroupArn: string;
  readonly targets: readonly TargetFacts[];
}

export async function readTargetHealth(
  aws: AwsCaller,
  targetGroupArn: string,
  signal?: AbortSignal,
): Promise<TargetGroupHealthFacts> {
  const answer = await aws.call(
    'elasticloadbalancing:DescribeTargetHealth',
    { TargetGroupArn: targetGroupArn },
    signal,
  );
  return {
    targetGroupArn,
    targets: (answer.TargetHealthDescriptions ?? []).map((each) => ({
      id: each.Target?.Id ?? '',
      port: each.Target?.Port ?? 0,
      state: each.TargetHealth?.State ?? '',
      reason: each.TargetHealth?.Reason,
      description: each.TargetHealth?.Description,
    })),
  };
}
