/** Scaling policies, of target tracking and of steps. */

import type {
  DeleteScalingPolicyRequest,
  DescribeScalingPoliciesRequest,
  PutScalingPolicyRequest,
  ScalingPolicy as ScalingPolicyShape,
} from '@aws-sdk/client-application-auto-scaling';
import { copyData } from '../plain-data.ts';
import type { Operation, Permission } from '../service.ts';
import { trackedMetric } from './metrics.ts';
import {
  checkScope,
  dimension,
  namespace,
  noTarget,
  objectNotFound,
  type ScalingPolicy,
  validationError,
} from './model.ts';
import { page } from './paging.ts';
import { checkSteps, type StepScaling } from './step-scaling.ts';
import { type TargetState, targetResource } from './target-operations.ts';
import type { TargetTracking } from './target-tracking.ts';

export interface PolicyState extends TargetState {
  /** By resource id and policy name. */
  readonly policies: Map<string, ScalingPolicy>;
  readonly tracking: TargetTracking;
  readonly stepping: StepScaling;
}

/**
 * The alarms of target tracking are made in the name of the caller.
 * https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html
 */
function alarmPermissions(
  state: PolicyState,
  input: Partial<PutScalingPolicyRequest> | undefined,
): readonly Permission[] {
  if (input?.PolicyType !== 'TargetTrackingScaling') return [];
  const resources = [
    state.kernel.arn('cloudwatch', `alarm:TargetTracking-${input.ResourceId ?? ''}-AlarmHigh-*`),
  ];
  return [{ action: 'cloudwatch:PutMetricAlarm', resources }];
}

function policyKey(resourceId: string, name: string): string {
  return `${resourceId} ${name}`;
}

export function policyOperations(state: PolicyState): Record<string, Operation> {
  return {
    PutScalingPolicy: {
      mutates: true,
      permissions: (input: Partial<PutScalingPolicyRequest> | undefined) => [
        {
          action: 'application-autoscaling:PutScalingPolicy',
          resources: targetResource(state, input?.ResourceId),
        },
        ...alarmPermissions(state, input),
      ],
      run: (input: PutScalingPolicyRequest) => {
        const policy = put(state, input);
        return { PolicyARN: policy.arn, Alarms: alarmShapes(state, policy) };
      },
    },
    DescribeScalingPolicies: {
      mutates: false,
      permissions: () => [{ action: 'application-autoscaling:DescribeScalingPolicies', resources: ['*'] }],
      run: (input: DescribeScalingPoliciesRequest) => {
        const all = [...state.policies.values()]
          .filter(() => input.ServiceNamespace === namespace)
          .filter((policy) => input.ResourceId === undefined || policy.resourceId === input.ResourceId)
          .filter((policy) => input.PolicyNames === undefined || input.PolicyNames.includes(policy.name));
        const found = page(all, input);
        return { ScalingPolicies: found.items.map((policy) => shape(state, policy)), ...found.token };
      },
    },
    DeleteScalingPolicy: {
      mutates: true,
      permissions: (input: Partial<DeleteScalingPolicyRequest> | undefined) => [
        {
          action: 'application-autoscaling:DeleteScalingPolicy',
          resources: targetResource(state, input?.ResourceId),
        },
      ],
      run: (input: DeleteScalingPolicyRequest) => {
        const resourceId = checkScope(input);
        const key = policyKey(resourceId, input.PolicyName ?? '');
        const policy = state.policies.get(key);
        if (policy === undefined) {
          throw objectNotFound(
            `No scaling policy found for policy name: ${input.PolicyName}, resource ID: ${resourceId}`,
          );
        }
        removePolicy(state, policy);
        return {};
      },
    },
  };
}

export function removePolicy(state: PolicyState, policy: ScalingPolicy): void {
  state.tracking.remove(policy.arn);
  state.stepping.remove(policy.arn);
  state.policies.delete(policyKey(policy.resourceId, policy.name));
  state.kernel.record('autoscaling.policy-deleted', policy.arn);
}

function put(state: PolicyState, input: PutScalingPolicyRequest): ScalingPolicy {
  const resourceId = checkScope(input);
  const name = input.PolicyName ?? '';
  if (name.length === 0 || name.length > 256) {
    throw validationError(`PolicyName '${name}' must be 1 to 256 characters long`);
  }
  const target = state.targets.get(resourceId);
  if (target === undefined) throw noTarget(resourceId);
  const former = state.policies.get(policyKey(resourceId, name));
  const type = input.PolicyType ?? former?.config.type ?? 'StepScaling';
  const { kernel } = state;
  const config = configOf(type, resourceId, input);
  const arn =
    former?.arn ??
    kernel.arn(
      'autoscaling',
      `scalingPolicy:${uuid(kernel.rng('autoscaling.id').hex(32))}:resource/${namespace}/${resourceId}:policyName/${name}`,
    );
  const policy: ScalingPolicy = {
    arn,
    name,
    resourceId,
    createdAt: former?.createdAt ?? kernel.now,
    config,
    alarms:
      config.type === 'TargetTrackingScaling'
        ? (former?.alarms ?? alarmNames(state, resourceId, config))
        : [],
  };
  state.policies.set(policyKey(resourceId, name), policy);
  kernel.record('autoscaling.policy-put', arn, { type: config.type });
  if (config.type === 'TargetTrackingScaling') {
    state.stepping.remove(arn);
    state.tracking.put(policy, config.tracking);
  } else {
    state.tracking.remove(arn);
    state.stepping.put(policy, config.step);
  }
  return policy;
}

function configOf(type: string, resourceId: string, input: PutScalingPolicyRequest): ScalingPolicy['config'] {
  if (type === 'StepScaling') {
    if (input.StepScalingPolicyConfiguration === undefined) {
      throw validationError('StepScalingPolicyConfiguration is required for a StepScaling policy');
    }
    checkSteps(input.StepScalingPolicyConfiguration);
    return { type, step: input.StepScalingPolicyConfiguration };
  }
  if (type !== 'TargetTrackingScaling') {
    throw validationError(
      `Policy type '${type}' is not simulated by the lab; allowed: TargetTrackingScaling, StepScaling`,
    );
  }
  const tracking = input.TargetTrackingScalingPolicyConfiguration;
  if (tracking?.TargetValue === undefined || !(tracking.TargetValue > 0)) {
    throw validationError('TargetTrackingScalingPolicyConfiguration must have a TargetValue above 0');
  }
  trackedMetric(resourceId, tracking);
  return { type, tracking };
}

function alarmNames(
  state: PolicyState,
  resourceId: string,
  config: Extract<ScalingPolicy['config'], { type: 'TargetTrackingScaling' }>,
): string[] {
  const rng = state.kernel.rng('autoscaling.id');
  const high = `TargetTracking-${resourceId}-AlarmHigh-${uuid(rng.hex(32))}`;
  if (config.tracking.DisableScaleIn === true) return [high];
  return [high, `TargetTracking-${resourceId}-AlarmLow-${uuid(rng.hex(32))}`];
}

function uuid(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function alarmShapes(state: PolicyState, policy: ScalingPolicy): { AlarmName: string; AlarmARN: string }[] {
  return policy.alarms.map((name) => ({
    AlarmName: name,
    AlarmARN: state.kernel.arn('cloudwatch', `alarm:${name}`),
  }));
}

function shape(state: PolicyState, policy: ScalingPolicy): ScalingPolicyShape {
  return {
    PolicyARN: policy.arn,
    PolicyName: policy.name,
    ServiceNamespace: namespace,
    ResourceId: policy.resourceId,
    ScalableDimension: dimension,
    PolicyType: policy.config.type,
    ...(policy.config.type === 'StepScaling'
      ? { StepScalingPolicyConfiguration: copyData(policy.config.step) }
      : { TargetTrackingScalingPolicyConfiguration: copyData(policy.config.tracking) }),
    Alarms: alarmShapes(state, policy),
    CreationTime: new Date(policy.createdAt),
  };
}
