/** Carries out the plan of one service whose definition is registered: deploys it, or follows what is there. */
import { AwsCallError } from '../aws/call-error.ts';
import type { ServiceFacts } from '../aws/ecs-service.ts';
import type { RegisteredDefinition } from '../aws/ecs-task-definition.ts';
import type { RollingDeployRequest } from '../inputs/rolling-deploy.ts';
import type { ReportSection } from '../report/report.ts';
import { afterWatch, type Watch } from './aftercare.ts';
import { heldBackNote, withoutWayBack } from './breaking-schema.ts';
import { expectRollout } from './expectation.ts';
import { type FollowPorts, followServiceDeployment } from './follow.ts';
import type { FollowOptions, GiveUpAction } from './follow-state.ts';
import type { Guarded } from './guards.ts';
import { beginning } from './handover.ts';
import type { RolloutOutcome } from './outcome.ts';
import { type RolloutPlan, type RolloutRequest, revisionName } from './plan.ts';
import { hindrance, type Prepared } from './prepare.ts';
import { cancelledBy, leftBehind, refusedByAws } from './refused-by-aws.ts';
import { type RolloutResult, rollOut } from './roll-out.ts';

/** How it went for one service. */
export interface ServiceResult {
  /** As ECS names it, or as it was asked for where ECS does not know it. */
  readonly name: string;
  readonly outcome: RolloutOutcome;
  readonly result: RolloutResult | undefined;
  readonly service: ServiceFacts | undefined;
  /** The revision that was to serve; undefined where it was not registered. */
  readonly definition: RegisteredDefinition | undefined;
  /** What else the report shows of it: the log of the pre-deploy task. */
  readonly sections?: readonly ReportSection[];
  /** This run has registered it. */
  readonly fresh: boolean;
  /** What is said after the outcome: why it was not rolled back. */
  readonly note?: string;
}

export function resultOf(
  prepared: Prepared,
  outcome: RolloutOutcome,
  more: Partial<Pick<ServiceResult, 'result' | 'definition' | 'sections' | 'fresh' | 'note'>> = {},
): ServiceResult {
  return {
    name: prepared.service?.name ?? prepared.target.service,
    outcome,
    result: undefined,
    service: prepared.service,
    definition: prepared.definition,
    fresh: false,
    ...more,
  };
}

/** `registered` is the definition of this service where this run made it. */
export async function carryOut(
  request: RollingDeployRequest,
  prepared: Guarded,
  registered: RegisteredDefinition | undefined,
  ports: FollowPorts,
  watch?: Watch,
): Promise<ServiceResult> {
  const result = await begin(request, prepared, registered, ports, watch);
  ports.handover?.close(result.outcome);
  return result;
}

async function begin(
  request: RollingDeployRequest,
  prepared: Guarded,
  registered: RegisteredDefinition | undefined,
  ports: FollowPorts,
  watch: Watch | undefined,
): Promise<ServiceResult> {
  const { plan } = prepared;
  if (plan.kind === 'refuse' || plan.kind === 'zero-desired') return resultOf(prepared, hindrance(plan)!);
  const definition = registered ?? plan.definition!;
  const options = followOptions(request, prepared.schema);
  try {
    const order =
      plan.kind === 'deploy'
        ? {
            request: prepared.request,
            service: prepared.service!,
            definition,
            force: plan.force,
            wait: request.wait,
            options,
          }
        : undefined;
    const rolledOut =
      plan.kind === 'deploy'
        ? await rollOut(ports, order!)
        : await followStanding(prepared.request, prepared.service!, request.wait, options, ports, plan);
    const result = await afterWatch(rolledOut, watch, definition.arn, order, ports);
    const outcome: RolloutOutcome =
      result.outcome.kind === 'zero-desired' && request.allowZeroDesired
        ? { kind: 'zero-desired', allowed: true }
        : result.outcome;
    const note = prepared.schema === 'breaking' ? heldBackNote(outcome, request) : undefined;
    const fresh = registered !== undefined;
    return resultOf(prepared, outcome, {
      result,
      definition,
      fresh,
      ...(note === undefined ? {} : { note }),
    });
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    const outcome: RolloutOutcome = ports.cancelled.aborted
      ? cancelledBy(error)
      : { ...refusedByAws(error), ...leftBehind(error, registered === undefined ? [] : [registered]) };
    return resultOf(prepared, outcome, { definition });
  }
}

/** Follows what is there already: an observation of its own proves it. */
async function followStanding(
  request: RolloutRequest,
  service: ServiceFacts,
  wait: boolean,
  options: Partial<FollowOptions>,
  ports: FollowPorts,
  plan: Extract<RolloutPlan, { kind: 'verify' | 'attach' }>,
): Promise<RolloutResult> {
  const mode = plan.kind === 'attach' ? 'rollout' : 'standing';
  ports.record({
    at: ports.clock.now(),
    code: mode === 'rollout' ? 'rollout.attached' : 'rollout.verifying',
    level: 'info',
    message:
      mode === 'rollout'
        ? `${revisionName(plan.definition)} is being deployed already: following that deployment.`
        : `${revisionName(plan.definition)} is deployed already: looking at its tasks.`,
  });
  const deploymentId = plan.deployment.id;
  if (mode === 'rollout' && !wait) {
    const nothing = { follow: undefined, serviceDeploymentArn: undefined };
    return { outcome: { kind: 'started' }, deploymentId, ...nothing };
  }
  const expected = expectRollout(request, plan.definition, plan.deployment, mode);
  if (mode === 'rollout') {
    ports.handover?.open({
      ...beginning(service, plan.definition.arn, options.onCancel ?? 'rollback'),
      deployment: { id: deploymentId, createdAt: plan.deployment.createdAt },
    });
  }
  const follow = await followServiceDeployment(ports, expected, options);
  const outcome: RolloutOutcome =
    mode === 'standing' && follow.outcome.kind === 'succeeded'
      ? { ...follow.outcome, kind: 'no-change' }
      : follow.outcome;
  return { outcome, follow, deploymentId, serviceDeploymentArn: follow.serviceDeploymentArn };
}

function followOptions(request: RollingDeployRequest, schema: Guarded['schema']): Partial<FollowOptions> {
  const choice = (given: GiveUpAction): GiveUpAction =>
    schema === 'breaking' ? withoutWayBack(given) : given;
  return {
    timeoutMs: request.timeoutMs,
    pollInterval: request.pollInterval,
    onFailure: choice(request.onFailure),
    onCancel: choice(request.onCancel),
    failFast: request.failFast,
    failFastTasks: request.failFastTasks,
    failFastCauses: request.failFastCauses,
  };
}
