/**
 * The real door to AWS: the SDK's clients, loaded on first use. Region, credentials and endpoints come from the
 * environment as the SDK documents it.
 */
import type { AwsCaller } from '../caller.ts';
import { callerOver, type SdkCallerSettings, type ServiceClients } from './sender.ts';

const clients: Required<ServiceClients> = {
  ecs: async () => (await import('./ecs.ts')).createEcsClient(),
  elasticloadbalancing: async () => (await import('./elastic-load-balancing.ts')).createElbClient(),
  cloudwatch: async () => (await import('./cloudwatch.ts')).createCloudWatchClient(),
  'application-autoscaling': async () =>
    (await import('./application-autoscaling.ts')).createAutoScalingClient(),
  // Images go to several regions in one run; everything else stays in the job's own.
  ecr: async (region) => (await import('./ecr.ts')).createEcrClient(region),
  iam: async () => (await import('./iam.ts')).createIamClient(),
  logs: async () => (await import('./logs.ts')).createLogsClient(),
  secretsmanager: async () => (await import('./secretsmanager.ts')).createSecretsClient(),
  sns: async () => (await import('./sns.ts')).createSnsClient(),
  sts: async () => (await import('./sts.ts')).createStsClient(),
};

export function createSdkCaller(given: Partial<SdkCallerSettings> = {}): AwsCaller {
  return callerOver(clients, given);
}
