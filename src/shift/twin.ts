/** Green made as a twin of blue: everything the service is, with the other target group. Pure. */
import type {
  CreateServiceRequest,
  Deployment,
  LoadBalancer,
  Service,
  ServiceRevision,
  Volume,
} from '@aws-sdk/client-ecs';

export interface TwinSettings {
  readonly name: string;
  readonly taskDefinitionArn: string;
  readonly desiredCount: number;
  readonly blueTargetGroupArn: string;
  readonly greenTargetGroupArn: string;
  /** Groups that no load balancer forwards to: ECS makes no service with one of them. */
  readonly unusedGroupArns: readonly string[];
}

/** Blue as ECS tells it, in two answers: some settings stand in its revision alone. */
export interface TwinSource {
  readonly service: Service;
  readonly revision: ServiceRevision | undefined;
}

/** Every field of CreateService is copied, green's own, or left out for a reason: twin.test.ts says which, for each. */
export function twinOf(
  { service: blue, revision }: TwinSource,
  settings: TwinSettings,
): CreateServiceRequest {
  // ECS takes either a launch type or a strategy of capacity providers.
  const strategy = blue.capacityProviderStrategy ?? [];
  const current = primaryOf(blue);
  const wish = [blue.clusterArn, settings.name, settings.taskDefinitionArn, settings.greenTargetGroupArn];
  return given({
    cluster: blue.clusterArn,
    serviceName: settings.name,
    taskDefinition: settings.taskDefinitionArn,
    desiredCount: settings.desiredCount,
    clientToken: clientToken(wish.join('|')),
    capacityProviderStrategy: strategy,
    launchType: strategy.length > 0 ? undefined : blue.launchType,
    platformVersion: blue.platformVersion,
    networkConfiguration: blue.networkConfiguration,
    loadBalancers: loadBalancersOf(blue, settings),
    serviceRegistries: blue.serviceRegistries,
    serviceConnectConfiguration: current?.serviceConnectConfiguration,
    vpcLatticeConfigurations: current?.vpcLatticeConfigurations,
    gatewayConnectors: revision?.gatewayConnectors,
    volumeConfigurations: current?.volumeConfigurations,
    monitoring: revision?.monitoring,
    placementConstraints: blue.placementConstraints,
    placementStrategy: blue.placementStrategy,
    healthCheckGracePeriodSeconds: blue.healthCheckGracePeriodSeconds,
    deploymentConfiguration: blue.deploymentConfiguration,
    enableECSManagedTags: blue.enableECSManagedTags,
    propagateTags: blue.propagateTags === 'NONE' ? undefined : blue.propagateTags,
    enableExecuteCommand: blue.enableExecuteCommand,
    availabilityZoneRebalancing: blue.availabilityZoneRebalancing,
    // AWS takes its own role where none is named, and no name of it.
    role: blue.roleArn?.includes('/aws-service-role/') === true ? undefined : blue.roleArn,
    tags: (blue.tags ?? []).filter((tag) => !tag.key?.startsWith('aws:')),
  });
}

function loadBalancersOf(blue: Service, settings: TwinSettings): LoadBalancer[] {
  return (blue.loadBalancers ?? [])
    .filter(({ targetGroupArn: arn }) => arn === undefined || !settings.unusedGroupArns.includes(arn))
    .map(({ targetGroupArn: arn, loadBalancerName, containerName, containerPort }) =>
      // Listener rules and a second group (`advancedConfiguration`) are ECS's own way to shift, which is refused.
      given({
        targetGroupArn: arn === settings.blueTargetGroupArn ? settings.greenTargetGroupArn : arn,
        loadBalancerName,
        containerName,
        containerPort,
      }),
    );
}

/** Why no twin of blue can be made: what would have to be copied, and cannot be. `volumes`: of green's definition. */
export function untwinnable(blue: Service, volumes: readonly Volume[] | undefined): readonly string[] {
  const problems: string[] = [];
  const current = primaryOf(blue);
  const connect = current?.serviceConnectConfiguration;
  const served = connect?.enabled === true ? (connect.services ?? []) : [];
  if (served.length > 0) {
    const names = served.map((each) => each.discoveryName ?? each.portName);
    problems.push(`it serves ${names.join(', ')} by Service Connect, and a namespace has each name once`);
  }
  if (blue.schedulingStrategy === 'DAEMON') {
    problems.push('it is a daemon, which runs on every instance whatever count is wished');
  }
  for (const { name } of current?.volumeConfigurations ?? []) {
    const isThere = volumes?.some((each) => each.name === name && each.configuredAtLaunch === true);
    if (isThere === false) {
      problems.push(`it configures the volume ${name}, which green's task definition does not leave to it`);
    }
  }
  return problems;
}

function primaryOf(service: Service): Deployment | undefined {
  return service.deployments?.find((deployment) => deployment.status === 'PRIMARY');
}

/** Without what was not given: ECS refuses some fields even where they are empty. */
function given<T extends object>(fields: T): T {
  const kept: Partial<T> = {};
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) kept[name] = value;
  }
  return kept as T;
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
