/** The acts of a shift: each does one thing and puts what it learned into the state. */
import type { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { newestDeployment, type ServiceFacts, toServiceFacts, updateService } from '../aws/ecs-service.ts';
import { createTestRule, deleteRule } from '../aws/elb-rules.ts';
import { quietened, type ScalingFacts, writeScaling } from '../aws/scaling-targets.ts';
import type { KitEvent } from '../report/event.ts';
import type { Clock } from '../runner/clock.ts';
import { event } from './decide.ts';
import { describeSplit, groupName, shareOf } from './ladder.ts';
import { revisionName, type ShiftPlan } from './plan.ts';
import type { TrafficRouter } from './router.ts';
import type { Act, GreenHandle, Phase, ShiftState, TailAct } from './state.ts';

export interface ShiftHands {
  readonly aws: AwsCaller;
  readonly clock: Clock;
  readonly router: TrafficRouter;
  readonly record: (event: KitEvent) => void;
  /** The value that opens the test rule; secret. */
  readonly headerValue: string;
  /** `owner/name run 42`: who holds the lock. */
  readonly holder: string;
}

export function createPerform(
  plan: ShiftPlan,
  hands: ShiftHands,
): (act: Act, state: ShiftState) => Promise<ShiftState> {
  const say = (code: string, message: string, data?: KitEvent['data']): void =>
    hands.record(event(hands.clock.now(), code, 'info', message, data));
  return async (act, state) => {
    switch (act.kind) {
      case 'create-test-rule': {
        const created = await createTestRule(hands.aws, {
          ...plan.testRule,
          listenerArn: plan.listenerArn,
          targetGroupArn: plan.green.targetGroupArn,
          headerValue: hands.headerValue,
          tags: lockTags(plan, hands.holder),
        });
        if (created.kind === 'taken') return { ...state, lockTaken: true };
        say(
          'shift.locked',
          `Test rule made at priority ${plan.testRule.priority}: no other shift can start here.`,
        );
        return { ...state, testRuleArn: created.ruleArn, phase: { kind: 'attach' } };
      }
      case 'write-split':
        return writeSplit(plan, hands, act, state, say);
      case 'quieten-scaling': {
        for (const target of plan.scaling) {
          await writeScaling(hands.aws, quietened(target, plan.requiredHealthy));
        }
        say('scaling.quietened', 'Scale-in and scheduled scaling are suspended for the shift.');
        return { ...state, scalingQuietened: true };
      }
      case 'deploy-green': {
        const green = await deployGreen(plan, hands.aws, say);
        return { ...state, green, phase: { kind: 'ready', since: hands.clock.now() } };
      }
      case 'tail':
        await performTail(plan, hands, act.act, state, say);
        return withoutTail(state);
    }
  };
}

/** What an AWS error does to the state. Pure. */
export function refused(plan: ShiftPlan, act: Act, error: AwsCallError, state: ShiftState): ShiftState {
  if (act.kind === 'tail') {
    return withoutTail({
      ...state,
      leftovers: [...state.leftovers, describeLeftover(plan, act.act, error, state)],
    });
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
  if (act.kind === 'quieten-scaling') return { ...state, refusal, scalingQuietened: true };
  return { ...state, refusal };
}

async function writeSplit(
  plan: ShiftPlan,
  hands: ShiftHands,
  act: Act & { kind: 'write-split' },
  state: ShiftState,
  say: (code: string, message: string, data?: KitEvent['data']) => void,
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

async function deployGreen(
  plan: ShiftPlan,
  aws: AwsCaller,
  say: (code: string, message: string) => void,
): Promise<GreenHandle> {
  const { deploy, cluster, green } = plan;
  if (deploy.kind === 'none') return { deploymentId: undefined, serviceDeploymentArn: undefined };
  if (deploy.kind === 'create') {
    const { service } = await aws.call('ecs:CreateService', deploy.service);
    if (service === undefined) throw new Error('ecs:CreateService answered without a service.');
    say('green.created', `Service ${green.service} made with ${revisionName(deploy.taskDefinitionArn)}.`);
    return handleOf(toServiceFacts(service));
  }
  const updated = await updateService(aws, {
    cluster,
    service: green.service,
    taskDefinition: deploy.taskDefinitionArn,
    desiredCount: deploy.desiredCount,
  });
  say(
    'green.updated',
    `Service ${green.service} updated to ${revisionName(deploy.taskDefinitionArn)}, ${deploy.desiredCount} tasks.`,
  );
  return deploy.newRevision
    ? handleOf(updated)
    : { deploymentId: undefined, serviceDeploymentArn: undefined };
}

/** The service deployment is learnt by observing: right after the call ECS may still name the one before. */
function handleOf(service: ServiceFacts): GreenHandle {
  return { deploymentId: newestDeployment(service)?.id, serviceDeploymentArn: undefined };
}

async function performTail(
  plan: ShiftPlan,
  hands: ShiftHands,
  act: TailAct,
  state: ShiftState,
  say: (code: string, message: string) => void,
): Promise<void> {
  switch (act.kind) {
    case 'restore-scaling':
      for (const target of restoredScaling(plan, state)) await writeScaling(hands.aws, target);
      return say('scaling.restored', 'Scaling is as it was before.');
    case 'scale-to-zero': {
      const side = plan[act.side];
      // The last look before tasks end: a side that has weight is never scaled down.
      const share = shareOf(await hands.router.readSplit(), side.targetGroupArn);
      if (share > 0)
        return say('scale.skipped', `${side.service} has ${share} % of the traffic and keeps its tasks.`);
      await updateService(hands.aws, { cluster: plan.cluster, service: side.service, desiredCount: 0 });
      return say('scale.to-zero', `Service ${side.service} is scaled to 0.`);
    }
    case 'delete-test-rule':
      if (state.testRuleArn !== undefined) await deleteRule(hands.aws, state.testRuleArn);
      return say('shift.unlocked', 'The test rule is deleted.');
  }
}

/**
 * Scaling at the end: as found; where blue is scaled to 0, it may stay there, and green takes over the
 * limits blue had. Pure.
 */
export function restoredScaling(plan: ShiftPlan, state: ShiftState): readonly ScalingFacts[] {
  const { phase } = state;
  const promoted =
    phase.kind === 'tail' && (phase.ending.kind === 'promoted' || phase.ending.kind === 'promoted-on-probes');
  if (!promoted || plan.blueAfter !== 'scale-to-zero') return plan.scaling;
  const blue = plan.scaling.find((target) => isOf(target, plan.blue.service));
  if (blue === undefined) return plan.scaling;
  return plan.scaling.map((target) =>
    target === blue
      ? { ...target, minCapacity: 0 }
      : {
          ...target,
          minCapacity: Math.max(target.minCapacity, blue.minCapacity),
          maxCapacity: Math.max(target.maxCapacity, blue.maxCapacity),
        },
  );
}

function isOf(target: ScalingFacts, service: string | undefined): boolean {
  return service !== undefined && target.resourceId.endsWith(`/${service}`);
}

/**
 * The lock carries what a later run would have to know: the rule's tags. Tag values allow letters, digits,
 * spaces and `+ - = . _ : / @`, 256 characters.
 */
export function lockTags(plan: ShiftPlan, holder: string): Readonly<Record<string, string>> {
  const tags: Record<string, string> = {
    'ips-deploy:holder': tagValue(holder),
    'ips-deploy:weights': tagValue(
      plan.former.map((group) => `${groupName(group.targetGroupArn)}=${group.weight}`).join(' '),
    ),
  };
  plan.scaling.forEach((target, index) => {
    const { scaleIn, scaleOut, scheduled } = target.suspended;
    tags[`ips-deploy:scaling-${index}`] = tagValue(
      `${target.resourceId} min=${target.minCapacity} max=${target.maxCapacity} in=${scaleIn} out=${scaleOut} scheduled=${scheduled}`,
    );
  });
  return tags;
}

function tagValue(text: string): string {
  return text.replace(/[^\p{L}\p{N} +\-=._:/@]/gu, '_').slice(0, 256);
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
    case 'scale-to-zero':
      return `Service ${plan[act.side].service} could not be scaled to 0 (${error.message}).`;
    case 'delete-test-rule':
      return `The test rule could not be deleted (${error.message}): aws elbv2 delete-rule --rule-arn ${state.testRuleArn}`;
  }
}
