import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { type ClientSettings, clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

export function createLogsClient(settings: ClientSettings = clientSettings): ServiceClient {
  return createServiceClient(new CloudWatchLogsClient(settings), {
    DescribeLogGroups: DescribeLogGroupsCommand,
    GetLogEvents: GetLogEventsCommand,
  });
}
