/** Green's service, its deployment and its tasks, as far as one look needs them. */
import type { AwsCaller } from '../aws/caller.ts';
import {
  type EcsDeploymentFacts,
  newestDeployment,
  readService,
  type ServiceFacts,
} from '../aws/ecs-service.ts';
import {
  isTerminal,
  readServiceDeployments,
  readServiceRevisions,
  type ServiceDeploymentFacts,
} from '../aws/ecs-service-deployments.ts';
import { readServiceTasks, type TaskFacts } from '../aws/ecs-tasks.ts';
import type { ShiftPlan } from './plan.ts';
import type { GreenServiceFacts, ShiftState } from './state.ts';

/** Stopped tasks stay visible for an hour: more than this many are not looked at. */
const stoppedTasksAtMost = 100;

/** So long after the service has shown a change, how its tasks ended is asked once more: lists come a little later. */
const settleMs = 12_000;

/** `service`: how its tasks ended is asked where the service has changed; `all`: also which tasks run, and what of. */
export type Depth = 'service' | 'tasks' | 'all';

/** Undefined where no service stands behind green (yet). Remembers what cannot change any more. */
export type GreenReader = (
  state: ShiftState,
  depth: Depth,
  now: number,
) => Promise<GreenServiceFacts | undefined>;

interface Seen {
  readonly facts: GreenServiceFacts;
  readonly service: ServiceFacts;
  /** When its tasks were first seen as they are, and when the ends of tasks were last read. */
  readonly changedAt: number;
  readonly endsAt: number;
}

export function createGreenReader(plan: ShiftPlan, aws: AwsCaller): GreenReader {
  const { cluster, green } = plan;
  /** Tasks that have stopped stay as they are, and so does what a service revision brings. */
  const ended = new Map<string, TaskFacts>();
  const definitions = new Map<string, string>();
  let last: Seen | undefined;

  const readStopped = async (service: string): Promise<readonly TaskFacts[]> => {
    const stopped = await readServiceTasks(aws, {
      cluster: cluster!,
      service,
      desiredStatus: 'STOPPED',
      atMost: stoppedTasksAtMost,
      known: ended,
    });
    for (const task of stopped) if (task.lastStatus === 'STOPPED') ended.set(task.arn, task);
    return stopped;
  };
  /** "Successful" must be of our revision. */
  const readDeployed = async (
    deployment: ServiceDeploymentFacts | undefined,
  ): Promise<string | undefined> => {
    const arn = deployment?.status === 'SUCCESSFUL' ? deployment.target?.arn : undefined;
    if (arn === undefined) return undefined;
    if (!definitions.has(arn)) {
      for (const revision of await readServiceRevisions(aws, [arn])) {
        definitions.set(revision.arn, revision.taskDefinitionArn);
      }
    }
    return definitions.get(arn);
  };

  return async (state, depth, now) => {
    if (cluster === undefined || green.service === undefined) return undefined;
    const service = await readService(aws, cluster, green.service);
    const newest = service === undefined ? undefined : newestDeployment(service);
    if (service === undefined || newest === undefined) return undefined;
    const changedAt = last !== undefined && hasSameTasks(last.service, service) ? last.changedAt : now;
    const readsEnds = depth !== 'service' || last === undefined || areEndsDue(last, changedAt, now);
    const before = last?.facts.serviceDeployment;
    const arn = state.green?.serviceDeploymentArn ?? service.currentServiceDeploymentArn;
    // ECS ends the one a moment after the other.
    const isEnding =
      newest.rolloutState !== 'IN_PROGRESS' && !(before !== undefined && isTerminal(before.status));
    const [deployments, running, stopped] = await Promise.all([
      depth === 'all' ||
      last === undefined ||
      !goesTheSame(last.service, service) ||
      isEnding ||
      before?.arn !== arn
        ? readServiceDeployments(aws, arn === undefined ? [] : [arn])
        : [before],
      depth === 'all'
        ? readServiceTasks(aws, { cluster, service: green.service, desiredStatus: 'RUNNING' })
        : undefined,
      readsEnds ? readStopped(green.service) : (last?.facts.stopped ?? []),
    ]);
    const facts: GreenServiceFacts = {
      desiredCount: service.desiredCount,
      runningCount: service.runningCount,
      deploymentId: newest.id,
      deploymentCreatedAt: newest.createdAt,
      taskDefinitionArn: newest.taskDefinitionArn,
      rolloutState: newest.rolloutState,
      rolloutReason: newest.rolloutStateReason,
      serviceDeployment: deployments[0],
      deployedDefinitionArn: depth === 'all' ? await readDeployed(deployments[0]) : undefined,
      running,
      stopped,
    };
    last = { facts, service, changedAt, endsAt: readsEnds ? now : (last?.endsAt ?? now) };
    return facts;
  };
}

/** What it shows is new, or may not be in the list of ended tasks yet; or one of those is still on its way. */
function areEndsDue({ facts, endsAt }: Seen, changedAt: number, now: number): boolean {
  if (endsAt < changedAt) return true;
  const isOpen = endsAt < changedAt + settleMs || facts.stopped.some((task) => task.lastStatus !== 'STOPPED');
  return isOpen && now - endsAt >= settleMs;
}

/** Whether a service says the same of how its deployments go. */
function goesTheSame(one: ServiceFacts, other: ServiceFacts): boolean {
  return (
    one.currentServiceDeploymentArn === other.currentServiceDeploymentArn &&
    areAlike(one.deployments, other.deployments, ['id', 'status', 'rolloutState'])
  );
}

/** Whether nothing in a service says that something happened to its tasks: each start and each stop is an event, too. */
function hasSameTasks(one: ServiceFacts, other: ServiceFacts): boolean {
  return (
    one.desiredCount === other.desiredCount &&
    one.runningCount === other.runningCount &&
    one.events[0]?.id === other.events[0]?.id &&
    areAlike(one.deployments, other.deployments, ['id', 'runningCount', 'pendingCount', 'failedTasks'])
  );
}

function areAlike(
  some: readonly EcsDeploymentFacts[],
  others: readonly EcsDeploymentFacts[],
  names: readonly (keyof EcsDeploymentFacts)[],
): boolean {
  return (
    some.length === others.length &&
    some.every((one, index) => names.every((name) => one[name] === others[index]?.[name]))
  );
}
