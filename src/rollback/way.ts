/**
 * Which way a rollback has to go, from how the service stands: by weight, by stopping what is under way, by a
 * rollout, or not at all because it was gone back already. Pure; the target itself is chosen after it.
 */
import type { ServiceFacts } from '../aws/ecs-service.ts';
import type { ServiceDeploymentFacts } from '../aws/ecs-service-deployments.ts';
import type { Refusal } from '../rollout/plan.ts';
import type { Candidate } from './candidates.ts';
import { deployedSince, deploymentOf, nameOf } from './history.ts';
import type { OtherGroup } from './other-group.ts';
import { isRevision, type Known } from './read.ts';
import { refusal } from './refusal.ts';
import { isFound, type RollbackRequest, type RollbackTarget } from './request.ts';
import type { WeightsPlan } from './weights.ts';

/** The service deployment under way. */
export interface InFlight {
  readonly deployment: ServiceDeploymentFacts;
  /** Task definitions that it goes to and comes from; undefined where ECS does not say. */
  readonly targetArn: string | undefined;
  readonly sourceArn: string | undefined;
}

export interface Standing {
  readonly service: ServiceFacts;
  /** Undefined where no rule was named. */
  readonly weights: WeightsPlan | undefined;
  /** What stands behind the group that the weight would go to; undefined where that is not known. */
  readonly otherGroup: OtherGroup | undefined;
  readonly inFlight: InFlight | undefined;
  readonly known: Known;
  /** The workflow run this is part of, and which attempt of it: `4711/2`; empty outside of one. */
  readonly runId: string;
}

export type Way =
  | Refusal
  | { readonly kind: 'zero-desired' }
  | { readonly kind: 'weights'; readonly plan: Extract<WeightsPlan, { kind: 'shift' }> }
  | { readonly kind: 'weights-no-change'; readonly plan: Extract<WeightsPlan, { kind: 'no-change' }> }
  /** It was left already: what serves is to be verified. `badArn`: what was left, where that is known. */
  | { readonly kind: 'stay'; readonly why: string; readonly badArn: string | undefined }
  /** What is under way ends by a rollback of ECS's own; where that leads is not enough with `target`. */
  | {
      readonly kind: 'stop';
      readonly inFlight: InFlight;
      readonly badArn: string;
      readonly next: 'stay' | 'target';
    }
  | { readonly kind: 'target'; readonly badArn: string };

export function decideWay(request: Pick<RollbackRequest, 'to' | 'from'>, standing: Standing): Way {
  const { service, inFlight, known } = standing;
  const { to, from } = request;
  const weights = weightsOf(standing, to);
  const currentArn = service.taskDefinitionArn;
  const runs = [currentArn, inFlight?.targetArn].filter((each) => each !== undefined);
  if (from !== undefined && !runs.some((arn) => isRevision(arn, from))) {
    return stay(service, {
      why: `${nameOf(from)} is not what ${service.name} runs: it was left already.`,
      badArn: known.candidates.find((each) => isRevision(each.taskDefinitionArn, from))?.taskDefinitionArn,
    });
  }
  if (to.kind === 'weights' || to.kind === 'auto') {
    if (weights?.kind === 'shift') return { kind: 'weights', plan: weights };
    if (weights?.kind === 'no-change') return { kind: 'weights-no-change', plan: weights };
    if (to.kind === 'weights') {
      return refusal(
        weights?.code ?? 'no-rule',
        weights?.why ?? 'No rule was named.',
        'Use to: previous-good, which deploys the former revision.',
      );
    }
  }
  if (inFlight !== undefined) return wayInFlight(request, standing, inFlight);
  if (isFound(to) && from === undefined) {
    const left = leftAlready(standing);
    if (left !== undefined) return stay(service, left);
  }
  if (service.desiredCount === 0) return { kind: 'zero-desired' };
  return { kind: 'target', badArn: unfinished(known, standing.runId) ?? currentArn };
}

/** By itself no weight goes to what is known to be bad; who asks for weights has decided that. */
function weightsOf({ weights, otherGroup }: Standing, to: RollbackTarget): WeightsPlan | undefined {
  if (weights?.kind !== 'shift' || otherGroup?.bad !== true || to.kind !== 'auto') return weights;
  const why = `${nameOf(otherGroup.taskDefinitionArn)} behind the other group is marked bad.`;
  return { kind: 'unfit', code: 'other-group-bad', why };
}

function wayInFlight(
  { to, from }: Pick<RollbackRequest, 'to' | 'from'>,
  { service, known }: Standing,
  inFlight: InFlight,
): Way {
  const { deployment, sourceArn } = inFlight;
  const targetArn = inFlight.targetArn ?? service.taskDefinitionArn;
  const find = (arn: string | undefined): Candidate | undefined =>
    known.candidates.find((each) => each.taskDefinitionArn === arn);
  const forward = !/^(ROLLBACK|STOP)/.test(deployment.status);
  if (
    forward &&
    isFound(to) &&
    from === undefined &&
    isWayBack(deployment, known, find(targetArn), find(sourceArn))
  ) {
    return stay(service, {
      why: `${nameOf(targetArn)}, which was good before, is being deployed in place of ${nameOf(sourceArn ?? '')}: following that way back.`,
      badArn: sourceArn,
    });
  }
  const sourceBad = find(sourceArn)?.verdict === 'bad';
  return {
    kind: 'stop',
    inFlight,
    badArn: targetArn,
    next: isFound(to) && !sourceBad ? 'stay' : 'target',
  };
}

/**
 * Whether what is under way is itself a way back: an earlier run of this action that died has left it to
 * ECS, or somebody else deploys what was good before. Stopping it would bring the bad revision back.
 */
function isWayBack(
  deployment: ServiceDeploymentFacts,
  { history }: Known,
  target: Candidate | undefined,
  source: Candidate | undefined,
): boolean {
  if (target === undefined || source === undefined || target === source) return false;
  if (target.verdict === 'bad') return false;
  const { leaving } = source.marks;
  const [first, ...others] = leaving === undefined ? [] : deployedSince(history, leaving);
  if (first?.serviceDeploymentArn === deployment.arn && others.length === 0) return true;
  return target.basis !== undefined && (target.since ?? Number.POSITIVE_INFINITY) < deployment.createdAt;
}

/** A way back that was gone to its end before, by an earlier attempt of this run, or by ECS itself. */
function leftAlready({
  service,
  known,
  runId,
}: Standing): { readonly why: string; readonly badArn: string } | undefined {
  const currentArn = service.taskDefinitionArn;
  const current = known.candidates.find((each) => each.current);
  const ours = leftByRun(known, runId).find((each) => each.sameIntent);
  if (ours !== undefined) {
    return {
      why: `An earlier attempt of this run left ${nameOf(ours.arn)}: going no further.`,
      badArn: ours.arn,
    };
  }
  const [newest] = known.history;
  const byEcs = newest?.status === 'ROLLBACK_SUCCESSFUL' && newest.taskDefinitionArn !== currentArn;
  if (!byEcs || current?.verdict === 'bad') return undefined;
  return {
    why: `ECS has rolled ${nameOf(newest.taskDefinitionArn)} back itself: going no further. To leave ${nameOf(currentArn)} too, name it by from, or name a target by to.`,
    badArn: newest.taskDefinitionArn,
  };
}

/** The revision that this run began to leave and has not marked bad, where the service runs another by now. */
export function unfinished(known: Known, runId: string): string | undefined {
  return leftByRun(known, runId).find((each) => !each.finished)?.arn;
}

/**
 * What this run left, in whatever attempt, where nothing but the way back from it was deployed since.
 * `sameIntent`: asked again it means that very way back. Only within one attempt that has finished it does
 * not: two steps of one job may each go one further.
 */
function leftByRun(
  { candidates, history }: Known,
  runId: string,
): readonly { readonly arn: string; readonly finished: boolean; readonly sameIntent: boolean }[] {
  const now = candidates.find((each) => each.current);
  return candidates.flatMap(({ taskDefinitionArn: arn, current, marks: { leaving, bad } }) => {
    if (current || runId === '' || leaving === undefined || runOf(leaving.runId) !== runOf(runId)) return [];
    const since = deployedSince(history, leaving);
    if (since.some((each) => each.taskDefinitionArn !== now?.taskDefinitionArn)) return [];
    // A revision that was registered since is no way back.
    const begunAt = deploymentOf(history, leaving)?.createdAt ?? leaving.at;
    const registeredAt = now?.definition?.definition.registeredAt?.getTime() ?? 0;
    if (since.length > 0 && registeredAt > begunAt) return [];
    const finished = bad !== undefined && (bad.at ?? leaving.at) >= leaving.at;
    return [{ arn, finished, sameIntent: !finished || leaving.runId !== runId }];
  });
}

function runOf(runId: string): string {
  return runId.replace(/\/.*$/, '');
}

function stay(
  service: ServiceFacts,
  way: { readonly why: string; readonly badArn: string | undefined },
): Way {
  return service.desiredCount === 0 ? { kind: 'zero-desired' } : { kind: 'stay', ...way };
}
