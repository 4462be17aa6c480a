/** Begins a rollout: registers where needed, updates the service, and finds the deployment that this made. */
import type { RegisterTaskDefinitionRequest, UpdateServiceRequest } from '@aws-sdk/client-ecs';
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import {
  type EcsDeploymentFacts,
  newestDeployment,
  readService,
  type ServiceFacts,
  updateService,
} from '../aws/ecs-service.ts';
import {
  type RegisteredDefinition,
  readTaskDefinition,
  registerTaskDefinition,
} from '../aws/ecs-task-definition.ts';
import { definitionHash } from '../aws/same-definition.ts';
import type { Clock } from '../runner/clock.ts';
import { hasBreaker, type RolloutRequest } from './plan.ts';

export interface StartPorts {
  /** With retries. */
  readonly aws: AwsCaller;
  readonly clock: Clock;
  readonly cancelled: AbortSignal;
}

/** Calls whose answer got lost are looked into and tried again this often, with growing pauses. */
const lostAnswers = 8;
const firstPauseMs = 250;
/** ECS's own reads may lag behind its writes by this much. */
const visibleWithinMs = 15_000;
const lookAgainMs = 1000;

/**
 * Registers once: a repeated call would make a second revision, so a lost answer is looked for in the
 * family first.
 */
export async function registerOnce(
  ports: StartPorts,
  input: RegisterTaskDefinitionRequest,
): Promise<RegisteredDefinition> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await registerTaskDefinition(ports.aws, input, ports.cancelled);
    } catch (error) {
      if (!answerLost(error) || attempt > lostAnswers || ports.cancelled.aborted) throw error;
      const latest = await readTaskDefinition(ports.aws, input.family ?? '');
      if (latest !== undefined && definitionHash(latest.definition) === definitionHash(input)) return latest;
      await pause(ports, attempt);
    }
  }
}

/** What UpdateService is told: nothing that was not asked for. */
export function updateInput(
  request: RolloutRequest,
  service: ServiceFacts,
  taskDefinitionArn: string,
  force: boolean,
): UpdateServiceRequest {
  const configuration = service.deploymentConfiguration;
  return {
    cluster: request.cluster,
    service: request.service,
    taskDefinition: taskDefinitionArn,
    ...(request.desiredCount === undefined ? {} : { desiredCount: request.desiredCount }),
    ...(force ? { forceNewDeployment: true } : {}),
    ...(request.circuitBreaker === 'ensure' && !hasBreaker(service)
      ? {
          deploymentConfiguration: {
            ...configuration,
            deploymentCircuitBreaker: {
              ...configuration.deploymentCircuitBreaker,
              enable: true,
              rollback: true,
            },
          },
        }
      : {}),
  };
}

/**
 * Updates the service and answers with the ECS deployment that came of it, or undefined where it is gone
 * already because another one took its place.
 */
export async function updateOnce(
  ports: StartPorts,
  before: ServiceFacts,
  change: UpdateServiceRequest,
): Promise<EcsDeploymentFacts | undefined> {
  const known = new Set(before.deployments.map((each) => each.id));
  const made = (service: ServiceFacts): EcsDeploymentFacts | undefined =>
    service.deployments.find(
      (each) => !known.has(each.id) && each.taskDefinitionArn === change.taskDefinition,
    );
  let after: ServiceFacts | undefined;
  for (let attempt = 1; after === undefined; attempt++) {
    try {
      after = await updateService(ports.aws, change, ports.cancelled);
    } catch (error) {
      if (!answerLost(error) || attempt > lostAnswers) throw error;
      const seen = await readAgain(ports, change, error);
      if (seen !== undefined && made(seen) !== undefined) after = seen;
      else if (ports.cancelled.aborted) throw error;
      else await pause(ports, attempt);
    }
  }
  const deadline = ports.clock.now() + visibleWithinMs;
  for (;;) {
    const deployment = made(after);
    if (deployment !== undefined) return deployment;
    const newest = newestDeployment(after);
    if (newest !== undefined && !known.has(newest.id)) return undefined;
    // An update that changes nothing starts nothing: the deployment that stands is the answer.
    if (newest?.taskDefinitionArn === change.taskDefinition && change.forceNewDeployment !== true)
      return newest;
    if (ports.clock.now() >= deadline) return undefined;
    const looked = ports.cancelled.aborted;
    await ports.clock.sleep(lookAgainMs);
    after = (await readService(ports.aws, change.cluster ?? '', change.service ?? '')) ?? after;
    if (looked && made(after) === undefined) throw notVisible();
  }
}

/** Whether a change whose answer got lost has happened. A cancelled job has the time for one look. */
async function readAgain(
  ports: StartPorts,
  change: UpdateServiceRequest,
  lost: AwsCallError,
): Promise<ServiceFacts | undefined> {
  try {
    return await readService(ports.aws, change.cluster ?? '', change.service ?? '');
  } catch (error) {
    throw ports.cancelled.aborted ? lost : error;
  }
}

function notVisible(): AwsCallError {
  const reason = 'The service was updated, and ECS does not show the deployment yet.';
  return new AwsCallError('ecs:UpdateService', 'NotVisible', reason, 'transient');
}

async function pause(ports: StartPorts, attempt: number): Promise<void> {
  await ports.clock.sleep(Math.min(10_000, firstPauseMs * 2 ** attempt), ports.cancelled);
}

function answerLost(error: unknown): error is AwsCallError {
  return error instanceof AwsCallError && error.kind === 'transient';
}
