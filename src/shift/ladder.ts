/** The ladder of a shift: which share of the traffic green gets, step by step. Pure. */
import { sameSplit, type WeightSplit } from '../aws/elb-forward.ts';

export interface LadderStep {
  /** Green's share, percent. */
  readonly percent: number;
  readonly split: WeightSplit;
  readonly bakeTimeMs: number;
}

/** A dead green is taken back after about so many minutes: two of data, and the delay of the metrics. */
const minutesToRollback = 4.2;
/** ALB's weights go to 999: a thousandth is the smallest share. */
const smallestPercent = 0.1;
const largestFirstPercent = 10;
/** From step to step the share grows at most this much. */
const steepest = 5;

/**
 * Steps from a budget of requests that a dead green may fail at the first of them, by the traffic that was
 * measured: `w1 = budget / (60 * R * 4.2)` between 0.1 % and 10 %, and from there the same factor each time.
 * Without traffic there is nothing to spare: 10 %.
 */
export function stepsWithin(exposureBudget: number, requestsPerMinute: number): readonly number[] {
  const wanted = (100 * exposureBudget) / (requestsPerMinute * minutesToRollback);
  const first = Math.max(smallestPercent, Math.min(largestFirstPercent, Math.floor(10 * wanted) / 10));
  const jumps = Math.ceil(Math.log(100 / first) / Math.log(steepest));
  const factor = (100 / first) ** (1 / jumps);
  return [
    ...Array.from({ length: jumps }, (_, index) => {
      const percent = first * factor ** index;
      return percent < 10 ? Number(percent.toFixed(1)) : Math.round(percent);
    }),
    100,
  ];
}

/** The longest ladder that a budget can lead to. */
export const mostSteps = stepsWithin(0, 1).length;

/**
 * All groups of the rule stay in it; blue and green share 100, or 1,000 where a share is no whole percentage.
 * Groups that are neither must be at 0 already (preflight), and stay there.
 */
export function splitAt(
  former: WeightSplit,
  blueArn: string,
  greenArn: string,
  greenPercent: number,
): WeightSplit {
  const others = former.filter(
    (group) => group.targetGroupArn !== blueArn && group.targetGroupArn !== greenArn,
  );
  const [whole, green] = Number.isInteger(greenPercent)
    ? [100, greenPercent]
    : [1000, Math.round(10 * greenPercent)];
  return [
    { targetGroupArn: blueArn, weight: whole - green },
    { targetGroupArn: greenArn, weight: green },
    ...others,
  ];
}

/** What the rule holds before the first step: as found, with green at 0 where it was not in the rule. */
export function startSplit(former: WeightSplit, greenArn: string): WeightSplit {
  return former.some((group) => group.targetGroupArn === greenArn)
    ? former
    : [...former, { targetGroupArn: greenArn, weight: 0 }];
}

export function buildLadder(
  former: WeightSplit,
  blueArn: string,
  greenArn: string,
  percents: readonly number[],
  bakeTimesMs: readonly number[],
): readonly LadderStep[] {
  return percents.map((percent, index) => ({
    percent,
    split: splitAt(former, blueArn, greenArn, percent),
    bakeTimeMs: bakeTimesMs[index] ?? bakeTimesMs.at(-1) ?? 0,
  }));
}

/** A group's share of the rule's traffic, percent. */
export function shareOf(split: WeightSplit, targetGroupArn: string): number {
  const total = split.reduce((sum, group) => sum + group.weight, 0);
  const own = split.find((group) => group.targetGroupArn === targetGroupArn)?.weight ?? 0;
  return total === 0 ? 0 : (100 * own) / total;
}

/** Whether the split is one that this shift may ever write. */
export function isOnLadder(split: WeightSplit, former: WeightSplit, steps: readonly LadderStep[]): boolean {
  return sameSplit(split, former) || steps.some((step) => sameSplit(split, step.split));
}

/** `arn:…:targetgroup/name/id` to `name`. */
export function groupName(targetGroupArn: string): string {
  const end = targetGroupArn.lastIndexOf('/');
  return end < 0 ? targetGroupArn : targetGroupArn.slice(targetGroupArn.lastIndexOf('/', end - 1) + 1, end);
}

/** `blue 90, green 10`, by the groups' names. */
export function describeSplit(split: WeightSplit): string {
  if (split.length === 0) return 'no target group';
  return split.map((group) => `${groupName(group.targetGroupArn)} ${group.weight}`).join(', ');
}
