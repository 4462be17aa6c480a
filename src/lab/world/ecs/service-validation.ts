/** What CreateService and UpdateService check of a service revision before it is deployed. */
import type { TaskDefinition } from '@aws-sdk/client-ecs';
import type { TargetRegistry } from '../contracts.ts';
import { invalidParameter } from './errors.ts';
import type { RevisionConfig } from './state.ts';

/** @throws InvalidParameterException */
export function checkRevision(
  targets: TargetRegistry,
  definition: TaskDefinition,
  config: RevisionConfig,
): void {
  if (!definition.compatibilities?.includes('FARGATE')) {
    throw invalidParameter('Task definition does not support launch_type FARGATE.');
  }
  const subnets = config.networkConfiguration?.awsvpcConfiguration?.subnets ?? [];
  if (definition.networkMode === 'awsvpc' && config.networkConfiguration?.awsvpcConfiguration === undefined) {
    throw invalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  }
  if (definition.networkMode === 'awsvpc' && subnets.length === 0)
    throw invalidParameter('subnets can not be empty.');
  for (const balancer of config.loadBalancers) checkLoadBalancer(targets, definition, balancer);
}

function checkLoadBalancer(
  targets: TargetRegistry,
  definition: TaskDefinition,
  balancer: RevisionConfig['loadBalancers'][number],
): void {
  const arn = balancer.targetGroupArn;
  if (arn === undefined) {
    throw invalidParameter('A load balancer of a Fargate service must name its targetGroupArn.');
  }
  const container = definition.containerDefinitions?.find((item) => item.name === balancer.containerName);
  if (container === undefined) {
    throw invalidParameter(`The container ${balancer.containerName} does not exist in the task definition.`);
  }
  if (!container.portMappings?.some((port) => port.containerPort === balancer.containerPort)) {
    throw invalidParameter(
      `The container ${balancer.containerName} did not have a container port ${balancer.containerPort} defined.`,
    );
  }
  if (!targets.targetGroupExists(arn)) throw invalidParameter(`The target group ${arn} does not exist.`);
  if (!targets.isAttached(arn)) {
    throw invalidParameter(
      `The target group with targetGroupArn ${arn} does not have an associated load balancer.`,
    );
  }
  const type = targets.targetGroupType(arn);
  if (type !== 'ip') {
    throw invalidParameter(
      `The provided target group ${arn} has target type ${type}, which is incompatible with the awsvpc network mode specified in the task definition.`,
    );
  }
}
