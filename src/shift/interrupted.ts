/**
 * What to do about a shift that is there already: its test rule stands at the priority that this one needs.
 * Is its holder alive, and if not: go on, take back, finish, or leave it to a person? Pure.
 */
import { sameSplit, type WeightSplit } from '../aws/elb-forward.ts';
import type { OnInterrupted } from '../inputs/shift-request.ts';
import { formatDuration } from '../report/duration.ts';
import { groupName, shareOf, splitAt } from './ladder.ts';
import { formerSplit, isAtRest, isEarlierAttempt, isPromoted, leaseMs, type ShiftRecord } from './record.ts';

/** A test rule as found, with what it says. */
export interface Lock {
  readonly ruleArn: string;
  readonly priority: string;
  readonly greenArn: string;
  readonly record: ShiftRecord;
  /** Its tags say more than the weights, and the record is without that: whoever takes it over writes over them. */
  readonly isOutdated?: true;
}

export type LockVerdict =
  /** Its holder may be alive until then: look again. */
  | { readonly kind: 'held'; readonly until: number }
  /** The same release: go on where it stands. */
  | { readonly kind: 'resume'; readonly why: string }
  /** Promoted, but not put away: finish that, then ours. */
  | { readonly kind: 'finish'; readonly why: string }
  | { readonly kind: 'take-back'; readonly why: string; readonly thenShift: boolean }
  /** It rests: whether it may is to be seen. */
  | { readonly kind: 'judge'; readonly why: string }
  /** Nothing is touched. `help`: what a person can do, where it is not the usual. */
  | { readonly kind: 'report'; readonly why: string; readonly help?: string };

export interface LockQuestion {
  readonly lock: Lock;
  readonly live: WeightSplit;
  readonly blueArn: string;
  /** `family:12` that this run is to bring; empty where green is taken as it is. */
  readonly revision: string;
  readonly holder: string;
  readonly onInterrupted: OnInterrupted;
  readonly blue: BlueNow;
  /** A breaking schema change is no reason against a way back. */
  readonly pastBreakingSchema: 'refuse' | 'accept';
  readonly now: number;
}

/** Whether blue could take its traffic back. */
export interface BlueNow {
  readonly healthy: number;
  /** Healthy targets that it had at the start, and no fewer than green has now. */
  readonly needed: number;
  /** Commands that give it its tasks back; undefined where no ECS service stands behind it. */
  readonly scaleUp: string | undefined;
}

export function judgeLock(question: LockQuestion): LockVerdict {
  const { lock, holder, now } = question;
  const { record } = lock;
  const ours = record.holder === holder || isEarlierAttempt(record.holder, holder);
  const until = record.aliveAt + leaseMs;
  if (!isAtRest(record.stage) && !ours && now < until) return { kind: 'held', until };
  const found = describeFound(question);
  if (!isOwnSplit(question)) {
    return {
      kind: 'report',
      why: `${found} The weights are none that it wrote: somebody else has changed them since.`,
    };
  }
  if (question.onInterrupted === 'report') return { kind: 'report', why: found };
  const takeBack = (thenShift: boolean, why = found): LockVerdict =>
    heldBySchema(question, why) ?? { kind: 'take-back', why, thenShift };
  // An order of its own, so a promoted green goes back, too; but never to a blue that was scaled down.
  if (question.onInterrupted === 'rollback-only') return tooLate(question, found) ?? takeBack(false);
  if (question.onInterrupted === 'judge') {
    return judgeFound(question, found, (why) => takeBack(false, why));
  }
  if (isPromoted(record.stage) || record.noReturnAt !== undefined) {
    return record.revision === question.revision
      ? { kind: 'resume', why: found }
      : { kind: 'finish', why: found };
  }
  if (question.onInterrupted === 'rollback') return takeBack(false);
  return record.revision === question.revision
    ? { kind: 'resume', why: found }
    : takeBack(question.onInterrupted === 'resume');
}

/** Only a rest is judged: a run that died in the middle of a shift has nobody who would go on with it. */
function judgeFound(
  { lock: { record }, revision }: LockQuestion,
  found: string,
  takeBack: (why: string) => LockVerdict,
): LockVerdict {
  if (isPromoted(record.stage) || record.noReturnAt !== undefined) return { kind: 'finish', why: found };
  if (!isAtRest(record.stage)) return takeBack(found);
  if (record.revision === revision) return { kind: 'judge', why: found };
  const runs = revision === '' ? 'nothing that is known' : revision;
  return takeBack(`${found} Green’s service runs ${runs} now.`);
}

/** Green has traffic that blue could not serve. */
function heldBySchema(
  { lock, live, pastBreakingSchema }: LockQuestion,
  found: string,
): LockVerdict | undefined {
  if (!lock.record.breaking || pastBreakingSchema === 'accept' || shareOf(live, lock.greenArn) === 0) {
    return undefined;
  }
  return {
    kind: 'report',
    why: `${found} It is not taken back: ${lock.record.revision} carries a breaking schema change, blue could not serve, and nothing goes back past it by itself.`,
    help: `To go on with it, run with its own revision and on-interrupted: resume. To go back, undo the schema change first, then run with on-interrupted: rollback-only and past-breaking-schema: accept. By hand: set the weights, then aws elbv2 delete-rule --rule-arn ${lock.ruleArn}`,
  };
}

function tooLate({ lock, blue }: LockQuestion, found: string): LockVerdict | undefined {
  const { noReturnAt } = lock.record;
  if (noReturnAt === undefined || blue.healthy >= blue.needed) return undefined;
  return {
    kind: 'report',
    why: `${found} Blue was scaled down at ${new Date(noReturnAt).toISOString()}, the point of no return, and has ${blue.healthy} healthy targets of ${blue.needed} that are needed: the traffic stays where it is.`,
    help: `To go back, give blue its tasks first${blue.scaleUp === undefined ? '' : ` (${blue.scaleUp})`}, then run this again. To stay with green, run again with on-interrupted: resume: it puts the rest away.`,
  };
}

/** Whether the live weights are ones that the interrupted shift wrote, or found. */
function isOwnSplit({ lock, live, blueArn }: LockQuestion): boolean {
  const former = formerSplit(lock.record, live);
  return [0, ...lock.record.steps].some((percent) =>
    sameSplit(live, percent === 0 ? former : splitAt(former, blueArn, lock.greenArn, percent)),
  );
}

function describeFound({ lock, live, now }: LockQuestion): string {
  const { record } = lock;
  const total = live.reduce((sum, group) => sum + group.weight, 0);
  const green = live.find((group) => group.targetGroupArn === lock.greenArn)?.weight ?? 0;
  const share = total === 0 ? 0 : Math.round((100 * green) / total);
  const silent = formatDuration(Math.max(0, Math.round((now - record.aliveAt) / 1000) * 1000));
  const how =
    record.stage === 'paused'
      ? 'rests on purpose'
      : record.stage === 'left'
        ? 'was left as it stood'
        : `has given no sign of life for ${silent}`;
  return `A shift to ${groupName(lock.greenArn)}${record.revision === '' ? '' : ` (${record.revision})`} by ${record.holder} ${how}; green has ${share} % of the traffic.`;
}
