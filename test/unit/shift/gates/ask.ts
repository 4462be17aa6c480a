/** A question to a gate as tests vary it: baking at 10 % since `start`, read up to an hour from then. */

import { addMinutes, addProbes, noEvidence, type Policy } from '../../../../src/shift/evidence.ts';
import type { Answer, Question } from '../../../../src/shift/gates/gate.ts';
import { initialState } from '../../../../src/shift/initial-state.ts';
import type { MinutePair } from '../../../../src/shift/minutes.ts';
import type { ShiftState } from '../../../../src/shift/state.ts';
import { baseline, factsOf, planOf } from '../plan-fixture.ts';

export const minute = 60_000;
export const start = 100 * minute;

export function questionOf(change: Partial<Question> = {}, state: Partial<ShiftState> = {}): Question {
  const plan = change.plan ?? planOf();
  return {
    plan,
    baseline,
    facts: factsOf(),
    now: start + 2 * minute,
    ...change,
    state: {
      ...initialState(plan, start),
      phase: { kind: 'bake', step: 0, since: start, probesBefore: 0 },
      weights: [
        { at: start, percent: 0 },
        { at: start, percent: 10 },
      ],
      metricsReadTo: start + 60 * minute,
      metricsReadAt: start + 60 * minute,
      ...state,
    },
  };
}

export interface Counted {
  readonly green: number;
  readonly greenBad?: number;
  readonly blue: number;
  readonly blueBad?: number;
  readonly unanswered?: number;
  /** Of green's requests, those whose end is in no count. */
  readonly unknown?: number;
  /** Answers of 4xx. */
  readonly refused?: number;
  readonly blueRefused?: number;
  readonly slow?: number;
  readonly blueSlow?: number;
  readonly over?: number;
  readonly blueOver?: number;
  readonly unexplained?: number;
  /** Of green's requests, the probes. */
  readonly probes?: number;
}

/** One closed minute after the other, from `start` on. */
export function evidenceOf(
  minutes: readonly Counted[],
  of = baseline,
  policy: Policy = { maxErrorRate: 0.005 },
  readAtMinute = 10,
) {
  const pairs = minutes.map((counted, index): MinutePair => {
    const at = start + index * minute;
    return {
      at,
      green: {
        at,
        requests: counted.green,
        errors: counted.greenBad ?? 0,
        unanswered: counted.unanswered ?? 0,
        unknown: counted.unknown ?? 0,
        clientErrors: counted.refused ?? 0,
        slow: counted.slow ?? 0,
        slowerThanObjective: counted.over ?? 0,
      },
      blue: {
        at,
        requests: counted.blue,
        errors: counted.blueBad ?? 0,
        clientErrors: counted.blueRefused ?? 0,
        unanswered: 0,
        slow: counted.blueSlow ?? 0,
        slowerThanObjective: counted.blueOver ?? 0,
      },
      ...(counted.unexplained === undefined ? {} : { unexplained: counted.unexplained }),
    };
  });
  const probed = minutes.reduce(
    (evidence, { probes = 0 }, index) =>
      addProbes(evidence, { sent: probes, bad: 0, reasons: {} }, start + index * minute),
    noEvidence,
  );
  return addMinutes(probed, pairs, of, policy, start + readAtMinute * minute);
}

/** `pass`, `hold`, or the code of the cause. */
export function short(answer: Answer): string {
  return answer.kind === 'fail' ? answer.cause.code : answer.kind;
}

export const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);
