/** Reads how a service stands before anything is decided. */
import type { AwsCaller } from '../aws/caller.ts';
import type { ServiceFacts } from '../aws/ecs-service.ts';
import { isTerminal, readServiceDeployments, readServiceRevisions } from '../aws/ecs-service-deployments.ts';
import { type OtherGroup, readOtherGroup } from './other-group.ts';
import { namesBetween, readKnown, readOnly } from './read.ts';
import type { RollbackRequest } from './request.ts';
import type { InFlight, Standing } from './way.ts';
import { planWeights, readWeightsFacts, type WeightsFacts, type WeightsPlan } from './weights.ts';

export interface StandingRead {
  readonly standing: Standing;
  readonly weightsFacts: WeightsFacts | undefined;
  /** What is worth saying about the reading itself. */
  readonly notes: readonly string[];
}

export async function readStanding(
  aws: AwsCaller,
  request: RollbackRequest,
  service: ServiceFacts,
  runId: string,
  signal: AbortSignal,
): Promise<StandingRead> {
  const byWeight = await readByWeight(aws, request, service, signal);
  const inFlight = await readInFlight(aws, service, signal);
  const named = [
    request.from,
    request.to.kind === 'revision' ? request.to.name : undefined,
    inFlight?.targetArn,
    inFlight?.sourceArn,
  ].filter((each) => each !== undefined);
  const known = await (goesByWeight(byWeight, request)
    ? readOnly(aws, request, service.taskDefinitionArn, [...named, ...crossedBy(byWeight, service)], signal)
    : readKnown(aws, request, service.taskDefinitionArn, named, signal));
  return {
    standing: {
      service,
      weights: byWeight.plan,
      otherGroup: byWeight.otherGroup,
      inFlight,
      known,
      runId,
    },
    weightsFacts: byWeight.facts,
    notes: byWeight.notes,
  };
}

/** Revisions between two that are looked at for a breaking change: in a pair they follow each other. */
const crossedLimit = 10;

function goesByWeight({ plan, otherGroup }: ByWeight, { to }: RollbackRequest): boolean {
  if (plan?.kind === 'no-change') return true;
  return plan?.kind === 'shift' && (to.kind === 'weights' || otherGroup?.bad !== true);
}

function crossedBy({ otherGroup }: ByWeight, service: ServiceFacts): readonly string[] {
  if (otherGroup === undefined) return [];
  const target = otherGroup.taskDefinitionArn;
  return [target, ...namesBetween(service.taskDefinitionArn, target, crossedLimit)];
}

interface ByWeight {
  readonly facts: WeightsFacts | undefined;
  readonly plan: WeightsPlan | undefined;
  readonly otherGroup: OtherGroup | undefined;
  readonly notes: readonly string[];
}

async function readByWeight(
  aws: AwsCaller,
  request: RollbackRequest,
  service: ServiceFacts,
  signal: AbortSignal,
): Promise<ByWeight> {
  const { location, to } = request;
  if (request.mode === 'list' || location === undefined || !['auto', 'weights'].includes(to.kind)) {
    return { facts: undefined, plan: undefined, otherGroup: undefined, notes: [] };
  }
  const groups = service.loadBalancers.map((each) => each.targetGroupArn);
  const facts = await readWeightsFacts(aws, location, groups);
  const plan = planWeights(facts, request.targetGroupArn, to.kind === 'auto');
  if (plan.kind === 'unfit') {
    return {
      facts,
      plan,
      otherGroup: undefined,
      notes: to.kind === 'auto' ? [`Not by weight: ${plan.why}`] : [],
    };
  }
  if (plan.kind === 'no-change') return { facts, plan, otherGroup: undefined, notes: [] };
  const { cluster, otherService } = request;
  const currentTaskDefinitionArn = service.taskDefinitionArn;
  const at = { cluster, service: request.service, otherService, currentTaskDefinitionArn };
  const health = facts.health.find((each) => each.targetGroupArn === plan.toGroupArn);
  const lookup = await readOtherGroup(aws, at, health, signal);
  return lookup.kind === 'found'
    ? { facts, plan, otherGroup: lookup.group, notes: [] }
    : {
        facts,
        plan,
        otherGroup: undefined,
        notes: [`What stands behind the other group is not checked: ${lookup.why}.`],
      };
}

async function readInFlight(
  aws: AwsCaller,
  service: ServiceFacts,
  signal: AbortSignal,
): Promise<InFlight | undefined> {
  const arn = service.currentServiceDeploymentArn;
  if (arn === undefined) return undefined;
  const [deployment] = await readServiceDeployments(aws, [arn], signal);
  if (deployment === undefined || isTerminal(deployment.status)) return undefined;
  const target = deployment.target?.arn;
  const source = deployment.sources[0]?.arn;
  const arns = [target, source].filter((each) => each !== undefined);
  const revisions = await readServiceRevisions(aws, arns, signal);
  const definitionOf = (revisionArn: string | undefined): string | undefined =>
    revisions.find((each) => each.arn === revisionArn)?.taskDefinitionArn;
  return { deployment, targetArn: definitionOf(target), sourceArn: definitionOf(source) };
}
