/** The way forward: what comes next while nothing speaks against green. Pure. */
import { sameSplit } from '../aws/elb-forward.ts';
import { formatDuration } from '../report/duration.ts';
import type { Baseline } from './baseline.ts';
import { event, lagMs, withLeftover } from './decide.ts';
import { alarmGate } from './gates/alarms.ts';
import { askGates } from './gates/index.ts';
import { attachedSplit } from './initial-state.ts';
import { keptLeftover } from './kept-blue.ts';
import { describeSplit } from './ladder.ts';
import { untilNextLook } from './look-times.ts';
import { revisionName, type ShiftPlan } from './plan.ts';
import { healthyCount } from './preflight.ts';
import {
  type Again,
  type GoOn,
  type Look,
  type Progress,
  pollMs,
  promotionBefore,
  wait,
  withEvents,
} from './progress-answer.ts';
import { progressBake } from './progress-bake.ts';
import { progressProbe } from './progress-probe.ts';
import { progressRetire } from './progress-retire.ts';
import { judgeReadiness, type Readiness } from './readiness.ts';
import { isPromoted } from './record.ts';
import { type Rival, yieldsTo } from './rival.ts';
import type { Cause, Ending, Phase, ShiftFacts, ShiftState } from './state.ts';

/** A write of a run that takes a lock over at the same moment has arrived by then. */
const lockSettleMs = 3000;
/** A read may lag behind our own taking by this much. */
const lockSeenMs = 20_000;

/** A task that is replaced between two steps is back within this time, or green is not what it was. */
const unreadyLimitMs = 300_000;

export function progress(
  plan: ShiftPlan,
  baseline: Baseline,
  state: ShiftState,
  facts: ShiftFacts,
  now: number,
): Progress {
  const { phase } = state;
  const look: Look = { plan, baseline, state, facts, now };
  const again: Again = (next, events) => withEvents(progress(plan, baseline, next, facts, now), events);
  const goOn: GoOn = (next, ...events) => again({ ...state, phase: next }, events);
  switch (phase.kind) {
    case 'lock':
      return plan.lock === undefined
        ? { kind: 'act', state, act: { kind: 'create-test-rule' } }
        : { kind: 'act', state, act: { kind: 'take-lock' } };
    case 'lock-check': {
      if (plan.lock === undefined) return beside(look) ?? begin(look, goOn);
      // Two runs may have taken it: the later write stands, and the other one sees that here.
      if (now - phase.since < lockSettleMs || facts.lockIsOurs === undefined) {
        return { kind: 'wait', waitMs: Math.max(pollMs.verify, lockSettleMs - (now - phase.since)), state };
      }
      if (!facts.lockIsOurs) {
        return now - phase.since < lockSeenMs
          ? { kind: 'wait', waitMs: pollMs.verify, state }
          : { kind: 'fail-lock' };
      }
      return begin(look, goOn);
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
      // a floor would bring blue back, and so it would one that is kept small.
      return plan.scaling.length === 0 || state.noReturnAt !== undefined || state.kept !== undefined
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
      const alarm = alarmGate(look);
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
        knownExits: exitsBefore(plan, state, facts),
        phase: phaseAfterReady(state, now),
      };
      const told = event(now, 'green.ready', 'info', readiness.what);
      return withEvents(progress(plan, baseline, ready, facts, now), [told]);
    }
    case 'probe':
      return progressProbe(look, goOn);
    case 'shift': {
      if (facts.lockIsOurs === false) {
        return wait(
          state,
          now,
          pollMs.verify,
          'lock.unseen',
          'No weight before the test rule shows as ours.',
        );
      }
      const gates = askGates(look);
      if (gates.kind === 'fail') return gates;
      if (gates.kind === 'hold') {
        return wait(
          state,
          now,
          untilNextLook(state, now),
          'gate.held',
          `No further weight yet: ${gates.sentence}.`,
        );
      }
      const unready = judgeReadiness(plan, state, facts, 0);
      if (unready.kind !== 'ready') return waitOrFail(plan, state, unready, now - phase.since, now);
      // Lock and tasks are no part of a look that others may wait on: a weight rests on one that has read them.
      if (facts.lockIsOurs === undefined)
        return { kind: 'wait', waitMs: 0, state: { ...state, lookAgain: true } };
      const rivalled = state.shifted ? undefined : beside(look);
      if (rivalled !== undefined) return rivalled;
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
      return progressBake(look, phase, again);
    case 'retire':
      return progressRetire(look, phase);
    case 'undo':
    case 'undo-verify':
    case 'tail':
      throw new Error(`There is no way forward from ${phase.kind}.`);
  }
}

/** Another shift of the pair has a lock, too: one of both goes, before any weight. Undefined: this one is alone. */
function beside({ state, facts, now }: Look): Progress | undefined {
  const { rival } = facts;
  const { testRuleArn: ruleArn, lockedAt } = state;
  if (rival === undefined || rival === null || ruleArn === undefined) return undefined;
  if (!yieldsTo(rival, { ruleArn, lockedAt: lockedAt ?? now }, now)) {
    const what = `Waiting until ${rival.holder}, which began to shift the same pair a moment later, has seen it.`;
    return wait(
      { ...state, lookAgain: state.phase.kind === 'shift' },
      now,
      pollMs.verify,
      'lock.beside',
      what,
    );
  }
  return { kind: 'end', ...givenUpTo(rival, state), events: [] };
}

/** What both have made ready belongs to the one that goes on: only the own lock goes. */
export function givenUpTo(
  rival: Rival,
  state: ShiftState,
): { readonly state: ShiftState; readonly ending: Ending } {
  const message = `${rival.holder} began to shift the same pair by another rule at the same moment (test rule ${rival.ruleArn}). No weight was written. Run this again when that shift is over.`;
  return {
    state: { ...state, scalingQuietened: false, green: undefined },
    ending: { kind: 'refused', refusals: [{ code: 'another-shift', message }] },
  };
}

/** What a run that has the lock does first. */
function begin({ plan, state, facts, now }: Look, goOn: GoOn): Progress {
  switch (plan.task.kind) {
    case 'shift':
    case 'resume':
      return goOn({ kind: 'attach' });
    case 'take-back':
      return (
        leftToGreen({ plan, state, facts, now }, plan.task.cause) ?? { kind: 'fail', cause: plan.task.cause }
      );
    case 'finish':
      return finish(plan, state, goOn);
  }
}

/** What a cancelled job left goes back to a blue that can carry it, as the job itself would have seen to. */
function leftToGreen(
  { plan, state, facts, now }: Omit<Look, 'baseline'>,
  cause: Cause,
): Progress | undefined {
  const healthy = healthyCount(facts.blueTargets);
  // A small blue whose green is not promoted any more was on its way back: that is gone on with.
  const wasOnItsWay = state.kept !== undefined && !isPromoted(state.stage);
  const isCancelled = cause.code === 'cancelled' && state.shifted && !wasOnItsWay;
  if (!isCancelled || healthy >= plan.blueHealthy || healthyCount(facts.greenTargets) === 0) return undefined;
  const ending = { kind: 'cancelled', weights: 'left', cause } as const;
  const message = `${cause.sentence} The weights are left as they are: blue has ${healthy} healthy targets, and had ${plan.blueHealthy} at the start.`;
  return { kind: 'end', state, ending, events: [event(now, 'shift.cancelled', 'warning', message)] };
}

/** Of blue's end what was begun is ended, and what was not is told. */
function finish(plan: ShiftPlan, state: ShiftState, goOn: GoOn): Progress {
  const ending = promotionBefore(state);
  const { service } = plan.blue;
  if (state.kept !== undefined && state.noReturnAt === undefined) {
    const leftover = keptLeftover(plan, state.kept.tasks, 'the run that kept it there ended before its time');
    return { kind: 'end', state: withLeftover(state, leftover), ending, events: [] };
  }
  if (plan.blueAfter === 'keep' || service === undefined) return { kind: 'end', state, ending, events: [] };
  if (state.noReturnAt !== undefined) return goOn({ kind: 'retire', since: state.noReturnAt, ending });
  const leftover = `${service} was not scaled down: the run that was to do it died before.`;
  return { kind: 'end', state: withLeftover(state, leftover), ending, events: [] };
}

/** Tasks that ended before green served. Where it did so with nobody looking, what has ended since then is news. */
function exitsBefore({ lock }: ShiftPlan, { shifted }: ShiftState, facts: ShiftFacts): readonly string[] {
  const unseenFrom = shifted && lock !== undefined ? lock.record.aliveAt : Number.POSITIVE_INFINITY;
  return (facts.greenService?.stopped ?? [])
    .filter((task) => (task.stoppedAt ?? 0) <= unseenFrom)
    .map((task) => task.arn);
}

/** Probes come first: what a run before this one has learned by its own died with it. */
function phaseAfterReady(state: ShiftState, now: number): Phase {
  return isPromoted(state.stage)
    ? { kind: 'retire', since: now, ending: promotionBefore(state) }
    : { kind: 'probe', since: now };
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
