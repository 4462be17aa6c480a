/**
 * One minute of both groups as the judge takes it: our own probes taken out, and what no count tells of yet kept
 * apart. Each count of CloudWatch comes at a time of its own, so that for a while a minute may show green's
 * failures and not blue's: what is not known yet speaks for green. Pure.
 */
import type { GroupMinute, TrafficMinutes } from '../aws/elb-minutes.ts';
import { type Baseline, lateMinutes } from './baseline.ts';
import type { Block } from './judge.ts';

/** Streams made of metrics, by minute. */
export type MetricStream = 'errors' | 'unanswered' | 'slow';

export const minuteMs = 60_000;
/** A side with a smaller share of the requests that its weight gives it has not been counted yet. */
const tooFew = 1 / 3;
/** Of fewer requests none may come by chance. */
const fewestDue = 5;
/** With more of blue's ends unknown than this, blue is no measure. */
const mostUnknown = 1 / 5;
/** Requests under way when a minute closes end in the next one: so large a share, or so many. */
const underWay = 1 / 50;
const fewUnderWay = 3;

export interface MinutePair {
  readonly at: number;
  readonly green: GroupMinute | undefined;
  readonly blue: GroupMinute | undefined;
  /** The load balancer's own failures that blue is not known for. */
  readonly unexplained?: number;
}

export interface UsedMinute extends Readonly<Record<MetricStream, Block>> {
  /** Held to the baseline alone: green's count is that of both groups. */
  readonly balancer: Block;
  /** Slower than the objective of the user; absent where there is none. */
  readonly overObjective?: Block;
  readonly withProbes: number;
  /** Green as read, probes included. */
  readonly seen: { readonly requests: number; readonly failed: number };
  readonly untold: Readonly<Record<Side, Untold>>;
}

type Side = 'green' | 'blue';

/** Requests that no count tells all about. */
interface Untold {
  /** How they ended. */
  readonly unknown: number;
  /** How long they took. */
  readonly untimed: number;
}

/**
 * Far fewer requests than the weights give a side, or most of blue's ends unknown, are `too-little` to judge by. What
 * is `partly` counted is judged, and proves nothing for green.
 */
export type Counted = 'whole' | 'partly' | 'too-little';

export type ProbesByMinute = Readonly<Record<number, { readonly sent: number; readonly bad: number }>>;

/** When which share of the traffic was given to green: percent, oldest first. */
export type Weights = readonly { readonly at: number; readonly percent: number }[];

/** Blue is the first group that was asked about, green the second. Minutes that start in [`fromMs`, `toMs`). */
export function toPairs({ groups, balancer }: TrafficMinutes, fromMs: number, toMs: number): MinutePair[] {
  const [blue, green] = groups;
  const pairs: MinutePair[] = [];
  for (let at = fromMs; at < toMs; at += minuteMs) {
    const own = balancer.find((minute) => minute.at === at)?.unexplained;
    const pair = {
      at,
      green: green?.minutes.find((minute) => minute.at === at),
      blue: blue?.minutes.find((minute) => minute.at === at),
      ...(own === undefined ? {} : { unexplained: own }),
    };
    if (pair.green !== undefined || pair.blue !== undefined || own !== undefined) pairs.push(pair);
  }
  return pairs;
}

/** `previous`: the minute before. A probe may show in the minute after the one in which it was sent. */
export function toUsed(
  pair: MinutePair,
  probesByMinute: ProbesByMinute,
  previous: UsedMinute | undefined,
): UsedMinute {
  const own = probesOf(probesByMinute, pair.at, previous);
  const seen = {
    requests: pair.green?.requests ?? 0,
    failed: (pair.green?.errors ?? 0) + (pair.green?.unanswered ?? 0),
  };
  const green = Math.max(0, requestsOf(pair.green) - own.sent);
  const blue = requestsOf(pair.blue);
  const block = (bad: number, ownBad: number, blueBad: number): Block => ({
    greenBad: Math.min(green, Math.max(0, bad - ownBad)),
    green,
    blueBad: Math.min(blue, blueBad),
    blue,
  });
  const slowerOf = (minute: GroupMinute | undefined): number => minute?.slowerThanObjective ?? 0;
  const withObjective = (pair.green ?? pair.blue)?.slowerThanObjective !== undefined;
  const unexplained = Math.max(0, (pair.unexplained ?? 0) - own.bad);
  // A bad probe is in one of the streams; which one is not known, so it is taken out of all.
  return {
    errors: block(pair.green?.errors ?? 0, own.bad, pair.blue?.errors ?? 0),
    unanswered: block(pair.green?.unanswered ?? 0, own.bad, pair.blue?.unanswered ?? 0),
    slow: block(pair.green?.slow ?? 0, 0, pair.blue?.slow ?? 0),
    balancer: { greenBad: unexplained, green: green + blue, blueBad: 0, blue: 0 },
    ...(withObjective ? { overObjective: block(slowerOf(pair.green), 0, slowerOf(pair.blue)) } : {}),
    withProbes: Math.min(own.sent, seen.requests),
    seen,
    untold: { green: untoldOf(pair.green), blue: untoldOf(pair.blue) },
  };
}

function untoldOf(minute: GroupMinute | undefined): Untold {
  return { unknown: minute?.unknown ?? 0, untimed: minute?.untimed ?? 0 };
}

/** How many requests there were is told by their own count alone: a rate needs all of them. */
function requestsOf(minute: GroupMinute | undefined): number {
  return minute === undefined || minute.uncounted === true ? 0 : minute.requests;
}

function probesOf(
  probesByMinute: ProbesByMinute,
  at: number,
  previous: UsedMinute | undefined,
): { readonly sent: number; readonly bad: number } {
  const none = { sent: 0, bad: 0 };
  const own = probesByMinute[at] ?? none;
  if (previous === undefined) return own;
  const before = probesByMinute[at - minuteMs] ?? none;
  return {
    sent: own.sent + Math.max(0, before.sent - previous.seen.requests),
    bad: own.bad + Math.max(0, before.bad - previous.seen.failed),
  };
}

/** The least and the most that green had in the minute, percent. Undefined where no weight is known. */
export function shareWithin(
  weights: Weights,
  at: number,
): { readonly least: number; readonly most: number } | undefined {
  if (weights.length === 0) return undefined;
  const before = weights.filter((weight) => weight.at <= at).at(-1)?.percent ?? 0;
  const within = weights.filter((weight) => weight.at > at && weight.at < at + minuteMs);
  const all = [before, ...within.map((weight) => weight.percent)];
  return { least: Math.min(...all), most: Math.max(...all) };
}

/** How much of the minute is there. After some time it is whole as it is: nothing more comes. */
export function countedOf(
  minute: UsedMinute,
  at: number,
  now: number,
  baseline: Baseline,
  weights: Weights,
): Counted {
  if (!mayStillCome(at, now)) return 'whole';
  if (isBlueMissing(minute, at, baseline, weights)) return 'too-little';
  const { green, blue } = minute.errors;
  const share = shareWithin(weights, at);
  if (
    share !== undefined &&
    share.least < 100 &&
    isShort(green, (blue * share.least) / (100 - share.least))
  ) {
    return 'too-little';
  }
  const known = (side: Side): boolean => {
    const { unknown, untimed } = beyondUsual(side, minute, baseline);
    return Math.max(unknown, untimed) <= Math.max(fewUnderWay, underWay * minute.errors[side]);
  };
  return known('green') && known('blue') ? 'whole' : 'partly';
}

/** Whether the minute is no measure of green, because too little is known of blue. */
export function isBlueMissing(minute: UsedMinute, at: number, baseline: Baseline, weights: Weights): boolean {
  const { green, blue } = minute.errors;
  if (beyondUsual('blue', minute, baseline).unknown > mostUnknown * blue) return true;
  const most = shareWithin(weights, at)?.most ?? 0;
  return most > 0 && isShort(blue, (green * (100 - most)) / most);
}

function isShort(count: number, due: number): boolean {
  return due >= fewestDue && count < tooFew * due;
}

function mayStillCome(at: number, now: number): boolean {
  return now < at + (1 + lateMinutes) * minuteMs;
}

/** Whether most of what a side's counts can tell is there. */
export function isToldOf(side: Side, minute: UsedMinute, baseline: Baseline): boolean {
  const { unknown, untimed } = beyondUsual(side, minute, baseline);
  return Math.max(unknown, untimed) <= mostUnknown * minute.errors[side];
}

/** Of some requests it is never told: connections that are kept for long, for one. */
function beyondUsual(side: Side, { untold, errors }: UsedMinute, baseline: Baseline): Untold {
  const { unknownShare = 0, untimedShare = 0 } = baseline;
  return {
    unknown: Math.max(0, untold[side].unknown - unknownShare * errors[side]),
    untimed: Math.max(0, untold[side].untimed - untimedShare * errors[side]),
  };
}

/**
 * What the minute says of harm, as far as it can be said by now: requests of blue whose end may still be told count
 * as failed, and failures of green count once they are sure. So no reading of a minute says more than its last one
 * does. Undefined where blue is no measure at all.
 */
export function harmBlock(
  stream: MetricStream,
  minute: UsedMinute,
  at: number,
  now: number,
  baseline: Baseline,
): Block | undefined {
  const block = minute[stream];
  const { unknown, untimed } = beyondUsual('blue', minute, baseline);
  if (stream === 'slow' && untimed > mostUnknown * block.blue) return undefined;
  if (!mayStillCome(at, now)) return block;
  return {
    ...block,
    greenBad: stream === 'unanswered' ? surelyUnanswered(minute, baseline) : block.greenBad,
    blueBad: Math.min(block.blue, block.blueBad + (stream === 'slow' ? untimed : unknown)),
  };
}

/**
 * Requests of green that are in no count may have been answered, and the load balancer's own failures may be somebody
 * else's: where there are more of the former than of the latter, only what is not usual of the latter is green's.
 */
function surelyUnanswered(minute: UsedMinute, baseline: Baseline): number {
  const { unanswered, balancer } = minute;
  const { unknown } = beyondUsual('green', minute, baseline);
  if (unknown <= underWay * unanswered.green) return unanswered.greenBad;
  const usual = 2 * baseline.balancerRate * balancer.green;
  return Math.min(unanswered.greenBad, Math.max(0, balancer.greenBad - usual));
}
