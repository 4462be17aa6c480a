/** How a service is to go back: by weight, by stopping what is under way, or by a rollout. Pure. */
import { newestDeployment, type ServiceFacts } from '../aws/ecs-service.ts';
import type { ServiceDeploymentFacts } from '../aws/ecs-service-deployments.ts';
import type { RegisteredDefinition } from '../aws/ecs-task-definition.ts';
import { type Refusal, revisionName, serviceRefusal } from '../rollout/plan.ts';
import type { Choice } from './choose.ts';
import type { RollbackRequest } from './request.ts';
import { groupName, type WeightsPlan } from './weights.ts';

export type RollbackMode = 'weights' | 'stop-in-flight' | 'rollout';

export type RollbackPlan =
  | Refusal
  | { readonly kind: 'zero-desired' }
  | { readonly kind: 'weights'; readonly plan: Extract<WeightsPlan, { kind: 'shift' }> }
  | { readonly kind: 'weights-no-change'; readonly plan: Extract<WeightsPlan, { kind: 'no-change' }> }
  /** The bad revision is still being rolled out: ECS takes that back by itself. */
  | { readonly kind: 'stop-in-flight'; readonly serviceDeployment: ServiceDeploymentFacts }
  /** The revision asked for is the one that is there: to be verified. */
  | { readonly kind: 'verify'; readonly definition: RegisteredDefinition }
  | { readonly kind: 'rollout'; readonly definition: RegisteredDefinition };

export interface RollbackFacts {
  readonly service: ServiceFacts | undefined;
  /** Undefined where no rule was named. */
  readonly weights: WeightsPlan | undefined;
  /** The service deployment under way, if one is. */
  readonly inFlight: ServiceDeploymentFacts | undefined;
  /** Undefined where the weights or the deployment under way already decide. */
  readonly choice: Choice | undefined;
}

export function planRollback(
  request: Pick<RollbackRequest, 'cluster' | 'service' | 'to'>,
  facts: RollbackFacts,
): RollbackPlan {
  const { service, weights, inFlight, choice } = facts;
  const { to } = request;
  const refusal = serviceRefusal(request, service);
  if (refusal !== undefined || service === undefined) return refusal!;
  if (to.kind === 'weights' || to.kind === 'auto') {
    if (weights?.kind === 'shift') return { kind: 'weights', plan: weights };
    if (weights?.kind === 'no-change') return { kind: 'weights-no-change', plan: weights };
    if (to.kind === 'weights') {
      return {
        kind: 'refuse',
        code: weights?.code ?? 'no-rule',
        reason: weights?.why ?? 'No rule was named.',
        remedy: 'Use to: previous, which deploys the former revision.',
      };
    }
  }
  if (to.kind !== 'revision' && inFlight !== undefined) {
    return { kind: 'stop-in-flight', serviceDeployment: inFlight };
  }
  if (service.desiredCount === 0) return { kind: 'zero-desired' };
  const definition = choice?.definition;
  if (definition === undefined) {
    const why = (choice?.judged ?? []).map((each) => `${nameOf(each.taskDefinitionArn)}: ${each.why}`);
    return {
      kind: 'refuse',
      code: to.kind === 'revision' ? 'revision-unusable' : 'no-previous-revision',
      reason:
        to.kind === 'revision'
          ? `${to.name} cannot be deployed: ${why.map((each) => each.slice(each.indexOf(': ') + 2)).join('; ')}.`
          : `No revision of ${service.name} is known to have been good before ${nameOf(service.taskDefinitionArn)}${why.length === 0 ? '' : ` (${why.join('; ')})`}.`,
      remedy: 'Name a revision by to, or deploy a corrected one.',
    };
  }
  const newest = newestDeployment(service);
  const stands = newest?.taskDefinitionArn === definition.arn && newest.rolloutState !== 'FAILED';
  return { kind: stands ? 'verify' : 'rollout', definition };
}

/** The plan in words: what would be done. */
export function describeRollback(plan: RollbackPlan, service: ServiceFacts | undefined): readonly string[] {
  const former = nameOf(service?.taskDefinitionArn ?? '');
  switch (plan.kind) {
    case 'refuse':
      return [plan.reason];
    case 'zero-desired':
      return ['The service has a desired count of 0.'];
    case 'weights':
      return [
        `Move all weight from ${groupName(plan.plan.fromGroupArn)} to ${groupName(plan.plan.toGroupArn)}, which has ${plan.plan.healthyTargets} healthy targets.`,
        ...plan.plan.warnings,
      ];
    case 'weights-no-change':
      return [`Change nothing: ${groupName(plan.plan.toGroupArn)} has all the weight.`];
    case 'stop-in-flight':
      return [`Stop the deployment of ${former} that is under way, with rollback.`];
    case 'verify':
      return [`Change nothing: ${revisionName(plan.definition)} is deployed.`];
    case 'rollout':
      return [`Deploy ${revisionName(plan.definition)} in place of ${former}.`];
  }
}

export function nameOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
