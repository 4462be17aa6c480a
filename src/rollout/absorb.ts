/** What one look changes in the follower's memory, and what of it is worth telling. Pure. */
import type { KitEvent } from '../report/event.ts';
import { causeSentence } from './diagnosis.ts';
import type { ExpectedRollout, RolloutFacts } from './expected.ts';
import type { FailureTally, FollowState } from './follow-state.ts';
import { failuresCounted } from './observe.ts';
import { failureKey, taskFailure } from './stopped-task.ts';
import type { Verdict } from './verdict.ts';

export function absorb(
  expected: ExpectedRollout,
  before: FollowState,
  facts: RolloutFacts,
  seen: Verdict,
  now: number,
): { readonly state: FollowState; readonly events: readonly KitEvent[] } {
  const tallies = tally(before.tallies, expected, facts);
  const phase = phaseOf(seen, facts);
  const progress = progressText(facts);
  const state: FollowState = {
    ...before,
    serviceDeploymentArn: before.serviceDeploymentArn ?? facts.serviceDeployment?.arn,
    looks: before.looks + 1,
    unreadable: 0,
    tallies,
    failuresRead: failuresRead(before, expected, facts),
    phase,
    phaseSince: phase === before.phase ? before.phaseSince : now,
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
  return { state, events };
}

function phaseOf(seen: Verdict, facts: RolloutFacts): FollowState['phase'] {
  switch (seen.kind) {
    case 'rolling-back':
      return 'rolling-back';
    case 'unproven':
      return 'near-end';
    case 'in-progress':
      if (seen.near) return 'near-end';
      return facts.serviceDeployment === undefined ? 'starting' : 'in-progress';
    default:
      return 'near-end';
  }
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

function failuresRead(before: FollowState, expected: ExpectedRollout, facts: RolloutFacts): number {
  const counted = failuresCounted(expected, facts.serviceDeployment, facts.service);
  if (facts.stoppedTasks === undefined) {
    // ECS starts its count afresh after a healthy task: so does this, or later failures would be missed.
    const wholeCountSeen =
      facts.service !== undefined || facts.serviceDeployment?.circuitBreaker !== undefined;
    return wholeCountSeen ? Math.min(before.failuresRead, counted) : before.failuresRead;
  }
  const open = facts.stoppedTasks.some((task) => task.lastStatus !== 'STOPPED');
  return open ? Math.max(0, counted - 1) : counted;
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
