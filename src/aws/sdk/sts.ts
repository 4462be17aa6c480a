import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

export function createStsClient(): ServiceClient {
  return createServiceClient(new STSClient(clientSettings), {
    GetCallerIdentity: GetCallerIdentityCommand,
  });
}
