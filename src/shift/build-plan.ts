/** From what was found to what will be done. Pure. */

import { type ScalingFacts, scalingResource } from '../aws/scaling-targets.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import { marksOf } from '../rollout/marks.ts';
import { breakingBetween } from '../rollout/schema-guard.ts';
import { keepsAll, percentsOf, scheduledOf, tasksKept } from './asked-for.ts';
import { plainHostOf } from './conditions.ts';
import type { Gathered } from './gather.ts';
import { buildLadder, groupName } from './ladder.ts';
import { type GreenDeploy, revisionName, type ShiftPlan, type ShiftTask } from './plan.ts';
import { notesOn, notesOnWay } from './plan-notes.ts';
import { healthyCount } from './preflight.ts';
import { othersOf } from './preflight-rules.ts';
import { planProbeTask } from './probe-task-plan.ts';
import { formerSplit } from './record.ts';
import { twinName, twinOf } from './twin.ts';
import { restOfTwin, type TwinScaling, twinScalingOf } from './twin-scaling.ts';

/**
 * Good for facts that the preflight let pass, or for what a run before has left (`task`); others only for more reasons
 * against it.
 */
export function buildPlan(
  gathered: Gathered,
  request: ShiftRequest,
  task: ShiftTask = { kind: 'shift' },
): ShiftPlan {
  const { facts, loadBalancer, listener, blueSource } = gathered;
  const { forward, blueGroup, greenGroup, lock } = facts;
  const deploy: GreenDeploy =
    task.kind === 'shift' || task.kind === 'resume' ? planDeploy(gathered, request) : { kind: 'none' };
  const scheme = listener.protocol === 'HTTPS' ? 'https' : 'http';
  const former = lock === undefined ? forward.split : formerSplit(lock.record, forward.split);
  const greenName =
    facts.greenService?.name ?? (deploy.kind === 'create' ? deploy.service.serviceName : undefined);
  const plan: Omit<ShiftPlan, 'notes'> = {
    task,
    lock,
    // A rule that turned out to be the default one is written through its listener.
    location: forward.location,
    others:
      request.otherRules === 'together' || lock?.record.together === true
        ? othersOf(facts).map(({ location, rule: { actions } }) => ({ location, actions }))
        : [],
    listenerArn: forward.listenerArn,
    listenerArns: facts.listeners.map((each) => each.listenerArn),
    loadBalancerArn: loadBalancer.arn,
    cluster: request.cluster,
    blue: {
      targetGroupArn: blueGroup.arn,
      groupName: groupName(blueGroup.arn),
      service: facts.blueService?.name,
    },
    green: {
      targetGroupArn: greenGroup.arn,
      groupName: groupName(greenGroup.arn),
      service: greenName,
    },
    former,
    greenInRule: forward.split.some((group) => group.targetGroupArn === greenGroup.arn),
    greenByAddress: greenGroup.targetType === 'ip',
    steps: buildLadder(
      former,
      blueGroup.arn,
      greenGroup.arn,
      percentsOf(gathered, request),
      request.bakeTimesMs,
    ),
    deploy,
    requiredHealthy:
      deploy.kind === 'none'
        ? Math.max(1, request.desiredCount ?? healthyCount(facts.greenTargets))
        : // Of a shift that is there, what it was planned with: scaling may have added to green since.
          Math.max(
            1,
            lock === undefined || lock.record.count === 0
              ? facts.desiredCount
              : Math.max(lock.record.count, request.desiredCount ?? 0),
          ),
    testRule: {
      priority: facts.testRulePriority ?? 1,
      header: request.probes.header,
      conditions: forward.conditions,
      actions: forward.actions,
      login: request.testRuleLogin,
    },
    probes: {
      baseUrl: request.probes.baseUrl ?? `${scheme}://${loadBalancer.dnsName}:${listener.port}`,
      host: request.probes.host ?? plainHostOf(forward.conditions),
      paths: facts.probePaths,
      healthPathOnly: facts.probePaths.every((path) => path === greenGroup.healthCheck.path),
      count: request.probes.count,
      // While users meet green, a task's requests could not be told from theirs.
      perStep: request.probes.task === undefined ? request.probes.perStep : 0,
      goodCodes: request.probes.goodCodes,
      timeoutMs: request.probes.timeoutMs,
      task: task.kind === 'shift' || task.kind === 'resume' ? planProbeTask(facts, request) : undefined,
    },
    maxErrorRate: request.maxErrorRate,
    clientErrors: request.clientErrors,
    alarms: request.alarms,
    ringing: facts.alarms.filter((alarm) => alarm.state === 'ALARM').map((alarm) => alarm.name),
    objectives: request.objectives,
    checks: request.checks,
    acceptUnproven: request.accept.includes('unproven'),
    scaling: facts.scaling,
    twinScaling: deploy.kind === 'none' ? undefined : planTwinScaling(gathered, request, greenName),
    scheduled: gathered.scheduled.map((each) => each.resourceId),
    blueHealthy: lock === undefined ? healthyCount(facts.blueTargets) : lock.record.blueCount,
    breaking: isBreaking(gathered, request, task),
    preDeploy: task.kind === 'shift' && deploy.kind !== 'none' ? request.preDeploy : undefined,
    until: request.until,
    keepBlueMs: request.keepBlueMs,
    keepBlueAt: tasksKept(facts, request),
    drainMs: facts.drainMs,
    blueAfter: keepsAll(facts, request) ? 'keep' : request.blueAfter,
    greenAfterRollback: request.greenAfterRollback,
    readyTimeoutMs: request.readyTimeoutMs,
    timeoutMs: request.timeoutMs,
    onCancel: request.onCancel,
  };
  const isForward = task.kind === 'shift' || task.kind === 'resume';
  return {
    ...plan,
    notes: [
      ...(isForward ? notesOnWay(plan, gathered, request) : []),
      ...notesOn(gathered, request, blueSource !== undefined),
    ],
  };
}

/** Whether the way back from green leads past a breaking schema change that nobody has accepted. */
function isBreaking(
  { facts, definition }: Gathered,
  { schema, pastBreakingSchema }: ShiftRequest,
  task: ShiftTask,
): boolean {
  if (pastBreakingSchema === 'accept') return false;
  if (facts.lock?.record.breaking === true) return true;
  if (task.kind === 'take-back' || task.kind === 'finish') return false;
  if (schema === 'breaking') return true;
  if (definition === undefined) return false;
  const { schema: marked } = marksOf(definition.tags);
  if (marked !== 'breaking') return false;
  const green = {
    taskDefinitionArn: definition.arn,
    registeredAt: definition.definition.registeredAt?.getTime(),
    schema: marked,
  };
  const blueArn = facts.blueService?.taskDefinitionArn ?? '';
  const blue = { taskDefinitionArn: blueArn, registeredAt: undefined, schema: undefined };
  return breakingBetween([green], green, blue).length > 0;
}

/** Where blue scales by itself and green does not (yet). */
function planTwinScaling(
  gathered: Gathered,
  request: ShiftRequest,
  greenName: string | undefined,
): TwinScaling | undefined {
  const { facts, stepAlarms } = gathered;
  const { cluster } = request;
  const { blueService } = facts;
  if (cluster === undefined || blueService === undefined || greenName === undefined) return undefined;
  const scalingOf = (service: string): ScalingFacts | undefined =>
    facts.scaling.find((target) => target.resourceId === scalingResource(cluster, service));
  const blue = scalingOf(blueService.name);
  const green = scalingOf(greenName);
  if (blue === undefined || (green !== undefined && green.halfMade !== true)) return undefined;
  const scheduled = scheduledOf(gathered, blueService.name, cluster);
  const twin = twinScalingOf(
    blue,
    { policies: facts.bluePolicies, alarms: stepAlarms, scheduled },
    {
      blueService: blueService.name,
      greenService: greenName,
      blueTargetGroupArn: facts.blueGroup.arn,
      greenTargetGroupArn: facts.greenGroup.arn,
      now: facts.now,
    },
  );
  return green === undefined
    ? twin
    : restOfTwin(twin, green, facts.greenPolicies, scheduledOf(gathered, greenName, cluster));
}

/** Why there is nothing to shift; undefined where there is. */
export function unchanged(gathered: Gathered, request: ShiftRequest): string | undefined {
  const { blueService, taskDefinitionArn, blueGroup, lock } = gathered.facts;
  if (lock !== undefined) return undefined;
  if (request.taskDefinition === undefined || taskDefinitionArn === undefined) return undefined;
  if (blueService?.taskDefinitionArn !== taskDefinitionArn) return undefined;
  return `${blueGroup.name} (service ${blueService.name}) serves ${revisionName(taskDefinitionArn)} already.`;
}

function planDeploy(gathered: Gathered, request: ShiftRequest): GreenDeploy {
  const { facts, blueSource } = gathered;
  const { taskDefinitionArn, greenService, desiredCount } = facts;
  if (request.cluster === undefined || taskDefinitionArn === undefined) return { kind: 'none' };
  if (greenService !== undefined) {
    return {
      kind: 'update',
      taskDefinitionArn,
      desiredCount,
      newRevision: greenService.taskDefinitionArn !== taskDefinitionArn,
    };
  }
  if (blueSource === undefined) return { kind: 'none' };
  return {
    kind: 'create',
    taskDefinitionArn,
    service: twinOf(
      { service: blueSource, revision: gathered.blueRevision },
      {
        name:
          [request.greenService, request.blueService].find(
            (name) => name !== undefined && name !== blueSource.serviceName,
          ) ?? twinName(blueSource.serviceName ?? ''),
        taskDefinitionArn,
        desiredCount,
        blueTargetGroupArn: facts.blueGroup.arn,
        greenTargetGroupArn: facts.greenGroup.arn,
        unusedGroupArns: gathered.unusedGroupArns,
      },
    ),
  };
}
