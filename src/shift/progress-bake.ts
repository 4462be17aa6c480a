/** A step under the gates, to its end: the next one, a rest, or green's promotion. Pure. */
import { formatCount } from '../report/count.ts';
import { event } from './decide.ts';
import { formatRatio, worstStream } from './evidence.ts';
import { askGates } from './gates/index.ts';
import { harmLimit } from './limits.ts';
import { untilNextLook } from './look-times.ts';
import { type Again, type Look, type Progress, pollMs, wait } from './progress-answer.ts';
import { judgePromotion } from './promotion.ts';
import type { Phase, ShiftState } from './state.ts';

export function progressBake(look: Look, phase: Phase & { kind: 'bake' }, again: Again): Progress {
  const { plan, baseline, state, now } = look;
  const gates = askGates(look);
  if (gates.kind === 'fail') return gates;
  const step = plan.steps[phase.step]!;
  const endsAt = phase.since + step.bakeTimeMs;
  if (now < endsAt) return { kind: 'wait', state, waitMs: untilNextLook(state, now, endsAt) };
  const last = phase.step + 1 === plan.steps.length;
  const verdict = gates.kind === 'hold' || !last ? gates : judgePromotion(look);
  if (verdict.kind === 'fail') return verdict;
  if (verdict.kind === 'hold') {
    const isAsking = state.checks.some(
      ({ step: of, result }) => of === phase.step && result.kind === 'running',
    );
    return wait(
      state,
      now,
      isAsking ? pollMs.check : untilNextLook(state, now),
      'gate.held',
      `Holding at ${step.percent} %: ${verdict.sentence}.`,
    );
  }
  const { ratio } = worstStream(state.evidence);
  const { sent, bad } = state.evidence.probes;
  const passed: ShiftState = {
    ...state,
    passed: [
      ...state.passed,
      {
        percent: step.percent,
        from: phase.since,
        to: now,
        harm: ratio,
        probesSent: sent - phase.probesBefore,
        probesBad: bad,
      },
    ],
  };
  const told = event(
    now,
    'shift.step-passed',
    'info',
    `${step.percent} % passed: evidence of harm ${formatRatio(ratio)}:1, limit ${harmLimit(plan, baseline)}:1${seenShare(state, phase.since)}.`,
    { percent: step.percent, harm: ratio },
  );
  if (verdict.kind === 'pass' && plan.until !== undefined && step.percent >= plan.until) {
    return {
      kind: 'end',
      state: passed,
      ending: { kind: 'paused', percent: step.percent },
      events: [
        told,
        event(now, 'shift.paused', 'notice', `The shift rests at ${step.percent} %, as asked for.`),
      ],
    };
  }
  if (verdict.kind === 'pass') {
    const next: ShiftState = { ...passed, phase: { kind: 'shift', step: phase.step + 1, since: now } };
    return again(next, [told]);
  }
  const proven = [
    told,
    event(now, 'shift.promoted', 'notice', `Green ${plan.green.groupName} serves everything.`),
  ];
  if (plan.blue.service === undefined || plan.blueAfter === 'keep') {
    return { kind: 'end', state: passed, ending: verdict, events: proven };
  }
  const next: ShiftState = { ...passed, phase: { kind: 'retire', since: now, ending: verdict } };
  return again(next, proven);
}

/** `; green took 9.9 % of 12,040 requests`: the weight as the load balancer counted it, in whole minutes of the step. */
function seenShare({ evidence }: ShiftState, since: number): string {
  let [green, all] = [0, 0];
  for (const minute of evidence.minutes) {
    if (minute.at < since) continue;
    green += minute.errors.green;
    all += minute.errors.green + minute.errors.blue;
  }
  if (all === 0) return '';
  return `; green took ${((100 * green) / all).toFixed(1)} % of ${formatCount(all)} requests`;
}
