import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type ClientSettings, clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

export function createSecretsClient(settings: ClientSettings = clientSettings): ServiceClient {
  return createServiceClient(new SecretsManagerClient(settings), {
    DescribeSecret: DescribeSecretCommand,
  });
}
