/** The bad revision is still being rolled out: ECS takes it back, and the way goes on from there if need be. */
import { AwsCallError } from '../aws/call-error.ts';
import { newestDeployment, readServiceOrNothing, type ServiceFacts } from '../aws/ecs-service.ts';
import { stopServiceDeployment } from '../aws/ecs-service-deployments.ts';
import { readTaskDefinition } from '../aws/ecs-task-definition.ts';
import { expectRollout } from '../rollout/expectation.ts';
import { type FollowPorts, followServiceDeployment } from '../rollout/follow.ts';
import { refusedByAws } from '../rollout/refused-by-aws.ts';
import { nameOf } from './history.ts';
import { noteLeaving } from './leave-marks.ts';
import type { RollbackPlan } from './plan.ts';
import type { RollbackRequest } from './request.ts';
import {
  type Carried,
  type CarryOutPorts,
  deployAgain,
  deploymentEnded,
  followOptions,
  verify,
} from './serve.ts';
import type { InFlight } from './way.ts';

/** Stops the deployment under way with ROLLBACK, sees it to its end, and goes on from there if need be. */
export async function stopAndGoOn(
  request: RollbackRequest,
  ports: CarryOutPorts,
  service: ServiceFacts,
  plan: Extract<RollbackPlan, { kind: 'stop' }>,
): Promise<Carried> {
  const stopped = await awaitStop(request, ports, service, plan.inFlight, plan.badArn);
  if (!['rolled-back', 'rollback-failed', 'stopped', 'succeeded'].includes(stopped.outcome.kind))
    return stopped;
  const after = await readServiceOrNothing(ports.patientAws, request, ports.cancelled);
  if (after === undefined) return { ...stopped, outcome: deploymentEnded, again: true };
  const { next } = plan;
  const serves = after.taskDefinitionArn;
  // Where nothing is named, ECS knows best what it has gone back to: anything but the bad one.
  const there = next === undefined ? stopped.outcome.kind === 'rolled-back' : serves === next.arn;
  if (there && serves !== plan.badArn && newestDeployment(after)?.rolloutState !== 'FAILED') {
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
    // The stop came too late, or somebody has deployed since: the bad revision is there.
    return ['succeeded', 'rolled-back'].includes(stopped.outcome.kind)
      ? { ...stopped, outcome: deploymentEnded, again: true }
      : stopped;
  }
  say(ports, 'rollback.going-on', `${nameOf(serves)} serves; going on to ${nameOf(next.arn)}.`);
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

function say(ports: FollowPorts, code: string, message: string): void {
  ports.record({ at: ports.clock.now(), code, level: 'info', message });
}
