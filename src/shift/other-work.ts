/** What reaches the tasks of a service past its load balancer, and who watches while a shift rests. Pure. */
import type { Service } from '@aws-sdk/client-ecs';
import type { OtherWork } from './preflight.ts';

/** On a service: the queue or stream that its tasks consume. Documented in docs/tags.md. */
export const consumesTag = 'ips-deploy:consumes';

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

/** A workflow file that runs this action by itself from time to time. */
export function watches(workflow: string): boolean {
  const lines = workflow.split('\n').filter((line) => !/^\s*#/.test(line));
  return (
    lines.some((line) => /^\s*(-\s*)?schedule\s*:/.test(line)) &&
    lines.some(
      (line) => /uses\s*:.*blue-green-shift/.test(line) || /uses\s*:.*\.github\/workflows\//.test(line),
    )
  );
}
