/** Outcomes in words. Pure; a missing outcome does not compile. */
import { type WeightSplit, withWeights } from '../aws/elb-forward.ts';
import { attachedSplit } from './decide.ts';
import { describeSplit, splitAt } from './ladder.ts';
import type { ShiftPlan } from './plan.ts';
import type { Ending, ShiftOutcome, ShiftState } from './state.ts';

/** One sentence: what is now true, and why. */
export function describeOutcome(plan: ShiftPlan, { ending, state }: ShiftOutcome, harmed: number): string {
  const at = reached(state);
  switch (ending.kind) {
    case 'promoted':
      return `Green ${plan.green.groupName} serves everything; real traffic shows that it is no worse than blue.`;
    case 'promoted-on-probes':
      return `Green ${plan.green.groupName} serves everything, promoted on probes and target health: ${ending.lack}.`;
    case 'rolled-back':
      return at === undefined
        ? `Green got no traffic: ${ending.cause.sentence}`
        : `Rolled back at ${at} %: ${ending.cause.sentence} ${harmSentence(harmed)}`;
    case 'rollback-failed':
      return ending.held === true
        ? `Not taken back at ${at ?? 0} %: ${ending.problem} What speaks against green: ${ending.cause.sentence} ${harmSentence(harmed)}`
        : `The way back failed at ${at ?? 0} %: ${ending.problem} Why it was tried: ${ending.cause.sentence}`;
    case 'interfered':
      return interference(ending);
    case 'refused':
      return `Nothing was shifted: ${ending.refusals.map((refusal) => refusal.message).join(' ')}`;
    case 'cancelled':
    case 'timed-out':
      return `${ending.cause.sentence} ${weightsSentence(state, ending)}`;
    case 'paused':
      return `Green ${plan.green.groupName} rests at ${ending.percent} %, as asked for; a later run goes on from there.`;
    case 'no-change':
      return ending.why;
  }
}

function harmSentence(harmed: number): string {
  if (harmed === 0) return 'As far as is known, no request failed because of it.';
  return `About ${harmed.toLocaleString('en-US')} requests were harmed.`;
}

function weightsSentence(state: ShiftState, ending: Ending & { kind: 'cancelled' | 'timed-out' }): string {
  if (!state.shifted) return 'Green had no traffic yet.';
  return ending.weights === 'restored'
    ? 'The weights are back as they were.'
    : `The weights are left at ${describeSplit(state.written)}.`;
}

/** What the reader should do; undefined where there is nothing to do. */
export function remedyFor(plan: ShiftPlan, { ending, state }: ShiftOutcome): string | undefined {
  const next = ((): string | undefined => {
    switch (ending.kind) {
      case 'promoted':
      case 'promoted-on-probes':
      case 'no-change':
        return undefined;
      case 'rolled-back':
        return plan.task.kind === 'take-back' && plan.task.asked === true
          ? undefined
          : 'Blue serves as before. Fix green and run the shift again.';
      case 'rollback-failed':
        if (ending.held === true) return heldRemedy(plan, state);
        return `Run the action again with on-interrupted: rollback-only, or set the weights by hand: ${restoreCommand(plan, attachedSplit(plan))}${state.testRuleArn === undefined ? '' : ` and then aws elbv2 delete-rule --rule-arn ${state.testRuleArn}`}`;
      case 'paused':
        return `Run the action again without until, or with a later one, to go on; with on-interrupted: rollback-only to go back. By hand: ${restoreCommand(plan, attachedSplit(plan))}`;
      case 'interfered':
        if (ending.what === 'lock') return 'The run that has the lock now goes on; see its log.';
        return 'CloudTrail (ModifyRule, ModifyListener) names who wrote them. Agree on one owner, set the weights as they should be, then run the shift again.';
      case 'refused':
        return 'Correct what is named, or accept it by name with the input accept where that is allowed.';
      case 'cancelled':
      case 'timed-out':
        return ending.weights === 'left'
          ? plan.breaking
            ? heldRemedy(plan, state)
            : `Run the action again to go on from here. To go back: ${restoreCommand(plan, attachedSplit(plan))}`
          : undefined;
    }
  })();
  const parts = [next, ...state.leftovers].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(' ');
}

/** A person decides: forward, or back once the schema change is undone. */
function heldRemedy(plan: ShiftPlan, { testRuleArn }: ShiftState): string {
  const all = splitAt(plan.former, plan.blue.targetGroupArn, plan.green.targetGroupArn, 100);
  const unlock = testRuleArn === undefined ? '' : `, then aws elbv2 delete-rule --rule-arn ${testRuleArn}`;
  return [
    'To go on, repair what speaks against green and run the action again.',
    `To give green everything by hand: ${restoreCommand(plan, all)}${unlock}.`,
    'To go back, undo the schema change first, then run the action with on-interrupted: rollback-only and past-breaking-schema: accept,',
    `or by hand: ${restoreCommand(plan, attachedSplit(plan))}${unlock}.`,
  ].join(' ');
}

/** The exact words that write a split. */
function restoreCommand({ location, testRule }: ShiftPlan, split: WeightSplit): string {
  const json = JSON.stringify(withWeights(testRule.actions, split));
  return location.kind === 'rule'
    ? `aws elbv2 modify-rule --rule-arn ${location.ruleArn} --actions '${json}'`
    : `aws elbv2 modify-listener --listener-arn ${location.listenerArn} --default-actions '${json}'`;
}

export function interference(ending: Ending & { kind: 'interfered' }): string {
  if (ending.what === 'lock') {
    return 'Another run has taken over the test rule of this shift: nothing is touched any more.';
  }
  return `Somebody else changed the weights: the rule holds ${describeSplit(ending.live)}, this shift last wrote ${describeSplit(ending.expected)}.`;
}

/** The highest share that green had through us, percent; undefined where it had none. */
export function reached(state: ShiftState): number | undefined {
  const highest = Math.max(0, ...state.weights.map((weight) => weight.percent));
  return highest === 0 ? undefined : highest;
}
