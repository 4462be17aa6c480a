/** What has to hold for a whole run before anything is changed, whatever its services. */
import { readAlarms } from '../aws/alarms.ts';
import { AwsCallError } from '../aws/call-error.ts';
import type { RollingDeployRequest } from '../inputs/rolling-deploy.ts';
import { type AlarmWatch, beginWatch, watchAlarms } from './alarm-watch.ts';
import type { FollowPorts } from './follow.ts';
import type { RolloutOutcome } from './outcome.ts';
import { refusedByAws } from './refused-by-aws.ts';
import { retrying } from './roll-out.ts';

export type Refused = Extract<RolloutOutcome, { kind: 'refused' }>;

export interface Conditions {
  readonly refusals: readonly Refused[];
  /** For the time of the rollout; undefined where no alarms were asked for. */
  readonly alarms: AlarmWatch | undefined;
}

export async function checkConditions(
  request: RollingDeployRequest,
  ports: FollowPorts,
): Promise<Conditions> {
  const { alarms: names } = request;
  if (names.length === 0) return { refusals: [], alarms: undefined };
  try {
    const start = beginWatch(
      await readAlarms(retrying(ports), names, ports.cancelled),
      request.alarmsInAlarm,
    );
    if (start.kind === 'refuse') return { refusals: [{ ...start, kind: 'refused' }], alarms: undefined };
    for (const name of start.ignored) {
      const message = `Alarm ${name} is in ALARM already and is not watched in this run.`;
      ports.record({ at: ports.clock.now(), code: 'rollout.alarm-ignored', level: 'warning', message });
    }
    return { refusals: [], alarms: watchAlarms(ports.clock, start.names) };
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return { refusals: [refusedByAws(error)], alarms: undefined };
  }
}

/** Several refusals as one: the code and the remedy of the first, the reasons of all. Pure. */
export function oneRefusal(refusals: readonly Refused[]): Refused | undefined {
  const [first] = refusals;
  return first === undefined
    ? undefined
    : { ...first, reason: refusals.map((each) => each.reason).join(' ') };
}
