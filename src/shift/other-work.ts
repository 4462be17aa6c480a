/** What reaches the tasks of a service past the rule that is shifted. Pure. */
import type { Service, ServiceRevision } from '@aws-sdk/client-ecs';
import type { GroupUse } from '../aws/elb-target-groups.ts';
import { groupName } from './ladder.ts';
import type { OtherWork } from './preflight.ts';

/** On a service: the queue or stream that its tasks consume. Documented in docs/tags.md. */
const consumesTag = 'ips-deploy:consumes';

export function otherWorkOf(service: Service): readonly OtherWork[] {
  const found: OtherWork[] = [];
  const add = (what: string): void => void found.push({ service: service.serviceName ?? '', what });
  for (const registry of service.serviceRegistries ?? []) {
    add(`service registry ${registry.registryArn ?? ''}`);
  }
  const current = service.deployments?.find((deployment) => deployment.status === 'PRIMARY');
  const connect = current?.serviceConnectConfiguration;
  if (connect?.enabled === true && (connect.services ?? []).length > 0) {
    const ports = (connect.services ?? []).map((each) => each.discoveryName ?? each.portName);
    add(`Service Connect ${ports.join(', ')}`);
  }
  for (const lattice of current?.vpcLatticeConfigurations ?? []) {
    add(`VPC Lattice ${lattice.targetGroupArn ?? ''}`);
  }
  const consumes = service.tags?.find((tag) => tag.key === consumesTag)?.value;
  if (consumes !== undefined) add(`it consumes ${consumes}, by its tag ${consumesTag}`);
  return found;
}

/**
 * Target groups that the services are registered in beside the pair of the shift: ECS registers each task in
 * all groups of its service, whatever the weights of our rule say.
 */
export function furtherGroups(services: readonly Service[], pair: readonly string[]): readonly string[] {
  const arns = services.flatMap((service) =>
    (service.loadBalancers ?? []).map((each) => each.targetGroupArn),
  );
  return [...new Set(arns)].filter((arn) => arn !== undefined && !pair.includes(arn)) as string[];
}

/** `uses`: what is known of the further groups. One that no load balancer forwards to brings no traffic. */
export function otherListenersOf(
  service: Service,
  pair: readonly string[],
  uses: readonly GroupUse[],
): readonly OtherWork[] {
  const found: OtherWork[] = [];
  const add = (what: string): void => void found.push({ service: service.serviceName ?? '', what });
  for (const arn of furtherGroups([service], pair)) {
    const use = uses.find((each) => each.targetGroupArn === arn);
    if (use?.kind !== 'known') {
      add(`target group ${groupName(arn)}, of which ${use?.why ?? 'nothing is known'}`);
    } else if (use.loadBalancerArns.length > 0) {
      const balancers = use.loadBalancerArns.map((each) => each.split('/').at(-2) ?? each);
      add(`target group ${groupName(arn)}, which the load balancer ${balancers.join(', ')} forwards to`);
    }
  }
  for (const { loadBalancerName } of service.loadBalancers ?? []) {
    if (loadBalancerName !== undefined) add(`Classic Load Balancer ${loadBalancerName}`);
  }
  return found;
}

/** Gateways that send requests to the service: ECS tells them in its revisions alone. */
export function connectorsOf(service: Service, revisions: readonly ServiceRevision[]): readonly OtherWork[] {
  const ports = revisions
    .filter((revision) => revision.serviceArn === service.serviceArn)
    .flatMap((revision) => (revision.gatewayConnectors ?? []).map((each) => each.portName ?? ''));
  return [...new Set(ports)].map((port) => ({
    service: service.serviceName ?? '',
    what: `gateway connector of port ${port}`,
  }));
}
