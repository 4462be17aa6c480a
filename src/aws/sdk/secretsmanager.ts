import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

export function createSecretsClient(): ServiceClient {
  return createServiceClient(new SecretsManagerClient(clientSettings), {
    DescribeSecret: DescribeSecretCommand,
  });
}
