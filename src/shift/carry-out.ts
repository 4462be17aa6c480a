/** From what was found to what came of it: the plan is made, shown, and done. */
import type { ActionResult } from '../engine/action.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import { describePlan } from './describe-plan.ts';
import { stop, subjectOf } from './early-end.ts';
import type { Gathered } from './gather.ts';
import { describeSplit } from './ladder.ts';
import type { ShiftPlan } from './plan.ts';
import { titleOf } from './report.ts';
import { runPlan, type ShiftRun } from './run-plan.ts';

/** Shows the plan, and does it unless this is a dry run. */
export async function carryOut(
  run: ShiftRun,
  gathered: Gathered,
  { dryRun }: Pick<ShiftRequest, 'dryRun'>,
  plan: ShiftPlan,
): Promise<ActionResult> {
  run.ports.runner.group(`Plan: ${titleOf(plan)}`, [
    `Weights now: ${describeSplit(gathered.facts.forward.split)}.`,
    ...describePlan(plan).map((line, index) => `${String(index + 1).padStart(2)}. ${line}`),
    ...plan.notes.map((note) => `Note: ${note}`),
  ]);
  if (dryRun) {
    return stop(
      run,
      subjectOf(gathered),
      { kind: 'planned' },
      'Dry run: this is what would be done. Nothing was changed.',
      plan,
    );
  }
  return run.changes.carryingOut(() => runPlan(run, plan, gathered));
}
