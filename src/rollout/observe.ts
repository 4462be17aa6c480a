/**
 * One look at a rollout. Reads the deployment's own record first, and from that what else this look needs:
 * most looks are a single call.
 */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { readService, type ServiceFacts } from '../aws/ecs-service.ts';
import {
  listServiceDeployments,
  readServiceDeployments,
  readServiceRevisions,
  type ServiceDeploymentFacts,
} from '../aws/ecs-service-deployments.ts';
import { readTargetHealth } from '../aws/ecs-target-health.ts';
import { readProtectedTaskArns } from '../aws/ecs-task-protection.ts';
import { readServiceTasks } from '../aws/ecs-tasks.ts';
import type { ExpectedRollout, RolloutFacts } from './expected.ts';
import type { FollowState } from './follow-state.ts';

/** Stopped tasks that are read at most in one look: enough to see a pattern. */
const stoppedTasksLimit = 100;
/**
 * With a breaker the deployment's own record counts failures, without one only the service does: it is read
 * more often while new tasks start, and seldom otherwise. A newer deployment shows in the own record, too.
 */
const startingEveryLooks = 3;
const serviceEveryLooks = 8;
/** Clocks of ECS's records may differ by rounding: its list takes whole seconds. */
const creationSlackMs = 2000;

export async function observeRollout(
  aws: AwsCaller,
  expected: ExpectedRollout,
  state: FollowState,
  signal: AbortSignal | undefined,
): Promise<RolloutFacts> {
  const arn = state.serviceDeploymentArn ?? (await findServiceDeployment(aws, expected, signal));
  const serviceDeployment =
    arn === undefined ? undefined : (await readServiceDeployments(aws, [arn], signal))[0];
  const service = needsService(expected, serviceDeployment, state)
    ? await requireService(aws, expected, signal)
    : undefined;
  const stoppedTasks = needsStoppedTasks(expected, serviceDeployment, service, state)
    ? (
        await readServiceTasks(
          aws,
          {
            cluster: expected.cluster,
            service: expected.service,
            desiredStatus: 'STOPPED',
            atMost: stoppedTasksLimit,
          },
          signal,
        )
      ).filter((task) => task.startedBy === expected.deploymentId)
    : undefined;
  const proofDue =
    serviceDeployment?.status === 'SUCCESSFUL' ||
    (serviceDeployment === undefined && expected.mode === 'standing');
  if (!proofDue || service === undefined) {
    return {
      serviceDeployment,
      service,
      stoppedTasks,
      runningTasks: undefined,
      targetHealth: undefined,
      protectedTaskArns: new Set(),
    };
  }
  const [runningTasks, targetHealth] = await Promise.all([
    readServiceTasks(
      aws,
      { cluster: expected.cluster, service: expected.service, desiredStatus: 'RUNNING' },
      signal,
    ),
    Promise.all(service.loadBalancers.map((each) => readTargetHealth(aws, each.targetGroupArn, signal))),
  ]);
  const strangers = runningTasks.filter((task) => task.startedBy !== expected.deploymentId);
  const protectedTaskArns =
    strangers.length === 0
      ? new Set<string>()
      : await readProtectedTaskArns(
          aws,
          expected.cluster,
          strangers.map((task) => task.arn),
          signal,
        );
  const facts = { serviceDeployment, service, runningTasks, targetHealth, stoppedTasks };
  // Protection that may not be read protects nothing: the verdict is stricter then, never laxer.
  return protectedTaskArns === undefined
    ? { ...facts, protectedTaskArns: new Set(), protectionUnread: true }
    : { ...facts, protectedTaskArns };
}

/** Pure. */
export function needsService(
  expected: ExpectedRollout,
  serviceDeployment: ServiceDeploymentFacts | undefined,
  state: FollowState,
): boolean {
  if (serviceDeployment === undefined) return expected.mode === 'standing' || state.looks % 2 === 1;
  switch (serviceDeployment.status) {
    case 'SUCCESSFUL':
    case 'STOPPED':
    case 'STOP_REQUESTED':
      return true;
    case 'PENDING':
    case 'IN_PROGRESS':
      if (serviceDeployment.circuitBreaker === undefined) {
        const every = newTasksAreUp(serviceDeployment) ? serviceEveryLooks : startingEveryLooks;
        return state.looks % every === 0 || hasFewerTasks(serviceDeployment, state.last.serviceDeployment);
      }
      return (
        serviceDeployment.circuitBreaker.failureCount > state.failuresRead ||
        state.looks % serviceEveryLooks === 0
      );
    default:
      return false;
  }
}

function newTasksAreUp({ target }: ServiceDeploymentFacts): boolean {
  return target !== undefined && target.runningTaskCount >= target.requestedTaskCount;
}

/** Tasks of the new revision that were there at the last look are gone: they failed, or somebody scaled in. */
function hasFewerTasks(now: ServiceDeploymentFacts, before: ServiceDeploymentFacts | undefined): boolean {
  const count = (each: ServiceDeploymentFacts | undefined): number =>
    (each?.target?.runningTaskCount ?? 0) + (each?.target?.pendingTaskCount ?? 0);
  return count(now) < count(before);
}

/** Pure. Stopped tasks are read when ECS counted a failure that has not been looked at. */
export function needsStoppedTasks(
  expected: ExpectedRollout,
  serviceDeployment: ServiceDeploymentFacts | undefined,
  service: ServiceFacts | undefined,
  state: FollowState,
): boolean {
  if (failuresCounted(expected, serviceDeployment, service) > state.failuresRead) return true;
  const gone =
    serviceDeployment !== undefined &&
    [
      'STOPPED',
      'ROLLBACK_REQUESTED',
      'ROLLBACK_IN_PROGRESS',
      'ROLLBACK_SUCCESSFUL',
      'ROLLBACK_FAILED',
    ].includes(serviceDeployment.status);
  return gone && state.tallies.size === 0 && state.diagnosis === undefined;
}

/** Pure. The higher of the two counts ECS keeps. */
export function failuresCounted(
  expected: ExpectedRollout,
  serviceDeployment: ServiceDeploymentFacts | undefined,
  service: ServiceFacts | undefined,
): number {
  const own = service?.deployments.find((each) => each.id === expected.deploymentId)?.failedTasks ?? 0;
  return Math.max(own, serviceDeployment?.circuitBreaker?.failureCount ?? 0);
}

/**
 * Finds the service deployment of an ECS deployment: the one of its revision's task definition that was
 * created at its time. Two deployments of one definition (force-new) differ by their time only.
 */
export async function findServiceDeployment(
  aws: AwsCaller,
  expected: Pick<
    ExpectedRollout,
    'cluster' | 'service' | 'taskDefinitionArn' | 'deploymentCreatedAt' | 'mode'
  >,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const listed = await listServiceDeployments(
    aws,
    {
      cluster: expected.cluster,
      service: expected.service,
      after: expected.deploymentCreatedAt - creationSlackMs,
    },
    signal,
  );
  const revisionArns = listed.flatMap((each) => each.targetRevisionArn ?? []);
  if (revisionArns.length === 0) return undefined;
  const revisions = new Map(
    (await readServiceRevisions(aws, [...new Set(revisionArns)], signal)).map((each) => [each.arn, each]),
  );
  const distance = (createdAt: number): number => Math.abs(createdAt - expected.deploymentCreatedAt);
  return listed
    .filter(
      (each) => revisions.get(each.targetRevisionArn ?? '')?.taskDefinitionArn === expected.taskDefinitionArn,
    )
    .sort((one, other) => distance(one.createdAt) - distance(other.createdAt))[0]?.arn;
}

async function requireService(
  aws: AwsCaller,
  expected: ExpectedRollout,
  signal: AbortSignal | undefined,
): Promise<ServiceFacts> {
  const service = await readService(aws, expected.cluster, expected.service, signal);
  if (service !== undefined) return service;
  throw new AwsCallError(
    'ecs:DescribeServices',
    'ServiceNotFoundException',
    `Service ${expected.service} is not in cluster ${expected.cluster} (any longer).`,
    'not-found',
  );
}
