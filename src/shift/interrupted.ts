/**
 * What to do about a shift that is there already: its test rule stands at the priority that this one needs.
 * Is its holder alive, and if not: go on, take back, finish, or leave it to a person? Pure.
 */
import { sameSplit, type WeightSplit } from '../aws/elb-forward.ts';
import type { OnInterrupted } from '../inputs/shift-request.ts';
import { formatDuration } from '../report/duration.ts';
import { groupName, splitAt } from './ladder.ts';
import { formerSplit, isEarlierAttempt, isPromoted, leaseMs, type ShiftRecord } from './record.ts';

/** A test rule as found, with what it says. */
export interface Lock {
  readonly ruleArn: string;
  readonly priority: string;
  readonly greenArn: string;
  readonly record: ShiftRecord;
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
  if (record.stage !== 'paused' && !ours && now < until) return { kind: 'held', until };
  const found = describeFound(question);
  if (!isOwnSplit(question)) {
    return {
      kind: 'report',
      why: `${found} The weights are none that it wrote: somebody else has changed them since.`,
    };
  }
  if (question.onInterrupted === 'report') return { kind: 'report', why: found };
  // An order of its own, so a promoted green goes back, too; but never to a blue that was scaled down.
  if (question.onInterrupted === 'rollback-only') {
    return tooLate(question, found) ?? { kind: 'take-back', why: found, thenShift: false };
  }
  if (question.onInterrupted === 'judge') return judgeFound(question, found);
  if (isPromoted(record.stage) || record.noReturnAt !== undefined) {
    return record.revision === question.revision
      ? { kind: 'resume', why: found }
      : { kind: 'finish', why: found };
  }
  if (question.onInterrupted === 'rollback') return { kind: 'take-back', why: found, thenShift: false };
  return record.revision === question.revision
    ? { kind: 'resume', why: found }
    : { kind: 'take-back', why: found, thenShift: question.onInterrupted === 'resume' };
}

/** Only a rest is judged: a run that died in the middle of a shift has nobody who would go on with it. */
function judgeFound({ lock: { record }, revision }: LockQuestion, found: string): LockVerdict {
  if (isPromoted(record.stage) || record.noReturnAt !== undefined) return { kind: 'finish', why: found };
  if (record.stage !== 'paused') return { kind: 'take-back', why: found, thenShift: false };
  return record.revision === revision
    ? { kind: 'judge', why: found }
    : {
        kind: 'take-back',
        why: `${found} Green’s service runs ${revision === '' ? 'nothing that is known' : revision} now.`,
        thenShift: false,
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

export function describeFound({ lock, live, now }: LockQuestion): string {
  const { record } = lock;
  const total = live.reduce((sum, group) => sum + group.weight, 0);
  const green = live.find((group) => group.targetGroupArn === lock.greenArn)?.weight ?? 0;
  const share = total === 0 ? 0 : Math.round((100 * green) / total);
  const silent = formatDuration(Math.max(0, Math.round((now - record.aliveAt) / 1000) * 1000));
  const how = record.stage === 'paused' ? 'rests on purpose' : `has given no sign of life for ${silent}`;
  return `A shift to ${groupName(lock.greenArn)}${record.revision === '' ? '' : ` (${record.revision})`} by ${record.holder} ${how}; green has ${share} % of the traffic.`;
}
