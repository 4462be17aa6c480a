/** The judge's gate: the evidence that green does harm. */
import { formatCount } from '../../report/count.ts';
import { formatPercent } from '../../report/percent.ts';
import type { Evidence } from '../evidence.ts';
import { allowedAlone, formatRatio, ratioOf, sumOf, totalsOf, worstStream } from '../evidence.ts';
import { harmRatio } from '../judge.ts';
import { harmLimit, suspicionLimit } from '../limits.ts';
import { describeReasons } from '../prober.ts';
import { fail, type Gate, hold, pass } from './gate.ts';

/** Suspicion holds a step for this many bake times at most. */
export const longestHold = 3;

export const harmGate: Gate = ({ plan, baseline, state, now }) => {
  const { evidence, phase } = state;
  const { stream, ratio } = worstStream(evidence);
  const limit = harmLimit(plan, baseline);
  if (ratio >= limit) {
    const proof = `evidence ${formatRatio(ratio)}:1, limit ${limit}:1`;
    return fail(
      stream,
      `${describeHarm(evidence, stream, (alone) => formatPercent(allowedAlone(alone, baseline, plan.maxErrorRate)))}; ${proof}.`,
    );
  }
  if (ratio < suspicionLimit(limit) || phase.kind !== 'bake') return pass;
  return now - phase.since < longestHold * plan.steps[phase.step]!.bakeTimeMs
    ? hold(`${stream} say ${formatRatio(ratio)}:1, and ${limit}:1 would take it back`)
    : pass;
};

function describeHarm(
  evidence: Evidence,
  stream: ReturnType<typeof worstStream>['stream'],
  allowed: (stream: 'errors' | 'client-errors') => string,
): string {
  const total = totalsOf(evidence, stream);
  const green = `${formatCount(total.greenBad)} of ${formatCount(total.green)}`;
  const blue = `${formatCount(total.blueBad)} of ${formatCount(total.blue)}`;
  switch (stream) {
    case 'probes':
      return `${green} probes failed: ${describeReasons(evidence.probes)}`;
    case 'errors':
      return total.blue === 0
        ? `Green failed ${green} requests (allowed alone: ${allowed(stream)})`
        : `Green failed ${green} requests, blue ${blue}`;
    case 'client-errors':
      return total.blue === 0
        ? `Green refused ${green} requests (4xx; allowed alone: ${allowed(stream)})`
        : `Green refused ${green} requests (4xx), blue ${blue}`;
    case 'slow':
      return `Green was slower than blue's usual p95 and a margin in ${green} requests, blue in ${blue}`;
    case 'unanswered': {
      if (harmRatio(evidence.harm.unanswered) >= ratioOf(evidence, stream)) {
        return `Green left ${green} requests unanswered, blue ${blue}`;
      }
      const own = sumOf(evidence.minutes.map((minute) => minute.balancer));
      return `The load balancer answered ${formatCount(own.greenBad)} of ${formatCount(own.green)} requests itself with 502, 503 or 504, which is not usual here`;
    }
  }
}
