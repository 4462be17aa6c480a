/** What the post step does about a deployment that its job left: decided from what ECS says now. Pure. */
import { type EcsDeploymentFacts, newestDeployment, type ServiceFacts } from '../aws/ecs-service.ts';
import type { ServiceDeploymentFacts } from '../aws/ecs-service-deployments.ts';
import type { OpenRollout } from './handover.ts';

export type Finish =
  | { readonly kind: 'nothing'; readonly why: string }
  /** Its service deployment has to be found first. */
  | { readonly kind: 'find'; readonly deployment: EcsDeploymentFacts }
  | { readonly kind: 'stop'; readonly arn: string; readonly stopType: 'ROLLBACK' | 'ABORT' }
  /** Deploys the former revision: ECS has nothing left that could be rolled back. */
  | { readonly kind: 'go-back'; readonly taskDefinitionArn: string };

/** `serviceDeployment` is undefined as long as it was not looked for. */
export function decideFinish(
  open: OpenRollout,
  service: ServiceFacts | undefined,
  serviceDeployment: ServiceDeploymentFacts | undefined,
): Finish {
  const nothing = (why: string): Finish => ({ kind: 'nothing', why });
  if (service === undefined || service.status !== 'ACTIVE') return nothing('The service is gone.');
  if (open.wanted === 'leave') return nothing('It was to be left as it is.');
  const newest = newestDeployment(service);
  const ours = ourDeployment(open, service);
  if (ours === undefined && open.deployment === undefined) return nothing('The service was not changed.');
  if (ours === undefined || newest === undefined || newest.id !== ours.id) {
    return nothing(
      newest?.taskDefinitionArn === open.formerTaskDefinitionArn
        ? `${lastPart(open.formerTaskDefinitionArn)} is deployed again already.`
        : `Another deployment has taken its place (${lastPart(newest?.taskDefinitionArn ?? '')}).`,
    );
  }
  if (serviceDeployment === undefined) return { kind: 'find', deployment: ours };
  const former = open.formerTaskDefinitionArn;
  const wayBack: Finish | undefined =
    former !== open.taskDefinitionArn ? { kind: 'go-back', taskDefinitionArn: former } : undefined;
  switch (serviceDeployment.status) {
    case 'SUCCESSFUL':
      if (open.goingBack === true && wayBack !== undefined) return wayBack;
      return nothing('It came to a good end before it could be stopped.');
    case 'STOPPED':
      if (open.wanted === 'rollback' && wayBack !== undefined) return wayBack;
      return nothing('ECS has stopped it.');
    case 'STOP_REQUESTED':
      return nothing('ECS is stopping it.');
    case 'ROLLBACK_REQUESTED':
    case 'ROLLBACK_IN_PROGRESS':
      return nothing('ECS is rolling it back.');
    case 'ROLLBACK_SUCCESSFUL':
      return nothing('ECS has rolled it back.');
    case 'ROLLBACK_FAILED':
      return nothing('ECS could not roll it back: look at the service in the ECS console now.');
    default:
      return {
        kind: 'stop',
        arn: serviceDeployment.arn,
        stopType: open.wanted === 'rollback' ? 'ROLLBACK' : 'ABORT',
      };
  }
}

function ourDeployment(open: OpenRollout, service: ServiceFacts): EcsDeploymentFacts | undefined {
  return service.deployments.find((each) =>
    open.deployment === undefined
      ? each.taskDefinitionArn === open.taskDefinitionArn && !open.knownDeploymentIds.includes(each.id)
      : each.id === open.deployment.id,
  );
}

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
