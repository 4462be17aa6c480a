/**
 * The real door to AWS: the SDK's clients, loaded on first use. Region, credentials and endpoints come from the
 * environment as the SDK documents it.
 */
import type { AwsCaller } from '../caller.ts';
import { callerOver, type SdkCallerSettings, type ServiceClients } from './sender.ts';

/** What most actions call. Clients of single actions come from their entries: each is in the bundle of its own. */
const clients: Required<Omit<ServiceClients, 'ssm'>> = {
  ecs: async (settings) => (await import('./ecs.ts')).createEcsClient(settings),
  elasticloadbalancing: async (settings) =>
    (await import('./elastic-load-balancing.ts')).createElbClient(settings),
  cloudwatch: async (settings) => (await import('./cloudwatch.ts')).createCloudWatchClient(settings),
  'application-autoscaling': async (settings) =>
    (await import('./application-autoscaling.ts')).createAutoScalingClient(settings),
  // Images go to several regions in one run; everything else stays in the job's own.
  ecr: async (settings, region) =>
    (await import('./ecr.ts')).createEcrClient(region === undefined ? settings : { ...settings, region }),
  iam: async (settings) => (await import('./iam.ts')).createIamClient(settings),
  logs: async (settings) => (await import('./logs.ts')).createLogsClient(settings),
  secretsmanager: async (settings) => (await import('./secretsmanager.ts')).createSecretsClient(settings),
  sns: async (settings) => (await import('./sns.ts')).createSnsClient(settings),
  sts: async (settings) => (await import('./sts.ts')).createStsClient(settings),
};

export function createSdkCaller(
  given: Partial<SdkCallerSettings> = {},
  further: ServiceClients = {},
): AwsCaller {
  return callerOver({ ...clients, ...further }, given);
}
