/** CloudWatch alarms, composite ones included. */
import { fail, type Gate, hold, pass } from './gate.ts';

/**
 * A named alarm that goes to ALARM speaks at once. One that rang before the shift and was accepted speaks from
 * the moment when it has been quiet once: the fix of what it rings about can be rolled out.
 */
export const alarmGate: Gate = ({ plan, state, facts }) => {
  if (facts.alarms.length === 0) return pass;
  const named = facts.alarms.filter((alarm) => plan.alarms.includes(alarm.name));
  const ringing = named.filter(
    (alarm) => alarm.state === 'ALARM' && !state.stillRinging.includes(alarm.name),
  );
  if (ringing.length > 0) {
    const told = ringing.map(
      (alarm) => alarm.name + (alarm.reason === undefined ? '' : ` (${alarm.reason})`),
    );
    return fail('alarm', `${told.join(', ')} went to ALARM.`);
  }
  const gone = named.filter((alarm) => alarm.state === 'missing').map((alarm) => alarm.name);
  return gone.length === 0 ? pass : hold(`there is no alarm ${gone.join(', ')} any more`);
};
