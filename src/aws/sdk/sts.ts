import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { ServiceClient } from './caller.ts';
import { clientSettings, createServiceClient } from './client.ts';

export function createStsClient(): ServiceClient {
  return createServiceClient(new STSClient(clientSettings), {
    GetCallerIdentity: GetCallerIdentityCommand,
  });
}
