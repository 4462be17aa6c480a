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
import { revisionName, type ShiftPlan } from './plan.ts';
import { healthyCount } from './preflight.ts';
import { describeReasons } from './prober.ts';
import { judgePromotion } from './promotion.ts';
import { judgeReadiness, type Readiness } from './readiness.ts';
import { isPromoted } from './record.ts';
import type { Cause, Ending, Phase, Promoted, ShiftFacts, ShiftState } from './state.ts';

/** A write of a run that takes a lock over at the same moment has arrived by then. */
const lockSettleMs = 3000;
/** A read may lag behind our own taking by this much. */
const lockSeenMs = 20_000;

/** A task that is replaced between two steps is back within this time, or green is not what it was. */
const unreadyLimitMs = 300_000;

const pollMs = { ready: 5000, probe: 2000, verify: 2000, bake: 5000 } as const;

export type Progress =
  | ShiftDecision
  | { readonly kind: 'fail'; readonly cause: Cause }
  /** Another run has the lock. */
  | { readonly kind: 'fail-lock' }
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
      return plan.lock === undefined
        ? { kind: 'act', state, act: { kind: 'create-test-rule' } }
        : { kind: 'act', state, act: { kind: 'take-lock' } };
    case 'lock-check': {
      // Two runs may have taken it: the later write stands, and the other one sees that here.
      if (now - phase.since < lockSettleMs || facts.lockIsOurs === undefined) {
        return { kind: 'wait', waitMs: Math.max(pollMs.verify, lockSettleMs - (now - phase.since)), state };
      }
      if (!facts.lockIsOurs) {
        return now - phase.since < lockSeenMs
          ? { kind: 'wait', waitMs: pollMs.verify, state }
          : { kind: 'fail-lock' };
      }
      return begin(plan, state, goOn);
    }
    case 'attach':
      // Several rules that a dead run left at different weights are made alike first.
      return state.shifted || (plan.greenInRule && (plan.others.length === 0 || plan.lock === undefined))
        ? goOn({ kind: 'quieten' })
        : {
            kind: 'act',
            state,
            act: { kind: 'write-split', split: attachedSplit(plan), next: { kind: 'quieten' } },
          };
    case 'quieten':
      // Also where a run before may have done so: it may as well have died before that. Past the point of no return
      // a floor would bring blue back.
      return plan.scaling.length === 0 || state.noReturnAt !== undefined
        ? goOn({ kind: 'deploy' })
        : { kind: 'act', state, act: { kind: 'quieten-scaling' } };
    case 'deploy':
      if (
        state.shifted &&
        plan.deploy.kind !== 'none' &&
        (plan.deploy.kind === 'create' || plan.deploy.newRevision)
      ) {
        return {
          kind: 'fail',
          cause: {
            code: 'green-superseded',
            sentence: `Green has traffic and its service does not run ${revisionName(plan.deploy.taskDefinitionArn)}: somebody or a circuit breaker deployed it.`,
          },
        };
      }
      return plan.deploy.kind === 'none'
        ? goOn({ kind: 'ready', since: now })
        : { kind: 'act', state, act: { kind: 'deploy-green' } };
    case 'ready': {
      const alarm = alarmGate({ plan, baseline, state, facts, now });
      if (alarm.kind === 'fail') return alarm;
      const readiness = judgeReadiness(plan, state, facts, now - phase.since);
      if (readiness.kind === 'failed') return { kind: 'fail', cause: readiness.cause };
      if (readiness.kind === 'waiting' && state.shifted) {
        // More than it needs may be on its way: scaling out is left on.
        if (healthyCount(facts.greenTargets) >= plan.requiredHealthy) {
          return waitOrFail(plan, state, readiness, now - phase.since, now);
        }
        return {
          kind: 'fail',
          cause: {
            code: 'green-not-ready',
            sentence: `Green has traffic and is not ready. ${readiness.what}`,
          },
        };
      }
      if (readiness.kind === 'waiting')
        return wait(state, now, pollMs.ready, 'green.progress', readiness.what);
      const ready: ShiftState = {
        ...state,
        knownExits: (facts.greenService?.stopped ?? []).map((task) => task.arn),
        phase: phaseAfterReady(state, now),
      };
      const told = event(now, 'green.ready', 'info', readiness.what);
      return withEvents(progress(plan, baseline, ready, facts, now), [told]);
    }
    case 'probe': {
      const gates = askGates({ plan, baseline, state, facts, now });
      if (gates.kind === 'fail') return gates;
      if (plan.probes.task !== undefined) return progressProbeTask(plan, state, now, goOn);
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
        const next = phaseAfterProbes(plan, state, now);
        return plan.probes.count === 0
          ? goOn(next)
          : goOn(next, event(now, 'probes.done', 'info', `${sent} probes${atWeight(state)}, ${bad} failed.`));
      }
      return wait(
        state,
        now,
        pollMs.probe,
        'probes.progress',
        `Probing green${atWeight(state)} (${plan.probes.count} probes).`,
      );
    }
    case 'shift': {
      // Lock and tasks are read in this phase only: a weight rests on a look of its own, never on that of the bake.
      if (facts.lockIsOurs === undefined) return { kind: 'wait', waitMs: 0, state };
      if (!facts.lockIsOurs) {
        return wait(
          state,
          now,
          pollMs.verify,
          'lock.unseen',
          'No weight before the test rule shows as ours.',
        );
      }
      const gates = askGates({ plan, baseline, state, facts, now });
      if (gates.kind === 'fail') return gates;
      if (gates.kind === 'hold') {
        return wait(state, now, pollMs.bake, 'gate.held', `No further weight yet: ${gates.sentence}.`);
      }
      const unready = judgeReadiness(plan, state, facts, 0);
      if (unready.kind !== 'ready') return waitOrFail(plan, state, unready, now - phase.since, now);
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
    case 'retire':
      return progressRetire(plan, baseline, state, phase, facts, now);
    case 'undo':
    case 'undo-verify':
    case 'tail':
      throw new Error(`There is no way forward from ${phase.kind}.`);
  }
}

/**
 * The task in the VPC says whether green answers. What it counted comes in one piece, of which the judge lets none
 * decide: it is held to the share that green may fail alone.
 */
function progressProbeTask(
  plan: ShiftPlan,
  state: ShiftState,
  now: number,
  goOn: (next: Phase, ...events: KitEvent[]) => Progress,
): Progress {
  const { probeTask } = state;
  switch (probeTask?.kind) {
    case 'failed':
      return { kind: 'fail', cause: { code: 'probes', sentence: probeTask.sentence } };
    case 'passed': {
      const { sent, bad } = probeTask.tally;
      if (bad > plan.maxErrorRate * sent) {
        const sentence = `${bad} of ${sent} probes from inside of the VPC failed; max-5xx-rate allows ${Number((100 * plan.maxErrorRate).toPrecision(3))} %.`;
        return { kind: 'fail', cause: { code: 'probes', sentence } };
      }
      const done = event(now, 'probes.done', 'info', probeTask.sentence);
      return goOn({ kind: 'shift', step: 0, since: now }, done);
    }
    default:
      return wait(state, now, pollMs.ready, 'probes.progress', 'A task in the VPC probes green at weight 0.');
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
    return withEvents(progress(plan, baseline, next, facts, now), [told]);
  }
  const proven = [
    told,
    event(now, 'shift.promoted', 'notice', `Green ${plan.green.groupName} serves everything.`),
  ];
  if (plan.blue.service === undefined || plan.blueAfter === 'keep') {
    return { kind: 'end', state: passed, ending: verdict, events: proven };
  }
  const next: ShiftState = { ...passed, phase: { kind: 'retire', since: now, ending: verdict } };
  return withEvents(progress(plan, baseline, next, facts, now), proven);
}

/** `; green took 9.9 % of 12,040 requests`: the weight as the load balancer counted it, in whole minutes of the step. */
function seenShare({ evidence }: ShiftState, since: number): string {
  let [green, all] = [0, 0];
  for (const [at, minute] of Object.entries(evidence.minutes)) {
    if (Number(at) < since) continue;
    green += minute.errors.green;
    all += minute.errors.green + minute.errors.blue;
  }
  if (all === 0) return '';
  return `; green took ${((100 * green) / all).toFixed(1)} % of ${all.toLocaleString('en-US')} requests`;
}

/**
 * Blue is the way back until it has had no request for a closed minute, and every connection that it may
 * still hold has had its time to end.
 */
function progressRetire(
  plan: ShiftPlan,
  baseline: Baseline,
  state: ShiftState,
  phase: Phase & { kind: 'retire' },
  facts: ShiftFacts,
  now: number,
): Progress {
  if (state.retired || plan.blueAfter === 'keep' || plan.blue.service === undefined) {
    return { kind: 'end', state, ending: phase.ending, events: [] };
  }
  // A run before recorded the point of no return and died: what it began is finished.
  if (state.noReturnAt !== undefined) return { kind: 'act', state, act: { kind: 'retire-blue' } };
  const gates = askGates({ plan, baseline, state, facts, now });
  if (gates.kind === 'fail') return gates;
  if (state.stage !== phase.ending.kind) {
    return { kind: 'act', state, act: { kind: 'note', stage: phase.ending.kind } };
  }
  if (now - phase.since < plan.keepBlueMs) {
    return wait(
      state,
      now,
      pollMs.bake,
      'blue.kept',
      `Blue stays whole for ${formatDuration(plan.keepBlueMs)}: the instant way back.`,
    );
  }
  if (state.blueQuietAt === undefined || now - state.blueQuietAt < plan.drainMs) {
    return wait(
      state,
      now,
      pollMs.bake,
      'blue.draining',
      state.blueQuietAt === undefined
        ? 'Waiting for a closed minute in which blue had no request.'
        : `Blue had no request for a minute; waiting ${formatDuration(plan.drainMs)} for its last connections.`,
    );
  }
  return { kind: 'act', state, act: { kind: 'retire-blue' } };
}

/** What a run that has the lock does first. */
function begin(
  plan: ShiftPlan,
  state: ShiftState,
  goOn: (next: Phase, ...events: KitEvent[]) => Progress,
): Progress {
  switch (plan.task.kind) {
    case 'shift':
    case 'resume':
      return goOn({ kind: 'attach' });
    case 'take-back':
      return { kind: 'fail', cause: plan.task.cause };
    case 'finish':
      return { kind: 'end', state, ending: promotionBefore(state), events: [] };
  }
}

/** What the run before has found, by its tags. */
function promotionBefore({ stage }: ShiftState): Promoted {
  return stage === 'promoted-on-probes'
    ? { kind: stage, lack: 'the run before this one found too little traffic' }
    : { kind: 'promoted' };
}

/** Probes come first: what a run before this one has learned by its own died with it. */
function phaseAfterReady(state: ShiftState, now: number): Phase {
  return isPromoted(state.stage)
    ? { kind: 'retire', since: now, ending: promotionBefore(state) }
    : { kind: 'probe', since: now };
}

/** A shift that is gone on with stands at a weight already. */
function phaseAfterProbes(plan: ShiftPlan, state: ShiftState, now: number): Phase {
  if (!state.shifted) return { kind: 'shift', step: 0, since: now };
  const percent = state.weights.at(-1)?.percent ?? 0;
  const step = Math.max(
    0,
    plan.steps.findLastIndex((each) => each.percent <= percent),
  );
  const rested = state.stage === 'paused' && plan.steps[step]?.percent === percent;
  // A rest is over once the run may go further; one that watches over the rest proves its weight again.
  if (rested && (plan.until === undefined || plan.until > percent) && step + 1 < plan.steps.length) {
    return { kind: 'shift', step: step + 1, since: now };
  }
  // Several rules may have been caught between two writes: the weight that stands is written again.
  return plan.steps[step]?.percent === percent && plan.others.length === 0
    ? { kind: 'bake', step, since: now, probesBefore: state.evidence.probes.sent }
    : { kind: 'shift', step, since: now };
}

function atWeight(state: ShiftState): string {
  return state.shifted ? ' by the test rule' : ' at weight 0';
}

/** Before a weight green may be unready for a moment (a task is being replaced), not for long. */
function waitOrFail(
  plan: ShiftPlan,
  state: ShiftState,
  readiness: Exclude<Readiness, { kind: 'ready' }>,
  waitedMs: number,
  now: number,
): Progress {
  if (readiness.kind === 'failed') return { kind: 'fail', cause: readiness.cause };
  if (waitedMs >= Math.min(unreadyLimitMs, plan.readyTimeoutMs)) {
    return {
      kind: 'fail',
      cause: { code: 'green-not-ready', sentence: `Green is no longer ready. ${readiness.what}` },
    };
  }
  return wait(state, now, pollMs.ready, 'green.progress', readiness.what);
}

/** A wait that says what it waits for, once. */
function wait(state: ShiftState, now: number, waitMs: number, code: string, what: string): ShiftDecision {
  if (state.said === what) return { kind: 'wait', waitMs, state };
  return { kind: 'wait', waitMs, state: { ...state, said: what }, events: [event(now, code, 'info', what)] };
}

function withEvents(next: Progress, events: readonly KitEvent[]): Progress {
  if (events.length === 0 || next.kind === 'fail' || next.kind === 'fail-lock') return next;
  return { ...next, events: [...events, ...(next.events ?? [])] };
}
