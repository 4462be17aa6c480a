/**
 * Is a service worse than it was before its deployment? Old and new never serve beside each other here, so what is
 * usual is taken from the hour before; evidence and its limits are those of a shift at 100 %. Pure.
 */
import type { GroupMinute } from '../aws/elb-minutes.ts';
import type { WatchRequest } from '../inputs/watch-fields.ts';
import { formatCount } from '../report/count.ts';
import { formatDuration } from '../report/duration.ts';
import type { Baseline } from '../shift/baseline.ts';
import { allowedAlone, type Evidence, formatRatio, sumOf, totalsOf } from '../shift/evidence.ts';
import { ratioAlone } from '../shift/gates/objectives.ts';
import { dispersion, harmRatio } from '../shift/judge.ts';
import { harmLimit, suspicionLimit } from '../shift/limits.ts';

/** What was usual, with what a shift has no need of: it has blue beside green. */
export interface Usual {
  readonly traffic: Baseline;
  /** Share of the requests that were slow before, and how much burstier than chance. */
  readonly slow: { readonly rate: number; readonly dispersion: number };
}

export type HarmCode = 'errors' | 'unanswered' | 'slow' | 'objective-errors' | 'objective-latency';

export interface Finding {
  readonly code: HarmCode;
  /** Evidence that the service is worse than allowed, to one. */
  readonly ratio: number;
  readonly sentence: string;
}

/** Traffic of another time of the day is slower by itself: twice what was usual, and five points, are allowed. */
const slowMargin = 0.05;

export function usualOf(traffic: Baseline, minutes: readonly GroupMinute[]): Usual {
  const requests = minutes.reduce((sum, minute) => sum + minute.requests, 0);
  const slow = minutes.reduce((sum, minute) => sum + minute.slow, 0);
  return {
    traffic,
    slow: {
      rate: requests === 0 ? 0 : slow / requests,
      dispersion: dispersion(minutes.map((minute) => ({ bad: minute.slow, requests: minute.requests }))),
    },
  };
}

/** Evidence at which the release goes back, to one; each stream that can speak has its share of the error. */
export function limitOf(request: WatchRequest, usual: Usual): number {
  return harmLimit({ probes: { count: 0, perStep: 0 }, objectives: request.objectives }, usual.traffic);
}

/** One finding for each stream, the strongest first. */
export function findings(evidence: Evidence, request: WatchRequest, usual: Usual): readonly Finding[] {
  const { traffic } = usual;
  const { minutes } = evidence;
  const { errorRate, latency } = request.objectives;
  const found: Finding[] = [];
  const add = (code: HarmCode, ratio: number, sentence: string): void => {
    found.push({ code, ratio, sentence });
  };
  const errors = totalsOf(evidence, 'errors');
  add(
    'errors',
    harmRatio(evidence.harm.errors),
    `${formatCount(errors.greenBad)} of ${formatCount(errors.green)} requests failed; before it ${percent(traffic.errorRate)} did, and ${percent(allowedAlone('errors', traffic, request.maxErrorRate))} are allowed`,
  );
  const unanswered = totalsOf(evidence, 'unanswered');
  add(
    'unanswered',
    harmRatio(evidence.harm.unanswered),
    `${formatCount(unanswered.greenBad)} of ${formatCount(unanswered.green)} requests got no answer from a task; before it ${percent(traffic.unansweredRate)} did not, and ${percent(allowedAlone('unanswered', traffic, request.maxErrorRate))} are allowed`,
  );
  if (traffic.slowerThanSeconds !== undefined) {
    const allowed = 2 * usual.slow.rate + slowMargin;
    const total = totalsOf(evidence, 'slow');
    add(
      'slow',
      ratioAlone(
        minutes.map((minute) => minute.slow),
        Math.min(1, allowed),
        usual.slow.dispersion,
      ),
      `${formatCount(total.greenBad)} of ${formatCount(total.green)} requests took longer than ${milliseconds(traffic.slowerThanSeconds)}, the usual p95 and a margin; before it ${percent(usual.slow.rate)} did, and ${percent(allowed)} are allowed`,
    );
  }
  if (errorRate !== undefined) {
    add(
      'objective-errors',
      ratioAlone(
        minutes.map((minute) => minute.errors),
        errorRate,
      ),
      `${formatCount(errors.greenBad)} of ${formatCount(errors.green)} requests failed, and the objective allows ${percent(errorRate)}`,
    );
  }
  if (latency !== undefined) {
    const blocks = minutes.map((minute) => minute.overObjective).filter((block) => block !== undefined);
    const total = sumOf(blocks);
    const allowed = 1 - latency.percentile / 100;
    add(
      'objective-latency',
      ratioAlone(blocks, allowed),
      `${formatCount(total.greenBad)} of ${formatCount(total.green)} requests took longer than ${milliseconds(latency.seconds)}, and the objective (p${latency.percentile}) allows ${percent(allowed)}`,
    );
  }
  return found.sort((one, other) => other.ratio - one.ratio);
}

export type AfterJudgement =
  | { readonly kind: 'harm'; readonly finding: Finding; readonly sentence: string }
  /** Too much to say that all is well, too little to take it back. */
  | { readonly kind: 'suspicion'; readonly sentence: string }
  | { readonly kind: 'quiet' };

export function judgeAfter(evidence: Evidence, request: WatchRequest, usual: Usual): AfterJudgement {
  const limit = limitOf(request, usual);
  const [worst] = findings(evidence, request, usual);
  if (worst === undefined) return { kind: 'quiet' };
  const sentence = `${worst.sentence}; evidence ${formatRatio(worst.ratio)}:1, limit ${limit}:1.`;
  if (worst.ratio >= limit) return { kind: 'harm', finding: worst, sentence };
  return worst.ratio >= suspicionLimit(limit) ? { kind: 'suspicion', sentence } : { kind: 'quiet' };
}

/** What the watch can say where nothing speaks against the release. */
export function countedSentence(evidence: Evidence, usual: Usual, forMs: number): string {
  const errors = totalsOf(evidence, 'errors');
  const slow = totalsOf(evidence, 'slow');
  const time = formatDuration(forMs);
  if (errors.green === 0) {
    return `In ${time} of watching no request was counted: of errors and latency nothing is known.`;
  }
  const latency =
    usual.traffic.slowerThanSeconds === undefined
      ? ''
      : `, ${formatCount(slow.greenBad)} were slow (longer than ${milliseconds(usual.traffic.slowerThanSeconds)}; ${percent(usual.slow.rate)} before)`;
  return `In ${time} of watching ${formatCount(errors.greenBad)} of ${formatCount(errors.green)} requests failed (${percent(usual.traffic.errorRate)} before)${latency}.`;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}

function milliseconds(seconds: number): string {
  return `${Math.round(seconds * 1000)} ms`;
}
