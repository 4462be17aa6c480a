/** Outcomes in words. Pure; a missing outcome does not compile. */

import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2';
import { type ForwardLocation, type WeightSplit, withWeights } from '../aws/elb-forward.ts';
import { formatCount } from '../report/count.ts';
import { attachedSplit } from './initial-state.ts';
import { neededOfBlue, scaleUpCommands } from './kept-blue.ts';
import { describeSplit, splitAt } from './ladder.ts';
import type { ShiftPlan } from './plan.ts';
import { pairOf } from './router.ts';
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
        ? `Green got no traffic: ${ended(ending.cause.sentence)}`
        : `Rolled back at ${at} %: ${ended(ending.cause.sentence)} ${harmSentence(harmed)}`;
    case 'rollback-failed':
      return ending.held === true
        ? `Not taken back at ${at ?? 0} %: ${ended(ending.problem)} What speaks against green: ${ended(ending.cause.sentence)} ${harmSentence(harmed)}`
        : `The way back failed at ${at ?? 0} %: ${ended(ending.problem)} Why it was tried: ${ended(ending.cause.sentence)}`;
    case 'interfered':
      return interference(ending);
    case 'refused':
      return `Nothing was shifted: ${ending.refusals.map((refusal) => refusal.message).join(' ')}`;
    case 'cancelled':
    case 'timed-out':
      return `${ended(ending.cause.sentence)} ${weightsSentence(state, ending)}`;
    case 'paused':
      return `Green ${plan.green.groupName} rests at ${ending.percent} %, as asked for; a later run goes on from there.`;
    case 'no-change':
      return ending.why;
  }
}

/** AWS's own words may end without a full stop. */
function ended(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

function harmSentence(harmed: number): string {
  if (harmed === 0) return 'As far as is known, no request failed because of it.';
  return `About ${formatCount(harmed)} requests were harmed.`;
}

function weightsSentence(state: ShiftState, ending: Ending & { kind: 'cancelled' | 'timed-out' }): string {
  if (!state.shifted) return 'Green had no traffic yet.';
  return ending.weights === 'restored'
    ? 'The weights are back as they were.'
    : `The weights are left at ${describeSplit(state.written)}.`;
}

/** What the reader should do. Both empty where there is nothing to do. */
export interface Remedy {
  readonly text: string;
  /** For a person's shell; a line that begins with `#` says what the ones below it do. */
  readonly commands: readonly string[];
}

export function remedyFor(plan: ShiftPlan, { ending, state }: ShiftOutcome): Remedy {
  const { text, commands } = nextFor(plan, ending, state);
  return { text: [text, ...state.leftovers].filter(Boolean).join(' '), commands };
}

const nothingToDo: Remedy = { text: '', commands: [] };
const inWords = (text: string): Remedy => ({ text, commands: [] });

function nextFor(plan: ShiftPlan, ending: Ending, state: ShiftState): Remedy {
  switch (ending.kind) {
    case 'promoted':
    case 'promoted-on-probes':
    case 'no-change':
      return nothingToDo;
    case 'rolled-back':
      return plan.task.kind === 'take-back' && plan.task.asked === true
        ? nothingToDo
        : inWords('Blue serves as before. Fix green and run the shift again.');
    case 'rollback-failed':
      return ending.held === true
        ? heldRemedy(plan, state)
        : {
            text: 'Run the action again with on-interrupted: rollback-only, or set the weights by hand:',
            commands: [...goBack(plan, state), ...unlock(state)],
          };
    case 'paused':
      return {
        text: 'Run the action again without until, or with a later one, to go on; with on-interrupted: rollback-only to go back. By hand:',
        commands: goBack(plan, state),
      };
    case 'interfered':
      return inWords(
        ending.what === 'lock'
          ? 'The run that has the lock now goes on; see its log. Where there is none, somebody deleted the test rule: set the weights as they should be, then run the shift again.'
          : 'It may have been an infrastructure tool that was applied (Terraform, CloudFormation, CDK), another pipeline, or a person: CloudTrail (ModifyRule, ModifyListener) names who. Agree on one owner of the weights, set them as they should be, then run the shift again.',
      );
    case 'refused':
      return inWords(
        'Correct what is named, or accept it by name with the input accept where that is allowed.',
      );
    case 'cancelled':
    case 'timed-out':
      if (ending.weights !== 'left') return nothingToDo;
      return plan.breaking
        ? heldRemedy(plan, state)
        : { text: 'Run the action again to go on from here. By hand:', commands: goBack(plan, state) };
  }
}

/** A person decides: forward, or back once the schema change is undone. */
function heldRemedy(plan: ShiftPlan, state: ShiftState): Remedy {
  const all = splitAt(plan.former, plan.blue.targetGroupArn, plan.green.targetGroupArn, 100);
  return {
    text: [
      'To go on, repair what speaks against green and run the action again.',
      'To go back, undo the schema change first, then run the action with on-interrupted: rollback-only and past-breaking-schema: accept.',
      'By hand, one of both:',
    ].join(' '),
    commands: [
      '# Green gets everything:',
      ...restoreCommands(plan, all),
      ...unlock(state),
      '# Blue gets everything back, once the schema change is undone:',
      ...restoreCommands(plan, attachedSplit(plan)),
      ...unlock(state),
    ],
  };
}

function goBack(plan: ShiftPlan, { kept, noReturnAt }: ShiftState): readonly string[] {
  const { blue, cluster } = plan;
  const isSmall = kept !== undefined && noReturnAt === undefined;
  return [
    ...(isSmall && cluster !== undefined && blue.service !== undefined
      ? [
          '# Blue is kept small, and gets its tasks first:',
          ...scaleUpCommands(cluster, blue.service, blue.targetGroupArn, neededOfBlue(plan, [])),
        ]
      : []),
    '# Blue gets everything back:',
    ...restoreCommands(plan, attachedSplit(plan)),
  ];
}

function unlock({ testRuleArn }: ShiftState): readonly string[] {
  return testRuleArn === undefined ? [] : [`aws elbv2 delete-rule --rule-arn ${testRuleArn}`];
}

/** The exact words that write a split, one line for each rule that is shifted. */
function restoreCommands(plan: ShiftPlan, split: WeightSplit): readonly string[] {
  const { location, others, testRule, blue, green } = plan;
  const pair = pairOf({ blueArn: blue.targetGroupArn, greenArn: green.targetGroupArn }, split);
  return [
    restoreCommand(location, withWeights(testRule.actions, split)),
    ...others.map((other) => restoreCommand(other.location, withWeights(other.actions, pair))),
  ];
}

function restoreCommand(location: ForwardLocation, actions: readonly Action[]): string {
  // JSON may write any character by its number: an apostrophe would end the shell's quotes.
  const json = JSON.stringify(actions).replaceAll("'", '\\u0027');
  return location.kind === 'rule'
    ? `aws elbv2 modify-rule --rule-arn ${location.ruleArn} --actions '${json}'`
    : `aws elbv2 modify-listener --listener-arn ${location.listenerArn} --default-actions '${json}'`;
}

export function interference(ending: Ending & { kind: 'interfered' }): string {
  if (ending.what === 'lock') {
    return 'The test rule of this shift is not its own any more, another run has taken it over or somebody has deleted it: nothing is touched any more.';
  }
  return `Somebody else changed the weights: the rule holds ${describeSplit(ending.live)}, this shift last wrote ${describeSplit(ending.expected)}.`;
}

/** The highest share that green had through us, percent; undefined where it had none. */
export function reached(state: ShiftState): number | undefined {
  const highest = Math.max(0, ...state.weights.map((weight) => weight.percent));
  return highest === 0 ? undefined : highest;
}
