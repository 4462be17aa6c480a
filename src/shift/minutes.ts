/**
 * One minute of both groups as the judge takes it: our own probes taken out, and what no count tells of yet kept
 * apart. Each count of CloudWatch comes at a time of its own, so that for a while a minute may show green's
 * failures and not blue's: what is not known yet speaks for green. Pure.
 */
import type { GroupMinute, TrafficMinutes } from '../aws/elb-minutes.ts';
import { type Baseline, lateMinutes } from './baseline.ts';
import type { Block } from './judge.ts';

/** Streams made of metrics, by minute; 4xx only where they are to be judged. */
export type MetricStream = AlwaysStream | 'client-errors';
type AlwaysStream = 'errors' | 'unanswered' | 'slow';

export const minuteMs = 60_000;
/** A side with a smaller share of the requests that its weight gives it has not been counted yet. */
const tooFew = 1 / 2;
/** Of fewer requests half of them, or all, may be missing by chance. */
const fewestOfSome = 20;
const fewestOfNone = 5;
/** With more of blue's ends unknown than this, blue is no measure; with more of green's, green shows nothing. */
const mostUnknown = 1 / 5;
/** Requests under way when a minute closes end in the next one: so large a share, or so many. */
const underWay = 1 / 50;
const fewUnderWay = 3;

export interface MinutePair {
  readonly at: number;
  readonly green: GroupMinute | undefined;
  readonly blue: GroupMinute | undefined;
  /** The load balancer's own failures that blue is not known for. */
  readonly unexplained?: number | undefined;
  /** Its own 4xx: clients that gave up waiting are among them. */
  readonly own4xx?: number | undefined;
}

export interface UsedMinute
  extends Readonly<Record<AlwaysStream, Block>>,
    Readonly<Partial<Record<'client-errors', Block | undefined>>> {
  /** Its start, epoch milliseconds. */
  readonly at: number;
  /** Held to the baseline alone: green's count is that of both groups. */
  readonly balancer: Block;
  /** Slower than the objective of the user; absent where there is none. */
  readonly overObjective?: Block | undefined;
  readonly withProbes: number;
  /** The load balancer's own 4xx. */
  readonly own4xx: number;
  /** Green as read, probes included. */
  readonly seen: {
    readonly requests: number;
    readonly failed: number;
    readonly clientErrors?: number | undefined;
  };
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
 * is `partly` counted is judged, and proves nothing for green; nor does a minute that has had its time and of which
 * green's requests, unlike blue's, are still `untold`: they hang.
 */
export type Counted = 'whole' | 'partly' | 'too-little' | 'untold';

/** Not by keys: times are ever new ones, and each would be another shape of the object. */
export type ProbesByMinute = readonly (ProbesOfMinute & { readonly at: number })[];

export interface ProbesOfMinute {
  readonly sent: number;
  readonly bad: number;
  /** Answered with 4xx, whether that is good or bad. Absent: none. */
  readonly clientErrors?: number;
}

/** When which share of the traffic was given to green: percent, oldest first. */
export type Weights = readonly { readonly at: number; readonly percent: number }[];

/** Blue is the first group that was asked about, green the second. Minutes that start in [`fromMs`, `toMs`). */
export function toPairs({ groups, balancer }: TrafficMinutes, fromMs: number, toMs: number): MinutePair[] {
  const [blue, green] = groups;
  const pairs: MinutePair[] = [];
  for (let at = fromMs; at < toMs; at += minuteMs) {
    const startsThen = (minute: { readonly at: number }): boolean => minute.at === at;
    const own = balancer.find(startsThen);
    const ofGreen = green?.minutes.find(startsThen);
    const ofBlue = blue?.minutes.find(startsThen);
    if (own === undefined && ofGreen === undefined && ofBlue === undefined) continue;
    pairs.push({
      at,
      green: ofGreen,
      blue: ofBlue,
      unexplained: own?.unexplained,
      own4xx: own?.own4xx,
    });
  }
  return pairs;
}

export interface JudgedMinute extends UsedMinute {
  readonly counted: Counted;
}

/** What minutes are looked at with: when they were read, what is usual, and the weights so far. */
export interface Judging {
  readonly now: number;
  readonly baseline: Baseline;
  readonly weights: Weights;
}

/**
 * `previous`: the minute before. A probe may show in the minute after the one in which it was sent. `judges4xx`: answers
 * of 4xx are a stream of their own.
 */
export function toUsed(
  pair: MinutePair,
  probesByMinute: ProbesByMinute,
  previous: UsedMinute | undefined,
  judges4xx = false,
): UsedMinute {
  const own = probesOf(probesByMinute, pair.at, previous);
  const ofGreen = pair.green ?? nobody;
  const ofBlue = pair.blue ?? nobody;
  const seen = {
    requests: ofGreen.requests,
    failed: ofGreen.errors + ofGreen.unanswered,
    clientErrors: judges4xx ? (ofGreen.clientErrors ?? 0) : undefined,
  };
  const green = Math.max(0, countedRequests(ofGreen) - own.sent);
  const blue = countedRequests(ofBlue);
  const block = (bad: number, ownBad: number, blueBad: number): Block => ({
    greenBad: Math.min(green, Math.max(0, bad - ownBad)),
    green,
    blueBad: Math.min(blue, blueBad),
    blue,
  });
  const withObjective = (pair.green ?? pair.blue)?.slowerThanObjective !== undefined;
  const unexplained = Math.max(0, (pair.unexplained ?? 0) - own.bad);
  // A bad probe is in one of the streams; which one is not known, so it is taken out of all.
  return {
    at: pair.at,
    errors: block(ofGreen.errors, own.bad, ofBlue.errors),
    unanswered: block(ofGreen.unanswered, own.bad, ofBlue.unanswered),
    slow: block(ofGreen.slow, 0, ofBlue.slow),
    'client-errors': judges4xx
      ? block(ofGreen.clientErrors ?? 0, own.clientErrors ?? 0, ofBlue.clientErrors ?? 0)
      : undefined,
    balancer: { greenBad: unexplained, green: green + blue, blueBad: 0, blue: 0 },
    overObjective: withObjective
      ? block(ofGreen.slowerThanObjective ?? 0, 0, ofBlue.slowerThanObjective ?? 0)
      : undefined,
    withProbes: Math.min(own.sent, seen.requests),
    own4xx: pair.own4xx ?? 0,
    seen,
    untold: { green: untoldOf(ofGreen), blue: untoldOf(ofBlue) },
  };
}

/** A side without a count. */
const nobody: GroupMinute = {
  at: 0,
  requests: 0,
  uncounted: undefined,
  errors: 0,
  clientErrors: undefined,
  unanswered: 0,
  unknown: 0,
  untimed: 0,
  slow: 0,
  slowerThanObjective: undefined,
};

function untoldOf({ unknown = 0, untimed = 0 }: GroupMinute): Untold {
  return { unknown, untimed };
}

/** How many requests there were is told by their own count alone: a rate needs all of them. */
function countedRequests({ requests, uncounted }: GroupMinute): number {
  return uncounted === true ? 0 : requests;
}

const noProbes: ProbesOfMinute = { sent: 0, bad: 0 };

/** Those that were sent in the minute that began then. */
export function probesIn(probesByMinute: ProbesByMinute, at: number): ProbesOfMinute {
  return probesByMinute.find((minute) => minute.at === at) ?? noProbes;
}

function probesOf(
  probesByMinute: ProbesByMinute,
  at: number,
  previous: UsedMinute | undefined,
): ProbesOfMinute {
  const own = probesIn(probesByMinute, at);
  if (previous === undefined) return own;
  const before = probesIn(probesByMinute, at - minuteMs);
  const { requests, failed, clientErrors } = previous.seen;
  return {
    sent: own.sent + Math.max(0, before.sent - requests),
    bad: own.bad + Math.max(0, before.bad - failed),
    ...(clientErrors === undefined
      ? undefined
      : { clientErrors: (own.clientErrors ?? 0) + Math.max(0, (before.clientErrors ?? 0) - clientErrors) }),
  };
}

/** The least and the most that green had in the minute, percent. Undefined where no weight is known. */
function shareWithin(
  weights: Weights,
  at: number,
): { readonly least: number; readonly most: number } | undefined {
  if (weights.length === 0) return undefined;
  let [least, most] = [0, 0];
  for (const weight of weights) {
    if (weight.at >= at + minuteMs) continue;
    const isBefore = weight.at <= at;
    least = isBefore ? weight.percent : Math.min(least, weight.percent);
    most = isBefore ? weight.percent : Math.max(most, weight.percent);
  }
  return { least, most };
}

/** How much of the minute is there. After some time nothing more comes, and it is whole, or it is not told. */
export function countedOf(minute: UsedMinute, judging: Judging): Counted {
  const { now, baseline, weights } = judging;
  if (!mayStillCome(minute.at, now)) return isUntold(minute, judging) ? 'untold' : 'whole';
  if (isBlueMissing(minute, judging)) return 'too-little';
  const { green, blue } = minute.errors;
  if (isShort(green, dueOfGreen(blue, shareWithin(weights, minute.at)?.least))) return 'too-little';
  const known = (side: Side): boolean => {
    const { unknown, untimed } = beyondUsual(side, minute, baseline);
    return Math.max(unknown, untimed) <= Math.max(fewUnderWay, underWay * minute.errors[side]);
  };
  return known('green') && known('blue') ? 'whole' : 'partly';
}

/**
 * Whether requests of green hang, though nothing of the minute can come late any more: a load balancer may wait for an
 * hour before it answers itself, and no count tells of them until then.
 */
function isUntold(minute: UsedMinute, judging: Judging): boolean {
  const { unknown } = beyondUsual('green', minute, judging.baseline);
  const most = Math.max(fewUnderWay, mostUnknown * minute.errors.green);
  return unknown > most && !isBlueMissing(minute, judging);
}

/** Whether the minute is no measure of green, because too little is known of blue. */
export function isBlueMissing(minute: UsedMinute, { baseline, weights }: Judging): boolean {
  const { green, blue } = minute.errors;
  if (beyondUsual('blue', minute, baseline).unknown > mostUnknown * blue) return true;
  const most = shareWithin(weights, minute.at)?.most ?? 0;
  return most > 0 && isShort(blue, (green * (100 - most)) / most);
}

function isShort(count: number, due: number): boolean {
  return count === 0 ? due >= fewestOfNone : due >= fewestOfSome && count < tooFew * due;
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
 * does. Undefined where blue is no measure at all. `next`: the minute after it, where it has been read.
 */
export function harmBlock(
  stream: MetricStream,
  minute: JudgedMinute,
  next: UsedMinute | undefined,
  { now, baseline, weights }: Judging,
): Block | undefined {
  const { at, [stream]: block } = minute;
  if (block === undefined) return undefined;
  const { unknown, untimed } = beyondUsual('blue', minute, baseline);
  if (stream === 'slow' && untimed > mostUnknown * block.blue) return undefined;
  if (stream === 'client-errors' && block.blue === 0) return refusedAlone(block, baseline);
  if (!mayStillCome(at, now)) return block;
  // What the load balancer answered itself may be a failure of blue's that is not counted yet, or green's.
  const { unanswered } = minute;
  const open = stream === 'slow' ? untimed : stream === 'unanswered' ? unknown : unknown + unanswered.blueBad;
  const bad = stream === 'unanswered' ? surelyUnanswered(minute, next, baseline) : block.greenBad;
  return {
    greenBad: bad,
    green:
      minute.counted === 'whole' || block.green === 0
        ? block.green
        : Math.max(block.green, dueOfGreen(block.blue, shareWithin(weights, at)?.least)),
    blueBad: Math.min(block.blue, block.blueBad + open),
    blue: block.blue,
  };
}

/**
 * Where there is no blue to hold it against, a scan shows by this: it takes no good answer away. Green's answers of 4xx
 * count as far as good ones are missing from what is usual.
 */
export function refusedAlone(block: Block, { requestsPerMinute, clientErrors }: Baseline): Block {
  const usual = requestsPerMinute * (1 - (clientErrors?.rate ?? 0));
  if (usual === 0) return block;
  const missing = Math.max(0, 1 - (block.green - block.greenBad) / usual);
  return { ...block, greenBad: Math.floor(block.greenBad * missing) };
}

/**
 * The load balancer's own failures that blue is not known for, as if they were green's, beside those that blue may be
 * known for. Green has the requests that its weight gives it where they are not counted.
 */
export function balancerBlock(minute: UsedMinute, { now, baseline, weights }: Judging): Block {
  const { green, blue, blueBad } = minute.unanswered;
  const due = dueOfGreen(blue, shareWithin(weights, minute.at)?.most);
  const open = mayStillCome(minute.at, now) ? beyondUsual('blue', minute, baseline).unknown : 0;
  return {
    greenBad: minute.balancer.greenBad,
    green: Math.max(green, due),
    blueBad: Math.min(blue, blueBad + open),
    blue,
  };
}

/**
 * Requests of green that are in no count may have been answered, and what the load balancer answered itself may be
 * blue's: as many are surely green's as it answers a minute, in this one and the next, beyond what blue is known for
 * and what is usual. Where there is no blue they can be nobody else's.
 */
function surelyUnanswered(minute: UsedMinute, next: UsedMinute | undefined, baseline: Baseline): number {
  const usual = 2 * baseline.balancerRate + (baseline.own4xxRate ?? 0);
  const beyond = ({ balancer, own4xx }: UsedMinute): number =>
    balancer.greenBad + own4xx - usual * balancer.green;
  const { greenBad, blue } = minute.unanswered;
  if (blue === 0) return greenBad;
  const own = next === undefined ? beyond(minute) : (beyond(minute) + beyond(next)) / 2;
  return Math.min(greenBad, Math.max(0, own));
}

/** What green's share of the traffic comes to, by what blue has. */
function dueOfGreen(blue: number, percent = 0): number {
  return percent < 100 ? (blue * percent) / (100 - percent) : 0;
}
