/** Green gets its revision: its service is updated, or made as a twin of blue with the same scaling. */
import type { PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import { putMetricAlarm, readMetricAlarm } from '../aws/alarms.ts';
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { newestDeployment, type ServiceFacts, toServiceFacts, updateService } from '../aws/ecs-service.ts';
import {
  forgetScaling,
  putScalingPolicy,
  putScheduledAction,
  quietened,
  type ScheduledActionRequest,
  scalingTag,
  scalingToTag,
  twinTag,
  writeScaling,
} from '../aws/scaling-targets.ts';
import { revisionName, type ShiftPlan } from './plan.ts';
import type { GreenHandle, ShiftState } from './state.ts';
import { actingOn, isOfTarget } from './twin-scaling.ts';

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
  const twin = await scaleTwin(plan, aws, say);
  return {
    ...state,
    green: handle,
    twinScalingArn: twin.arn,
    leftovers: [...state.leftovers, ...twin.leftovers],
  };
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
): Promise<{ readonly arn: string | undefined; readonly leftovers: readonly string[] }> {
  if (plan.twinScaling === undefined) return { arn: undefined, leftovers: [] };
  const { target, policies, alarms, scheduled, bluePolicies, isBegun, made: before } = plan.twinScaling;
  // A target that is there was quietened with blue's.
  const arn = isBegun
    ? target.arn
    : await writeScaling(aws, quietened(target, plan.requiredHealthy), {
        [scalingTag]: scalingToTag(target),
        [twinTag]: 'half-made',
      });
  const arns = new Map<string, string>(Object.entries(before));
  for (const policy of policies) {
    const made = await putScalingPolicy(aws, policy);
    const blue = bluePolicies[policy.PolicyName ?? ''];
    if (made !== undefined && blue !== undefined) arns.set(blue, made);
  }
  const leftovers: string[] = [];
  for (const action of scheduled) {
    const problem = await putTwinAction(aws, action);
    if (problem !== undefined) leftovers.push(problem);
  }
  for (const alarm of alarms) {
    const problem = await putTwinAlarm(aws, actingOn(alarm, arns), target.resourceId);
    if (problem !== undefined) leftovers.push(problem);
  }
  await forgetScaling(aws, { arn }, twinTag);
  say('scaling.twin', `Service ${plan.green.service} scales like blue.`);
  return { arn, leftovers };
}

/** A schedule that green does not get is no reason against it: it is told. */
async function putTwinAction(aws: AwsCaller, action: ScheduledActionRequest): Promise<string | undefined> {
  try {
    await putScheduledAction(aws, action);
    return undefined;
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return `Scheduled action ${action.ScheduledActionName} of ${action.ResourceId} could not be made (${error.message}): make it by hand.`;
  }
}

/** The alarm of a step scaling policy. That one cannot be made is no reason against green: it is told. */
async function putTwinAlarm(
  aws: AwsCaller,
  alarm: PutMetricAlarmInput,
  resourceId: string,
): Promise<string | undefined> {
  const { AlarmName: name = '' } = alarm;
  const told = (why: string): string =>
    `Alarm ${name}, which drives the step scaling of ${resourceId}, could not be made (${why}): make it by hand.`;
  try {
    const there = await readMetricAlarm(aws, name);
    if (there !== undefined && !isOfTarget(there, resourceId))
      return told('there is another one of that name');
    await putMetricAlarm(aws, alarm);
    return undefined;
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return told(error.message);
  }
}
