/**
 * CloudWatch alarms that a rollout is held to besides those of the service's own deployment configuration:
 * one watch for all services of a run.
 */
import { type AlarmFact, readAlarms } from '../aws/alarms.ts';
import type { AwsCaller } from '../aws/caller.ts';
import type { Clock } from '../runner/clock.ts';
import type { Refusal } from './plan.ts';

export interface AlarmWatch {
  /** The alarms as they are, or were a moment ago. One that went off stays off for the rest of the run. */
  read(aws: AwsCaller, signal?: AbortSignal): Promise<readonly AlarmFact[]>;
}

export type AlarmChoice = 'refuse' | 'ignore';

export type AlarmStart =
  | { readonly kind: 'watch'; readonly names: readonly string[]; readonly ignored: readonly string[] }
  | Refusal;

/** CloudWatch answers 9 such calls a second to the whole account, and alarms change by ten seconds at best. */
const lookEveryMs = 5000;

/**
 * Before anything is changed. An alarm that is in ALARM already would end every rollout, the one that mends it
 * included, so it is told; with `ignore` it is left out for the whole run, as ECS does with its own. Pure.
 */
export function beginWatch(alarms: readonly AlarmFact[], inAlarm: AlarmChoice): AlarmStart {
  const missing = alarms.filter((each) => each.state === 'missing').map((each) => each.name);
  if (missing.length > 0) {
    return {
      kind: 'refuse',
      code: 'alarm-missing',
      reason: `CloudWatch has no alarm ${missing.join(', ')}.`,
      remedy: 'Check the names in the input alarms, and the region: a missing alarm would watch nothing.',
    };
  }
  const ringing = alarms.filter((each) => each.state === 'ALARM').map((each) => each.name);
  if (ringing.length > 0 && inAlarm === 'refuse') {
    return {
      kind: 'refuse',
      code: 'alarm-active',
      reason: `${ringing.length === 1 ? 'Alarm' : 'Alarms'} ${ringing.join(', ')} ${ringing.length === 1 ? 'is' : 'are'} in ALARM already.`,
      remedy:
        'Find out why first. Where this deployment is to mend it, set alarms-in-alarm: ignore, which leaves out the alarms that are in ALARM at the start.',
    };
  }
  return {
    kind: 'watch',
    names: alarms.map((each) => each.name).filter((name) => !ringing.includes(name)),
    ignored: ringing,
  };
}

export function watchAlarms(clock: Clock, names: readonly string[]): AlarmWatch {
  let known: readonly AlarmFact[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  const wentOff = new Map<string, AlarmFact>();
  return {
    async read(aws, signal) {
      if (clock.now() - readAt < lookEveryMs) return known;
      const now = await readAlarms(aws, names, signal);
      for (const each of now) {
        if (each.state === 'ALARM' && !wentOff.has(each.name)) wentOff.set(each.name, each);
      }
      known = now.map((each) => wentOff.get(each.name) ?? each);
      readAt = clock.now();
      return known;
    },
  };
}

/** What speaks against a success, in words; an alarm that is gone can tell nothing. Pure. */
export function alarmDefects(alarms: readonly AlarmFact[] | undefined): readonly string[] {
  return (alarms ?? []).flatMap((each) =>
    each.state === 'ALARM'
      ? [`alarm ${each.name} is in ALARM`]
      : each.state === 'missing'
        ? [`alarm ${each.name} does not exist any more`]
        : [],
  );
}

export function ringingAlarms(alarms: readonly AlarmFact[] | undefined): readonly AlarmFact[] {
  return (alarms ?? []).filter((each) => each.state === 'ALARM');
}
