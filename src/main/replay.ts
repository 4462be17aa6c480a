/** `npm run replay -- FILE [--policy name=value ...]`: a recorded shift, decided again. */
import { readFileSync } from 'node:fs';
import { fields } from '../inputs/blue-green-shift.ts';
import type { Field } from '../inputs/field.ts';
import { formatDuration } from '../report/duration.ts';
import type { ShiftPlan } from '../shift/plan.ts';
import { parseRecording } from '../shift/recording.ts';
import { replay } from '../shift/replay.ts';

const usage = `Usage: npm run replay -- FILE [--policy NAME=VALUE ...]

FILE is what the input "recording" of blue-green-shift wrote. Without a policy the decisions must be the same.
Policies: max-5xx-rate, client-errors, slo-error-rate, slo-latency (for the time that was recorded), bake-time, alarms (of those that were recorded), accept (unproven).`;

class UsageError extends Error {}

type Change = (plan: ShiftPlan) => ShiftPlan;

/** Input name to what its value changes in the plan. */
const policies: Readonly<Record<string, (value: string) => Change>> = {
  'max-5xx-rate': (value) => {
    const maxErrorRate = parsed('max-5xx-rate', value);
    return (plan) => ({ ...plan, maxErrorRate });
  },
  'client-errors': (value) => {
    const clientErrors = parsed('client-errors', value);
    return (plan) => {
      const recorded: ShiftPlan['clientErrors'] | undefined = plan.clientErrors;
      if (recorded === undefined) throw new UsageError('The recording is too old: it does not tell of 4xx.');
      return { ...plan, clientErrors };
    };
  },
  'slo-error-rate': (value) => {
    const errorRate = parsed('slo-error-rate', value);
    return (plan) => ({ ...plan, objectives: { ...plan.objectives, errorRate } });
  },
  'slo-latency': (value) => {
    const latency = parsed('slo-latency', value);
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
    const bakes = parsed('bake-time', value);
    return (plan) => ({
      ...plan,
      steps: plan.steps.map((step, index) => ({
        ...step,
        bakeTimeMs: bakes[Math.min(index, bakes.length - 1)] ?? step.bakeTimeMs,
      })),
    });
  },
  alarms: (value) => {
    const alarms = parsed('alarms', value);
    return (plan) => {
      const unknown = alarms.filter((name) => !plan.alarms.includes(name));
      if (unknown.length > 0) throw new UsageError(`Not in the recording: ${unknown.join(', ')}.`);
      return { ...plan, alarms };
    };
  },
  accept: (value) => {
    const accepted = parsed('accept', value);
    const others = accepted.filter((name) => name !== 'unproven');
    if (others.length > 0) {
      throw new UsageError(`${others.join(', ')}: findings of the preflight, which is not in a recording.`);
    }
    return (plan) => ({ ...plan, acceptUnproven: accepted.length > 0 });
  },
};

type PolicyField =
  | 'max-5xx-rate'
  | 'client-errors'
  | 'slo-error-rate'
  | 'slo-latency'
  | 'bake-time'
  | 'alarms'
  | 'accept';
type ValueOf<F> = F extends Field<infer T> ? T : never;

/** As the action reads the input of that name. */
function parsed<N extends PolicyField>(name: N, value: string): ValueOf<(typeof fields)[N]> {
  const field: Field<unknown> = fields[name];
  const result = field.parse(value);
  if (!result.ok) throw new UsageError(`${name} cannot be "${value}"; allowed is ${result.allowed}.`);
  return result.value as ValueOf<(typeof fields)[N]>;
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
