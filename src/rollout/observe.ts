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
import { readDeregistrationDelayMs } from '../aws/elb-target-groups.ts';
import type { DrainFacts, ExpectedRollout, RolloutFacts } from './expected.ts';
import type { FollowState } from './follow-state.ts';
import { balanceOf, lastDrainAt } from './prospect.ts';

/** Stopped tasks that are read at most in one look: enough to see a pattern. */
const stoppedTasksLimit = 100;
/**
 * With a breaker the deployment's own record counts failures, without one only the service does. A newer
 * deployment shows in the own record, too.
 */
const serviceEveryMs = 15_000;
/** ECS does not count every crash of a service without a load balancer: its stopped tasks are looked through. */
const stoppedEveryMs = 8000;
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
  const proofDue =
    serviceDeployment?.status === 'SUCCESSFUL' ||
    (serviceDeployment === undefined && expected.mode === 'standing');
  if (proofDue) return observeProof(aws, expected, serviceDeployment, state, signal);
  const service = needsService(serviceDeployment, state)
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
  const drain = await observeDrain(aws, expected, serviceDeployment, service, state, signal);
  return {
    serviceDeployment,
    service,
    stoppedTasks,
    runningTasks: undefined,
    targetHealth: undefined,
    protectedTaskArns: new Set(),
    drain,
  };
}

/** All that a proof needs, side by side: what is left to be read when ECS calls it done is the user's waiting. */
async function observeProof(
  aws: AwsCaller,
  expected: ExpectedRollout,
  serviceDeployment: ServiceDeploymentFacts | undefined,
  state: FollowState,
  signal: AbortSignal | undefined,
): Promise<RolloutFacts> {
  const healthOf = (groups: readonly string[]) =>
    Promise.all(groups.map((each) => readTargetHealth(aws, each, signal)));
  const groupsOf = (service: ServiceFacts | undefined): readonly string[] => [
    ...new Set((service?.loadBalancers ?? []).map((each) => each.targetGroupArn)),
  ];
  const knownGroups = groupsOf(state.last.service);
  const [service, runningTasks, knownHealth] = await Promise.all([
    requireService(aws, expected, signal),
    readServiceTasks(
      aws,
      { cluster: expected.cluster, service: expected.service, desiredStatus: 'RUNNING' },
      signal,
    ),
    healthOf(knownGroups),
  ]);
  const otherGroups = groupsOf(service).filter((each) => !knownGroups.includes(each));
  const targetHealth = [...knownHealth, ...(await healthOf(otherGroups))];
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
  const facts = { serviceDeployment, service, runningTasks, targetHealth, stoppedTasks: undefined };
  // Protection that may not be read protects nothing: the verdict is stricter then, never laxer.
  return protectedTaskArns === undefined
    ? { ...facts, protectedTaskArns: new Set(), protectionUnread: true }
    : { ...facts, protectedTaskArns };
}

/** Where only tasks that leave the load balancer hold up the end: since when, and for how long. */
async function observeDrain(
  aws: AwsCaller,
  expected: ExpectedRollout,
  serviceDeployment: ServiceDeploymentFacts | undefined,
  service: ServiceFacts | undefined,
  state: FollowState,
  signal: AbortSignal | undefined,
): Promise<DrainFacts | undefined> {
  if (serviceDeployment === undefined || service === undefined) return undefined;
  const { isUp, surplus } = balanceOf(serviceDeployment);
  const eventAt = lastDrainAt(service, expected.deploymentCreatedAt);
  if (!isUp || eventAt === undefined) return undefined;
  const groups = [...new Set(service.loadBalancers.map((each) => each.targetGroupArn))];
  const knownMs = state.drain?.configuredMs;
  try {
    const health =
      surplus > 0 ? undefined : await Promise.all(groups.map((each) => readTargetHealth(aws, each, signal)));
    const targetsDraining = health
      ?.flatMap((group) => group.targets)
      .filter((target) => target.state === 'draining').length;
    if (knownMs !== undefined || targetsDraining === 0) return { eventAt, delayMs: knownMs, targetsDraining };
    const delays = await Promise.all(groups.map((each) => readDeregistrationDelayMs(aws, each, signal)));
    return { eventAt, delayMs: Math.max(0, ...delays), targetsDraining };
  } catch (error) {
    // A forecast that cannot be made costs calls, never the verdict.
    if (!(error instanceof AwsCallError) || error.retryable || error.kind === 'credentials') throw error;
    const refusal = `${error.operation}: ${error.code}: ${error.reason}`;
    return { eventAt, delayMs: knownMs, targetsDraining: undefined, refusal };
  }
}

/** Pure. Apart from the proof, which always needs it. */
function needsService(serviceDeployment: ServiceDeploymentFacts | undefined, state: FollowState): boolean {
  if (serviceDeployment === undefined) return state.looks % 2 === 1;
  switch (serviceDeployment.status) {
    case 'STOPPED':
    case 'STOP_REQUESTED':
      return true;
    case 'PENDING':
    case 'IN_PROGRESS':
      if (serviceDeployment.circuitBreaker === undefined) {
        if (hasFewerTasks(serviceDeployment, state.last.serviceDeployment)) return true;
        if (!balanceOf(serviceDeployment).isUp && isDue(state)) return true;
      }
      return state.last.service === undefined || tellsOfDraining(serviceDeployment, state);
    case 'ROLLBACK_IN_PROGRESS':
      return tellsOfDraining(serviceDeployment, state);
    default:
      return false;
  }
}

/** Its events say when the last old tasks began to drain, which is what foretells the end. */
function tellsOfDraining(serviceDeployment: ServiceDeploymentFacts, state: FollowState): boolean {
  const { isUp, surplus } = balanceOf(serviceDeployment);
  if (!isUp || ['near-end', 'nearly-back', 'baking'].includes(state.phase)) return false;
  if (surplus <= 0) return state.aloneSince === undefined;
  const isKnown = state.upSince !== undefined && (state.drain?.begunAt ?? 0) >= state.upSince;
  return !isKnown && isDue(state);
}

/** Every 15 s, and the more seldom the longer nothing has changed. */
function isDue(state: FollowState): boolean {
  const pauseMs = Math.max(serviceEveryMs, (state.seenAt - state.phaseSince) / 4);
  return state.seenAt - state.serviceReadAt >= pauseMs;
}

/** Tasks of the new revision that were there at the last look are gone: they failed, or somebody scaled in. */
function hasFewerTasks(now: ServiceDeploymentFacts, before: ServiceDeploymentFacts | undefined): boolean {
  const count = (each: ServiceDeploymentFacts | undefined): number =>
    (each?.target?.runningTaskCount ?? 0) + (each?.target?.pendingTaskCount ?? 0);
  return count(now) < count(before);
}

/**
 * Pure. Stopped tasks are read when ECS counted a failure that has not been looked at. Without a load balancer
 * a task that runs counts as healthy to ECS, which then forgets the crashes before: those tasks are looked for.
 */
function needsStoppedTasks(
  expected: ExpectedRollout,
  serviceDeployment: ServiceDeploymentFacts | undefined,
  service: ServiceFacts | undefined,
  state: FollowState,
): boolean {
  if (state.diagnosis !== undefined) return false;
  if (failuresCounted(expected, serviceDeployment, service) > state.failuresRead) return true;
  if (serviceDeployment?.status === 'IN_PROGRESS') {
    const unbalanced = (service ?? state.last.service)?.loadBalancers.length === 0;
    return unbalanced && state.seenAt - state.stoppedReadAt >= stoppedEveryMs;
  }
  const gone =
    serviceDeployment !== undefined &&
    [
      'STOPPED',
      'ROLLBACK_REQUESTED',
      'ROLLBACK_IN_PROGRESS',
      'ROLLBACK_SUCCESSFUL',
      'ROLLBACK_FAILED',
    ].includes(serviceDeployment.status);
  return gone && state.tallies.size === 0;
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
