import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import type { ServiceClient } from './caller.ts';
import { clientSettings, createServiceClient } from './client.ts';

export function createAutoScalingClient(): ServiceClient {
  return createServiceClient(new ApplicationAutoScalingClient(clientSettings), {
    DescribeScalableTargets: DescribeScalableTargetsCommand,
    RegisterScalableTarget: RegisterScalableTargetCommand,
  });
}
