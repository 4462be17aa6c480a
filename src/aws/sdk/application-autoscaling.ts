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
import { clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

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
