/**
 * Streams of requests drawn at random, and the rules that look at them: how often each takes back a release that
 * is no worse, and how soon one that is. No world, no ladder: green holds a fixed share. All times in minutes.
 */
import { createRng, type Rng } from '../src/lab/world/random.ts';
import { binomial } from '../src/lab/world/sim/distributions.ts';
import { addHarm, harmRatio, noHarmEvidence } from '../src/shift/judge.ts';

export interface Setting {
  readonly requestsPerSecond: number;
  /** Green's share of them, 0 to 1. */
  readonly share: number;
  readonly blueErrorRate: number;
  /** Green's by minute. */
  readonly greenErrorRate: (minute: number) => number;
  readonly probesPerSecond: number;
  readonly minutes: number;
}

export interface Fall {
  /** From green's first request to the rollback; undefined where there was none. */
  readonly atMinute: number | undefined;
  readonly harmed: number;
}

export type RuleName = 'judge' | 'flagger' | 'alarm' | 'z-test';
export const ruleNames: readonly RuleName[] = ['judge', 'flagger', 'alarm', 'z-test'];

/** From the end of a minute until a rule may use it. */
const delayMinutes = 130 / 60;
/** Four streams at an alpha of one in a hundred. */
const limit = 400;

interface Minute {
  readonly green: number;
  readonly greenBad: number;
  readonly blue: number;
  readonly blueBad: number;
}

/** A rule sees closed minutes, one after the other, and says when it has seen enough. */
type Rule = (minute: Minute) => boolean;

function judgeRule(): Rule {
  let evidence = noHarmEvidence;
  return (minute) => {
    if (minute.green === 0) return false;
    evidence = addHarm(evidence, minute, { rho: 1, delta: 0.001 });
    return harmRatio(evidence) >= limit;
  };
}

/** Flagger's default: success below 99 % in a minute is a failed check, and the fifth rolls back. */
function flaggerRule(): Rule {
  let failedChecks = 0;
  return ({ green, greenBad }) => {
    if (green > 0 && greenBad / green > 0.01) failedChecks += 1;
    return failedChecks >= 5;
  };
}

/** More than 50 errors in five minutes, two periods in a row. */
function alarmRule(): Rule {
  const bad: number[] = [];
  return ({ greenBad }) => {
    bad.push(greenBad);
    if (bad.length % 5 !== 0 || bad.length < 10) return false;
    const sum = (from: number, to?: number): number =>
      bad.slice(from, to).reduce((all, each) => all + each, 0);
    return sum(-5) > 50 && sum(-10, -5) > 50;
  };
}

/** Looked at each minute as if it were the only look: one-sided, at one in a hundred. */
function zRule(): Rule {
  let [green, greenBad, blue, blueBad] = [0, 0, 0, 0];
  return (minute) => {
    green += minute.green;
    greenBad += minute.greenBad;
    blue += minute.blue;
    blueBad += minute.blueBad;
    const pooled = (greenBad + blueBad) / (green + blue);
    const spread = Math.sqrt(pooled * (1 - pooled) * (1 / green + 1 / blue));
    return spread > 0 && (greenBad / green - blueBad / blue) / spread > 2.326;
  };
}

const rules: Readonly<Record<RuleName, () => Rule>> = {
  judge: judgeRule,
  flagger: flaggerRule,
  alarm: alarmRule,
  'z-test': zRule,
};

/** One release under one rule. The traffic of a seed is the same for every rule. */
export function fall(setting: Setting, name: RuleName, seed: number): Fall {
  const rng = createRng(seed, 'traffic');
  const probing = createRng(seed, 'probes');
  // The weight is written somewhere within a minute, not at its start.
  const phase = rng.next();
  const rule = rules[name]();
  const perMinute = 60 * setting.requestsPerSecond;
  const probedAt = name === 'judge' ? probesFail(setting, probing) : undefined;
  const greenByMinute: { readonly from: number; readonly to: number; readonly bad: number }[] = [];
  for (let index = 0; index < setting.minutes; index++) {
    const from = index === 0 ? 0 : index - phase;
    const to = index + 1 - phase;
    const total = Math.round(perMinute * (to - from));
    const green = binomial(rng, total, setting.share);
    const minute = {
      green,
      greenBad: binomial(rng, green, setting.greenErrorRate(index)),
      blue: total - green,
      blueBad: binomial(rng, total - green, setting.blueErrorRate),
    };
    greenByMinute.push({ from, to, bad: minute.greenBad });
    const seenAt = rule(minute) ? to + delayMinutes : undefined;
    if (
      probedAt !== undefined &&
      probedAt <= to + delayMinutes &&
      (seenAt === undefined || probedAt <= seenAt)
    ) {
      return { atMinute: probedAt, harmed: harmedUntil(greenByMinute, probedAt, setting, rng) };
    }
    if (seenAt !== undefined) {
      return { atMinute: seenAt, harmed: harmedUntil(greenByMinute, seenAt, setting, rng) };
    }
  }
  return { atMinute: undefined, harmed: greenByMinute.reduce((sum, minute) => sum + minute.bad, 0) };
}

/** When failing probes alone decide: batches of twenty. */
function probesFail(setting: Setting, rng: Rng): number | undefined {
  if (setting.probesPerSecond === 0) return undefined;
  const batch = 20;
  const everyMinutes = batch / setting.probesPerSecond / 60;
  let evidence = noHarmEvidence;
  for (let at = everyMinutes; at < setting.minutes; at += everyMinutes) {
    const greenBad = binomial(rng, batch, setting.greenErrorRate(Math.floor(at)));
    evidence = addHarm(evidence, { green: batch, greenBad, blue: 0, blueBad: 0 }, { rho: 0, delta: 0.01 });
    if (harmRatio(evidence) >= limit) return at;
  }
  return undefined;
}

function harmedUntil(
  minutes: readonly { readonly from: number; readonly to: number; readonly bad: number }[],
  until: number,
  setting: Setting,
  rng: Rng,
): number {
  const counted = minutes.reduce(
    (sum, { from, to, bad }) => sum + bad * Math.max(0, Math.min(1, (until - from) / (to - from))),
    0,
  );
  const end = minutes.at(-1)?.to ?? 0;
  const more = Math.max(0, until - end) * 60 * setting.requestsPerSecond * setting.share;
  return Math.round(counted + binomial(rng, Math.round(more), setting.greenErrorRate(Math.floor(end))));
}

export const noDifference = (requestsPerSecond: number): Setting => ({
  requestsPerSecond,
  share: 0.1,
  blueErrorRate: 0.001,
  greenErrorRate: () => 0.001,
  probesPerSecond: 0,
  minutes: 24 * 60,
});

export const failing = (greenErrorRate: number, probesPerSecond = 0): Setting => ({
  ...noDifference(100),
  greenErrorRate: () => greenErrorRate,
  probesPerSecond,
  minutes: 60,
});

/** Fails everything one minute in five. */
export const intermittent = (requestsPerSecond: number): Setting => ({
  ...noDifference(requestsPerSecond),
  greenErrorRate: (minute) => (minute % 5 === 4 ? 1 : 0.001),
  minutes: 60,
});

export function falls(setting: Setting, rule: RuleName, seeds: number, firstSeed = 1): readonly Fall[] {
  return Array.from({ length: seeds }, (_, index) => fall(setting, rule, firstSeed + index));
}

/** Share of them that fell, 0 to 1. */
export function fallShare(all: readonly Fall[]): number {
  return all.filter((each) => each.atMinute !== undefined).length / all.length;
}
