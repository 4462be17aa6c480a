import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

export function createSnsClient(): ServiceClient {
  return createServiceClient(new SNSClient(clientSettings), {
    Publish: PublishCommand,
  });
}
