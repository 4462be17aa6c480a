/** When a rollout is given up before the circuit breaker or the time-out would: the input `fail-fast`. */
import type { CauseCode } from '../rollout/cause.ts';
import type { Field, Parsed } from './field.ts';

export interface FailFastRules {
  readonly failFast: boolean;
  /** Tasks that have to fail in the same way. */
  readonly failFastTasks: number;
  /** Undefined: whatever the cause. */
  readonly failFastCauses: ReadonlySet<CauseCode> | undefined;
}

/**
 * Causes that stopped tasks tell by themselves. The others are of the whole deployment, or what the diagnosis
 * makes of `target-health` afterwards.
 */
const taskCauses = {
  'image-not-found': true,
  'image-pull-denied': true,
  'image-platform-mismatch': true,
  'image-rate-limit': true,
  'image-pull-failed': true,
  'secret-not-found': true,
  'secret-access-denied': true,
  'startup-network': true,
  'log-group-missing': true,
  'volume-failed': true,
  'disk-full': true,
  'container-start-failed': true,
  'container-exited': true,
  'out-of-memory': true,
  'container-health': true,
  'grace-too-short': false,
  'port-mismatch': false,
  'target-health-code': false,
  'target-health-timeout': false,
  'target-health': true,
  'no-capacity': true,
  'no-addresses': true,
  'quota-exceeded': true,
  'deployment-alarm': false,
  'not-progressing': false,
  unknown: true,
} as const satisfies Readonly<Record<CauseCode, boolean>>;

const mostTasks = 100;
const usual: FailFastRules = { failFast: true, failFastTasks: 3, failFastCauses: undefined };
const codes = Object.entries(taskCauses)
  .filter(([, ofTasks]) => ofTasks)
  .map(([code]) => code as CauseCode);
const allowed = `true, false, a number of tasks from 1 to ${mostTasks}, or causes (${codes.join(', ')}), apart by commas, with a number or without`;

export function failFastRules(): Field<FailFastRules> {
  return { allowed, parse: parseRules, fallback: { value: usual } };
}

function parseRules(given: string): Parsed<FailFastRules> {
  const word = given.toLowerCase();
  if (word === 'true') return { ok: true, value: usual };
  if (word === 'false') return { ok: true, value: { ...usual, failFast: false } };
  const entries = word.split(/[\s,]+/).filter((each) => each !== '');
  const numbers = entries.filter((each) => /^\d+$/.test(each)).map(Number);
  const causes = entries.filter((each) => !/^\d+$/.test(each));
  const known = causes.every((each) => codes.some((code) => code === each));
  const [tasks = usual.failFastTasks] = numbers;
  if (!known || numbers.length > 1 || tasks < 1 || tasks > mostTasks) return { ok: false, allowed };
  return {
    ok: true,
    value: {
      failFast: true,
      failFastTasks: tasks,
      failFastCauses: causes.length === 0 ? undefined : new Set(causes as CauseCode[]),
    },
  };
}
