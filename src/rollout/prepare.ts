/**
 * Everything that can be found out before anything is changed: the services as they are, the definitions that
 * are to serve, and a plan for each service. One service that cannot be deployed keeps all from beginning.
 */
import { AwsCallError } from '../aws/call-error.ts';
import { readServiceOrNothing, type ServiceFacts } from '../aws/ecs-service.ts';
import type { RegisteredDefinition, TaggedDefinition } from '../aws/ecs-task-definition.ts';
import type { RollingDeployRequest, RolloutTarget } from '../inputs/rolling-deploy.ts';
import { type FilePorts, resolveOnce } from './definitions.ts';
import type { FollowPorts } from './follow.ts';
import { withNativeDeployment } from './native-deployment.ts';
import type { RolloutOutcome } from './outcome.ts';
import { planRollout, type RolloutPlan, type RolloutRequest, revisionName, serviceRefusal } from './plan.ts';
import { refusedByAws } from './refused-by-aws.ts';
import { retrying } from './roll-out.ts';

export interface Prepared {
  readonly target: RolloutTarget;
  readonly request: RolloutRequest;
  readonly service: ServiceFacts | undefined;
  /** The revision that is to serve, where ECS has it already. */
  readonly definition: RegisteredDefinition | undefined;
  /** The revision that was read for that, with its tags: often the one that serves now. */
  readonly read: TaggedDefinition | undefined;
  /** When the service was looked at, no later than this. */
  readonly lookedAt: number;
  readonly plan: RolloutPlan;
}

export async function prepare(
  request: RollingDeployRequest,
  ports: FollowPorts,
  files: Pick<FilePorts, 'readFile'>,
): Promise<readonly Prepared[]> {
  const aws = retrying(ports);
  const resolve = resolveOnce(aws, files, ports.cancelled);
  const one = async (target: RolloutTarget): Promise<Prepared> => {
    const own: RolloutRequest = { ...request, service: target.service };
    // Read beside the service: whether it is needed shows a round trip later.
    const resolving = resolve(target.taskDefinition);
    resolving.catch(() => undefined);
    let known: Omit<Prepared, 'plan'> = {
      target,
      request: own,
      service: undefined,
      definition: undefined,
      read: undefined,
      lookedAt: ports.clock.now(),
    };
    try {
      known = { ...known, service: await readServiceOrNothing(aws, own, ports.cancelled) };
      const refused = serviceRefusal(own, known.service);
      if (refused !== undefined && known.service !== undefined) {
        const query = { cluster: own.cluster, service: own.service };
        const told = await withNativeDeployment(aws, query, known.service, refused, ports.cancelled);
        return { ...known, plan: told };
      }
      if (refused !== undefined) return { ...known, plan: refused };
      const wanted = await resolving;
      if (wanted.kind !== 'missing') known = { ...known, read: wanted.read };
      if (wanted.kind === 'registered') known = { ...known, definition: wanted.definition };
      return { ...known, plan: planRollout(own, known.service, wanted) };
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      return { ...known, plan: { ...refusedByAws(error), kind: 'refuse' } };
    }
  };
  return Promise.all(request.targets.map(one));
}

/** What keeps a service from being deployed, as its outcome; undefined where nothing does. */
export function hindrance(plan: RolloutPlan): RolloutOutcome | undefined {
  switch (plan.kind) {
    case 'refuse':
      return { ...plan, kind: 'refused' };
    case 'zero-desired':
      return { kind: 'zero-desired' };
    default:
      return undefined;
  }
}

/** The outcome of a service that could be deployed and was not, because others could not. */
export function heldBackBy(others: readonly string[]): RolloutOutcome {
  return {
    kind: 'refused',
    code: 'held-back',
    reason: `Services of one run are begun together, and ${others.join(', ')} cannot be deployed.`,
    remedy: 'Correct what stands in the way there, or deploy the services in runs of their own.',
  };
}

/** What a dry run tells. */
export function plannedOutcome(plan: RolloutPlan): RolloutOutcome {
  switch (plan.kind) {
    case 'verify':
      return { kind: 'planned', steps: [`Change nothing: ${revisionName(plan.definition)} is deployed.`] };
    case 'attach':
      return {
        kind: 'planned',
        steps: [`Change nothing: ${revisionName(plan.definition)} is being deployed already.`],
      };
    case 'deploy':
      return { kind: 'planned', steps: plan.steps };
    default:
      return hindrance(plan)!;
  }
}
