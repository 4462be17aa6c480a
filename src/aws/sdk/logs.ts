import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { ServiceClient } from './caller.ts';
import { clientSettings, createServiceClient } from './client.ts';

export function createLogsClient(): ServiceClient {
  return createServiceClient(new CloudWatchLogsClient(clientSettings), {
    GetLogEvents: GetLogEventsCommand,
  });
}
