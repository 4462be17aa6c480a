/** What one look changes in the follower's memory, and what of it is worth telling. Pure. */
import type { TaskFacts } from '../aws/ecs-tasks.ts';
import type { KitEvent } from '../report/event.ts';
import { causeSentence } from './diagnosis.ts';
import type { ExpectedRollout, RolloutFacts } from './expected.ts';
import type { FailureTally, FollowState } from './follow-state.ts';
import { failuresCounted } from './observe.ts';
import { balanceOf, dangerOf, drainAfter, isShort, outlookOf, safeCountOf } from './prospect.ts';
import { placementFailure } from './refine-cause.ts';
import { failureKey, taskFailure } from './stopped-task.ts';
import type { Verdict } from './verdict.ts';

export function absorb(
  expected: ExpectedRollout,
  before: FollowState,
  facts: RolloutFacts,
  seen: Verdict,
  now: number,
): { readonly state: FollowState; readonly events: readonly KitEvent[] } {
  const tallies = unplaced(tally(before.tallies, expected, facts), expected, facts);
  const course = courseOf(before, facts, seen, now);
  const phase = phaseOf(seen, facts, before, tallies, course, now);
  const progress = progressText(facts);
  const state: FollowState = {
    ...before,
    serviceDeploymentArn: before.serviceDeploymentArn ?? facts.serviceDeployment?.arn,
    looks: before.looks + 1,
    calls: before.calls + (facts.calls ?? 0),
    unreadable: 0,
    tallies,
    failuresRead: failuresRead(before, expected, facts),
    phase,
    phaseSince: phase === before.phase ? before.phaseSince : now,
    ...course,
    seenAt: now,
    last: mergeFacts(before.last, facts),
    lastVerdict: seen,
    lastProgress: progress ?? before.lastProgress,
  };
  const events: KitEvent[] = [];
  const tell = (code: string, level: KitEvent['level'], message: string): void => {
    events.push({ at: now, code, level, message });
  };
  if (before.serviceDeploymentArn === undefined && facts.serviceDeployment !== undefined) {
    tell('rollout.found', 'info', `Following service deployment ${lastPart(facts.serviceDeployment.arn)}.`);
  }
  if (progress !== undefined && progress !== before.lastProgress) tell('rollout.progress', 'info', progress);
  for (const [key, { failure, taskIds }] of tallies) {
    const known = before.tallies.get(key)?.taskIds.length ?? 0;
    if (taskIds.length > known) {
      tell('rollout.task-failed', 'warning', causeSentence({ ...failure, tasks: taskIds.length }));
    }
  }
  if (seen.kind === 'rolling-back' && before.lastVerdict?.kind !== 'rolling-back') {
    tell('rollout.rolling-back', 'warning', `ECS rolls back: ${seen.reason}`);
  }
  if (seen.kind === 'unproven' && before.lastVerdict?.kind !== 'unproven') {
    const missing = seen.missing.join('; ');
    tell('rollout.unproven', 'info', `ECS calls the deployment done; still to be seen: ${missing}.`);
  }
  if (facts.drain?.refusal !== undefined && before.drain?.eventAt !== facts.drain.eventAt) {
    tell('rollout.unforeseen', 'warning', `The end is looked for without a forecast: ${facts.drain.refusal}`);
  }
  return { state, events };
}

type Course = Pick<
  FollowState,
  | 'upSince'
  | 'aloneSince'
  | 'runningSince'
  | 'launchedSince'
  | 'launches'
  | 'safeCount'
  | 'moreToCome'
  | 'serviceReadAt'
  | 'stoppedReadAt'
  | 'drain'
>;

function courseOf(before: FollowState, facts: RolloutFacts, seen: Verdict, now: number): Course {
  const { serviceDeployment, service } = facts;
  const balance = serviceDeployment === undefined ? undefined : balanceOf(serviceDeployment);
  const since = (holds: boolean, earlier: number | undefined): number | undefined =>
    holds ? (earlier ?? now) : undefined;
  const safeCount =
    serviceDeployment === undefined ? before.safeCount : safeCountOf(serviceDeployment, before);
  const { runningTaskCount = 0, pendingTaskCount = 0 } = serviceDeployment?.target ?? {};
  const launchedSince = since(pendingTaskCount === 0 && runningTaskCount > safeCount, before.launchedSince);
  return {
    safeCount,
    runningSince: since(runningTaskCount > safeCount, before.runningSince),
    launchedSince,
    launches: launchedSince === now ? [...before.launches, now] : before.launches,
    moreToCome: service === undefined ? before.moreToCome : seen.kind === 'rolling-back' && isShort(service),
    upSince: since(balance?.isUp === true, before.upSince),
    aloneSince: since(balance?.isUp === true && balance.surplus <= 0, before.aloneSince),
    serviceReadAt: service === undefined ? before.serviceReadAt : now,
    stoppedReadAt: facts.stoppedTasks === undefined ? before.stoppedReadAt : now,
    drain: drainAfter(before.drain, facts.drain, before.serviceReadAt, now),
  };
}

/** How often to look: see `pollDelayMs`. */
function phaseOf(
  seen: Verdict,
  facts: RolloutFacts,
  before: FollowState,
  tallies: FollowState['tallies'],
  course: Course,
  now: number,
): FollowState['phase'] {
  const { serviceDeployment } = facts;
  if (seen.kind !== 'in-progress' && seen.kind !== 'rolling-back') return 'near-end';
  if (serviceDeployment === undefined) return 'starting';
  if (serviceDeployment.status === 'STOP_REQUESTED') return 'near-end';
  const outlook = outlookOf(serviceDeployment, course, now);
  if (seen.kind === 'rolling-back') {
    return outlook === 'near' && !course.moreToCome ? 'nearly-back' : 'rolling-back';
  }
  if (outlook === 'near') return 'near-end';
  if (outlook === 'baking') return 'baking';
  const breaker = serviceDeployment.circuitBreaker;
  if (breaker === undefined) return tallies.size > 0 ? 'failing' : 'in-progress';
  const service = facts.service ?? before.last.service;
  const danger = dangerOf(serviceDeployment, service, course, now);
  if (danger.tasks === 0 || breaker.failureCount + danger.tasks < breaker.threshold) return 'in-progress';
  if (breaker.failureCount > 0 || danger.when === 'judged') return 'failing';
  return danger.when === 'coming' ? 'launching' : 'in-progress';
}

/**
 * Only what is really over counts: a task that is still on its way down may not have its exit codes yet,
 * and is read again.
 */
function tally(
  before: ReadonlyMap<string, FailureTally>,
  expected: ExpectedRollout,
  facts: RolloutFacts,
): ReadonlyMap<string, FailureTally> {
  if (facts.stoppedTasks === undefined) return before;
  const counted = new Set([...before.values()].flatMap((each) => each.taskIds));
  const tallies = new Map(before);
  for (const task of facts.stoppedTasks) {
    const failure = taskFailure(task, expected.essentialContainers);
    if (failure === undefined || counted.has(task.id)) continue;
    if (failure.code === 'unknown' && task.lastStatus !== 'STOPPED') continue;
    const key = failureKey(failure);
    const known = tallies.get(key);
    tallies.set(key, {
      failure: known?.failure ?? failure,
      taskIds: [...(known?.taskIds ?? []), task.id],
    });
  }
  return tallies;
}

/** On its way down, and not yet to be told what it fails of. */
function isOpen(task: TaskFacts, expected: ExpectedRollout): boolean {
  if (task.lastStatus === 'STOPPED') return false;
  return task.stopCode === undefined || taskFailure(task, expected.essentialContainers)?.code === 'unknown';
}

/**
 * Tasks that could not even be made: ECS counts them as failures, and no stopped task tells why, only the
 * service's events do.
 */
function unplaced(
  tallies: ReadonlyMap<string, FailureTally>,
  expected: ExpectedRollout,
  facts: RolloutFacts,
): ReadonlyMap<string, FailureTally> {
  const { service, stoppedTasks } = facts;
  if (service === undefined || stoppedTasks === undefined) return tallies;
  // A task that is still on its way down was counted, and is not tallied yet.
  if (stoppedTasks.some(({ lastStatus }) => lastStatus !== 'STOPPED')) return tallies;
  const events = service.events.filter(({ at }) => at >= expected.deploymentCreatedAt);
  const failure = placementFailure([...events].reverse());
  if (failure === undefined) return tallies;
  const key = failureKey(failure);
  const others = [...tallies].flatMap(([each, { taskIds }]) => (each === key ? [] : taskIds)).length;
  const count = failuresCounted(expected, facts.serviceDeployment, service) - others;
  if (count <= (tallies.get(key)?.taskIds.length ?? 0)) return tallies;
  const taskIds = Array.from({ length: count }, (_, index) => `not placed (${index + 1})`);
  return new Map(tallies).set(key, { failure, taskIds });
}

function failuresRead(before: FollowState, expected: ExpectedRollout, facts: RolloutFacts): number {
  const counted = failuresCounted(expected, facts.serviceDeployment, facts.service);
  if (facts.stoppedTasks === undefined) {
    // ECS starts its count afresh after a healthy task: so does this, or later failures would be missed.
    const wholeCountSeen =
      facts.service !== undefined || facts.serviceDeployment?.circuitBreaker !== undefined;
    return wholeCountSeen ? Math.min(before.failuresRead, counted) : before.failuresRead;
  }
  return facts.stoppedTasks.some((task) => isOpen(task, expected)) ? Math.max(0, counted - 1) : counted;
}

function progressText(facts: RolloutFacts): string | undefined {
  const target = facts.serviceDeployment?.target;
  const status = facts.serviceDeployment?.status;
  if (target === undefined || (status !== 'IN_PROGRESS' && status !== 'PENDING')) return undefined;
  const old = facts.serviceDeployment!.sources.reduce((sum, each) => sum + each.runningTaskCount, 0);
  return `${target.runningTaskCount} of ${target.requestedTaskCount} new tasks running, ${target.pendingTaskCount} pending, ${old} old running.`;
}

function mergeFacts(before: Partial<RolloutFacts>, facts: RolloutFacts): Partial<RolloutFacts> {
  const read = Object.entries(facts).filter(([, value]) => value !== undefined);
  return { ...before, ...Object.fromEntries(read) };
}

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
