import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

export function createCloudWatchClient(): ServiceClient {
  return createServiceClient(new CloudWatchClient(clientSettings), {
    DescribeAlarms: DescribeAlarmsCommand,
    GetMetricData: GetMetricDataCommand,
  });
}
