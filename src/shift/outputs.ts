/** What later steps of the workflow get. Pure. */
import { groupName, shareOf } from './ladder.ts';
import type { Refusal } from './preflight.ts';
import type { ShiftState } from './state.ts';

export function outputsOf(values: {
  readonly outcome: string;
  readonly blue: string;
  readonly green: string;
  readonly greenService: string | undefined;
  readonly weights: ShiftState['written'];
  readonly cause: string;
  readonly step: number;
  readonly harmed: number;
  readonly durationMs: number;
}): Readonly<Record<string, string>> {
  return {
    outcome: values.outcome,
    'blue-target-group': values.blue,
    'green-target-group': values.green,
    'green-service': values.greenService ?? '',
    weights: JSON.stringify(
      Object.fromEntries(values.weights.map((group) => [groupName(group.targetGroupArn), group.weight])),
    ),
    'green-share': String(Math.round(shareOf(values.weights, values.green))),
    cause: values.cause,
    step: String(values.step),
    harmed: String(values.harmed),
    'duration-seconds': String(Math.round(values.durationMs / 1000)),
  };
}

/** `another-shift`; several apart by commas. */
export function codesOf(refusals: readonly Refusal[]): string {
  return refusals.map((refusal) => refusal.code).join(',');
}
