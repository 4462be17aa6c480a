/**
 * One rollout from a definition to an outcome: start it, follow it, and where the new revision is left
 * standing without a way back of ECS's own, go back by deploying the former one. Used by rolling-deploy and
 * rollback.
 */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import type { ServiceFacts } from '../aws/ecs-service.ts';
import { type RegisteredDefinition, readTaskDefinition } from '../aws/ecs-task-definition.ts';
import { patient, withRetries } from '../aws/retry.ts';
import { withWholeWrites } from '../aws/whole-writes.ts';
import type { KitEvent } from '../report/event.ts';
import { expectRollout } from './expectation.ts';
import { type FollowPorts, type FollowResult, followServiceDeployment } from './follow.ts';
import { defaultFollowOptions, type FollowOptions } from './follow-state.ts';
import { beginning } from './handover.ts';
import type { FollowOutcome, RolloutOutcome } from './outcome.ts';
import { type RolloutRequest, revisionName } from './plan.ts';
import { updateInput, updateOnce } from './start.ts';

/** Writes are kept up longer than reads: giving up half-way is the worse end. */
const persistent = { ...patient, totalMs: 300_000 };

export interface RolloutResult {
  readonly outcome: RolloutOutcome;
  readonly follow: FollowResult | undefined;
  readonly deploymentId: string | undefined;
  readonly serviceDeploymentArn: string | undefined;
}

export interface RolloutOrder {
  readonly request: RolloutRequest;
  readonly service: ServiceFacts;
  readonly definition: RegisteredDefinition;
  readonly force: boolean;
  readonly wait: boolean;
  readonly options: Partial<FollowOptions>;
}

/** A cancelled job has about ten seconds: what is not answered by then is left to the post step. */
const hurryMs = 2500;

export function retrying(ports: FollowPorts): AwsCaller {
  const { clock, random, cancelled } = ports;
  const hurry = { signal: cancelled, totalMs: hurryMs };
  return withRetries(withWholeWrites(ports.aws, clock), { clock, random, hurry }, persistent);
}

/** Rejects with `AwsCallError` only while nothing has begun. */
export async function rollOut(ports: FollowPorts, order: RolloutOrder): Promise<RolloutResult> {
  const { request, service, definition } = order;
  const tell = (code: string, level: KitEvent['level'], message: string): void =>
    ports.record({ at: ports.clock.now(), code, level, message });
  const nothing = { follow: undefined, deploymentId: undefined, serviceDeploymentArn: undefined };
  if (ports.cancelled.aborted) {
    return { outcome: { kind: 'cancelled', aftermath: 'untouched' }, ...nothing };
  }
  const aws = retrying(ports);
  const change = updateInput(request, service, definition.arn, order.force);
  ports.handover?.open(beginning(service, definition.arn, order.options.onCancel ?? 'rollback'));
  const deployment = await updateOnce(
    { aws, clock: ports.clock, cancelled: ports.cancelled },
    service,
    change,
  );
  if (deployment === undefined) {
    return { outcome: { kind: 'superseded', byTaskDefinitionArn: undefined }, ...nothing };
  }
  const stood = service.deployments.some((each) => each.id === deployment.id);
  if (stood) ports.handover?.change({ wanted: 'leave' });
  else ports.handover?.change({ deployment: { id: deployment.id, createdAt: deployment.createdAt } });
  tell(
    'rollout.started',
    'info',
    stood
      ? `Service ${service.name} updated; ${revisionName(definition)} is deployed already.`
      : `Service ${service.name} updated: ECS deploys ${revisionName(definition)}.`,
  );
  const expected = expectRollout(request, definition, deployment, stood ? 'standing' : 'rollout');
  if (!order.wait) {
    return {
      outcome: { kind: 'started' },
      follow: undefined,
      deploymentId: deployment.id,
      // Finding it takes two calls more, which nobody waits for here.
      serviceDeploymentArn: undefined,
    };
  }
  const follow = await followServiceDeployment(ports, expected, order.options);
  const outcome = needsWayBack(order, follow)
    ? await goBack(ports, order, { reason: reasonOf(follow.outcome), outcome: follow.outcome, by: 'ecs' })
    : follow.outcome;
  return {
    outcome,
    follow,
    deploymentId: deployment.id,
    serviceDeploymentArn: follow.serviceDeploymentArn,
  };
}

/**
 * ECS stopped it by its own detection without rolling back, or called it done and it is not: there is no
 * deployment left that could be stopped with ROLLBACK.
 */
function needsWayBack(
  order: Pick<RolloutOrder, 'options' | 'service' | 'definition'>,
  follow: FollowResult,
): boolean {
  if ((order.options.onFailure ?? 'rollback') !== 'rollback') return false;
  if (order.service.taskDefinitionArn === order.definition.arn) return false;
  const deployment = follow.last.serviceDeployment;
  const { outcome } = follow;
  if (outcome.kind === 'stopped') {
    const byDetection = /circuit breaker|alarm|tasks? failed/i.test(outcome.reason);
    return (
      deployment?.status === 'STOPPED' && (byDetection || (deployment.triggeredAlarmNames.length ?? 0) > 0)
    );
  }
  const given = (outcome.kind === 'timed-out' && outcome.aftermath === 'left') || outcome.kind === 'failed';
  return given && deployment?.status === 'SUCCESSFUL';
}

export interface WayBack {
  readonly reason: string;
  /** What it is where there is no time left for a way back. */
  readonly outcome: FollowOutcome;
  /** ECS had ended the deployment by itself; absent: it had gone well, and its revision did not. */
  readonly by?: 'ecs';
}

/** Deploys the revision that served before, once ECS is done with the one after it. */
export async function goBack(
  ports: FollowPorts,
  order: RolloutOrder,
  { reason, outcome: failed, by }: WayBack,
): Promise<RolloutOutcome> {
  try {
    const aws = retrying(ports);
    const former = await readTaskDefinition(aws, order.service.taskDefinitionArn);
    if (former === undefined || former.status !== 'ACTIVE') {
      return {
        kind: 'rollback-failed',
        reason: `${reason} The former task definition is not active any more.`,
      };
    }
    ports.record({
      at: ports.clock.now(),
      code: 'rollout.going-back',
      level: 'warning',
      message: `${by === 'ecs' ? 'ECS does not roll back by itself: deploying' : 'Deploying'} ${revisionName(former)} again.`,
    });
    // A cancelled job still has the time for one call, and not for its end.
    const cancelled = ports.cancelled.aborted;
    if (cancelled && (order.options.onCancel ?? 'rollback') !== 'rollback') return failed;
    ports.handover?.change({ wanted: 'rollback', goingBack: true });
    // The way back is not held to alarms that went off before it, and is what the post step would do, too.
    const { alarms: _alarms, handover: _handover, ...without } = ports;
    const backPorts = cancelled ? { ...without, cancelled: new AbortController().signal } : without;
    const back = await rollOut(backPorts, {
      ...order,
      request: { ...order.request, desiredCount: undefined, circuitBreaker: 'keep' },
      definition: former,
      force: false,
      wait: !cancelled,
      // It gets all its time, and a cancelled job leaves it to ECS: it is the way out already.
      options: {
        ...order.options,
        timeoutMs: order.options.recoveryTimeoutMs ?? defaultFollowOptions.recoveryTimeoutMs,
        onFailure: 'leave',
        onCancel: 'leave',
      },
    });
    if (back.outcome.kind === 'succeeded' || back.outcome.kind === 'no-change') {
      return failed.kind === 'timed-out'
        ? { ...failed, aftermath: 'rolled-back' }
        : { kind: 'rolled-back', by: 'this-run', reason };
    }
    if (back.outcome.kind === 'started' || back.outcome.kind === 'cancelled') {
      const untouched = back.outcome.kind === 'cancelled' && back.outcome.aftermath === 'untouched';
      return { kind: 'cancelled', aftermath: untouched ? 'stopped' : 'rolling-back' };
    }
    if (['superseded', 'zero-desired', 'stopped'].includes(back.outcome.kind)) return back.outcome;
    return { kind: 'rollback-failed', reason: `${reason} The way back ended as ${back.outcome.kind}.` };
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return {
      kind: 'rollback-failed',
      reason: `${reason} The way back failed: ${error.operation}: ${error.reason}`,
    };
  }
}

function reasonOf(outcome: FollowOutcome): string {
  if (outcome.kind === 'stopped') return outcome.reason;
  return outcome.kind === 'timed-out' ? `Not proven: ${outcome.missing.join('; ')}.` : '';
}
