import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  ListTagsForResourceCommand,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-application-auto-scaling';
import type { ServiceClient } from './caller.ts';
import { clientSettings, createServiceClient } from './client.ts';

export function createAutoScalingClient(): ServiceClient {
  return createServiceClient(new ApplicationAutoScalingClient(clientSettings), {
    DescribeScalableTargets: DescribeScalableTargetsCommand,
    DescribeScalingPolicies: DescribeScalingPoliciesCommand,
    ListTagsForResource: ListTagsForResourceCommand,
    PutScalingPolicy: PutScalingPolicyCommand,
    RegisterScalableTarget: RegisterScalableTargetCommand,
    TagResource: TagResourceCommand,
    UntagResource: UntagResourceCommand,
  });
}
