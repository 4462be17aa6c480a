/** The two ends of every way back: a revision is deployed again, or what is there is proven to serve. */
import type { AwsCaller } from '../aws/caller.ts';
import { newestDeployment, type ServiceFacts } from '../aws/ecs-service.ts';
import { type RegisteredDefinition, readTaskDefinition } from '../aws/ecs-task-definition.ts';
import { expectRollout } from '../rollout/expectation.ts';
import { type FollowPorts, type FollowResult, followServiceDeployment } from '../rollout/follow.ts';
import type { FollowOptions } from '../rollout/follow-state.ts';
import type { RolloutOutcome } from '../rollout/outcome.ts';
import { rollOut } from '../rollout/roll-out.ts';
import { noteLeaving } from './leave-marks.ts';
import type { RollbackMode } from './plan.ts';
import { refusal } from './refusal.ts';
import type { RollbackRequest } from './request.ts';

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

/** What the service was told to run serves: by an observation of its own. */
export async function verify(
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

export async function deployAgain(
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

export const deploymentEnded: RolloutOutcome = {
  ...refusal(
    'deployment-ended',
    'What was under way ended each time while it was looked at or stopped.',
    'Run the job again.',
  ),
  kind: 'refused',
};

/** A way back is left to ECS where this job has to end: it is the way out already. */
export function followOptions(ports: CarryOutPorts): Partial<FollowOptions> {
  const timeoutMs = Math.max(1000, ports.deadlineAt - ports.clock.now());
  return { timeoutMs, onFailure: 'leave', onCancel: 'leave' };
}
