import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
  ListTagsForResourceCommand,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { type ClientSettings, clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

export function createAutoScalingClient(settings: ClientSettings = clientSettings): ServiceClient {
  return createServiceClient(new ApplicationAutoScalingClient(settings), {
    DescribeScalableTargets: DescribeScalableTargetsCommand,
    DescribeScalingPolicies: DescribeScalingPoliciesCommand,
    DescribeScheduledActions: DescribeScheduledActionsCommand,
    ListTagsForResource: ListTagsForResourceCommand,
    PutScalingPolicy: PutScalingPolicyCommand,
    PutScheduledAction: PutScheduledActionCommand,
    RegisterScalableTarget: RegisterScalableTargetCommand,
    TagResource: TagResourceCommand,
    UntagResource: UntagResourceCommand,
  });
}
