/** What is worth knowing of a plan, and no reason to refuse. Pure. */

import type { ShiftRequest } from '../inputs/shift-request.ts';
import { formatDuration } from '../report/duration.ts';
import { keepsAll, percentsOf, scheduledOf, tasksKept } from './asked-for.ts';
import { describeCalls } from './calls-to-make.ts';
import type { Gathered } from './gather.ts';
import { groupName } from './ladder.ts';
import { harmLimit, safetyLimit, suspicionLimit } from './limits.ts';
import type { ShiftPlan } from './plan.ts';
import { healthyCount } from './preflight.ts';
import { extraTasks } from './preflight-run.ts';
import { uncopied, unscheduled } from './twin-scaling.ts';
import { worstCaseMs } from './worst-case.ts';

/** Of a shift that goes forward: how long, how many calls and tasks, and what decides. */
export function notesOnWay(
  plan: Omit<ShiftPlan, 'notes'>,
  gathered: Gathered,
  request: ShiftRequest,
): readonly string[] {
  return [
    describeLength(gathered, request),
    describeCalls(plan, gathered.baseline),
    ...(plan.deploy.kind === 'none' ? [] : [describeTasks(gathered, request)]),
    describeLimits(plan, gathered.baseline),
  ];
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

/** What is worth knowing of blue and green, whatever is done with them. */
export function notesOn(
  gathered: Gathered,
  request: ShiftRequest,
  hasBlueService: boolean,
): readonly string[] {
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
  if (facts.blueService !== undefined && keepsWhole(facts, request)) {
    const { name, desiredCount } = facts.blueService;
    notes.push(
      `${name} runs ${desiredCount} tasks, and keep-blue-at leaves it ${describeKept(request.keepBlueAt)}: it stays whole for keep-blue-for.`,
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

/** A smaller blue was asked for, and that is no smaller one. */
function keepsWhole(facts: Gathered['facts'], request: ShiftRequest): boolean {
  const { keepBlueAt } = request;
  return keepBlueAt !== 'all' && !keepsAll(facts, request) && tasksKept(facts, request) === 'all';
}

function describeKept(keepBlueAt: ShiftRequest['keepBlueAt']): string {
  if (keepBlueAt === 'all') return keepBlueAt;
  return 'tasks' in keepBlueAt ? `${keepBlueAt.tasks}` : `${keepBlueAt.percent} %`;
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
