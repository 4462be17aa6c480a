import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ServiceClient } from './caller.ts';
import { clientSettings, createServiceClient } from './client.ts';

export function createSecretsClient(): ServiceClient {
  return createServiceClient(new SecretsManagerClient(clientSettings), {
    DescribeSecret: DescribeSecretCommand,
  });
}
