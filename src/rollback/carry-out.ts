/** Carries a plan out: weights, the stop of what is under way, a rollout, or the proof that all is there. */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { newestDeployment, readServiceOrNothing, type ServiceFacts } from '../aws/ecs-service.ts';
import { stopServiceDeployment } from '../aws/ecs-service-deployments.ts';
import { type RegisteredDefinition, readTaskDefinition } from '../aws/ecs-task-definition.ts';
import { expectRollout } from '../rollout/expectation.ts';
import { type FollowPorts, type FollowResult, followServiceDeployment } from '../rollout/follow.ts';
import type { FollowOptions } from '../rollout/follow-state.ts';
import type { RolloutOutcome } from '../rollout/outcome.ts';
import { refusedByAws } from '../rollout/refused-by-aws.ts';
import { rollOut } from '../rollout/roll-out.ts';
import { nameOf } from './history.ts';
import { noteBad, noteLeaving } from './leave-marks.ts';
import type { RollbackMode, RollbackPlan } from './plan.ts';
import { refusal } from './refusal.ts';
import type { RollbackRequest } from './request.ts';
import type { InFlight } from './way.ts';
import { applyWeights, type WeightsFacts } from './weights.ts';

export interface Carried {
  readonly outcome: RolloutOutcome;
  /** Empty where there was nothing to do. */
  readonly mode: RollbackMode | '';
  /** ARNs of task definitions, or of target groups. */
  readonly from: string;
  readonly to: string;
  readonly follow: FollowResult | undefined;
  /** What the plan was made on has changed before anything was done: to be planned anew. */
  readonly again?: true;
}

export interface CarryOutPorts extends FollowPorts {
  /** With retries: for the calls that are made once. */
  readonly patientAws: AwsCaller;
  readonly runId: string;
  /** Of the service when it was looked at. */
  readonly newestDeploymentId: string | undefined;
  /** Epoch milliseconds. */
  readonly deadlineAt: number;
}

type Actionable = Exclude<RollbackPlan, { kind: 'refuse' | 'zero-desired' }>;

export async function carryOut(
  request: RollbackRequest,
  ports: CarryOutPorts,
  service: ServiceFacts,
  plan: Actionable,
  weightsFacts: WeightsFacts | undefined,
): Promise<Carried> {
  const carried = await perform(request, ports, service, plan, weightsFacts);
  const badArn = badOf(plan, service);
  if (badArn !== undefined && isProven(carried)) await noteBad(ports, badArn, request.reason);
  return carried;
}

/** Here a rollback by ECS is what was asked for, once it was looked at. */
export function isProven({ outcome, mode }: Pick<Carried, 'outcome' | 'mode'>): boolean {
  if (outcome.kind === 'rolled-back') return mode === 'stop-in-flight';
  return outcome.kind === 'succeeded' || outcome.kind === 'no-change';
}

function badOf(plan: Actionable, service: ServiceFacts): string | undefined {
  switch (plan.kind) {
    // The service that was named is the one with the bad revision, whether it had the weight still or not.
    case 'weights':
    case 'weights-no-change':
      return service.taskDefinitionArn;
    default:
      return plan.badArn;
  }
}

async function perform(
  request: RollbackRequest,
  ports: CarryOutPorts,
  service: ServiceFacts,
  plan: Actionable,
  weightsFacts: WeightsFacts | undefined,
): Promise<Carried> {
  const from = service.taskDefinitionArn;
  switch (plan.kind) {
    case 'weights-no-change': {
      const { toGroupArn, healthyTargets: count } = plan.plan;
      const outcome = { kind: 'no-change', runningCount: count, desiredCount: count } as const;
      return { outcome, mode: 'weights', from, to: toGroupArn, follow: undefined };
    }
    case 'weights': {
      const { fromGroupArn, toGroupArn, healthyTargets: count, weights } = plan.plan;
      const applied = await applyWeights(ports.patientAws, weightsFacts!.forward, weights);
      const outcome: RolloutOutcome =
        applied === 'applied'
          ? { kind: 'succeeded', runningCount: count, desiredCount: count, protectedTaskIds: [] }
          : { kind: 'superseded', byTaskDefinitionArn: undefined };
      return { outcome, mode: 'weights', from: fromGroupArn, to: toGroupArn, follow: undefined };
    }
    case 'verify':
      return verify(request, ports, service);
    case 'stop':
      return stopAndGoOn(request, ports, service, plan);
    case 'rollout':
      return deployAgain(request, ports, service, plan.definition, plan.badArn);
  }
}

/** What the service was told to run serves: by an observation of its own. */
async function verify(
  request: RollbackRequest,
  ports: CarryOutPorts,
  service: ServiceFacts,
): Promise<Carried> {
  const arn = service.taskDefinitionArn;
  const base = { mode: 'rollout', from: arn, to: arn, follow: undefined } as const;
  const deployment = newestDeployment(service);
  const definition = await readTaskDefinition(ports.patientAws, arn, ports.cancelled);
  if (definition === undefined || deployment === undefined)
    return { ...base, outcome: deploymentEnded, again: true };
  const mode = deployment.rolloutState === 'IN_PROGRESS' ? 'rollout' : 'standing';
  const expected = expectRollout(request, definition, deployment, mode);
  const follow = await followServiceDeployment(ports, expected, followOptions(ports));
  const { outcome } = follow;
  return {
    ...base,
    outcome: outcome.kind === 'succeeded' ? { ...outcome, kind: 'no-change' } : outcome,
    follow,
  };
}

async function deployAgain(
  request: RollbackRequest,
  ports: CarryOutPorts,
  service: ServiceFacts,
  definition: RegisteredDefinition,
  badArn: string,
): Promise<Carried> {
  await noteLeaving(ports, badArn, ports);
  const { outcome, follow } = await rollOut(ports, {
    request: {
      cluster: request.cluster,
      service: request.service,
      desiredCount: undefined,
      forceNewDeployment: false,
      circuitBreaker: 'keep',
    },
    service,
    definition,
    // Where ECS has the revision as a failed newest one, only force starts it again.
    force: service.taskDefinitionArn === definition.arn,
    wait: true,
    options: followOptions(ports),
  });
  return { outcome, mode: 'rollout', from: badArn, to: definition.arn, follow };
}

/** Stops the deployment under way with ROLLBACK, sees it to its end, and goes on from there if need be. */
async function stopAndGoOn(
  request: RollbackRequest,
  ports: CarryOutPorts,
  service: ServiceFacts,
  plan: Extract<Actionable, { kind: 'stop' }>,
): Promise<Carried> {
  const stopped = await awaitStop(request, ports, service, plan.inFlight, plan.badArn);
  if (!['rolled-back', 'rollback-failed', 'stopped', 'succeeded'].includes(stopped.outcome.kind))
    return stopped;
  const after = await readServiceOrNothing(ports.patientAws, request, ports.cancelled);
  if (after === undefined) return stopped;
  const { next } = plan;
  const wanted = next?.arn ?? stopped.to;
  if (after.taskDefinitionArn === wanted && newestDeployment(after)?.rolloutState !== 'FAILED') {
    const proof = await verify(request, ports, after);
    const proven = proof.outcome.kind === 'no-change' && stopped.outcome.kind === 'rolled-back';
    return {
      ...proof,
      outcome: proven ? stopped.outcome : proof.outcome,
      mode: 'stop-in-flight',
      from: plan.badArn,
    };
  }
  if (next === undefined) {
    // The stop came too late, and the bad revision is there.
    return stopped.outcome.kind === 'succeeded'
      ? { ...stopped, outcome: deploymentEnded, again: true }
      : stopped;
  }
  say(
    ports,
    'rollback.going-on',
    `${nameOf(after.taskDefinitionArn)} serves; going on to ${nameOf(next.arn)}.`,
  );
  try {
    return await deployAgain(request, ports, after, next, plan.badArn);
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    const changed = `The deployment of ${nameOf(plan.badArn)} was stopped.`;
    return { ...stopped, outcome: { ...refusedByAws(error), changed } };
  }
}

async function awaitStop(
  request: RollbackRequest,
  ports: CarryOutPorts,
  service: ServiceFacts,
  inFlight: InFlight,
  badArn: string,
): Promise<Carried> {
  const { deployment } = inFlight;
  const base = {
    mode: 'stop-in-flight',
    from: badArn,
    to: inFlight.sourceArn ?? '',
    follow: undefined,
  } as const;
  const definition = await readTaskDefinition(ports.patientAws, service.taskDefinitionArn);
  const newest = newestDeployment(service);
  if (definition === undefined || newest === undefined)
    return { ...base, outcome: deploymentEnded, again: true };
  if (!/^(ROLLBACK|STOP)/.test(deployment.status)) {
    await noteLeaving(ports, badArn, ports);
    if (ports.cancelled.aborted) return { ...base, outcome: { kind: 'cancelled', aftermath: 'untouched' } };
    try {
      await stopServiceDeployment(ports.patientAws, deployment.arn, 'ROLLBACK');
    } catch (error) {
      // It ended between the look and the stop: there is another situation now.
      const ended = error instanceof AwsCallError && error.code === 'ConflictException';
      if (!ended) throw error;
      return { ...base, outcome: deploymentEnded, again: true };
    }
  }
  const expected = expectRollout(request, definition, newest, 'rollout', deployment.arn);
  const follow = await followServiceDeployment(ports, expected, { ...followOptions(ports), failFast: false });
  return { ...base, outcome: follow.outcome, follow };
}

const deploymentEnded: RolloutOutcome = {
  ...refusal(
    'deployment-ended',
    'What was under way ended each time while it was looked at or stopped.',
    'Run the job again.',
  ),
  kind: 'refused',
};

/** A way back is left to ECS where this job has to end: it is the way out already. */
function followOptions(ports: CarryOutPorts): Partial<FollowOptions> {
  const timeoutMs = Math.max(1000, ports.deadlineAt - ports.clock.now());
  return { timeoutMs, onFailure: 'leave', onCancel: 'leave' };
}

function say(ports: FollowPorts, code: string, message: string): void {
  ports.record({ at: ports.clock.now(), code, level: 'info', message });
}
