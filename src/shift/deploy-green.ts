/** Green gets its revision: its service is updated, or made as a twin of blue with the same scaling. */
import type { AwsCaller } from '../aws/caller.ts';
import { newestDeployment, type ServiceFacts, toServiceFacts, updateService } from '../aws/ecs-service.ts';
import {
  putScalingPolicy,
  quietened,
  scalingTag,
  scalingToTag,
  writeScaling,
} from '../aws/scaling-targets.ts';
import { revisionName, type ShiftPlan } from './plan.ts';
import type { GreenHandle, ShiftState } from './state.ts';

/** Every call of it may be repeated: a run that dies in between leaves nothing that the next one trips over. */
export async function deployGreen(
  plan: ShiftPlan,
  aws: AwsCaller,
  state: ShiftState,
  say: (code: string, message: string) => void,
): Promise<ShiftState> {
  const { deploy, cluster, green } = plan;
  if (deploy.kind === 'none') return { ...state, green: noDeployment };
  let handle: GreenHandle;
  if (deploy.kind === 'create') {
    const { service } = await aws.call('ecs:CreateService', deploy.service);
    if (service === undefined) throw new Error('ecs:CreateService answered without a service.');
    say('green.created', `Service ${green.service} made with ${revisionName(deploy.taskDefinitionArn)}.`);
    handle = handleOf(toServiceFacts(service));
  } else {
    const updated = await updateService(aws, {
      cluster,
      service: green.service,
      taskDefinition: deploy.taskDefinitionArn,
      desiredCount: deploy.desiredCount,
    });
    say(
      'green.updated',
      `Service ${green.service} updated to ${revisionName(deploy.taskDefinitionArn)}, ${deploy.desiredCount} tasks.`,
    );
    handle = deploy.newRevision ? handleOf(updated) : noDeployment;
  }
  const twinScalingArn = await scaleTwin(plan, aws, say);
  return { ...state, green: handle, twinScalingArn };
}

const noDeployment: GreenHandle = { deploymentId: undefined, serviceDeploymentArn: undefined };

/** The service deployment is learnt by observing: right after the call ECS may still name the one before. */
function handleOf(service: ServiceFacts): GreenHandle {
  return { deploymentId: newestDeployment(service)?.id, serviceDeploymentArn: undefined };
}

/** Blue's scaling for green: quiet like blue's until the shift is over. */
async function scaleTwin(
  plan: ShiftPlan,
  aws: AwsCaller,
  say: (code: string, message: string) => void,
): Promise<string | undefined> {
  if (plan.twinScaling === undefined) return undefined;
  const { target, policies } = plan.twinScaling;
  const arn = await writeScaling(aws, quietened(target, plan.requiredHealthy), {
    [scalingTag]: scalingToTag(target),
  });
  for (const policy of policies) await putScalingPolicy(aws, policy);
  say('scaling.twin', `Service ${plan.green.service} scales like blue.`);
  return arn;
}
