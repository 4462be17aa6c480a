/** From what was found to what will be done. Pure. */

import type { ScheduledAction } from '@aws-sdk/client-application-auto-scaling';
import { type ScalingFacts, scalingResource } from '../aws/scaling-targets.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import { formatDuration } from '../report/duration.ts';
import { marksOf } from '../rollout/marks.ts';
import { breakingBetween } from '../rollout/schema-guard.ts';
import { describeCalls } from './calls-to-make.ts';
import { plainHostOf } from './conditions.ts';
import type { Gathered } from './gather.ts';
import { buildLadder, groupName, stepsWithin } from './ladder.ts';
import { harmLimit, safetyLimit, suspicionLimit } from './limits.ts';
import { type GreenDeploy, revisionName, type ShiftPlan, type ShiftTask } from './plan.ts';
import { healthyCount } from './preflight.ts';
import { othersOf } from './preflight-rules.ts';
import { extraTasks } from './preflight-run.ts';
import { planProbeTask } from './probe-task-plan.ts';
import { formerSplit } from './record.ts';
import { twinName, twinOf } from './twin.ts';
import { type TwinScaling, twinScalingOf, uncopied, unscheduled } from './twin-scaling.ts';
import { worstCaseMs } from './worst-case.ts';

/** Good for facts that the preflight let pass, or for what a run before has left (`task`); others only for more reasons against it. */
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
      ...(isForward ? [describeLength(gathered, request), describeCalls(plan, gathered.baseline)] : []),
      ...(isForward && deploy.kind !== 'none' ? [describeTasks(gathered, request)] : []),
      ...(isForward ? [describeLimits(plan, gathered.baseline)] : []),
      ...notesOn(gathered, request, blueSource !== undefined),
    ],
  };
}

/**
 * The steps asked for. Made ones stay what they were when the shift began: green's share is part of what would be
 * measured now, and a weight of the first run may be none of new ones.
 */
function percentsOf({ facts, baseline }: Gathered, request: ShiftRequest): readonly number[] {
  const { exposureBudget, until } = request;
  if (exposureBudget === undefined) return request.steps;
  const begun = facts.lock?.record.steps ?? [];
  const made = begun.length > 0 ? begun : stepsWithin(exposureBudget, baseline.requestsPerMinute);
  const all = new Set([...made, ...(until === undefined ? [] : [until]), 100]);
  return [...all].sort((one, other) => one - other);
}

/** As many tasks as blue has, or more: that is no end of blue. One that was begun goes by what was asked for then. */
function keepsAll(
  { blueService, lock }: Gathered['facts'],
  { blueAfter }: Pick<ShiftRequest, 'blueAfter'>,
): boolean {
  if (blueAfter === 'keep' || blueService === undefined || lock?.record.noReturnAt !== undefined)
    return false;
  return blueAfter >= blueService.desiredCount;
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
  const green = {
    taskDefinitionArn: definition.arn,
    registeredAt: definition.definition.registeredAt?.getTime(),
    schema: marksOf(definition.tags).schema,
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
  if (blue === undefined || scalingOf(greenName) !== undefined) return undefined;
  const scheduled = scheduledOf(gathered, blueService.name, cluster);
  return twinScalingOf(
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
}

function scheduledOf({ scheduled }: Gathered, service: string, cluster: string): readonly ScheduledAction[] {
  const resourceId = scalingResource(cluster, service);
  return scheduled.find((each) => each.resourceId === resourceId)?.actions ?? [];
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

/** How long it may last, beside what ends it: said before anything is changed. */
function describeLength(gathered: Gathered, request: ShiftRequest): string {
  const { drainMs, now } = gathered.facts;
  const steps = percentsOf(gathered, request);
  const longest = formatDuration(worstCaseMs({ ...request, steps }, drainMs));
  const { jobTimeoutMs, credentialsEndAt, renewsCredentials } = request;
  const ends = [
    jobTimeoutMs === undefined
      ? 'the job’s own limit is not known (job-timeout-minutes; 6h where the workflow has none)'
      : `the job ends after ${formatDuration(jobTimeoutMs)}`,
    renewsCredentials
      ? 'its credentials are renewed'
      : credentialsEndAt === undefined
        ? 'when its credentials end is not known (credentials-end)'
        : `the credentials end in ${formatDuration(Math.max(0, Math.round((credentialsEndAt - now) / 1000) * 1000))}`,
  ];
  return `It lasts ${longest} at the longest, the way back included; ${ends.join('; ')}.`;
}

function describeLimits(plan: Omit<ShiftPlan, 'notes'>, baseline: Gathered['baseline']): string {
  const limit = harmLimit(plan, baseline);
  return `Evidence of harm holds a step from ${suspicionLimit(limit)}:1 on and takes green back at ${limit}:1; evidence of ${safetyLimit}:1 that green is no worse promotes it.`;
}

function describeTasks({ facts }: Gathered, { maxExtraTasks }: ShiftRequest): string {
  const limit =
    maxExtraTasks === undefined
      ? 'no limit is set (max-extra-tasks)'
      : `max-extra-tasks allows ${maxExtraTasks}`;
  return `Tasks beside those that run now: ${extraTasks(facts)}; ${limit}.`;
}

function notesOn(gathered: Gathered, request: ShiftRequest, hasBlueService: boolean): readonly string[] {
  const { facts, baseline } = gathered;
  const notes: string[] = [];
  const lockless = facts.lock === undefined;
  const blueHealthy = healthyCount(facts.blueTargets);
  if (facts.desiredCount < blueHealthy) {
    notes.push(
      `Green gets ${facts.desiredCount} tasks where blue has ${blueHealthy} healthy targets: that is by request.`,
    );
  }
  if (!hasBlueService) {
    notes.push(`${facts.blueGroup.name} has no ECS service: it is left running at the end.`);
  }
  if (facts.blueService !== undefined && keepsAll(facts, request)) {
    const { name, desiredCount } = facts.blueService;
    notes.push(
      `${name} runs ${desiredCount} tasks, and blue-after leaves it ${request.blueAfter}: it is kept as it is.`,
    );
  }
  if (baseline.requestsPerMinute === 0) {
    notes.push(
      'Blue shows no traffic in the last hour: the shift will be decided on probes and target health.',
    );
  } else {
    notes.push(`Blue serves about ${Math.round(baseline.requestsPerMinute)} requests a minute.`);
  }
  if (facts.greenService === undefined && gathered.unusedGroupArns.length > 0) {
    notes.push(
      `Blue is registered in ${gathered.unusedGroupArns.map(groupName).join(', ')}, too, which no load balancer forwards to: green is not.`,
    );
  }
  const own = uncopied(facts.bluePolicies);
  if (facts.greenService === undefined && own.length > 0) {
    notes.push(
      `Blue's scaling policies ${own.join(', ')} are of a kind that green does not get by itself. Make them for green's service, too.`,
    );
  }
  const byAddress = facts.blueGroup.targetType === 'ip' || facts.greenGroup.targetType === 'ip';
  if (facts.ownersUnseen !== undefined && byAddress && lockless) {
    notes.push(
      `Whether ECS or CodeDeploy shifts these weights as well could not be seen everywhere: ${facts.ownersUnseen}.`,
    );
  }
  notes.push(...scheduleNotes(gathered, request));
  if (request.probes.count === 0 && request.probes.perStep === 0) {
    notes.push('No probes are sent: only target health and metrics speak.');
  }
  return notes;
}

/** What becomes of scheduled scaling, which neither colour shows by itself. */
function scheduleNotes(gathered: Gathered, request: ShiftRequest): readonly string[] {
  const { facts } = gathered;
  const { cluster } = request;
  const { blueService: blue, greenService: green } = facts;
  if (cluster === undefined || blue === undefined) return [];
  const ofBlue = scheduledOf(gathered, blue.name, cluster);
  if (ofBlue.length === 0) return [];
  const names = ofBlue.map((action) => action.ScheduledActionName).join(', ');
  const notes = [
    request.blueAfter === 'keep' || keepsAll(facts, request)
      ? `Blue is kept, and its scheduled actions (${names}) go on changing its size after the shift.`
      : `Scheduled scaling of ${blue.name} (${names}) stays suspended once blue is scaled down: it would bring its tasks back. The next shift to it takes it up again.`,
  ];
  if (green === undefined) return notes;
  const settings = { blueService: blue.name, greenService: green.name, now: facts.now };
  const missing = unscheduled(ofBlue, scheduledOf(gathered, green.name, cluster), settings);
  if (missing.length > 0) {
    notes.push(
      `Blue's scheduled actions ${missing.join(', ')} are none of ${green.name}: green will not follow that schedule. Make them for it, too.`,
    );
  }
  return notes;
}
