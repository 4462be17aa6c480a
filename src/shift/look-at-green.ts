/** Green's service, its deployment and its tasks, as far as one look needs them. */
import type { AwsCaller } from '../aws/caller.ts';
import { newestDeployment, readService, type ServiceFacts } from '../aws/ecs-service.ts';
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

/** `service`: how its tasks ended is asked where the service has changed; `all`: also which tasks run, and what of. */
export type Depth = 'service' | 'tasks' | 'all';

/** Undefined where no service stands behind green (yet). Remembers what cannot change any more. */
export type GreenReader = (state: ShiftState, depth: Depth) => Promise<GreenServiceFacts | undefined>;

export function createGreenReader(plan: ShiftPlan, aws: AwsCaller): GreenReader {
  const { cluster, green } = plan;
  /** Tasks that have stopped stay as they are, and so does what a service revision brings. */
  const ended = new Map<string, TaskFacts>();
  const definitions = new Map<string, string>();
  let last: { readonly text: string; readonly facts: GreenServiceFacts } | undefined;

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

  return async (state, depth) => {
    if (cluster === undefined || green.service === undefined) return undefined;
    const service = await readService(aws, cluster, green.service);
    const newest = service === undefined ? undefined : newestDeployment(service);
    if (service === undefined || newest === undefined) return undefined;
    const text = textOf(service);
    const hasMoved = last?.text !== text;
    const before = last?.facts.serviceDeployment;
    const arn = state.green?.serviceDeploymentArn ?? service.currentServiceDeploymentArn;
    // ECS ends the one a moment after the other.
    const isEnding =
      newest.rolloutState !== 'IN_PROGRESS' && !(before !== undefined && isTerminal(before.status));
    const [deployments, running, stopped] = await Promise.all([
      depth === 'all' || hasMoved || isEnding || before?.arn !== arn
        ? readServiceDeployments(aws, arn === undefined ? [] : [arn])
        : [before],
      depth === 'all'
        ? readServiceTasks(aws, { cluster, service: green.service, desiredStatus: 'RUNNING' })
        : undefined,
      depth !== 'service' || hasMoved ? readStopped(green.service) : (last?.facts.stopped ?? []),
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
    last = { text, facts };
    return facts;
  };
}

/** What of a service says that something happened to its deployments or tasks. */
function textOf({
  desiredCount,
  runningCount,
  currentServiceDeploymentArn,
  deployments,
}: ServiceFacts): string {
  return JSON.stringify([desiredCount, runningCount, currentServiceDeploymentArn, deployments]);
}
