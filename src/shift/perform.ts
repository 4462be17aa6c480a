/** The acts of a shift: each does one thing and puts what it learned into the state. */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { updateService } from '../aws/ecs-service.ts';
import { addTags, createTestRule, deleteRule, type TestRuleRequest, takeTestRule } from '../aws/elb-rules.ts';
import { forgetScaling, noteScaling, quietened, writeScaling } from '../aws/scaling-targets.ts';
import type { KitEvent } from '../report/event.ts';
import type { Clock } from '../runner/clock.ts';
import { event, withLeftover } from './decide.ts';
import { deployGreen } from './deploy-green.ts';
import { filledAgain } from './filled-again.ts';
import { describeSplit, groupName, shareOf } from './ladder.ts';
import { revisionName, type ShiftPlan } from './plan.ts';
import {
  isPromoted,
  noteTags,
  recordOverTags,
  recordToTags,
  type ShiftRecord,
  type Stage,
} from './record.ts';
import { refillBlue, retireBlue, shrinkBlue } from './resize-blue.ts';
import { restoredScaling } from './restore-scaling.ts';
import { lookAroundLock } from './rival.ts';
import { shareIn, type TrafficRouter } from './router.ts';
import type { Act, Ending, Phase, ShiftState, TailAct } from './state.ts';

export interface ShiftHands {
  readonly aws: AwsCaller;
  /** For signs of life: given up after seconds, another one follows. */
  readonly briefly: AwsCaller;
  readonly clock: Clock;
  readonly router: TrafficRouter;
  readonly record: (event: KitEvent) => void;
  /** The value that opens the test rule; secret. */
  readonly headerValue: string;
  /** `owner/name run 42.1 job deploy`: who holds the lock. */
  readonly holder: string;
}

export type Say = (code: string, message: string, data?: KitEvent['data']) => void;

export function createPerform(
  plan: ShiftPlan,
  hands: ShiftHands,
): (act: Act, state: ShiftState) => Promise<ShiftState> {
  const say: Say = (code, message, data) =>
    hands.record(event(hands.clock.now(), code, 'info', message, data));
  return async (act, state) => {
    const now = hands.clock.now();
    switch (act.kind) {
      case 'create-test-rule': {
        const created = await createTestRule(hands.aws, testRule(plan, hands, now));
        if (created.kind === 'taken') return { ...state, lockTaken: true };
        say(
          'shift.locked',
          `Test rule made at priority ${plan.testRule.priority}: no other shift can start here.`,
        );
        const locked = { testRuleArn: created.ruleArn, lockedAt: now, notedAt: now };
        const isAlone = await standsAlone(plan, hands.aws, created.ruleArn);
        return {
          ...state,
          ...locked,
          phase: isAlone ? { kind: 'attach' } : { kind: 'lock-check', since: now },
        };
      }
      case 'take-lock': {
        const { lock } = plan;
        if (lock === undefined) throw new Error('There is no lock to take over.');
        const toTags = lock.isOutdated === true ? recordOverTags : recordToTags;
        const tags = toTags(recordOf(plan, hands.holder, now));
        await takeTestRule(hands.aws, lock.ruleArn, { ...testRule(plan, hands, now), tags });
        say('shift.lock-taken', `Took the test rule over from ${lock.record.holder}.`);
        return { ...state, lockedAt: now, notedAt: now, phase: { kind: 'lock-check', since: now } };
      }
      case 'note': {
        const stage = act.stage ?? state.stage;
        if (state.testRuleArn !== undefined) {
          const aws = act.stage === undefined ? hands.briefly : hands.aws;
          await addTags(aws, state.testRuleArn, noteTags({ aliveAt: now, ...act }));
        }
        return { ...state, stage, notedAt: now };
      }
      case 'write-split':
        return writeSplit(plan, hands, act, state, say);
      case 'quieten-scaling': {
        for (const target of plan.scaling) {
          // The note first: what was changed without one could not be put back by a later run.
          await noteScaling(hands.aws, target);
          await writeScaling(hands.aws, quietened(target, plan.requiredHealthy));
        }
        say('scaling.quietened', 'Scale-in and scheduled scaling are suspended for the shift.');
        return { ...withFloor(plan, state), phase: { kind: 'deploy' } };
      }
      case 'deploy-green':
        return { ...(await deployGreen(plan, hands.aws, state, say)), phase: { kind: 'ready', since: now } };
      case 'shrink-blue':
        return shrinkBlue(plan, hands, state, say);
      case 'refill-blue':
        return refillBlue(plan, hands, act.undo, state, say);
      case 'retire-blue':
        return retireBlue(plan, hands, state, say);
      case 'tail':
        return withoutTail(withLeftover(state, await performTail(plan, hands, act.act, state, say)));
    }
  };
}

/** Where that cannot be read it is looked at again. */
async function standsAlone(plan: ShiftPlan, aws: AwsCaller, ruleArn: string): Promise<boolean> {
  try {
    return (await lookAroundLock(aws, plan, ruleArn)).rival === undefined;
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return false;
  }
}

function testRule(plan: ShiftPlan, hands: ShiftHands, now: number): TestRuleRequest {
  return {
    ...plan.testRule,
    listenerArn: plan.listenerArn,
    targetGroupArn: plan.green.targetGroupArn,
    headerValue: hands.headerValue,
    tags: recordToTags(recordOf(plan, hands.holder, now)),
  };
}

/** What a later run has to know. Of a shift that is taken over, what it was stays. Pure. */
export function recordOf(plan: ShiftPlan, holder: string, now: number): ShiftRecord {
  const before = plan.lock?.record;
  const steps = plan.steps.map((step) => step.percent);
  return {
    holder,
    lockedAt: before?.lockedAt ?? now,
    aliveAt: now,
    // What is being taken back is promoted no more, should this run die on the way.
    stage:
      before !== undefined && isPromoted(before.stage) && plan.task.kind !== 'take-back'
        ? before.stage
        : 'shifting',
    former: Object.fromEntries(plan.former.map((group) => [groupName(group.targetGroupArn), group.weight])),
    steps:
      before === undefined
        ? steps
        : [...new Set([...before.steps, ...steps])].sort((one, other) => one - other),
    revision:
      before?.revision ?? (plan.deploy.kind === 'none' ? '' : revisionName(plan.deploy.taskDefinitionArn)),
    count: plan.requiredHealthy,
    blueCount: plan.blueHealthy,
    noReturnAt: before?.noReturnAt,
    kept: before?.kept,
    cluster: plan.cluster ?? before?.cluster ?? '',
    probeTask: plan.probes.task !== undefined || before?.probeTask === true,
    breaking: plan.breaking || before?.breaking === true,
    together: plan.others.length > 0 || before?.together === true,
  };
}

/** What an AWS error does to the state. Pure. */
export function refused(plan: ShiftPlan, act: Act, error: AwsCallError, state: ShiftState): ShiftState {
  // The note is on the lock itself: whoever cannot find it holds it no more.
  if (isNote(act) && error.kind === 'not-found') return withoutLock(state);
  if (act.kind === 'tail') {
    return withoutTail({
      ...state,
      leftovers: [...state.leftovers, describeLeftover(plan, act.act, error, state)],
    });
  }
  // The next one follows in a minute; it is no reason to take green back.
  if (act.kind === 'note') {
    const notedAt = state.notedAt + (act.stage === undefined ? retryNoteMs : 0);
    return { ...state, notedAt, stage: act.stage ?? state.stage };
  }
  if (act.kind === 'retire-blue' || act.kind === 'shrink-blue') {
    const count = act.kind === 'retire-blue' ? plan.blueAfter : (state.kept?.tasks ?? plan.keepBlueAt);
    const leftover = `Service ${plan.blue.service} could not be scaled to ${count} (${error.message}).`;
    return { ...state, retired: true, leftovers: [...state.leftovers, leftover] };
  }
  const refusal = {
    act: act.kind,
    message: error.message,
    final: error.kind === 'access-denied' || error.kind === 'credentials',
  };
  if (act.kind === 'write-split') {
    // The answer may be lost and the weights written: either split is ours from now on.
    return {
      ...state,
      refusal,
      shifted: state.shifted || isShift(plan, act),
      earlier: [act.split, ...state.earlier],
    };
  }
  // Half of the targets may be quietened: all are put back.
  if (act.kind === 'quieten-scaling') return { ...withFloor(plan, state), refusal };
  // Half of green may be made: it is put away.
  if (act.kind === 'deploy-green') {
    return { ...state, refusal, green: { deploymentId: undefined, serviceDeploymentArn: undefined } };
  }
  return { ...state, refusal };
}

/** A floor starts tasks of a green that had none: they are put away with the rest. Pure. */
function withFloor(plan: ShiftPlan, state: ShiftState): ShiftState {
  const { service } = plan.green;
  const starts =
    service !== undefined && plan.scaling.some((each) => each.resourceId.endsWith(`/${service}`));
  const green = state.green ?? (starts ? noHandle : undefined);
  return { ...state, green, scalingQuietened: true };
}

const noHandle = { deploymentId: undefined, serviceDeploymentArn: undefined };

/** A sign of life that failed is given again this much later. */
function isNote(act: Act): boolean {
  return act.kind === 'note' || (act.kind === 'tail' && act.act.kind === 'note-rest');
}

/** A rest without its lock is none: any shift may begin over it. */
function withoutLock(state: ShiftState): ShiftState {
  const { phase } = state;
  if (phase.kind !== 'tail') return { ...state, lockGone: true };
  const ending: Ending = { kind: 'interfered', what: 'lock', live: state.written, expected: state.written };
  return { ...state, lockGone: true, phase: { kind: 'tail', ending, remaining: [] } };
}

const retryNoteMs = 20_000;

async function writeSplit(
  plan: ShiftPlan,
  hands: ShiftHands,
  act: Act & { kind: 'write-split' },
  state: ShiftState,
  say: Say,
): Promise<ShiftState> {
  const result = await hands.router.writeSplit(act.split, [state.written, ...state.earlier]);
  if (result.kind === 'interfered') return { ...state, interferedBy: result.live };
  const now = hands.clock.now();
  const percent = shareOf(act.split, plan.green.targetGroupArn);
  say('shift.weights-written', `Weights written: ${describeSplit(act.split)}.`, { percent });
  return {
    ...state,
    written: act.split,
    writtenAt: now,
    earlier: [state.written, ...state.earlier].slice(0, 3),
    weights: [...state.weights, { at: now, percent }],
    shifted: state.shifted || isShift(plan, act),
    refusal: undefined,
    phase: startedAt(act.next, now),
  };
}

function isShift(plan: ShiftPlan, act: Act & { kind: 'write-split' }): boolean {
  return shareOf(act.split, plan.green.targetGroupArn) > 0;
}

function startedAt(phase: Phase, now: number): Phase {
  if (phase.kind === 'verify') return { ...phase, since: now };
  return phase.kind === 'undo-verify' ? { ...phase, writtenAt: now } : phase;
}

async function performTail(
  plan: ShiftPlan,
  hands: ShiftHands,
  act: TailAct,
  state: ShiftState,
  say: Say,
): Promise<string | undefined> {
  switch (act.kind) {
    case 'restore-scaling':
      for (const target of restoredScaling(plan, state)) {
        await writeScaling(hands.aws, target);
        await forgetScaling(hands.aws, target);
      }
      say('scaling.restored', 'Scaling is as it was before.');
      return undefined;
    case 'scale-green-to-zero': {
      const share = await shareIn(hands.router, plan.green.targetGroupArn);
      if (share > 0) {
        say('scale.skipped', `${plan.green.service} has ${share} % of the traffic and keeps its tasks.`);
        return undefined;
      }
      await updateService(hands.aws, { cluster: plan.cluster, service: plan.green.service, desiredCount: 0 });
      say('scale.to-zero', `Service ${plan.green.service} is scaled to 0.`);
      return filledAgain(hands.aws, plan, plan.green.service, 0);
    }
    case 'note-rest':
      if (state.testRuleArn === undefined) return undefined;
      await addTags(
        hands.aws,
        state.testRuleArn,
        noteTags({
          aliveAt: hands.clock.now(),
          ...(state.noReturnAt === undefined ? { stage: restingStage(state) } : {}),
        }),
      );
      say('shift.rests', 'The test rule says that the shift rests: a later run goes on from here.');
      return undefined;
    case 'delete-test-rule':
      if (state.testRuleArn !== undefined) await deleteRule(hands.aws, state.testRuleArn);
      say('shift.unlocked', 'The test rule is deleted.');
      return undefined;
  }
}

/** Only a rest that was asked for has passed its step. */
function restingStage({ phase }: ShiftState): Stage {
  return phase.kind === 'tail' && phase.ending.kind === 'paused' ? 'paused' : 'left';
}

function withoutTail(state: ShiftState): ShiftState {
  const { phase } = state;
  return phase.kind === 'tail'
    ? { ...state, phase: { ...phase, remaining: phase.remaining.slice(1) } }
    : state;
}

function describeLeftover(plan: ShiftPlan, act: TailAct, error: AwsCallError, state: ShiftState): string {
  switch (act.kind) {
    case 'restore-scaling':
      return `Scaling could not be put back (${error.message}): ${plan.scaling
        .map((target) => `${target.resourceId} had min ${target.minCapacity}, max ${target.maxCapacity}`)
        .join('; ')}.`;
    case 'scale-green-to-zero':
      return `Service ${plan.green.service} could not be scaled to 0 (${error.message}).`;
    case 'note-rest':
      return `The test rule could not be told that the shift rests (${error.message}): a later run waits five minutes before it goes on.`;
    case 'delete-test-rule':
      return `The test rule could not be deleted (${error.message}): aws elbv2 delete-rule --rule-arn ${state.testRuleArn}`;
  }
}
