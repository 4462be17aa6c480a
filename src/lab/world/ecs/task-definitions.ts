/** Task definitions: register, describe, list, deregister. */

import type {
  DeregisterTaskDefinitionRequest,
  DeregisterTaskDefinitionResponse,
  DescribeTaskDefinitionRequest,
  DescribeTaskDefinitionResponse,
  ListTaskDefinitionFamiliesRequest,
  ListTaskDefinitionFamiliesResponse,
  ListTaskDefinitionsRequest,
  ListTaskDefinitionsResponse,
  RegisterTaskDefinitionRequest,
  RegisterTaskDefinitionResponse,
  TaskDefinition,
} from '@aws-sdk/client-ecs';
import type { AwsError } from '../aws-error.ts';
import { copyData } from '../plain-data.ts';
import type { CallContext } from '../service.ts';
import { parseTaskDefinition } from './arns.ts';
import { clientError, invalidParameter } from './errors.ts';
import { pageOf } from './pages.ts';
import type { EcsContext, TaskDefinitionRecord } from './state.ts';
import {
  cpuUnitsOf,
  isFargateSize,
  memoryMiBOf,
  validateTaskDefinition,
} from './task-definition-validation.ts';

export class TaskDefinitions {
  readonly #context: EcsContext;

  constructor(context: EcsContext) {
    this.#context = context;
  }

  register(input: RegisterTaskDefinitionRequest, caller: CallContext): RegisterTaskDefinitionResponse {
    validateTaskDefinition(input);
    const family = input.family!;
    const { families } = this.#context.state;
    const revisions = families.get(family) ?? [];
    families.set(family, revisions);
    const revision = revisions.length + 1;
    const { tags, ...given } = copyData(input);
    const definition: TaskDefinition = {
      ...given,
      taskDefinitionArn: this.#context.kernel.arn('ecs', `task-definition/${family}:${revision}`),
      revision,
      status: 'ACTIVE',
      containerDefinitions: (given.containerDefinitions ?? []).map((container) =>
        normalised(container, input),
      ),
      volumes: given.volumes ?? [],
      placementConstraints: given.placementConstraints ?? [],
      requiresAttributes: requiredAttributes(input),
      compatibilities: fitsFargate(input) ? ['EC2', 'FARGATE'] : ['EC2'],
      ...(input.cpu === undefined ? {} : { cpu: String(cpuUnitsOf(input.cpu) ?? input.cpu) }),
      ...(input.memory === undefined ? {} : { memory: String(memoryMiBOf(input.memory) ?? input.memory) }),
      registeredAt: new Date(this.#context.kernel.now),
      registeredBy: caller.principal.arn,
    };
    const record: TaskDefinitionRecord = { definition, tags: tags ?? [] };
    revisions.push(record);
    this.#context.kernel.record('ecs.task-definition-registered', definition.taskDefinitionArn!);
    return { taskDefinition: copyData(definition), tags: copyData(record.tags) };
  }

  describe(input: DescribeTaskDefinitionRequest): DescribeTaskDefinitionResponse {
    const record = this.find(input.taskDefinition, 'any');
    return {
      taskDefinition: copyData(record.definition),
      tags: input.include?.includes('TAGS') ? copyData(record.tags) : [],
    };
  }

  /**
   * `family` is its newest ACTIVE revision; a revision may be INACTIVE only where `which` is `any`.
   *
   * @throws ClientException "Unable to describe task definition."; InvalidParameterException where what
   *   stands for the revision is no number: there is no `family:latest`.
   */
  find(text: string | undefined, which: 'active' | 'any'): TaskDefinitionRecord {
    if (text === undefined || text === '') throw clientError('Task definition should not be null or empty.');
    const parsed = parseTaskDefinition(text);
    if (parsed === undefined) throw malformedTaskDefinition(text);
    const revisions = this.#context.state.families.get(parsed.family) ?? [];
    const record =
      parsed.revision === undefined
        ? revisions.findLast((item) => item.definition.status === 'ACTIVE')
        : revisions[parsed.revision - 1];
    if (record === undefined) {
      throw clientError(
        which === 'any' ? 'Unable to describe task definition.' : 'TaskDefinition not found.',
      );
    }
    if (which === 'active' && record.definition.status !== 'ACTIVE') {
      throw clientError('TaskDefinition is inactive');
    }
    return record;
  }

  deregister(input: DeregisterTaskDefinitionRequest): DeregisterTaskDefinitionResponse {
    const parsed = parseTaskDefinition(input.taskDefinition ?? '');
    if (parsed === undefined) throw malformedTaskDefinition(input.taskDefinition ?? '');
    if (parsed.revision === undefined) throw clientError('Revision is missing.');
    const record = this.find(input.taskDefinition, 'any');
    const { definition } = record;
    if (definition.status === 'ACTIVE') {
      definition.status = 'INACTIVE';
      definition.deregisteredAt = new Date(this.#context.kernel.now);
      this.#context.kernel.record('ecs.task-definition-deregistered', definition.taskDefinitionArn!);
    }
    return { taskDefinition: copyData(definition) };
  }

  list(input: ListTaskDefinitionsRequest): ListTaskDefinitionsResponse {
    const status = input.status ?? 'ACTIVE';
    const arns: string[] = [];
    for (const family of this.#sortedFamilies()) {
      if (input.familyPrefix !== undefined && family !== input.familyPrefix) continue;
      for (const { definition } of this.#context.state.families.get(family)!) {
        if (definition.status === status) arns.push(definition.taskDefinitionArn!);
      }
    }
    if (input.sort === 'DESC') arns.reverse();
    const page = pageOf(arns, input, 100);
    return { taskDefinitionArns: page.items, nextToken: page.nextToken };
  }

  listFamilies(input: ListTaskDefinitionFamiliesRequest): ListTaskDefinitionFamiliesResponse {
    const status = input.status ?? 'ALL';
    if (!['ACTIVE', 'INACTIVE', 'ALL'].includes(status)) {
      throw invalidParameter(`status must be ACTIVE, INACTIVE or ALL, and is ${status}.`);
    }
    const families = this.#sortedFamilies().filter((family) => {
      if (!family.startsWith(input.familyPrefix ?? '')) return false;
      if (status === 'ALL') return true;
      const isActive = this.#context.state.families
        .get(family)!
        .some(({ definition }) => definition.status === 'ACTIVE');
      return isActive === (status === 'ACTIVE');
    });
    const page = pageOf(families, input, 100);
    return { families: page.items, nextToken: page.nextToken };
  }

  #sortedFamilies(): string[] {
    return [...this.#context.state.families.keys()].sort();
  }
}

type Container = NonNullable<RegisterTaskDefinitionRequest['containerDefinitions']>[number];

/** ECS fills in the members it answers for every container, given or not. */
function normalised(container: Container, input: RegisterTaskDefinitionRequest): Container {
  return {
    ...container,
    cpu: container.cpu ?? 0,
    essential: container.essential ?? true,
    environment: container.environment ?? [],
    mountPoints: container.mountPoints ?? [],
    volumesFrom: container.volumesFrom ?? [],
    systemControls: container.systemControls ?? [],
    portMappings: (container.portMappings ?? []).map((port) => ({
      ...port,
      protocol: port.protocol ?? 'tcp',
      ...(input.networkMode === 'awsvpc' && port.containerPort !== undefined
        ? { hostPort: port.containerPort }
        : {}),
    })),
    ...(container.healthCheck === undefined
      ? {}
      : {
          healthCheck: {
            ...container.healthCheck,
            interval: container.healthCheck.interval ?? 30,
            timeout: container.healthCheck.timeout ?? 5,
            retries: container.healthCheck.retries ?? 3,
          },
        }),
  };
}

/** ECS works out the compatibilities itself: `requiresCompatibilities` only asks for the check. */
function fitsFargate(input: RegisterTaskDefinitionRequest): boolean {
  const cpu = cpuUnitsOf(input.cpu);
  const memory = memoryMiBOf(input.memory);
  return (
    input.networkMode === 'awsvpc' && cpu !== undefined && memory !== undefined && isFargateSize(cpu, memory)
  );
}

/** The capabilities ECS derives for container instances; only those a Fargate-minded client may look at. */
function requiredAttributes(input: RegisterTaskDefinitionRequest): { name: string }[] {
  const names = new Set<string>();
  for (const container of input.containerDefinitions ?? []) {
    if (container.logConfiguration?.logDriver === 'awslogs') {
      names.add('com.amazonaws.ecs.capability.logging-driver.awslogs');
      names.add('ecs.capability.execution-role-awslogs');
    }
    if (/\.dkr\.ecr\./.test(container.image ?? '')) {
      names.add('com.amazonaws.ecs.capability.ecr-auth');
      names.add('ecs.capability.execution-role-ecr-pull');
    }
    if ((container.secrets ?? []).length > 0) names.add('ecs.capability.secrets.asm.environment-variables');
    if (container.healthCheck !== undefined) names.add('ecs.capability.container-health-check');
  }
  if (input.networkMode === 'awsvpc') names.add('ecs.capability.task-eni');
  if (input.taskRoleArn !== undefined) names.add('com.amazonaws.ecs.capability.task-iam-role');
  return [...names].sort().map((name) => ({ name }));
}

function malformedTaskDefinition(text: string): AwsError {
  const revision = /^[A-Za-z0-9_-]{1,255}:(.*)$/.exec(text.slice(text.lastIndexOf('/') + 1))?.[1];
  return revision === undefined
    ? clientError(`Invalid task definition: ${text}`)
    : invalidParameter(`Invalid revision number. Number: ${revision}`);
}
