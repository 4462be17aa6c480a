import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { ServiceClient } from './caller.ts';
import { clientSettings, createServiceClient } from './client.ts';

export function createCloudWatchClient(): ServiceClient {
  return createServiceClient(new CloudWatchClient(clientSettings), {
    DescribeAlarms: DescribeAlarmsCommand,
    GetMetricData: GetMetricDataCommand,
  });
}
