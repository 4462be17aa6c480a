/** Carries a plan out: weights, the stop of what is under way, a rollout, or the proof that all is there. */
import { AwsCallError } from '../aws/call-error.ts';
import type { ServiceFacts } from '../aws/ecs-service.ts';
import { unobserved } from '../rollout/ends.ts';
import type { RolloutOutcome } from '../rollout/outcome.ts';
import { noteBad } from './leave-marks.ts';
import type { RollbackPlan } from './plan.ts';
import type { RollbackRequest } from './request.ts';
import { type Carried, type CarryOutPorts, deployAgain, verify } from './serve.ts';
import { stopAndGoOn } from './stop-in-flight.ts';
import { applyWeights, type WeightsFacts } from './weights.ts';

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
          : applied instanceof AwsCallError
            ? unobserved(applied)
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
