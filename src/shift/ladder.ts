/** The ladder of a shift: which share of the traffic green gets, step by step. Pure. */
import { sameSplit, type WeightSplit } from '../aws/elb-forward.ts';

export interface LadderStep {
  /** Green's share, percent. */
  readonly percent: number;
  readonly split: WeightSplit;
  readonly bakeTimeMs: number;
}

/**
 * All groups of the rule stay in it; blue and green share 100. Groups that are neither must be at 0
 * already (preflight), and stay there.
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
  return [
    { targetGroupArn: blueArn, weight: 100 - greenPercent },
    { targetGroupArn: greenArn, weight: greenPercent },
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
  return targetGroupArn.split('/').at(-2) ?? targetGroupArn;
}

/** `blue 90, green 10`, by the groups' names. */
export function describeSplit(split: WeightSplit): string {
  if (split.length === 0) return 'no target group';
  return split.map((group) => `${groupName(group.targetGroupArn)} ${group.weight}`).join(', ');
}
