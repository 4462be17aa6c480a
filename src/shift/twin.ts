/** Green made as a twin of blue: everything the service is, with the other target group. Pure. */
import type { CreateServiceRequest, Service } from '@aws-sdk/client-ecs';

export interface TwinSettings {
  readonly name: string;
  readonly taskDefinitionArn: string;
  readonly desiredCount: number;
  readonly blueTargetGroupArn: string;
  readonly greenTargetGroupArn: string;
  /** Groups that no load balancer forwards to: ECS makes no service with one of them. */
  readonly unusedGroupArns: readonly string[];
}

export function twinOf(blue: Service, settings: TwinSettings): CreateServiceRequest {
  // ECS takes either a launch type or a strategy of capacity providers.
  const strategy = blue.capacityProviderStrategy ?? [];
  const tags = (blue.tags ?? []).filter((tag) => !tag.key?.startsWith('aws:'));
  return {
    ...(blue.clusterArn === undefined ? {} : { cluster: blue.clusterArn }),
    serviceName: settings.name,
    taskDefinition: settings.taskDefinitionArn,
    desiredCount: settings.desiredCount,
    clientToken: clientToken(
      [blue.clusterArn, settings.name, settings.taskDefinitionArn, settings.greenTargetGroupArn].join('|'),
    ),
    ...(strategy.length > 0
      ? { capacityProviderStrategy: strategy }
      : blue.launchType === undefined
        ? {}
        : { launchType: blue.launchType }),
    ...(blue.platformVersion === undefined ? {} : { platformVersion: blue.platformVersion }),
    ...(blue.networkConfiguration === undefined ? {} : { networkConfiguration: blue.networkConfiguration }),
    loadBalancers: (blue.loadBalancers ?? [])
      .filter(({ targetGroupArn: arn }) => arn === undefined || !settings.unusedGroupArns.includes(arn))
      .map((entry) => ({
        targetGroupArn:
          entry.targetGroupArn === settings.blueTargetGroupArn
            ? settings.greenTargetGroupArn
            : entry.targetGroupArn,
        containerName: entry.containerName,
        containerPort: entry.containerPort,
      })),
    ...(blue.healthCheckGracePeriodSeconds === undefined
      ? {}
      : { healthCheckGracePeriodSeconds: blue.healthCheckGracePeriodSeconds }),
    ...(blue.deploymentConfiguration === undefined
      ? {}
      : { deploymentConfiguration: blue.deploymentConfiguration }),
    ...(blue.enableECSManagedTags === undefined ? {} : { enableECSManagedTags: blue.enableECSManagedTags }),
    ...(blue.propagateTags === undefined || blue.propagateTags === 'NONE'
      ? {}
      : { propagateTags: blue.propagateTags }),
    ...(blue.enableExecuteCommand === undefined ? {} : { enableExecuteCommand: blue.enableExecuteCommand }),
    ...(blue.availabilityZoneRebalancing === undefined
      ? {}
      : { availabilityZoneRebalancing: blue.availabilityZoneRebalancing }),
    ...(tags.length === 0 ? {} : { tags }),
  };
}

/** The colour swapped, or added: `api-blue` to `api-green`, `api` to `api-green`. */
export function twinName(blueName: string): string {
  if (/green$/.test(blueName)) return blueName.replace(/green$/, 'blue');
  return /blue$/.test(blueName) ? blueName.replace(/blue$/, 'green') : `${blueName}-green`;
}

/**
 * 32 characters that are the same for the same wish: CreateService makes no second service of a repeated
 * call. FNV-1a over the text with four different starts; it names, it does not protect.
 */
function clientToken(text: string): string {
  return [0x811c9dc5, 0x1b873593, 0x85ebca6b, 0xc2b2ae35]
    .map((start) => {
      let hash = start;
      for (let index = 0; index < text.length; index++) {
        hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
      }
      return hash.toString(16).padStart(8, '0');
    })
    .join('');
}
