import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { type ClientSettings, clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

export function createIamClient(settings: ClientSettings = clientSettings): ServiceClient {
  return createServiceClient(new IAMClient(settings), {
    GetRole: GetRoleCommand,
  });
}
