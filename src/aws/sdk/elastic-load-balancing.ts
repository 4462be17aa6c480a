import {
  CreateRuleCommand,
  DeleteRuleCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyRuleCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ServiceClient } from './caller.ts';
import { clientSettings, createServiceClient } from './client.ts';

export function createElbClient(): ServiceClient {
  return createServiceClient(new ElasticLoadBalancingV2Client(clientSettings), {
    CreateRule: CreateRuleCommand,
    DeleteRule: DeleteRuleCommand,
    DescribeListeners: DescribeListenersCommand,
    DescribeLoadBalancers: DescribeLoadBalancersCommand,
    DescribeRules: DescribeRulesCommand,
    DescribeTargetGroupAttributes: DescribeTargetGroupAttributesCommand,
    DescribeTargetGroups: DescribeTargetGroupsCommand,
    DescribeTargetHealth: DescribeTargetHealthCommand,
    ModifyListener: ModifyListenerCommand,
    ModifyRule: ModifyRuleCommand,
  });
}
