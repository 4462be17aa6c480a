/** Is green ready for its first request? Its own deployment has ended well, and all its targets are healthy. Pure. */
import { isTerminal, type ServiceDeploymentStatus } from '../aws/ecs-service-deployments.ts';
import { formatDuration } from '../report/duration.ts';
import type { TaskFailure } from '../rollout/stopped-task.ts';
import { describeFailures, describeUnhealthy, failureOfTask } from './gates/tasks.ts';
import { revisionName, type ShiftPlan } from './plan.ts';
import { healthyCount } from './preflight.ts';
import type { Cause, GreenServiceFacts, ShiftFacts, ShiftState } from './state.ts';

export type Readiness =
  | { readonly kind: 'ready'; readonly what: string }
  | { readonly kind: 'waiting'; readonly what: string }
  | { readonly kind: 'failed'; readonly cause: Cause };

export function judgeReadiness(
  plan: ShiftPlan,
  state: ShiftState,
  facts: ShiftFacts,
  waitedMs: number,
): Readiness {
  const healthy = healthyCount(facts.greenTargets);
  const present = facts.greenTargets.filter(
    (target) => target.state !== 'draining' && target.state !== 'unhealthy.draining',
  ).length;
  const targets = `${healthy} of ${plan.requiredHealthy} targets healthy`;
  const service = facts.greenService;
  if (plan.deploy.kind !== 'none' && service !== undefined) {
    const failed = deploymentFailure(plan, state, service, facts);
    if (failed !== undefined) return { kind: 'failed', cause: failed };
  }
  const deployed = hasDeployed(plan, state, service);
  const strangers = targetsOfNoTask(plan, service, facts);
  if (deployed && healthy >= plan.requiredHealthy && healthy === present && strangers === '') {
    return { kind: 'ready', what: `Green is ready: ${targets}${describeRevision(plan)}.` };
  }
  if (waitedMs >= plan.readyTimeoutMs) {
    return {
      kind: 'failed',
      cause: {
        code: 'green-not-ready',
        sentence: `Green was not ready within ${formatDuration(plan.readyTimeoutMs)}: ${targets}${describeUnhealthy(facts)}${strangers}.`,
      },
    };
  }
  const running =
    service === undefined ? '' : `${service.runningCount} of ${service.desiredCount} tasks run, `;
  // Tasks of the revision before count there, too: what is missing may be nothing but the end of the deployment.
  const under = deployed || service === undefined ? '' : 'its deployment goes on, ';
  return {
    kind: 'waiting',
    what: `Waiting for green: ${under}${running}${targets}${describeUnhealthy(facts)}${strangers}.`,
  };
}

/** Whether green's own deployment has ended well; nothing is deployed where green is taken as it is. */
export function hasDeployed(
  plan: ShiftPlan,
  state: ShiftState,
  service: GreenServiceFacts | undefined,
): boolean {
  if (plan.deploy.kind === 'none') return true;
  if (service === undefined) return false;
  if (service.taskDefinitionArn !== plan.deploy.taskDefinitionArn) return false;
  if (service.runningCount < plan.requiredHealthy) return false;
  const { serviceDeployment: deployment, deployedDefinitionArn } = service;
  // ECS keeps service deployments for 90 days: an older one has nothing but the roll-out state.
  if (deployment === undefined) return service.rolloutState === 'COMPLETED';
  // Right after an update ECS may still name the service deployment before ours: that one is older.
  const isOurs = deployment.createdAt >= service.deploymentCreatedAt - clockSlackMs;
  const isRight = deployedDefinitionArn === undefined || deployedDefinitionArn === service.taskDefinitionArn;
  if (state.green?.deploymentId === undefined) return deployment.status === 'SUCCESSFUL' && isRight;
  return deployment.status === 'SUCCESSFUL' && isOurs && isRight;
}

/** Times of one deployment in two answers of ECS lie this close together. */
const clockSlackMs = 5000;

/**
 * `; 1 target (10.0.0.9) belongs to no task of green on api:2`: what else is registered in the group gets
 * green's share of the traffic. Only targets by address can be told apart.
 */
function targetsOfNoTask(plan: ShiftPlan, service: GreenServiceFacts | undefined, facts: ShiftFacts): string {
  const { deploy } = plan;
  if (deploy.kind === 'none' || !plan.greenByAddress || service?.running === undefined) return '';
  const own = new Set(
    service.running
      .filter((task) => task.taskDefinitionArn === deploy.taskDefinitionArn)
      .map((task) => task.privateIp),
  );
  const strangers = facts.greenTargets
    .filter((target) => target.state !== 'draining' && target.state !== 'unhealthy.draining')
    .filter((target) => !own.has(target.id))
    .map((target) => target.id);
  if (strangers.length === 0) return '';
  const [noun, verb] = strangers.length === 1 ? ['target', 'belongs'] : ['targets', 'belong'];
  return `; ${strangers.length} ${noun} (${strangers.slice(0, 3).join(', ')}) ${verb} to no task of green on ${revisionName(deploy.taskDefinitionArn)}`;
}

function deploymentFailure(
  plan: ShiftPlan,
  state: ShiftState,
  service: GreenServiceFacts,
  facts: ShiftFacts,
): Cause | undefined {
  // Where the update started no deployment, the one that stands starts the tasks.
  const ours = state.green?.deploymentId ?? service.deploymentId;
  const followed = service.serviceDeployment;
  if (followed !== undefined && hasFailed(followed.status)) {
    const reason = followed.statusReason === undefined ? '' : `: ${followed.statusReason}`;
    return failedBecause(state, service, facts, `ECS has green's deployment as ${followed.status}${reason}`);
  }
  if (service.deploymentId !== ours) {
    return {
      code: 'green-superseded',
      sentence: `Another deployment (${service.deploymentId}) of green's service took the place of ours.`,
    };
  }
  if (service.rolloutState === 'FAILED') {
    const reason = service.rolloutReason ?? 'no reason given';
    return failedBecause(state, service, facts, `ECS gave up green's deployment: ${reason}`);
  }
  // The circuit breaker's own default threshold, for services that have none.
  const failures = failuresOf(state, service);
  const limit = Math.min(200, Math.max(3, Math.ceil(plan.requiredHealthy / 2)));
  if (failures.length >= limit && healthyCount(facts.greenTargets) < plan.requiredHealthy) {
    return failedBecause(state, service, facts, `${failures.length} tasks of green failed`);
  }
  return undefined;
}

/**
 * A rollback under way is a failure already: the deployment that ECS puts in place of ours is its own doing,
 * not somebody else's.
 */
function hasFailed(status: ServiceDeploymentStatus): boolean {
  return status.startsWith('ROLLBACK') || (isTerminal(status) && status !== 'SUCCESSFUL');
}

function failuresOf(state: ShiftState, service: GreenServiceFacts): readonly TaskFailure[] {
  return service.stopped
    .filter((task) => task.startedBy === (state.green?.deploymentId ?? service.deploymentId))
    .filter((task) => !state.knownExits.includes(task.arn))
    .map(failureOfTask)
    .filter((failure) => failure !== undefined);
}

/** The cause by what the tasks say, or by what ECS said where they say nothing. */
function failedBecause(
  state: ShiftState,
  service: GreenServiceFacts,
  facts: ShiftFacts,
  sentence: string,
): Cause {
  const told = describeFailures(failuresOf(state, service));
  const targets = describeUnhealthy(facts);
  return {
    code: told?.code ?? 'green-deployment-failed',
    sentence: `${sentence.replace(/[.\s]+$/, '')}${targets}.${told === undefined ? '' : ` ${told.sentence}`}`,
  };
}

function describeRevision(plan: ShiftPlan): string {
  return plan.deploy.kind === 'none' ? '' : ` on ${revisionName(plan.deploy.taskDefinitionArn)}`;
}
