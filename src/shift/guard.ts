/** Whether the guard of a rest is there and could take the weights back: looked at before anything is changed. */
import { type AlarmGuardFacts, readAlarmGuard } from '../aws/alarms.ts';
import type { AwsCaller } from '../aws/caller.ts';
import type { Guard, ShiftRequest } from '../inputs/shift-request.ts';

export type GuardVerdict =
  | { readonly kind: 'good' }
  /** `why`: a whole sentence. */
  | { readonly kind: 'unfit'; readonly why: string };

export async function readGuard(
  aws: AwsCaller,
  { guard, location }: Pick<ShiftRequest, 'guard' | 'location'>,
  readFile: (path: string) => Promise<string>,
): Promise<GuardVerdict | undefined> {
  if (guard === undefined) return undefined;
  if (guard.kind === 'alarm') return judgeAlarm(guard, await readAlarmGuard(aws, guard.name));
  let text: string;
  try {
    text = await readFile(guard.path);
  } catch (error) {
    // Whatever keeps the file from being read, it is not known to watch.
    if (!(error instanceof Error)) throw error;
    return unfit(
      `There is no file ${guard.path} in the workspace (check the repository out): no workflow is known to watch over a rest.`,
    );
  }
  const { notWatching } = await import('./watch-workflow.ts');
  const missing = notWatching(text, location);
  return missing === undefined
    ? { kind: 'good' }
    : unfit(`${guard.path} ${missing}: it would not watch over a rest.`);
}

/** Pure. `alarm` is undefined where there is none of that name. */
export function judgeAlarm(
  { name, vouched }: Extract<Guard, { kind: 'alarm' }>,
  alarm: AlarmGuardFacts | undefined,
): GuardVerdict {
  if (alarm === undefined) return unfit(`There is no alarm ${name} that could guard a rest.`);
  if (alarm.state === 'ALARM') {
    return unfit(
      `Alarm ${name} is in ALARM already: its actions come with the change into ALARM, and none would come.`,
    );
  }
  // What EventBridge or a topic's subscriber does stands nowhere in the alarm.
  if (vouched) return { kind: 'good' };
  if (!alarm.actionsEnabled || alarm.actions.length === 0) {
    return unfit(`Alarm ${name} has no action, or its actions are disabled: it would take nothing back.`);
  }
  if (!alarm.actions.some(canRestore)) {
    return unfit(
      `Alarm ${name} only tells somebody (${alarm.actions.join(', ')}): a Lambda function or a response plan of Incident Manager could take the weights back. Where something behind it does, a subscriber of the topic or a rule of EventBridge, say so: guard: restoring-alarm:${name}.`,
    );
  }
  return { kind: 'good' };
}

/**
 * Of what CloudWatch lets an alarm do, this alone can run code of the user's: a function, or a response plan, which
 * may start a runbook. Topics and OpsItems tell somebody; EC2, Auto Scaling and investigations write no weights.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
 */
function canRestore(action: string): boolean {
  return /^arn:[^:]+:(lambda:.*:function:.+|ssm-incidents:.*:response-plan\/.+)$/.test(action);
}

function unfit(why: string): GuardVerdict {
  return { kind: 'unfit', why };
}
