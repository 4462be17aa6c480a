/** What a rolling deploy will do, or why not: from the request and what was read. Pure; nothing is changed yet. */
import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { type EcsDeploymentFacts, newestDeployment, type ServiceFacts } from '../aws/ecs-service.ts';
import type { RegisteredDefinition, TaggedDefinition } from '../aws/ecs-task-definition.ts';

/** The definition that is to serve; `read` is the revision that was read to tell, with its tags. */
export type WantedDefinition =
  | {
      readonly kind: 'registered';
      readonly definition: RegisteredDefinition;
      readonly fromFile: boolean;
      readonly read?: TaggedDefinition;
    }
  | {
      readonly kind: 'to-register';
      readonly input: RegisterTaskDefinitionRequest;
      readonly read?: TaggedDefinition | undefined;
    }
  | { readonly kind: 'missing'; readonly name: string };

export interface RolloutRequest {
  readonly cluster: string;
  readonly service: string;
  readonly desiredCount: number | undefined;
  readonly forceNewDeployment: boolean;
  readonly circuitBreaker: 'keep' | 'ensure';
  /** A service that runs nothing is updated all the same, and its revision stays unproven. */
  readonly allowZeroDesired?: boolean;
}

export interface Refusal {
  readonly kind: 'refuse';
  readonly code: string;
  readonly reason: string;
  readonly remedy: string;
}

export type RolloutPlan =
  | Refusal
  | { readonly kind: 'zero-desired' }
  /** It serves already: to be verified by an observation. */
  | {
      readonly kind: 'verify';
      readonly definition: RegisteredDefinition;
      readonly deployment: EcsDeploymentFacts;
    }
  /** A deployment of this very revision is under way: follow it. */
  | {
      readonly kind: 'attach';
      readonly definition: RegisteredDefinition;
      readonly deployment: EcsDeploymentFacts;
    }
  | {
      readonly kind: 'deploy';
      readonly register: RegisterTaskDefinitionRequest | undefined;
      readonly definition: RegisteredDefinition | undefined;
      readonly force: boolean;
      readonly steps: readonly string[];
    };

/** Why this service cannot be deployed by a rolling update; undefined where it can. */
export function serviceRefusal(
  request: Pick<RolloutRequest, 'cluster' | 'service'>,
  service: ServiceFacts | undefined,
): Refusal | undefined {
  const refuse = (code: string, reason: string, remedy: string): Refusal => ({
    kind: 'refuse',
    code,
    reason,
    remedy,
  });
  if (service === undefined) {
    return refuse(
      'service-missing',
      `There is no service ${request.service} in cluster ${request.cluster}.`,
      'Check the names and the region of the credentials; this action deploys services, it does not create them.',
    );
  }
  if (service.status !== 'ACTIVE') {
    return refuse(
      'service-inactive',
      `Service ${service.name} is ${service.status}: it was deleted.`,
      'Create it again first: an inactive service cannot be updated.',
    );
  }
  if (service.controller === 'EXTERNAL') {
    return refuse(
      'controller-external',
      `Service ${service.name} has the deployment controller EXTERNAL: it is deployed by task sets.`,
      'Make a service with the deployment controller ECS; task sets are not supported.',
    );
  }
  if (service.controller !== 'ECS') {
    return refuse(
      'controller-code-deploy',
      `Service ${service.name} is deployed by CodeDeploy: ECS does not take a new task definition for it.`,
      'Make a service with the deployment controller ECS: then this action deploys it, and blue-green-shift moves traffic between two such services.',
    );
  }
  if (service.strategy !== 'ROLLING') {
    return refuse(
      'strategy-not-rolling',
      `Service ${service.name} has the deployment strategy ${service.strategy}, not ROLLING.`,
      'Change the strategy of the service to ROLLING: then this action deploys it, and blue-green-shift moves traffic between two such services.',
    );
  }
  return undefined;
}

export function planRollout(
  request: RolloutRequest,
  service: ServiceFacts | undefined,
  wanted: WantedDefinition,
): RolloutPlan {
  const refusal = serviceRefusal(request, service);
  if (refusal !== undefined || service === undefined) return refusal!;
  if (wanted.kind === 'missing') {
    return {
      kind: 'refuse',
      code: 'definition-missing',
      reason: `There is no active task definition ${wanted.name}.`,
      remedy: 'Check family and revision: a deregistered revision cannot be deployed.',
    };
  }
  if (wanted.kind === 'registered' && wanted.definition.status !== 'ACTIVE') {
    return {
      kind: 'refuse',
      code: 'definition-inactive',
      reason: `Task definition ${revisionName(wanted.definition)} is ${wanted.definition.status}.`,
      remedy: 'Name an active revision, or register the definition again.',
    };
  }
  const runsNothing = (request.desiredCount ?? service.desiredCount) === 0;
  if (runsNothing && request.allowZeroDesired !== true) return { kind: 'zero-desired' };
  const newest = newestDeployment(service);
  const current = wanted.kind === 'registered' && newest?.taskDefinitionArn === wanted.definition.arn;
  if (current && !request.forceNewDeployment && !changesMore(request, service)) {
    const { definition } = wanted;
    if (newest.rolloutState === 'IN_PROGRESS') return { kind: 'attach', definition, deployment: newest };
    if (newest.rolloutState !== 'FAILED') return { kind: 'verify', definition, deployment: newest };
  }
  // The same definition starts no deployment by itself: a failed one is begun again by force.
  const force = request.forceNewDeployment || (current && newest.rolloutState === 'FAILED');
  return {
    kind: 'deploy',
    register: wanted.kind === 'to-register' ? wanted.input : undefined,
    definition: wanted.kind === 'registered' ? wanted.definition : undefined,
    force,
    steps: describeSteps(request, service, wanted, force),
  };
}

/** `family:revision` */
export function revisionName(definition: Pick<RegisteredDefinition, 'family' | 'revision'>): string {
  return `${definition.family}:${definition.revision}`;
}

/** A changed count or breaker is an update of its own, without a deployment. */
function changesMore(request: RolloutRequest, service: ServiceFacts): boolean {
  return request.desiredCount !== undefined && request.desiredCount !== service.desiredCount;
}

function describeSteps(
  request: RolloutRequest,
  service: ServiceFacts,
  wanted: Exclude<WantedDefinition, { kind: 'missing' }>,
  force: boolean,
): readonly string[] {
  const steps: string[] = [];
  if (wanted.kind === 'to-register') {
    steps.push(`Register a new revision of ${wanted.input.family}: it differs from the latest one.`);
  } else if (wanted.fromFile) {
    steps.push(`Register nothing: the file equals ${revisionName(wanted.definition)}.`);
  }
  const name = wanted.kind === 'registered' ? revisionName(wanted.definition) : 'that revision';
  const former = service.taskDefinitionArn.slice(service.taskDefinitionArn.lastIndexOf('/') + 1);
  steps.push(
    `Update service ${service.name} from ${former} to ${name}${force ? ', by force of a new deployment' : ''}.`,
  );
  if (request.desiredCount !== undefined && request.desiredCount !== service.desiredCount) {
    steps.push(`Set the desired count from ${service.desiredCount} to ${request.desiredCount}.`);
  }
  if ((request.desiredCount ?? service.desiredCount) === 0) {
    steps.push('Nothing runs afterwards, as the desired count is 0: the revision stays unproven.');
  }
  if (request.circuitBreaker === 'ensure' && !hasBreaker(service)) {
    steps.push('Turn the deployment circuit breaker on, with rollback.');
  }
  return steps;
}

export function hasBreaker(service: ServiceFacts): boolean {
  const breaker = service.deploymentConfiguration.deploymentCircuitBreaker;
  return breaker?.enable === true && breaker.rollback === true;
}
