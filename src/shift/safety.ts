/** Does what was seen show that green is no worse? Computed anew from the final counts, never accumulated. Pure. */
import { formatCount } from '../report/count.ts';
import type { Baseline } from './baseline.ts';
import {
  boundOf,
  dispersionOf,
  type Evidence,
  formatRatio,
  type Policy,
  probeBound,
  sumOf,
  wholeMinutes,
} from './evidence.ts';
import { type BoundBlock, safetyRatio } from './judge.ts';
import { safetyLimit } from './limits.ts';
import { probesIn } from './minutes.ts';
import type { ShiftPlan } from './plan.ts';

const safetyDelta = 0.005;
/** About so many requests of green show safety within half a point. */
const provingRequests = 700;
const minuteMs = 60_000;
/** Blue this bursty says nothing about independent failures: its streams may not decide. */
const dispersionLimit = 20;

export interface SafetyFinding {
  readonly ratio: number;
  /** Requests of green that it rests on. */
  readonly requests: number;
  readonly proven: boolean;
  /** Why real traffic proves nothing; undefined where it does. */
  readonly lack: string | undefined;
  /** More of the same traffic would show it: nothing but the number of requests is missing. */
  readonly needsMore: boolean;
}

/** What real traffic says for green. */
export function safetyOf(evidence: Evidence, baseline: Baseline, policy: Policy): SafetyFinding {
  const minutes = wholeMinutes(evidence);
  const { green } = sumOf(minutes.map((minute) => minute.errors));
  const probesSeen = minutes.reduce((sum, minute) => sum + minute.withProbes, 0);
  const ratios = (['errors', 'unanswered'] as const).map((stream) => {
    const blocks = minutes.flatMap((minute): BoundBlock[] => {
      const bound = boundOf(stream, minute[stream], baseline, policy.maxErrorRate, safetyDelta);
      return bound === undefined ? [] : [{ block: minute[stream], bound }];
    });
    return safetyRatio(blocks, dispersionOf(stream, baseline));
  });
  const ratio = Math.min(...ratios);
  const lack = lackOf(green, probesSeen, wildness(baseline, policy), ratio);
  return {
    ratio,
    requests: green,
    proven: lack === undefined,
    lack: lack?.sentence,
    needsMore: lack?.kind === 'few',
  };
}

/** Why blue is no measure; undefined where it is one. */
function wildness(
  { errorDispersion, unansweredDispersion, clientErrors }: Baseline,
  policy: Pick<Policy, 'clientErrors'>,
): string | undefined {
  if (Math.max(errorDispersion, unansweredDispersion) > dispersionLimit) {
    return 'blue’s own failures come in bursts too wild to compare with';
  }
  return policy.clientErrors === 'judge' && (clientErrors?.dispersion ?? 1) > dispersionLimit
    ? 'blue’s own answers of 4xx, which are to be judged (client-errors), come in bursts too wild to compare with'
    : undefined;
}

function lackOf(
  green: number,
  probesSeen: number,
  wildBlue: string | undefined,
  ratio: number,
): { readonly kind: 'few' | 'other'; readonly sentence: string } | undefined {
  if (green === 0) {
    return { kind: 'other', sentence: 'no request of green has shown in the metrics yet' };
  }
  // Probes pass the load balancer, too: where they are many, detection of small faults is lost (70 % to 29 %).
  if (probesSeen > green / 3) {
    return { kind: 'other', sentence: 'more than a quarter of green’s requests were probes' };
  }
  if (wildBlue !== undefined) return { kind: 'other', sentence: wildBlue };
  if (ratio >= safetyLimit) return undefined;
  const sentence = `${formatCount(green)} requests prove ${formatRatio(ratio)}:1, ${safetyLimit}:1 is wanted`;
  return { kind: ratio > 1 ? 'few' : 'other', sentence };
}

/** Whether probes may stand in for traffic that is too low; a sentence where they may not. */
export function probeLack(plan: Pick<ShiftPlan, 'probes'>, evidence: Evidence): string | undefined {
  const { sent, bad } = evidence.probes;
  const block = { greenBad: bad, green: sent, blueBad: 0, blue: 0 };
  const lack = lackOfProbes(plan, safetyRatio([{ block, bound: probeBound }]), sent, bad);
  // A task tells at its end what it sent, and not when.
  return lack ?? (plan.probes.task === undefined ? probesElsewhere(evidence) : undefined);
}

/** So many probes of the steps should be among green's requests before their absence means something. */
const fewestSeen = 20;

/** Good answers of another server prove nothing: the load balancer has to have counted probes as green's requests. */
function probesElsewhere(evidence: Evidence): string | undefined {
  let [sent, seen] = [0, 0];
  for (const minute of wholeMinutes(evidence)) {
    sent += probesIn(evidence.probesByMinute, minute.at).sent;
    seen += minute.seen.requests;
  }
  if (sent < fewestSeen || seen >= sent / 2) return undefined;
  return `of ${sent} probes only ${seen} can be among green’s requests: others were answered elsewhere (probe-url, probe-host), or the metrics are lost`;
}

/**
 * Why nothing in this plan could show that green is no worse: neither the traffic that its bakes will count nor
 * its probes. Undefined where something can. Pure.
 */
export function foreseeableLack(plan: ShiftPlan, baseline: Baseline): string | undefined {
  if (plan.acceptUnproven) return undefined;
  const lack = plannedProbeLack(plan);
  if (lack === undefined) return undefined;
  const wildBlue = wildness(baseline, plan);
  if (wildBlue !== undefined) {
    return `Real traffic will prove nothing for green: ${wildBlue}; ${lack}. Name probe-paths that users take, wait until blue has been calm for an hour, or accept unproven.`;
  }
  const requests = plan.steps.reduce(
    (sum, step) => sum + (baseline.requestsPerMinute * step.percent * step.bakeTimeMs) / (100 * minuteMs),
    0,
  );
  if (requests >= provingRequests) return undefined;
  return `Green will get about ${formatCount(Math.round(requests))} requests in all bakes, and about ${provingRequests} are needed to show that it is no worse; ${lack}. Name probe-paths that users take, bake longer, or accept unproven.`;
}

/** The same before the shift, for the probes that are planned and if all of them are answered well. */
function plannedProbeLack(plan: Pick<ShiftPlan, 'probes' | 'steps'>): string | undefined {
  const planned = plan.probes.count + plan.probes.perStep * plan.steps.length;
  const block = { greenBad: 0, green: planned, blueBad: 0, blue: 0 };
  return lackOfProbes(plan, safetyRatio([{ block, bound: probeBound }]), planned, 0);
}

function lackOfProbes(
  { probes }: Pick<ShiftPlan, 'probes'>,
  ratio: number,
  sent: number,
  bad: number,
): string | undefined {
  if (sent === 0) return 'no probes are sent';
  // The health check asks that path already, and a release can be healthy and broken.
  if (probes.healthPathOnly) return 'probes of the health path alone show no more than target health does';
  if (ratio >= safetyLimit) return undefined;
  const counted = bad === 0 ? `${sent} good probes` : `${sent} probes, ${bad} of them failed,`;
  return `${counted} prove ${formatRatio(ratio)}:1, ${safetyLimit}:1 is wanted`;
}
