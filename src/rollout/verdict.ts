/**
 * The verdict on a rollout: a pure function of what was expected and what was seen. `succeeded` needs, in
 * one observation: the deployment's own record SUCCESSFUL, and the tasks themselves in proof of it.
 */
import { newestDeployment } from '../aws/ecs-service.ts';
import type { TaskFacts } from '../aws/ecs-tasks.ts';
import type { ExpectedRollout, RolloutFacts } from './expected.ts';

export type Verdict =
  | { readonly kind: 'in-progress'; readonly missing: readonly string[] }
  /** ECS calls it done, the tasks do not show it (yet, or no longer). */
  | { readonly kind: 'unproven'; readonly missing: readonly string[] }
  | { readonly kind: 'rolling-back'; readonly reason: string }
  | {
      readonly kind: 'succeeded';
      readonly runningCount: number;
      readonly desiredCount: number;
      readonly protectedTaskIds: readonly string[];
    }
  | { readonly kind: 'rolled-back'; readonly reason: string }
  | { readonly kind: 'rollback-failed'; readonly reason: string }
  | { readonly kind: 'stopped'; readonly reason: string }
  | { readonly kind: 'superseded'; readonly byTaskDefinitionArn: string | undefined }
  | { readonly kind: 'zero-desired' };

export function verdict(expected: ExpectedRollout, facts: RolloutFacts): Verdict {
  const { service, serviceDeployment } = facts;
  if (service !== undefined && service.status !== 'ACTIVE') {
    return { kind: 'stopped', reason: `The service is ${service.status}: somebody deletes it.` };
  }
  if (serviceDeployment === undefined) {
    return expected.mode === 'standing'
      ? standingVerdict(expected, facts)
      : { kind: 'in-progress', missing: ['its service deployment is not visible yet'] };
  }
  const newer = supersededBy(expected, facts);
  switch (serviceDeployment.status) {
    case 'SUCCESSFUL':
      return newer ?? proof(expected, facts);
    case 'STOP_REQUESTED':
      return newer ?? { kind: 'in-progress', missing: ['ECS was asked to stop the deployment'] };
    case 'STOPPED':
      return (
        newer ?? {
          kind: 'stopped',
          reason: serviceDeployment.statusReason ?? 'ECS stopped the deployment and gives no reason.',
        }
      );
    case 'ROLLBACK_REQUESTED':
    case 'ROLLBACK_IN_PROGRESS':
      return { kind: 'rolling-back', reason: rollbackReason(facts) };
    case 'ROLLBACK_SUCCESSFUL':
      return { kind: 'rolled-back', reason: rollbackReason(facts) };
    case 'ROLLBACK_FAILED':
      return { kind: 'rollback-failed', reason: rollbackReason(facts) };
    default:
      return progress(facts);
  }
}

/**
 * What still speaks against success, in words; empty means proven. Everything is looked at in one
 * observation, so that a scale-out between two of them cannot add up to a success.
 */
function missingProof(expected: ExpectedRollout, facts: RolloutFacts): readonly string[] {
  const { service, runningTasks } = facts;
  if (service === undefined || runningTasks === undefined) return ['its tasks have not been read'];
  const missing: string[] = [];
  const ours = runningTasks.filter((task) => task.startedBy === expected.deploymentId);
  const healthy = ours.filter((task) => taskDefect(expected, facts, task) === undefined);
  if (healthy.length < service.desiredCount) {
    const defects = new Set(ours.flatMap((task) => taskDefect(expected, facts, task) ?? []).slice(0, 3));
    const why = defects.size === 0 ? '' : ` (${[...defects].join('; ')})`;
    missing.push(`${healthy.length} of ${service.desiredCount} tasks of this revision are healthy${why}`);
  }
  const strangers = otherTasks(expected, facts).filter((task) => !facts.protectedTaskArns.has(task.arn));
  if (strangers.length > 0) {
    const run =
      strangers.length === 1
        ? 'task of another deployment still runs'
        : 'tasks of another deployment still run';
    const unread = facts.protectionUnread ? ' (protected or not: ecs:GetTaskProtection is denied)' : '';
    missing.push(`${strangers.length} ${run}${unread}`);
  }
  return missing;
}

/** Why a task does not count as healthy; undefined when it does. */
function taskDefect(expected: ExpectedRollout, facts: RolloutFacts, task: TaskFacts): string | undefined {
  if (task.lastStatus !== 'RUNNING' || task.desiredStatus !== 'RUNNING') {
    return `one is ${task.desiredStatus === 'RUNNING' ? task.lastStatus : 'stopping'}`;
  }
  if (task.taskDefinitionArn !== expected.taskDefinitionArn) return 'one has another task definition';
  if (task.health === 'UNHEALTHY') return 'one fails its container health check';
  if (expected.hasContainerHealthCheck && task.health !== 'HEALTHY') {
    return 'one waits for its container health check';
  }
  for (const [name, digest] of expected.pinnedDigests) {
    const container = task.containers.find((each) => each.name === name);
    // For an index the digest that ECS reports may be the platform's: a pull by digest is proof as well.
    if (container?.imageDigest !== digest && !container?.image.endsWith(`@${digest}`)) {
      return `container ${name} of one runs another image than asked for`;
    }
  }
  return targetDefect(facts, task);
}

function targetDefect(facts: RolloutFacts, task: TaskFacts): string | undefined {
  for (const balancer of facts.service?.loadBalancers ?? []) {
    const group = facts.targetHealth?.find((each) => each.targetGroupArn === balancer.targetGroupArn);
    if (group === undefined) return 'the health of its target has not been read';
    // Tasks without an address of their own are instance targets: their group is judged as a whole below.
    if (task.privateIp === undefined) {
      const healthy = group.targets.filter((target) => target.state === 'healthy').length;
      if (healthy >= (facts.service?.desiredCount ?? 0)) continue;
      return `${healthy} targets are healthy in the load balancer`;
    }
    const targets = group.targets.filter((target) => target.id === task.privateIp);
    const target = targets.find((each) => each.port === balancer.containerPort) ?? targets[0];
    if (target === undefined) return 'one is not registered with the load balancer';
    if (target.state !== 'healthy') {
      return `one is ${target.state} in the load balancer${target.reason === undefined ? '' : ` (${target.reason})`}`;
    }
  }
  return undefined;
}

function otherTasks(expected: ExpectedRollout, facts: RolloutFacts): readonly TaskFacts[] {
  return (facts.runningTasks ?? []).filter(
    (task) => task.startedBy !== expected.deploymentId && task.lastStatus !== 'STOPPED',
  );
}

function proof(expected: ExpectedRollout, facts: RolloutFacts): Verdict {
  if (facts.service?.desiredCount === 0) return { kind: 'zero-desired' };
  const missing = missingProof(expected, facts);
  if (missing.length > 0) return { kind: 'unproven', missing };
  const ours = (facts.runningTasks ?? []).filter((task) => task.startedBy === expected.deploymentId);
  return {
    kind: 'succeeded',
    runningCount: ours.filter((task) => taskDefect(expected, facts, task) === undefined).length,
    desiredCount: facts.service!.desiredCount,
    protectedTaskIds: otherTasks(expected, facts).map((task) => task.id),
  };
}

function standingVerdict(expected: ExpectedRollout, facts: RolloutFacts): Verdict {
  const newer = supersededBy(expected, facts);
  if (newer !== undefined) return newer;
  const deployment = facts.service?.deployments.find((each) => each.id === expected.deploymentId);
  // Services from before rollout states have none: their counts alone must do.
  const state = deployment?.rolloutState ?? 'COMPLETED';
  if (state === 'COMPLETED') return proof(expected, facts);
  if (state === 'FAILED') {
    return { kind: 'stopped', reason: deployment?.rolloutStateReason ?? 'ECS calls the deployment FAILED.' };
  }
  return { kind: 'in-progress', missing: ['ECS has not completed the deployment'] };
}

/** A newer deployment than ours has taken over, unless it is ECS's own way back from ours. */
function supersededBy(expected: ExpectedRollout, facts: RolloutFacts): Verdict | undefined {
  const { service, serviceDeployment } = facts;
  const newest = service === undefined ? undefined : newestDeployment(service);
  if (newest === undefined || newest.id === expected.deploymentId) return undefined;
  if (newest.createdAt < expected.deploymentCreatedAt) return undefined;
  // The newest may be ECS's own way back from ours; only what replaces that, too, ends as STOPPED.
  if (serviceDeployment?.rollback !== undefined && serviceDeployment.status !== 'STOPPED') return undefined;
  return { kind: 'superseded', byTaskDefinitionArn: newest.taskDefinitionArn };
}

function progress(facts: RolloutFacts): Verdict {
  const target = facts.serviceDeployment?.target;
  if (target === undefined) return { kind: 'in-progress', missing: ['it has not begun'] };
  const old = facts.serviceDeployment?.sources.reduce((sum, each) => sum + each.runningTaskCount, 0) ?? 0;
  const missing: string[] = [];
  if (target.runningTaskCount < target.requestedTaskCount) {
    missing.push(`${target.runningTaskCount} of ${target.requestedTaskCount} tasks run`);
  }
  if (old > 0) missing.push(`${old} old ${old === 1 ? 'task' : 'tasks'} still run`);
  return {
    kind: 'in-progress',
    missing: missing.length > 0 ? missing : ['ECS has not confirmed the steady state'],
  };
}

function rollbackReason(facts: RolloutFacts): string {
  const deployment = facts.serviceDeployment;
  const alarms = deployment?.triggeredAlarmNames ?? [];
  return (
    deployment?.rollback?.reason ||
    deployment?.statusReason ||
    (alarms.length > 0 ? `Alarm ${alarms.join(', ')}.` : 'ECS gives no reason.')
  );
}
