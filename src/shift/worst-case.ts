/** How long a shift may last when everything takes as long as it may. Pure. */
import type { ShiftRequest } from '../inputs/shift-request.ts';
import { longestHold } from './gates/harm.ts';
import { mostSteps } from './ladder.ts';

/** Going back is tried for so long. */
export const undoLimitMs = 300_000;
/** Reads of metrics are behind by this much, and a write is confirmed within this. */
const perStepMs = 60_000;
const metricDelayMs = 180_000;
/** Twenty probes at a time, a pause after each. */
const probesAtOnce = 20;
const probePauseMs = 2000;
/** Putting things away: a handful of calls, each retried for two minutes at most. */
const tailMs = 240_000;

/** From the first call to the last, the way back included; the shift's own time limit bounds it. */
export function worstCaseMs(request: ShiftRequest, drainMs: number): number {
  const { until, probes, steps, bakeTimesMs } = request;
  // A ladder from a budget is not known before the traffic is: the longest one stands for it.
  const made = mostSteps + (until === undefined ? 0 : 1);
  const asked = until === undefined ? steps.length : steps.indexOf(until) + 1;
  const count = steps.length === 0 ? made : asked;
  const bakesMs = Array.from(
    { length: count },
    (_, index) => bakeTimesMs[index] ?? bakeTimesMs.at(-1) ?? 0,
  ).reduce((sum, bakeMs) => sum + longestHold * bakeMs + perStepMs + metricDelayMs, 0);
  const probesMs =
    probes.task === undefined
      ? Math.ceil(probes.count / probesAtOnce) * (probePauseMs + probes.timeoutMs)
      : probes.task.timeoutMs;
  const goesThrough = until === undefined && request.blueAfter !== 'keep';
  const retireMs = goesThrough ? request.keepBlueMs + metricDelayMs + 2 * perStepMs + drainMs : 0;
  const beforeMs = request.preDeploy?.timeoutMs ?? 0;
  const forwardMs =
    (request.cluster === undefined ? 0 : request.readyTimeoutMs) + probesMs + bakesMs + retireMs;
  // A blue that is kept small gets its tasks first.
  const refillMs = goesThrough && request.keepBlueAt !== 'all' ? request.readyTimeoutMs : 0;
  return beforeMs + Math.min(forwardMs, request.timeoutMs) + refillMs + undoLimitMs + tailMs;
}
