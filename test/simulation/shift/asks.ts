/**
 * What the workflow of a story asks for beside the shift itself, and what the user's own tools do then. Drawn from a
 * stream of its own, so that whatever is added here leaves the rest of a story as it was.
 */
import type { FaultRule } from '../../../src/lab/world/faults/index.ts';
import type { Rng } from '../../../src/lab/world/random.ts';

const minuteMs = 60_000;

/** Where production's traffic is forwarded, and how the inputs name it. */
export type Location = 'rule' | 'default-action' | 'default-rule';

export type Window =
  | { readonly kind: 'none' | 'open' }
  /** It closes while the shift is under way: only the beginning is bound to it. */
  | { readonly kind: 'closes-soon'; readonly afterMs: number }
  | { readonly kind: 'refused' | 'awaited' | 'too-far'; readonly opensInMs: number };

/** What the user's task in the VPC does. All but the ones that say something else send their probes honestly. */
export type ProbeTask =
  | 'honest'
  /** It does not say how many probes it sent. */
  | 'silent'
  /** It exits with 3, whatever it saw. */
  | 'says-no'
  | 'hangs'
  | 'no-image'
  /** Fargate has no room for it. */
  | 'not-placed'
  | 'run-denied'
  /** It hangs, and may not be stopped. */
  | 'stop-denied'
  | 'log-denied';

export interface OwnCheck {
  readonly kind: 'command' | 'url';
  readonly says: 'yes' | 'no' | 'no-at-the-top' | 'hangs' | 'cannot-tell' | 'tells-later';
  readonly takesMs: number;
}

/** The command that is run once in a task of the new revision, before anything is changed. */
export type PreDeploy =
  | 'passes'
  /** It exits with 3. */
  | 'fails'
  | 'hangs'
  | 'no-image'
  /** Fargate has no room for it. */
  | 'not-placed';

/** Who else moves the traffic of the pair: CodeDeploy, or ECS itself by a service whose settings name the rule. */
export type Owner = 'nobody' | 'code-deploy' | 'ecs-blue-green' | 'ecs-linear' | 'ecs-canary';

/** What the user wants green to keep, whatever blue does. */
export type Objective = 'none' | 'errors' | 'latency';

export interface Asks {
  readonly location: Location;
  readonly window: Window;
  /** On a clock of its own, and by the name of the day. */
  readonly windowIn: 'UTC' | 'Asia/Kolkata';
  readonly windowByDay: boolean;
  readonly schema: 'compatible' | 'breaking';
  readonly probeTask: ProbeTask | undefined;
  readonly check: OwnCheck | undefined;
  readonly objective: Objective;
  /** What becomes of 4xx; absent: nothing is said of it. */
  readonly clientErrors?: 'judge';
  readonly owner: Owner;
  readonly preDeploy: PreDeploy | undefined;
  /** The second run is the first one's workflow run, run again. */
  readonly rerun: boolean;
  /** The second run is given the rule and its order alone. */
  readonly secondIsBare: boolean;
  /** The test rule that it finds is of a version that noted no cluster. */
  readonly oldTags: boolean;
  /** The second run may go back past a breaking schema change. */
  readonly pastBreaking: boolean;
  /** The job is cancelled so long after blue was scaled down: past the point of no return. */
  readonly cancelAfterBlueDownMs: number | undefined;
  /** Permissions that are missing for these things. */
  readonly rules: readonly FaultRule[];
}

/** What is known of the story by then. */
export interface Drawn {
  readonly hasSecondRun: boolean;
  readonly onInterrupted: string | undefined;
  readonly together: boolean;
  readonly probeCount: number;
}

/** Tasks that never let green have its first weight. */
export const saysNo: readonly ProbeTask[] = [
  'says-no',
  'hangs',
  'no-image',
  'not-placed',
  'run-denied',
  'stop-denied',
];

function windowOf(rng: Rng): Window {
  if (!rng.chance(0.09)) return { kind: 'none' };
  const opensInMs = rng.int(1, 25) * minuteMs;
  return rng.pick<Window>([
    { kind: 'open' },
    { kind: 'closes-soon', afterMs: rng.int(1, 5) * minuteMs },
    { kind: 'refused', opensInMs },
    { kind: 'awaited', opensInMs },
    { kind: 'awaited', opensInMs },
    { kind: 'too-far', opensInMs: 61 * minuteMs + opensInMs },
  ]);
}

function checkOf(rng: Rng): OwnCheck {
  const takesMs = rng.pick([0, 2000, 40_000]);
  const plain = ['yes', 'yes', 'no', 'no-at-the-top', 'hangs'] as const;
  // A URL answers, or it does not: only a command can say that it could not tell.
  return rng.chance(0.4)
    ? { kind: 'url', says: rng.pick(plain), takesMs }
    : { kind: 'command', says: rng.pick([...plain, 'cannot-tell', 'tells-later', 'tells-later']), takesMs };
}

const probeTasks = [
  'honest',
  'honest',
  'honest',
  'honest',
  'silent',
  'says-no',
  'hangs',
  'no-image',
  'not-placed',
  'run-denied',
  'stop-denied',
  'log-denied',
] as const satisfies readonly ProbeTask[];

const denials: Readonly<Partial<Record<ProbeTask, FaultRule['match']>>> = {
  'run-denied': { service: 'ecs', operation: 'RunTask' },
  'stop-denied': { service: 'ecs', operation: 'StopTask' },
  'log-denied': { service: 'logs', operation: 'GetLogEvents' },
};

/** Without what `more.ts` draws. */
export function drawAsks(rng: Rng, drawn: Drawn): Omit<Asks, 'preDeploy' | 'rerun'> {
  const window = windowOf(rng);
  const schema = rng.chance(0.07) ? 'breaking' : 'compatible';
  const unmarked = rng.chance(0.12);
  const asksTask = rng.chance(0.14);
  const probeTask = asksTask && drawn.probeCount > 0 ? rng.pick(probeTasks) : undefined;
  const denied = probeTask === undefined ? undefined : denials[probeTask];
  const orders = ['rollback-only', 'judge'];
  return {
    location: rng.pick<Location>([...Array(8).fill('rule'), 'default-action', 'default-rule']),
    window,
    windowIn: rng.pick(['UTC', 'Asia/Kolkata'] as const),
    windowByDay: rng.chance(0.5),
    schema,
    probeTask,
    check: rng.chance(0.12) ? checkOf(rng) : undefined,
    objective: rng.pick([...Array(8).fill('none'), 'errors', 'latency'] as Objective[]),
    owner: rng.chance(0.015) ? 'code-deploy' : 'nobody',
    secondIsBare: rng.chance(0.5) && orders.includes(drawn.onInterrupted ?? ''),
    oldTags: rng.chance(0.4) && drawn.hasSecondRun && schema === 'compatible' && !drawn.together,
    pastBreaking: rng.chance(0.4),
    rules: [
      ...(denied === undefined ? [] : [deniedRule(denied)]),
      ...(schema === 'breaking' && unmarked
        ? [deniedRule({ service: 'ecs', operation: 'TagResource' })]
        : []),
    ],
    cancelAfterBlueDownMs: rng.chance(0.2) ? rng.int(0, 1500) : undefined,
  };
}

function deniedRule(match: FaultRule['match']): FaultRule {
  return { id: `${match.operation} denied`, match, effect: { kind: 'access-denied' } };
}

/** What a story asks for, as named in the table of coverage; nothing for what is usual. */
export function asksTraits(asks: Asks): readonly string[] {
  const traits: string[] = [];
  if (asks.location !== 'rule') traits.push(`location: ${asks.location}`);
  if (asks.window.kind !== 'none') traits.push(`window: ${asks.window.kind}`);
  if (asks.schema !== 'compatible') traits.push(`schema: ${asks.schema}`);
  if (asks.probeTask !== undefined) traits.push(`probe task: ${asks.probeTask}`);
  if (asks.check !== undefined) traits.push(`check: ${asks.check.says}`, `check by ${asks.check.kind}`);
  if (asks.objective !== 'none') traits.push(`objective: ${asks.objective}`);
  if (asks.clientErrors !== undefined) traits.push('4xx: judged');
  if (asks.owner !== 'nobody') traits.push(`owner: ${asks.owner}`);
  if (asks.preDeploy !== undefined) traits.push(`pre-deploy: ${asks.preDeploy}`);
  return traits;
}

/** Nothing beside the shift. */
export const plainAsks: Asks = {
  location: 'rule',
  window: { kind: 'none' },
  windowIn: 'UTC',
  windowByDay: false,
  schema: 'compatible',
  probeTask: undefined,
  check: undefined,
  objective: 'none',
  owner: 'nobody',
  preDeploy: undefined,
  rerun: false,
  secondIsBare: false,
  oldTags: false,
  pastBreaking: false,
  cancelAfterBlueDownMs: undefined,
  rules: [],
};
