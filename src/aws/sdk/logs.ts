import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

export function createLogsClient(): ServiceClient {
  return createServiceClient(new CloudWatchLogsClient(clientSettings), {
    DescribeLogGroups: DescribeLogGroupsCommand,
    GetLogEvents: GetLogEventsCommand,
  });
}
