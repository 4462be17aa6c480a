import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  PutMetricAlarmCommand,
} from '@aws-sdk/client-cloudwatch';
import { type ClientSettings, clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

export function createCloudWatchClient(settings: ClientSettings = clientSettings): ServiceClient {
  return createServiceClient(new CloudWatchClient(settings), {
    DescribeAlarms: DescribeAlarmsCommand,
    GetMetricData: GetMetricDataCommand,
    PutMetricAlarm: PutMetricAlarmCommand,
  });
}
