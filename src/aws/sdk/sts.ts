import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type ClientSettings, clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

export function createStsClient(settings: ClientSettings = clientSettings): ServiceClient {
  return createServiceClient(new STSClient(settings), {
    AssumeRoleWithWebIdentity: AssumeRoleWithWebIdentityCommand,
    GetCallerIdentity: GetCallerIdentityCommand,
  });
}
