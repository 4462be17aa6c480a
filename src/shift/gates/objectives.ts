/**
 * What green must keep by itself, however blue does: the objectives of the user, and what is allowed where blue
 * is no measure. Held to the judge's evidence, so that a handful of failures in a quiet minute decides nothing.
 */
import { formatCount } from '../../report/count.ts';
import { formatPercent } from '../../report/percent.ts';
import { allowedAlone, formatRatio, sumOf } from '../evidence.ts';
import { addHarm, type Block, harmRatio, noHarmEvidence } from '../judge.ts';
import { harmLimit, suspicionLimit } from '../limits.ts';
import type { UsedMinute } from '../minutes.ts';
import type { ShiftState } from '../state.ts';
import { type Answer, fail, type Gate, hold, pass, type Question, shareNow } from './gate.ts';

/** An objective is asked of so many minutes: two bad ones may lie in two steps, and an old outage is over some day. */
const objectiveMinutes = 15;
/** Blue and green are bad now, not some time ago: in the latest of their minutes, and those may be a few minutes late. */
const recentMinutes = 3;
const recentMs = 600_000;

/** At most this share of green's requests may fail. */
export const errorObjectiveGate: Gate = (question) => {
  const { errorRate } = question.plan.objectives;
  if (errorRate === undefined) return pass;
  return askObjective(
    question,
    'objective-errors',
    errorRate,
    (minute) => minute.errors,
    (blocks) => {
      const total = sumOf(blocks);
      return `Green failed ${formatCount(total.greenBad)} of ${formatCount(total.green)} requests, and the objective allows ${formatPercent(errorRate)}`;
    },
  );
};

/** `p95 <= 400 ms`: at most one request in twenty may take longer. */
export const latencyObjectiveGate: Gate = (question) => {
  const { latency } = question.plan.objectives;
  if (latency === undefined) return pass;
  const allowed = 1 - latency.percentile / 100;
  return askObjective(
    question,
    'objective-latency',
    allowed,
    (minute) => minute.overObjective,
    (blocks) => {
      const total = sumOf(blocks);
      return `${formatCount(total.greenBad)} of green's ${formatCount(total.green)} requests took longer than ${Math.round(latency.seconds * 1000)} ms, and the objective (p${latency.percentile}) allows ${formatPercent(allowed)}`;
    },
  );
};

/** Both are bad at once: no reason to go back, and none to go on. */
export const equallyBadGate: Gate = ({ plan, baseline, state }) => {
  if (shareNow(state) >= 100) return pass;
  const blocks = latestMinutes(state, recentMinutes, recentMs).map((minute) => minute.errors);
  const total = sumOf(blocks);
  if (total.greenBad === 0 || total.blue === 0) return pass;
  const allowed = allowedAlone('errors', baseline, plan.maxErrorRate);
  if (ratioAlone(blocks, allowed) < suspicionLimit(harmLimit(plan, baseline))) return pass;
  return hold(
    `green failed ${formatCount(total.greenBad)} of its latest ${formatCount(total.green)} requests and blue ${formatCount(total.blueBad)} of ${formatCount(total.blue)}: green is no worse, but this is no time to go on`,
  );
};

function askObjective(
  { plan, baseline, state }: Question,
  code: 'objective-errors' | 'objective-latency',
  allowed: number,
  pick: (minute: UsedMinute) => Block | undefined,
  describe: (blocks: readonly Block[]) => string,
): Answer {
  const blocks = latestMinutes(state, objectiveMinutes)
    .map(pick)
    .filter((block) => block !== undefined);
  if (blocks.every(({ greenBad }) => greenBad === 0)) return pass;
  const ratio = ratioAlone(blocks, allowed);
  const limit = harmLimit(plan, baseline);
  if (ratio < suspicionLimit(limit)) return pass;
  const told = `${describe(blocks)}; evidence ${formatRatio(ratio)}:1, limit ${limit}:1`;
  if (ratio < limit) return hold(lowerFirst(told));
  const blue = blocks.map((block) => ({ ...block, green: block.blue, greenBad: block.blueBad }));
  // Going back helps nobody while blue breaks the objective as well; at 100 % there is nothing left to wait for.
  return shareNow(state) < 100 && ratioAlone(blue, allowed) >= limit
    ? hold(`${lowerFirst(told)}; blue breaks it, too`)
    : fail(code, `${told}.`);
}

function latestMinutes(
  { evidence, metricsReadTo }: ShiftState,
  most: number,
  withinMs = Number.POSITIVE_INFINITY,
): readonly UsedMinute[] {
  return evidence.minutes.filter(({ at }) => metricsReadTo - at <= withinMs).slice(-most);
}

/** Evidence that green's rate in these blocks is above what is allowed, with no regard to blue. */
export function ratioAlone(blocks: readonly Block[], allowed: number, phi = 1): number {
  const bound = { rho: 0, delta: allowed };
  let evidence = noHarmEvidence;
  for (const { greenBad, green } of blocks) {
    if (green > 0) evidence = addHarm(evidence, { greenBad, green, blueBad: 0, blue: 0 }, bound, phi);
  }
  return harmRatio(evidence);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
