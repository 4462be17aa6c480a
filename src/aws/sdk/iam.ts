import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

export function createIamClient(): ServiceClient {
  return createServiceClient(new IAMClient(clientSettings), {
    GetRole: GetRoleCommand,
  });
}
