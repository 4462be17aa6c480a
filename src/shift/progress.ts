/** The way forward: what comes next while nothing speaks against green. Pure. */
import { sameSplit } from '../aws/elb-forward.ts';
import { formatDuration } from '../report/duration.ts';
import type { KitEvent } from '../report/event.ts';
import type { Baseline } from './baseline.ts';
import { attachedSplit, event, lagMs, type ShiftDecision } from './decide.ts';
import { formatRatio, worstStream } from './evidence.ts';
import { alarmGate } from './gates/alarms.ts';
import { askGates } from './gates/index.ts';
import { describeSplit } from './ladder.ts';
import { harmLimit } from './limits.ts';
import type { ShiftPlan } from './plan.ts';
import { describeReasons } from './prober.ts';
import { judgePromotion } from './promotion.ts';
import { judgeReadiness } from './readiness.ts';
import type { Cause, Ending, Phase, ShiftFacts, ShiftState } from './state.ts';

const pollMs = { ready: 5000, probe: 2000, verify: 2000, bake: 5000 } as const;

export type Progress =
  | ShiftDecision
  | { readonly kind: 'fail'; readonly cause: Cause }
  | {
      readonly kind: 'end';
      readonly state: ShiftState;
      readonly ending: Ending;
      readonly events: readonly KitEvent[];
    };

export function progress(
  plan: ShiftPlan,
  baseline: Baseline,
  state: ShiftState,
  facts: ShiftFacts,
  now: number,
): Progress {
  const { phase } = state;
  const goOn = (next: Phase, ...events: KitEvent[]): Progress =>
    withEvents(progress(plan, baseline, { ...state, phase: next }, facts, now), events);
  switch (phase.kind) {
    case 'lock':
      return { kind: 'act', state, act: { kind: 'create-test-rule' } };
    case 'attach':
      return plan.greenInRule
        ? goOn({ kind: 'quieten' })
        : {
            kind: 'act',
            state,
            act: { kind: 'write-split', split: attachedSplit(plan), next: { kind: 'quieten' } },
          };
    case 'quieten':
      return plan.scaling.length === 0 || state.scalingQuietened
        ? goOn({ kind: 'deploy' })
        : { kind: 'act', state, act: { kind: 'quieten-scaling' } };
    case 'deploy':
      return plan.deploy.kind === 'none'
        ? goOn({ kind: 'ready', since: now })
        : { kind: 'act', state, act: { kind: 'deploy-green' } };
    case 'ready': {
      const alarm = alarmGate({ plan, baseline, state, facts, now });
      if (alarm.kind === 'fail') return alarm;
      const readiness = judgeReadiness(plan, state, facts, now - phase.since);
      if (readiness.kind === 'failed') return { kind: 'fail', cause: readiness.cause };
      if (readiness.kind === 'waiting')
        return wait(state, now, pollMs.ready, 'green.progress', readiness.what);
      const ready: ShiftState = {
        ...state,
        knownExits: (facts.greenService?.stopped ?? []).map((task) => task.arn),
        phase: { kind: 'probe', since: now },
      };
      const told = event(now, 'green.ready', 'info', readiness.what);
      return withEvents(progress(plan, baseline, ready, facts, now), [told]);
    }
    case 'probe': {
      const gates = askGates({ plan, baseline, state, facts, now });
      if (gates.kind === 'fail') return gates;
      const { sent, bad } = state.evidence.probes;
      if (sent >= plan.probes.count) {
        // A handful of probes is too few for the judge; that not one was answered well is enough.
        if (sent > 0 && bad === sent) {
          const reasons = describeReasons(state.evidence.probes);
          return {
            kind: 'fail',
            cause: { code: 'probes', sentence: `All ${sent} probes failed: ${reasons}.` },
          };
        }
        const next: Phase = { kind: 'shift', step: 0 };
        return plan.probes.count === 0
          ? goOn(next)
          : goOn(next, event(now, 'probes.done', 'info', `${sent} probes at weight 0, ${bad} failed.`));
      }
      return wait(
        state,
        now,
        pollMs.probe,
        'probes.progress',
        `Probing green at weight 0 (${plan.probes.count} probes).`,
      );
    }
    case 'shift': {
      const gates = askGates({ plan, baseline, state, facts, now });
      if (gates.kind === 'fail') return gates;
      if (gates.kind === 'hold') {
        return wait(state, now, pollMs.bake, 'gate.held', `No further weight yet: ${gates.sentence}.`);
      }
      const { split } = plan.steps[phase.step]!;
      const next: Phase = { kind: 'verify', step: phase.step, since: now };
      return { kind: 'act', state, act: { kind: 'write-split', split, next } };
    }
    case 'verify': {
      if (sameSplit(facts.live, state.written)) {
        const { percent, bakeTimeMs } = plan.steps[phase.step]!;
        const bake: Phase = {
          kind: 'bake',
          step: phase.step,
          since: now,
          probesBefore: state.evidence.probes.sent,
        };
        return goOn(
          bake,
          event(
            now,
            'shift.weights-verified',
            'info',
            `Green has ${percent} % (${describeSplit(facts.live)}); baking ${formatDuration(bakeTimeMs)}.`,
            { percent },
          ),
        );
      }
      if (now - phase.since >= lagMs) {
        return {
          kind: 'fail',
          cause: {
            code: 'weights-not-taken',
            sentence: `The rule still shows ${describeSplit(facts.live)} ${formatDuration(lagMs)} after ${describeSplit(state.written)} was written.`,
          },
        };
      }
      return wait(
        state,
        now,
        pollMs.verify,
        'shift.verifying',
        'Waiting until the rule shows the new weights.',
      );
    }
    case 'bake':
      return progressBake(plan, baseline, state, phase, facts, now);
    case 'undo':
    case 'undo-verify':
    case 'tail':
      throw new Error(`There is no way forward from ${phase.kind}.`);
  }
}

function progressBake(
  plan: ShiftPlan,
  baseline: Baseline,
  state: ShiftState,
  phase: Phase & { kind: 'bake' },
  facts: ShiftFacts,
  now: number,
): Progress {
  const question = { plan, baseline, state, facts, now };
  const gates = askGates(question);
  if (gates.kind === 'fail') return gates;
  const step = plan.steps[phase.step]!;
  if (now - phase.since < step.bakeTimeMs) {
    return { kind: 'wait', state, waitMs: Math.min(pollMs.bake, step.bakeTimeMs - (now - phase.since)) };
  }
  const last = phase.step + 1 === plan.steps.length;
  const verdict = gates.kind === 'hold' || !last ? gates : judgePromotion(question);
  if (verdict.kind === 'fail') return verdict;
  if (verdict.kind === 'hold') {
    return wait(state, now, pollMs.bake, 'gate.held', `Holding at ${step.percent} %: ${verdict.sentence}.`);
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
    `${step.percent} % passed: evidence of harm ${formatRatio(ratio)}:1, limit ${harmLimit(plan, baseline)}:1.`,
    { percent: step.percent, harm: ratio },
  );
  if (verdict.kind === 'pass') {
    const next: ShiftState = { ...passed, phase: { kind: 'shift', step: phase.step + 1 } };
    return withEvents(progress(plan, baseline, next, facts, now), [told]);
  }
  return {
    kind: 'end',
    state: passed,
    ending: verdict,
    events: [
      told,
      event(now, 'shift.promoted', 'notice', `Green ${plan.green.groupName} serves everything.`),
    ],
  };
}

/** A wait that says what it waits for, once. */
function wait(state: ShiftState, now: number, waitMs: number, code: string, what: string): ShiftDecision {
  if (state.said === what) return { kind: 'wait', waitMs, state };
  return { kind: 'wait', waitMs, state: { ...state, said: what }, events: [event(now, code, 'info', what)] };
}

function withEvents(next: Progress, events: readonly KitEvent[]): Progress {
  if (events.length === 0 || next.kind === 'fail') return next;
  return { ...next, events: [...events, ...(next.events ?? [])] };
}
