/** The pre-deploy task as a part of a rolling deploy: planned with the services, run once for all of them. */
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { PreDeployRequest } from '../inputs/pre-deploy.ts';
import { formatDuration } from '../report/duration.ts';
import type { FollowPorts } from './follow.ts';
import { type PreDeployOrder, preDeployContainer, type RunIdentity } from './pre-deploy-order.ts';
import type { PreDeployResult } from './pre-deploy-result.ts';
import { runPreDeployTask } from './pre-deploy-task.ts';
import type { Prepared } from './prepare.ts';
import type { Registrations } from './register-all.ts';

/**
 * Adds it to the plans: as a step, or as a refusal where the container is not clear. With several services it
 * runs once, as the first of them; where none is to be deployed it does not run. Pure.
 */
export function withPreDeploy(
  prepared: readonly Prepared[],
  request: PreDeployRequest | undefined,
): readonly Prepared[] {
  const [first] = prepared;
  const target = prepared.find((each) => each.plan.kind === 'deploy');
  if (request === undefined || first === undefined || target === undefined) return prepared;
  const found = preDeployContainer(containersOf(first), request.container);
  if (found.kind === 'refuse') {
    return prepared.map((each) => (each === first ? { ...each, plan: found } : each));
  }
  const step = `Run ${JSON.stringify(request.command)} once in container ${found.name} of that revision, for at most ${formatDuration(request.timeoutMs)}; only if it ends with exit code 0 the service is updated.`;
  return prepared.map((each) =>
    each === target && each.plan.kind === 'deploy'
      ? { ...each, plan: { ...each.plan, steps: withStep(each.plan.steps, step) } }
      : each,
  );
}

/** Undefined where nothing is to be run. */
export async function preDeploy(
  ports: FollowPorts,
  request: PreDeployRequest | undefined,
  prepared: readonly Prepared[],
  registrations: Extract<Registrations, { kind: 'registered' }>,
  run: RunIdentity,
): Promise<PreDeployResult | undefined> {
  const [first] = prepared;
  if (request === undefined || !prepared.some((each) => each.plan.kind === 'deploy')) return undefined;
  const definition = registrations.of(first!) ?? first!.definition!;
  const container = preDeployContainer(definition.definition.containerDefinitions ?? [], request.container);
  if (container.kind === 'refuse') throw new Error(container.reason);
  const order: PreDeployOrder = {
    cluster: first!.request.cluster,
    service: first!.service!,
    definition,
    request,
    container: container.name,
    run,
  };
  return runPreDeployTask(ports, order);
}

function containersOf({ plan, definition }: Prepared): readonly ContainerDefinition[] {
  const input = plan.kind === 'deploy' ? plan.register : undefined;
  return input?.containerDefinitions ?? definition?.definition.containerDefinitions ?? [];
}

/** After the registration, before the update. */
function withStep(steps: readonly string[], step: string): readonly string[] {
  const at = steps.findIndex((each) => each.startsWith('Update service'));
  return at < 0 ? [...steps, step] : [...steps.slice(0, at), step, ...steps.slice(at)];
}
