/** Checks of the user's own, as a port: a command on the runner or a URL, asked once the bake of a step is over. */
import type { OwnCheck } from '../inputs/shift-request.ts';
import type { ShiftPlan } from './plan.ts';
import type { ShiftState } from './state.ts';

export type CheckResult =
  | { readonly kind: 'passed' }
  /** The weights go back. `exit code 3: checkout is broken` */
  | { readonly kind: 'failed'; readonly detail: string }
  /** It could not tell: it is asked again while the step is held. */
  | { readonly kind: 'inconclusive'; readonly detail: string };

/** The answer of one check at one step, or that it is still on its way. */
export interface CheckFact {
  /** Index of the step in the plan. */
  readonly step: number;
  /** Index of the check in the plan. */
  readonly check: number;
  /** Epoch milliseconds. */
  readonly askedAt: number;
  readonly result: CheckResult | { readonly kind: 'running' };
}

/**
 * Asks one check. Never rejects: a check that cannot be asked has failed. `words` are what a command finds in
 * its environment. Aborted: the job was cancelled, and the answer matters no more.
 */
export type RunCheck = (
  check: OwnCheck,
  words: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<CheckResult>;

/** An inconclusive check is asked again after this pause. */
const askAgainMs = 30_000;

/** What a check may want to know about the step. */
function wordsFor(plan: ShiftPlan, state: ShiftState, step: number): Readonly<Record<string, string>> {
  const since = state.phase.kind === 'bake' ? state.phase.since : state.writtenAt;
  return {
    IPS_DEPLOY_STEP: String(plan.steps[step]?.percent ?? 0),
    IPS_DEPLOY_STEP_SINCE: new Date(since).toISOString(),
    IPS_DEPLOY_BLUE_TARGET_GROUP: plan.blue.targetGroupArn,
    IPS_DEPLOY_GREEN_TARGET_GROUP: plan.green.targetGroupArn,
    IPS_DEPLOY_BLUE_SERVICE: plan.blue.service ?? '',
    IPS_DEPLOY_GREEN_SERVICE: plan.green.service ?? '',
  };
}

/** Checks that have to be asked now: the bake is over, and there is no answer yet or only an inconclusive one. Pure. */
function checksDue(plan: ShiftPlan, state: ShiftState, now: number): readonly number[] {
  const { phase } = state;
  if (phase.kind !== 'bake' || now - phase.since < plan.steps[phase.step]!.bakeTimeMs) return [];
  return plan.checks
    .map((_, check) => check)
    .filter((check) => {
      const known = state.checks.find((fact) => fact.step === phase.step && fact.check === check);
      if (known === undefined) return true;
      return known.result.kind === 'inconclusive' && now - known.askedAt >= askAgainMs;
    });
}

/** The newest answer of each check at each step. Pure. */
export function withCheckFacts(
  known: readonly CheckFact[],
  fresh: readonly CheckFact[],
): readonly CheckFact[] {
  if (fresh.length === 0) return known;
  const same = (one: CheckFact, other: CheckFact): boolean =>
    one.step === other.step && one.check === other.check;
  return [...known.filter((fact) => !fresh.some((newer) => same(newer, fact))), ...fresh];
}

export function describeCheck(check: OwnCheck): string {
  return check.kind === 'command' ? `command "${firstLine(check.command)}"` : `GET ${check.url}`;
}

function firstLine(command: string): string {
  const [first = '', ...more] = command.trim().split('\n');
  const short = first.length > 60 ? `${first.slice(0, 57)}...` : first;
  return more.length > 0 && !short.endsWith('...') ? `${short} ...` : short;
}

/**
 * Keeps checks running in the background, so that the other gates go on listening meanwhile. `poll` starts what
 * is due and tells what is known.
 */
export function createCheckDesk(
  plan: ShiftPlan,
  runCheck: RunCheck,
  cancelled: AbortSignal,
): (state: ShiftState, now: number) => readonly CheckFact[] {
  const answers = new Map<string, CheckFact>();
  return (state, now) => {
    const { phase } = state;
    if (phase.kind !== 'bake' || plan.checks.length === 0) return [];
    const { step } = phase;
    const key = (check: number): string => `${step}/${check}`;
    for (const check of checksDue(plan, state, now)) {
      const asked: CheckFact = { step, check, askedAt: now, result: { kind: 'running' } };
      answers.set(key(check), asked);
      void runCheck(plan.checks[check]!, wordsFor(plan, state, step), cancelled).then((result) =>
        answers.set(key(check), { ...asked, result }),
      );
    }
    return plan.checks.flatMap((_, check) => answers.get(key(check)) ?? []);
  };
}
