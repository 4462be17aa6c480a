/** How a revision is watched once its rollout is done: fields, and what does not fit together. */
import { duration, optional, withDefault } from './field.ts';
import type { InputProblem, RawInputs, Values } from './parse.ts';
import { rate } from './shift-fields.ts';
import { latencyObjective } from './shift-gates.ts';
import type { ShiftObjectives } from './shift-request.ts';

export interface WatchRequest {
  readonly forMs: number;
  /** What may fail at most where fewer fail usually, as a fraction of the requests. */
  readonly maxErrorRate: number;
  readonly objectives: ShiftObjectives;
}

const hour = 3_600_000;
/** Two minutes of metrics, and the three that CloudWatch takes. */
const shortestMs = 5 * 60_000;

export const watchFields = {
  'watch-for': withDefault(duration(0, 24 * hour), 0),
  'max-5xx-rate': optional(rate()),
  'slo-error-rate': optional(rate()),
  'slo-latency': optional(latencyObjective()),
};

type Given = Values<typeof watchFields>;

export function watchOf(given: Given): { readonly watch?: WatchRequest } {
  const forMs = given['watch-for'];
  if (forMs === 0) return {};
  return {
    watch: {
      forMs,
      maxErrorRate: given['max-5xx-rate'] ?? 0.005,
      objectives: { errorRate: given['slo-error-rate'], latency: given['slo-latency'] },
    },
  };
}

export function watchProblems(
  given: Given & { readonly wait: boolean },
  raw: RawInputs,
): readonly InputProblem[] {
  const forMs = given['watch-for'];
  const problems: InputProblem[] = [];
  const problem = (input: string, allowed: string): void => {
    problems.push({ input, given: (raw[input] ?? '').trim(), allowed });
  };
  if (forMs > 0 && forMs < shortestMs) {
    problem('watch-for', '0s, or 5m and more: before that the metrics of two minutes are not there');
  }
  if (forMs > 0 && !given.wait) problem('wait', 'true beside watch-for');
  if (forMs > 0) return problems;
  for (const name of ['max-5xx-rate', 'slo-error-rate', 'slo-latency'] as const) {
    if (given[name] !== undefined) problem(name, 'only beside watch-for');
  }
  return problems;
}
