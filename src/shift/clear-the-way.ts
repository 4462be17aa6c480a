/** What a run before has left comes first: at most one shift to take back or finish, and one to find in its place. */
import type { ActionResult } from '../engine/action.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import { buildPlan } from './build-plan.ts';
import { carryOut } from './carry-out.ts';
import { event } from './decide.ts';
import { refuse, stop, subjectOf } from './early-end.ts';
import type { Gathered } from './gather.ts';
import type { Lock } from './interrupted.ts';
import { lockVerdict, waitForHolder } from './lock.ts';
import { lookAtRest } from './look-at-rest.ts';
import { revisionName, type ShiftTask } from './plan.ts';
import { preflight, type Refusal } from './preflight.ts';
import { isPromoted } from './record.ts';
import type { ShiftRun } from './run-plan.ts';
import type { StaleGuard } from './stale.ts';
import { isLeftoverOrder } from './take-back-only.ts';

export type Way =
  | { readonly kind: 'clear'; readonly gathered: Gathered }
  | { readonly kind: 'ended'; readonly result: ActionResult };

export async function clearTheWay(
  run: ShiftRun,
  request: ShiftRequest,
  guard: StaleGuard,
  look: () => Promise<Gathered>,
): Promise<Way> {
  const { record, holder, ports } = run;
  const { clock } = ports;
  const ended = (result: ActionResult): Way => ({ kind: 'ended', result });
  const order = isLeftoverOrder(request.onInterrupted) ? request.onInterrupted : undefined;
  let gathered = await look();
  for (let round = 0; ; round++) {
    const { lock } = gathered.facts;
    if (lock === undefined) return { kind: 'clear', gathered };
    const verdict = lockVerdict(gathered, request, holder, clock.now());
    if (verdict.kind === 'held' && order === 'judge') {
      const why = `${lock.record.holder} is alive and judges its shift itself.`;
      return ended(stop(run, subjectOf(gathered), { kind: 'no-change', why }, why));
    }
    if (verdict.kind === 'held') {
      const waited = request.dryRun || round > 2 ? 'alive' : await waitForHolder(run, lock, verdict.until);
      if (waited === 'alive') {
        const message = `Another shift is in progress: ${lock.record.holder} holds the test rule ${lock.ruleArn} and is alive.`;
        return ended(refuse(run, gathered, [{ code: 'another-shift', message }]));
      }
      gathered = await look();
      continue;
    }
    if (verdict.kind === 'report' || round > 4) {
      const message = interruptedHelp(lock.ruleArn, verdict);
      return ended(refuse(run, gathered, [{ code: 'interrupted-shift', message }]));
    }
    const level = verdict.kind === 'judge' ? 'info' : 'warning';
    record(event(clock.now(), 'shift.interrupted-found', level, verdict.why));
    if (verdict.kind === 'judge') return ended(await judgeFound(run, gathered, request, lock));
    if (verdict.kind === 'resume') {
      return ended(await resume(run, request, { gathered, lock, guard, why: verdict.why }));
    }
    // What is in the middle may be newer than what this run brings.
    const stale =
      verdict.kind === 'take-back' && verdict.thenShift
        ? await guard(lock.record.revision, gathered)
        : undefined;
    if (stale !== undefined) return ended(refuse(run, gathered, [stale]));
    const task: ShiftTask =
      verdict.kind === 'finish'
        ? { kind: 'finish' }
        : {
            kind: 'take-back',
            cause: { code: 'interrupted', sentence: verdict.why },
            asked: order === 'rollback-only',
          };
    const result = await carryOut(run, gathered, request, buildPlan(gathered, request, task));
    const { outcome } = result.outputs;
    const done = outcome === (task.kind === 'finish' ? 'promoted' : 'rolled-back');
    const goesOn = order === undefined && (verdict.kind === 'finish' || verdict.thenShift);
    if (!done && outcome !== 'promoted-on-probes') return ended(result);
    if (!goesOn || request.dryRun) return ended(result);
    run.changes.cleared(result.report.sentence);
    const told = `${result.report.sentence} Now the shift that was asked for.`;
    record(event(clock.now(), 'shift.cleared', 'notice', told));
    gathered = await look();
  }
}

/** Goes on, or takes it back where it may not. */
async function resume(
  run: ShiftRun,
  request: ShiftRequest,
  found: {
    readonly gathered: Gathered;
    readonly lock: Lock;
    readonly guard: StaleGuard;
    readonly why: string;
  },
): Promise<ActionResult> {
  const { gathered, lock, guard, why } = found;
  const { clock } = run.ports;
  const { blueService } = gathered.facts;
  const settled = isPromoted(lock.record.stage) || lock.record.noReturnAt !== undefined;
  const stale =
    settled || blueService === undefined
      ? undefined
      : await guard(revisionName(blueService.taskDefinitionArn), gathered);
  const refusals: readonly Refusal[] = [
    ...preflight(gathered.facts, request),
    ...(stale === undefined ? [] : [stale]),
  ];
  const goOn = (task: ShiftTask): Promise<ActionResult> =>
    carryOut(run, gathered, request, buildPlan(gathered, request, task));
  if (refusals.length === 0) return goOn({ kind: 'resume' });
  for (const each of refusals) {
    run.record(event(clock.now(), `preflight.${each.code}`, 'warning', each.message));
  }
  const reasons = refusals.map((each) => each.message).join(' ');
  return goOn({
    kind: 'take-back',
    cause: { code: 'interrupted', sentence: `${why} It cannot go on: ${reasons}` },
  });
}

/** A rest goes on or goes back; neither goes further. */
async function judgeFound(
  run: ShiftRun,
  gathered: Gathered,
  request: ShiftRequest,
  lock: Lock,
): Promise<ActionResult> {
  const plan = buildPlan(gathered, request, { kind: 'resume' });
  const verdict = await lookAtRest(run, plan, gathered, lock, request.restLimitMs);
  switch (verdict.kind) {
    case 'rests':
      return stop(run, subjectOf(gathered), { kind: 'paused', percent: verdict.percent }, verdict.sentence);
    case 'stuck':
      return refuse(run, gathered, [verdict.refusal]);
    case 'take-back': {
      const back = buildPlan(gathered, request, { kind: 'take-back', cause: verdict.cause });
      return carryOut(run, gathered, request, back);
    }
  }
}

function interruptedHelp(
  ruleArn: string,
  { why, help }: { readonly why: string; readonly help?: string },
): string {
  return help === undefined
    ? `${why} Run again with on-interrupted: resume or rollback-only. By hand: set the weights, then aws elbv2 delete-rule --rule-arn ${ruleArn}`
    : `${why} ${help}`;
}
