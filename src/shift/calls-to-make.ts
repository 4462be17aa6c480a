/** About how many calls to AWS a shift makes that goes through: they count against the account's limits. Pure. */
import { formatCount } from '../report/count.ts';
import type { Baseline } from './baseline.ts';
import type { ShiftPlan } from './plan.ts';

const minuteMs = 60_000;
/** From a weight to the look at which two of its minutes are known. */
const twoMinutesMs = 4.7 * minuteMs;
/** So many requests of two minutes are waited for. */
const fewest = 20;
/** A minute in which blue had no request is known after this. */
const quietMinuteMs = 3.5 * minuteMs;

export interface CallsToMake {
  readonly all: number;
  /** While a step bakes, a minute. */
  readonly perMinute: number;
}

/** From the lock to the end, with tasks that start within a minute and no step that is held for suspicion. */
export function callsToMake(plan: Omit<ShiftPlan, 'notes'>, baseline: Baseline): CallsToMake {
  const rules = 1 + plan.others.length;
  const alarms = plan.alarms.length > 0 ? 1 : 0;
  const hasService = plan.green.service !== undefined && plan.cluster !== undefined;
  // Targets every 7.5 s, weights and alarms every 15 s, the service every 30 s, metrics, a sign of life.
  const perMinute = 8 + 4 * (rules + alarms) + (hasService ? 2 : 0) + 2;
  const firstMinute = 4;
  // Weights, lock, both sides' targets, alarms; the service, its deployment, its tasks by list and in detail.
  const wholeLook = rules + 3 + alarms + (hasService ? 5 : 0);
  const write = 3 * rules;
  const lastStep =
    plan.until === undefined ? undefined : plan.steps.findIndex((step) => step.percent === plan.until);
  const steps = lastStep === undefined ? plan.steps : plan.steps.slice(0, lastStep + 1);
  const baking = steps.reduce((sum, step, index) => {
    const isCounted = (2 * baseline.requestsPerMinute * step.percent) / 100 >= fewest;
    const isAwaited = isCounted || (index === 0 && baseline.requestsPerMinute === 0);
    const lengthMs =
      step.bakeTimeMs > 0 && isAwaited ? Math.max(step.bakeTimeMs, twoMinutesMs) : step.bakeTimeMs;
    return sum + write + wholeLook + firstMinute + (perMinute * lengthMs) / minuteMs;
  }, 0);
  const goesOn = lastStep === undefined && plan.blueAfter !== 'keep' && plan.blue.service !== undefined;
  const quietMs = quietMinuteMs - minuteMs;
  // A small blue is kept after its last connections have ended, a whole one meanwhile.
  const isSmall = plan.keepBlueAt !== 'all';
  const keptMs = isSmall ? quietMs + plan.drainMs + plan.keepBlueMs : Math.max(plan.keepBlueMs, quietMs);
  const ends = isSmall ? 2 : 1;
  const retiring = goesOn ? ends * (wholeLook + rules + 3) + (perMinute * keptMs) / minuteMs : 0;
  const before = 8 + 2 * rules + 3 * plan.scaling.length;
  const ready = hasService ? 25 + 4 * (rules + alarms) : 8;
  const probing = wholeLook + plan.probes.count / 20;
  const after = 3 + 2 * plan.scaling.length;
  return { all: Math.round(before + ready + probing + baking + retiring + after), perMinute };
}

/** `About 340 calls to AWS, 18 a minute while a step bakes.` */
export function describeCalls(plan: Omit<ShiftPlan, 'notes'>, baseline: Baseline): string {
  const { all, perMinute } = callsToMake(plan, baseline);
  return `About ${formatCount(Math.round(all / 10) * 10)} calls to AWS, ${perMinute} a minute while a step bakes.`;
}
