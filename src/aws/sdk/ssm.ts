import { ListTagsForResourceCommand, SSMClient } from '@aws-sdk/client-ssm';
import { type ClientSettings, clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

export function createSsmClient(settings: ClientSettings = clientSettings): ServiceClient {
  return createServiceClient(new SSMClient(settings), {
    ListTagsForResource: ListTagsForResourceCommand,
  });
}
