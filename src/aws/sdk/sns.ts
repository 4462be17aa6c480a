import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { type ClientSettings, clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

export function createSnsClient(settings: ClientSettings = clientSettings): ServiceClient {
  return createServiceClient(new SNSClient(settings), {
    Publish: PublishCommand,
  });
}
