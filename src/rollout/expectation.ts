/** What a rollout of one task definition has to show. Pure. */
import type { TaskDefinition } from '@aws-sdk/client-ecs';
import type { EcsDeploymentFacts } from '../aws/ecs-service.ts';
import type { RegisteredDefinition } from '../aws/ecs-task-definition.ts';
import type { ExpectedRollout } from './expected.ts';

export function expectRollout(
  place: { readonly cluster: string; readonly service: string },
  definition: RegisteredDefinition,
  deployment: Pick<EcsDeploymentFacts, 'id' | 'createdAt'>,
  mode: ExpectedRollout['mode'],
  serviceDeploymentArn?: string,
): ExpectedRollout {
  return {
    cluster: place.cluster,
    service: place.service,
    taskDefinitionArn: definition.arn,
    deploymentId: deployment.id,
    deploymentCreatedAt: deployment.createdAt,
    ...(serviceDeploymentArn === undefined ? {} : { serviceDeploymentArn }),
    mode,
    ...containersOf(definition.definition),
  };
}

/** What the containers of a definition demand of its tasks. */
export function containersOf(
  definition: TaskDefinition,
): Pick<ExpectedRollout, 'hasContainerHealthCheck' | 'essentialContainers' | 'pinnedDigests'> {
  const containers = definition.containerDefinitions ?? [];
  const essential = containers.filter((each) => each.essential !== false);
  return {
    // ECS derives a task's health from its essential containers only.
    hasContainerHealthCheck: essential.some((each) => each.healthCheck !== undefined),
    essentialContainers: new Set(essential.flatMap((each) => each.name ?? [])),
    pinnedDigests: new Map(
      containers.flatMap((each) => {
        const digest = /@(sha256:[0-9a-f]{64})$/.exec(each.image ?? '')?.[1];
        return digest === undefined || each.name === undefined ? [] : [[each.name, digest] as const];
      }),
    ),
  };
}
