/** Target groups with the settings that decide whether traffic may move between them. */
import type { TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ConfigurationError } from '../runner/configuration-error.ts';
import { AwsCallError } from './call-error.ts';
import type { AwsCaller } from './caller.ts';

export interface TargetGroupFacts {
  readonly arn: string;
  readonly name: string;
  readonly protocol: string;
  /** `HTTP1`, `HTTP2`, `GRPC`. */
  readonly protocolVersion: string;
  /** The group's default port; ECS registers each task with its own. */
  readonly port: number | undefined;
  readonly targetType: string;
  readonly vpcId: string;
  readonly healthCheck: {
    readonly protocol: string;
    readonly path: string;
    /** A number, or `traffic-port`: the one of each target. */
    readonly port: string;
    readonly matcher: string;
    readonly intervalSeconds: number;
    readonly healthyThreshold: number;
  };
  /** Empty while no rule forwards to the group. */
  readonly loadBalancerArns: readonly string[];
  /** `stickiness.enabled` of the group's attributes. */
  readonly sticky: boolean;
  readonly deregistrationDelaySeconds: number;
}

/** A group as ELB describes it, its attributes apart. */
export type FoundGroup = TargetGroup & { readonly TargetGroupArn: string };

/** By ARN or by name, or one that was found before. Throws `ConfigurationError` `target-group-not-found`. */
export async function readTargetGroup(
  caller: AwsCaller,
  wanted: string | FoundGroup,
): Promise<TargetGroupFacts> {
  const group = typeof wanted === 'string' ? await findTargetGroup(caller, wanted) : wanted;
  const { Attributes: attributes = [] } = await caller.call(
    'elasticloadbalancing:DescribeTargetGroupAttributes',
    { TargetGroupArn: group.TargetGroupArn },
  );
  const attribute = (key: string): string | undefined =>
    attributes.find((candidate) => candidate.Key === key)?.Value;
  return toFacts(group, attribute);
}

/** By ARN or by name. Throws `ConfigurationError` `target-group-not-found`. */
export async function findTargetGroup(caller: AwsCaller, arnOrName: string): Promise<FoundGroup> {
  const { TargetGroups: groups = [] } = await caller
    .call(
      'elasticloadbalancing:DescribeTargetGroups',
      arnOrName.startsWith('arn:') ? { TargetGroupArns: [arnOrName] } : { Names: [arnOrName] },
    )
    .catch((error: unknown) => {
      if (error instanceof AwsCallError && error.kind === 'not-found') return { TargetGroups: [] };
      throw error;
    });
  const [group] = groups;
  if (group === undefined || !isFound(group)) {
    throw new ConfigurationError('target-group-not-found', `There is no target group ${arnOrName}.`);
  }
  return group;
}

function isFound(group: TargetGroup): group is FoundGroup {
  return group.TargetGroupArn !== undefined;
}

/** Who forwards to a target group; `unknown` where AWS did not say. */
export type GroupUse =
  | {
      readonly kind: 'known';
      readonly targetGroupArn: string;
      /** Empty where no rule and no listener names it: ELB lists a load balancer even where the weight is 0. */
      readonly loadBalancerArns: readonly string[];
    }
  | { readonly kind: 'unknown'; readonly targetGroupArn: string; readonly why: string };

/** One call for each: a group that is gone would spoil the answer about the others. */
export async function readGroupUses(
  caller: AwsCaller,
  targetGroupArns: readonly string[],
): Promise<readonly GroupUse[]> {
  return Promise.all(
    targetGroupArns.map(async (targetGroupArn): Promise<GroupUse> => {
      try {
        const { TargetGroups: [group] = [] } = await caller.call(
          'elasticloadbalancing:DescribeTargetGroups',
          { TargetGroupArns: [targetGroupArn] },
        );
        return group === undefined
          ? { kind: 'unknown', targetGroupArn, why: 'ELB knows nothing' }
          : { kind: 'known', targetGroupArn, loadBalancerArns: group.LoadBalancerArns ?? [] };
      } catch (error) {
        if (!(error instanceof AwsCallError)) throw error;
        if (error.kind !== 'not-found' && error.kind !== 'access-denied') throw error;
        return { kind: 'unknown', targetGroupArn, why: `ELB says: ${error.message}` };
      }
    }),
  );
}

/** How long a target that is taken out may still answer what it has begun, milliseconds. */
export async function readDeregistrationDelayMs(
  caller: AwsCaller,
  targetGroupArn: string,
  signal?: AbortSignal,
): Promise<number> {
  const { Attributes: attributes = [] } = await caller.call(
    'elasticloadbalancing:DescribeTargetGroupAttributes',
    { TargetGroupArn: targetGroupArn },
    signal,
  );
  const found = attributes.find((each) => each.Key === 'deregistration_delay.timeout_seconds');
  return Number(found?.Value ?? 300) * 1000;
}

function toFacts(group: TargetGroup, attribute: (key: string) => string | undefined): TargetGroupFacts {
  return {
    arn: group.TargetGroupArn ?? '',
    name: group.TargetGroupName ?? '',
    protocol: group.Protocol ?? '',
    protocolVersion: group.ProtocolVersion ?? 'HTTP1',
    port: group.Port,
    targetType: group.TargetType ?? 'instance',
    vpcId: group.VpcId ?? '',
    healthCheck: {
      protocol: group.HealthCheckProtocol ?? group.Protocol ?? '',
      path: group.HealthCheckPath ?? '/',
      port: group.HealthCheckPort ?? 'traffic-port',
      matcher: group.Matcher?.HttpCode ?? group.Matcher?.GrpcCode ?? '',
      intervalSeconds: group.HealthCheckIntervalSeconds ?? 30,
      healthyThreshold: group.HealthyThresholdCount ?? 5,
    },
    loadBalancerArns: group.LoadBalancerArns ?? [],
    sticky: attribute('stickiness.enabled') === 'true',
    deregistrationDelaySeconds: Number(attribute('deregistration_delay.timeout_seconds') ?? 300),
  };
}
