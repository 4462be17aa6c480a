/** `npm run replay -- FILE [--policy name=value ...]`: a recorded shift, decided again. */
import { readFileSync } from 'node:fs';
import { fields } from '../inputs/blue-green-shift.ts';
import type { Parsed } from '../inputs/field.ts';
import { formatDuration } from '../report/duration.ts';
import type { ShiftPlan } from '../shift/plan.ts';
import { parseRecording } from '../shift/recording.ts';
import { replay } from '../shift/replay.ts';

const usage = `Usage: npm run replay -- FILE [--policy NAME=VALUE ...]

FILE is what the input "recording" of blue-green-shift wrote. Without a policy the decisions must be the same.
Policies: max-5xx-rate, slo-error-rate, slo-latency (for the time that was recorded), bake-time, alarms (of those that were recorded), accept.`;

class UsageError extends Error {}

type Change = (plan: ShiftPlan) => ShiftPlan;

/** Input name to what its value changes in the plan. */
const policies: Readonly<Record<string, (value: string) => Change>> = {
  'max-5xx-rate': (value) => {
    const maxErrorRate = good(fields['max-5xx-rate'].parse(value));
    return (plan) => ({ ...plan, maxErrorRate });
  },
  'slo-error-rate': (value) => {
    const errorRate = good(fields['slo-error-rate'].parse(value));
    return (plan) => ({ ...plan, objectives: { ...plan.objectives, errorRate } });
  },
  'slo-latency': (value) => {
    const latency = good(fields['slo-latency'].parse(value));
    return (plan) => {
      const recorded = plan.objectives.latency;
      if (recorded?.seconds !== latency?.seconds) {
        const counted = recorded === undefined ? 'none was counted' : `${recorded.seconds} s was counted`;
        throw new UsageError(
          `Requests slower than ${latency?.seconds} s are not in the recording; ${counted}.`,
        );
      }
      return { ...plan, objectives: { ...plan.objectives, latency } };
    };
  },
  'bake-time': (value) => {
    const bakes = good(fields['bake-time'].parse(value));
    return (plan) => ({
      ...plan,
      steps: plan.steps.map((step, index) => ({
        ...step,
        bakeTimeMs: bakes[Math.min(index, bakes.length - 1)] ?? step.bakeTimeMs,
      })),
    });
  },
  alarms: (value) => {
    const alarms = good(fields.alarms.parse(value));
    return (plan) => {
      const unknown = alarms.filter((name) => !plan.alarms.includes(name));
      if (unknown.length > 0) throw new UsageError(`Not in the recording: ${unknown.join(', ')}.`);
      return { ...plan, alarms };
    };
  },
  accept: (value) => {
    const accepted = good(fields.accept.parse(value));
    return (plan) => ({ ...plan, acceptUnproven: accepted.includes('unproven') });
  },
};

function good<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new UsageError(`Allowed is ${parsed.allowed}.`);
  return parsed.value;
}

function parseArguments(words: readonly string[]): {
  readonly file: string;
  readonly changes: readonly Change[];
} {
  const files: string[] = [];
  const changes: Change[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word !== '--policy') {
      files.push(word);
      continue;
    }
    const given = words[++index] ?? '';
    const at = given.indexOf('=');
    const policy = policies[given.slice(0, at)];
    if (policy === undefined) throw new UsageError(`There is no policy "${given}".\n\n${usage}`);
    changes.push(policy(given.slice(at + 1)));
  }
  if (files.length !== 1) throw new UsageError(usage);
  return { file: files[0]!, changes };
}

try {
  const { file, changes } = parseArguments(process.argv.slice(2));
  const lines = parseRecording(readFileSync(file, 'utf8'));
  const { looks, parting, ending } = replay(lines, (plan) =>
    changes.reduce((now, change) => change(now), plan),
  );
  if (parting === undefined) {
    console.log(`${looks} decisions made again, all the same${ending === undefined ? '' : `: ${ending}`}.`);
  } else {
    console.log(`${looks - 1} decisions are the same. ${parting.sentence}`);
    if (changes.length === 0) {
      console.log(`Recorded at ${formatDuration(parting.afterMs)}: ${JSON.stringify(parting.recorded)}`);
      console.log(`Replayed: ${JSON.stringify(parting.replayed)}`);
      process.exitCode = 1;
    }
  }
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  console.error(code === 'ENOENT' ? `${message.split(',')[0]}.` : message);
  process.exitCode = 2;
}
