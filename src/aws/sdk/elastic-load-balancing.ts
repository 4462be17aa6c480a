import {
  AddTagsCommand,
  CreateRuleCommand,
  DeleteRuleCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyRuleCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { type ClientSettings, clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

export function createElbClient(settings: ClientSettings = clientSettings): ServiceClient {
  return createServiceClient(new ElasticLoadBalancingV2Client(settings), {
    AddTags: AddTagsCommand,
    CreateRule: CreateRuleCommand,
    DeleteRule: DeleteRuleCommand,
    DescribeListeners: DescribeListenersCommand,
    DescribeLoadBalancers: DescribeLoadBalancersCommand,
    DescribeRules: DescribeRulesCommand,
    DescribeTags: DescribeTagsCommand,
    DescribeTargetGroupAttributes: DescribeTargetGroupAttributesCommand,
    DescribeTargetGroups: DescribeTargetGroupsCommand,
    DescribeTargetHealth: DescribeTargetHealthCommand,
    ModifyListener: ModifyListenerCommand,
    ModifyRule: ModifyRuleCommand,
  });
}
