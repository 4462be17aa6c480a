/**
 * A deployment that a strategy of ECS's own carries out, and what it waits for: a pause looks like a hang to whoever
 * only counts tasks. Such a service is refused; this is what the refusal can say about the deployment under way.
 */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { newestDeployment, type ServiceFacts } from '../aws/ecs-service.ts';
import {
  listServiceDeployments,
  readServiceDeployments,
  type ServiceDeploymentFacts,
} from '../aws/ecs-service-deployments.ts';
import type { Refusal } from './plan.ts';

/** The refusal with what is under way; as it is where nothing is, or where that cannot be read. */
export async function withNativeDeployment(
  aws: AwsCaller,
  query: { readonly cluster: string; readonly service: string },
  service: ServiceFacts,
  refusal: Refusal,
  signal?: AbortSignal,
): Promise<Refusal> {
  if (refusal.code !== 'strategy-not-rolling') return refusal;
  if (newestDeployment(service)?.rolloutState !== 'IN_PROGRESS') return refusal;
  try {
    const [newest] = await listServiceDeployments(aws, { ...query, atMost: 1 }, signal);
    const [found] = newest === undefined ? [] : await readServiceDeployments(aws, [newest.arn], signal);
    return found === undefined ? refusal : tellNative(refusal, found);
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return refusal;
  }
}

/** Pure. */
function tellNative(refusal: Refusal, deployment: ServiceDeploymentFacts): Refusal {
  const { lifecycleStage: stage, awaitedHooks } = deployment;
  const at = stage === undefined ? '' : `, at the stage ${stage}`;
  const [hook] = awaitedHooks;
  if (hook === undefined) {
    return {
      ...refusal,
      reason: `${refusal.reason} A deployment of it is ${deployment.status}${at}.`,
    };
  }
  const then = hook.timeoutAction === 'CONTINUE' ? 'goes on' : 'rolls back';
  const until =
    hook.expiresAt === undefined ? '' : ` Without an answer ECS ${then} at ${utcText(hook.expiresAt)}.`;
  return {
    ...refusal,
    reason: `${refusal.reason} A deployment of it is ${deployment.status}${at}, and waits for an answer to its pause hook ${hook.id}.${until}`,
    remedy: `To answer it: aws ecs continue-service-deployment --service-deployment-arn ${deployment.arn} --hook-id ${hook.id} --action CONTINUE (or ROLLBACK). ${refusal.remedy}`,
  };
}

/** `2026-01-14 17:20 UTC` */
const utcText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
