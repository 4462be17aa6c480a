/**
 * A service that was emptied may be filled again: while one of its alarms is on, its step scaling is asked each
 * minute, from 0 as well. Nothing waits for that at the end of a shift; a person is told.
 */
import { readAlarmsActingOn } from '../aws/alarms.ts';
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { readScalingPolicies, scalingResource } from '../aws/scaling-targets.ts';
import type { ShiftPlan } from './plan.ts';
import { isStep } from './twin-scaling.ts';

/** One sentence, with the command; undefined where nothing fills it, or where that cannot be read. */
export async function filledAgain(
  aws: AwsCaller,
  { cluster, scaling, twinScaling }: ShiftPlan,
  service: string | undefined,
  count: number,
): Promise<string | undefined> {
  if (cluster === undefined || service === undefined) return undefined;
  const resourceId = scalingResource(cluster, service);
  if (![...scaling, twinScaling?.target].some((target) => target?.resourceId === resourceId))
    return undefined;
  try {
    const on: string[] = [];
    for (const policy of (await readScalingPolicies(aws, resourceId)).filter(isStep)) {
      const steps = policy.StepScalingPolicyConfiguration?.StepAdjustments ?? [];
      if (!steps.some((step) => (step.ScalingAdjustment ?? 0) > 0)) continue;
      const alarms = await readAlarmsActingOn(aws, policy.PolicyARN ?? '');
      on.push(
        ...alarms.filter((alarm) => alarm.StateValue === 'ALARM').map((alarm) => alarm.AlarmName ?? ''),
      );
    }
    if (on.length === 0) return undefined;
    const [noun, verb] = on.length === 1 ? ['Alarm', 'is'] : ['Alarms', 'are'];
    return `${noun} ${on.join(', ')} ${verb} on, and step scaling may fill ${service} again. Look in a few minutes; if so: aws ecs update-service --cluster ${cluster} --service ${service} --desired-count ${count}`;
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return undefined;
  }
}
