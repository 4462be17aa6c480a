/** Application Auto Scaling of ECS services: read, quieten for the time of a shift, put back. */
import type {
  PutScheduledActionRequest,
  ScalableTarget,
  ScalingPolicy,
  ScheduledAction,
} from '@aws-sdk/client-application-auto-scaling';
import type { AwsCaller } from './caller.ts';

export interface ScalingFacts {
  /** `service/<cluster>/<service>` */
  readonly resourceId: string;
  /** Of the scalable target; undefined while there is none. */
  readonly arn: string | undefined;
  readonly minCapacity: number;
  readonly maxCapacity: number;
  readonly suspended: {
    readonly scaleIn: boolean;
    readonly scaleOut: boolean;
    readonly scheduled: boolean;
  };
  /** A shift has begun to make its policies, and was not seen to end that. */
  readonly halfMade?: boolean;
}

const dimension = {
  ServiceNamespace: 'ecs',
  ScalableDimension: 'ecs:service:DesiredCount',
} as const;

/** `cluster` as a name or an ARN. */
export function scalingResource(cluster: string, service: string): string {
  return `service/${cluster.slice(cluster.lastIndexOf('/') + 1)}/${service}`;
}

/** Undefined where the service does not scale by itself. */
export async function readScaling(caller: AwsCaller, resourceId: string): Promise<ScalingFacts | undefined> {
  const { ScalableTargets: targets = [] } = await caller.call(
    'application-autoscaling:DescribeScalableTargets',
    { ...dimension, ResourceIds: [resourceId] },
  );
  const target = targets.find((candidate) => candidate.ResourceId === resourceId);
  return target === undefined ? undefined : toScalingFacts(target);
}

/** All scalable targets of ECS services whose scaling in is suspended, as it is for the time of a shift. */
export async function readQuietened(caller: AwsCaller): Promise<readonly ScalingFacts[]> {
  const found: ScalingFacts[] = [];
  let nextToken: string | undefined;
  do {
    const page = await caller.call('application-autoscaling:DescribeScalableTargets', {
      ...dimension,
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    });
    found.push(...(page.ScalableTargets ?? []).map(toScalingFacts));
    nextToken = page.NextToken;
  } while (nextToken !== undefined);
  return found.filter((target) => target.suspended.scaleIn);
}

function toScalingFacts(target: ScalableTarget): ScalingFacts {
  return {
    resourceId: target.ResourceId ?? '',
    arn: target.ScalableTargetARN,
    minCapacity: target.MinCapacity ?? 0,
    maxCapacity: target.MaxCapacity ?? 0,
    suspended: {
      scaleIn: target.SuspendedState?.DynamicScalingInSuspended ?? false,
      scaleOut: target.SuspendedState?.DynamicScalingOutSuspended ?? false,
      scheduled: target.SuspendedState?.ScheduledScalingSuspended ?? false,
    },
  };
}

/**
 * Repeatable. Registering clamps the service's count into min and max: callers choose them so that it fits.
 * The answer is the target's ARN.
 */
export async function writeScaling(
  caller: AwsCaller,
  wanted: ScalingFacts,
  /** Only for a target that is made by this call: AWS takes them then, and never later. */
  tags?: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const { ScalableTargetARN } = await caller.call('application-autoscaling:RegisterScalableTarget', {
    ...dimension,
    ResourceId: wanted.resourceId,
    MinCapacity: wanted.minCapacity,
    MaxCapacity: wanted.maxCapacity,
    SuspendedState: {
      DynamicScalingInSuspended: wanted.suspended.scaleIn,
      DynamicScalingOutSuspended: wanted.suspended.scaleOut,
      ScheduledScalingSuspended: wanted.suspended.scheduled,
    },
    ...(tags === undefined ? {} : { Tags: { ...tags } }),
  });
  return ScalableTargetARN;
}

/**
 * How a service scales while its traffic is being shifted: never in, never by schedule (ECS itself does no
 * more during a deployment), still out, and never below the count that carries everything. Pure.
 */
export function quietened(former: ScalingFacts, count: number): ScalingFacts {
  return {
    ...former,
    minCapacity: Math.min(Math.max(former.minCapacity, count), former.maxCapacity),
    suspended: { scaleIn: true, scaleOut: former.suspended.scaleOut, scheduled: true },
  };
}

/**
 * What is noted on a scalable target while it is quietened: a later run finds how it was before, whatever
 * became of the run that changed it. Documented in docs/tags.md.
 */
export const scalingTag = 'ips-deploy:scaling';

/** On the scalable target of a twin until all of its policies, schedules and alarms are made. */
export const twinTag = 'ips-deploy:twin';

/** Pure: `min=2 max=6 in=false out=false scheduled=false`, where suspended kinds are true. */
export function scalingToTag({ minCapacity, maxCapacity, suspended }: ScalingFacts): string {
  const { scaleIn, scaleOut, scheduled } = suspended;
  return `min=${minCapacity} max=${maxCapacity} in=${scaleIn} out=${scaleOut} scheduled=${scheduled}`;
}

/** Pure; undefined where the text is not ours. */
export function scalingOfTag(now: ScalingFacts, text: string): ScalingFacts | undefined {
  const found = /^min=(\d+) max=(\d+) in=(true|false) out=(true|false) scheduled=(true|false)$/.exec(text);
  if (found === null) return undefined;
  const [, min, max, scaleIn, scaleOut, scheduled] = found;
  return {
    ...now,
    minCapacity: Number(min),
    maxCapacity: Number(max),
    suspended: {
      scaleIn: scaleIn === 'true',
      scaleOut: scaleOut === 'true',
      scheduled: scheduled === 'true',
    },
  };
}

/** How the target was before a shift quietened it, as noted on it; as it is where nothing is noted. */
export async function readFormerScaling(caller: AwsCaller, now: ScalingFacts): Promise<ScalingFacts> {
  if (now.arn === undefined) return now;
  const { Tags: tags = {} } = await caller.call('application-autoscaling:ListTagsForResource', {
    ResourceARN: now.arn,
  });
  const text = tags[scalingTag];
  const former = (text === undefined ? undefined : scalingOfTag(now, text)) ?? now;
  return tags[twinTag] === undefined ? former : { ...former, halfMade: true };
}

/** Repeatable. */
export async function noteScaling(caller: AwsCaller, former: ScalingFacts): Promise<void> {
  if (former.arn === undefined) return;
  await caller.call('application-autoscaling:TagResource', {
    ResourceARN: former.arn,
    Tags: { [scalingTag]: scalingToTag(former) },
  });
}

/** Repeatable. */
export async function forgetScaling(
  caller: AwsCaller,
  { arn }: Pick<ScalingFacts, 'arn'>,
  tag = scalingTag,
): Promise<void> {
  if (arn === undefined) return;
  await caller.call('application-autoscaling:UntagResource', { ResourceARN: arn, TagKeys: [tag] });
}

/** All scaling policies of a service, as AWS describes them. */
export async function readScalingPolicies(
  caller: AwsCaller,
  resourceId: string,
): Promise<readonly ScalingPolicy[]> {
  const policies: ScalingPolicy[] = [];
  let nextToken: string | undefined;
  do {
    const page = await caller.call('application-autoscaling:DescribeScalingPolicies', {
      ...dimension,
      ResourceId: resourceId,
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    });
    policies.push(...(page.ScalingPolicies ?? []));
    nextToken = page.NextToken;
  } while (nextToken !== undefined);
  return policies;
}

/** Repeatable: a policy of that name is replaced. Answers its ARN. */
export async function putScalingPolicy(
  caller: AwsCaller,
  policy: ScalingPolicy,
): Promise<string | undefined> {
  const { PolicyARN: arn } = await caller.call('application-autoscaling:PutScalingPolicy', {
    ...dimension,
    PolicyName: policy.PolicyName,
    ResourceId: policy.ResourceId,
    PolicyType: policy.PolicyType,
    ...(policy.TargetTrackingScalingPolicyConfiguration === undefined
      ? {}
      : { TargetTrackingScalingPolicyConfiguration: policy.TargetTrackingScalingPolicyConfiguration }),
    ...(policy.StepScalingPolicyConfiguration === undefined
      ? {}
      : { StepScalingPolicyConfiguration: policy.StepScalingPolicyConfiguration }),
  });
  return arn;
}

/** All scheduled actions of a service, as AWS describes them. */
export async function readScheduledActions(
  caller: AwsCaller,
  resourceId: string,
): Promise<readonly ScheduledAction[]> {
  const actions: ScheduledAction[] = [];
  let nextToken: string | undefined;
  do {
    const page = await caller.call('application-autoscaling:DescribeScheduledActions', {
      ...dimension,
      ResourceId: resourceId,
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    });
    actions.push(...(page.ScheduledActions ?? []));
    nextToken = page.NextToken;
  } while (nextToken !== undefined);
  return actions;
}

/** What PutScheduledAction takes besides the dimension. */
export type ScheduledActionRequest = Omit<PutScheduledActionRequest, keyof typeof dimension>;

/** Repeatable: an action of that name is replaced. */
export async function putScheduledAction(caller: AwsCaller, action: ScheduledActionRequest): Promise<void> {
  await caller.call('application-autoscaling:PutScheduledAction', { ...dimension, ...action });
}
