/** What a rollback will do, or why not, once its way and its target are known. Pure. */
import { newestDeployment, type ServiceFacts } from '../aws/ecs-service.ts';
import type { RegisteredDefinition } from '../aws/ecs-task-definition.ts';
import type { Refusal } from '../rollout/plan.ts';
import { breakingBetween, type OrderedRevision } from '../rollout/schema-guard.ts';
import type { Candidate } from './candidates.ts';
import type { Choice } from './choose.ts';
import { nameOf } from './history.ts';
import { refusal } from './refusal.ts';
import type { RollbackRequest } from './request.ts';
import { type InFlight, type Standing, unfinished, type Way } from './way.ts';
import { groupName } from './weights.ts';

export type RollbackMode = 'weights' | 'stop-in-flight' | 'rollout';

export type RollbackPlan =
  | Exclude<Way, { kind: 'stay' | 'stop' | 'target' }>
  /** What is to serve is there already: to be verified. */
  | {
      readonly kind: 'verify';
      readonly taskDefinitionArn: string;
      readonly why: string;
      readonly badArn: string | undefined;
    }
  /** The bad revision is still being rolled out: ECS takes that back by itself; `next` comes after its end. */
  | {
      readonly kind: 'stop';
      readonly inFlight: InFlight;
      readonly badArn: string;
      readonly next: RegisteredDefinition | undefined;
    }
  | { readonly kind: 'rollout'; readonly definition: RegisteredDefinition; readonly badArn: string };

/** `choice` is undefined where the way needs none. */
export function planRollback(
  request: Pick<RollbackRequest, 'pastBreakingSchema'>,
  standing: Standing,
  way: Way,
  choice: Choice | undefined,
): RollbackPlan {
  const { service } = standing;
  const currentArn = service.taskDefinitionArn;
  const guarded = (plan: RollbackPlan, badArn: string, targetArn: string | undefined): RollbackPlan =>
    (request.pastBreakingSchema ? undefined : schemaRefusal(standing, badArn, targetArn)) ?? plan;
  switch (way.kind) {
    case 'stay':
      return { kind: 'verify', taskDefinitionArn: currentArn, why: way.why, badArn: way.badArn };
    case 'weights':
      return guarded(way, currentArn, standing.otherGroup?.taskDefinitionArn);
    case 'stop':
    case 'target':
      break;
    default:
      return way;
  }
  if (way.kind === 'stop' && way.next === 'stay') {
    const { inFlight, badArn } = way;
    return guarded({ kind: 'stop', inFlight, badArn, next: undefined }, badArn, inFlight.sourceArn);
  }
  const chosen = choice?.chosen;
  const definition = chosen?.definition;
  if (chosen === undefined || definition === undefined) return choice!.refusal!;
  if (way.kind === 'stop') {
    const forward = !/^(ROLLBACK|STOP)/.test(way.inFlight.deployment.status);
    if (forward && definition.arn === way.badArn) return here(definition.arn, standing);
    const { inFlight, badArn } = way;
    return guarded({ kind: 'stop', inFlight, badArn, next: definition }, badArn, definition.arn);
  }
  const newest = newestDeployment(service);
  const stands = newest?.taskDefinitionArn === definition.arn && newest.rolloutState !== 'FAILED';
  if (stands) return here(definition.arn, standing);
  return guarded({ kind: 'rollout', definition, badArn: way.badArn }, way.badArn, definition.arn);
}

function here(taskDefinitionArn: string, { known, runId }: Standing): RollbackPlan {
  const why = `${nameOf(taskDefinitionArn)} is deployed already.`;
  return { kind: 'verify', taskDefinitionArn, why, badArn: unfinished(known, runId) };
}

/** `targetArn` is undefined where the way back leads to whatever stands behind the other group. */
function schemaRefusal(
  { known }: Standing,
  badArn: string,
  targetArn: string | undefined,
): Refusal | undefined {
  const find = (arn: string | undefined): Candidate | undefined =>
    known.candidates.find((each) => each.taskDefinitionArn === arn);
  const from = find(badArn);
  const target = find(targetArn);
  if (from === undefined) return undefined;
  const crossed =
    target === undefined
      ? from.marks.schema === 'breaking'
        ? [badArn]
        : []
      : breakingBetween(known.candidates.map(ordered), ordered(from), ordered(target));
  if (crossed.length === 0) return undefined;
  const names = crossed.map(nameOf).join(', ');
  return refusal(
    'breaking-schema',
    `The way back${targetArn === undefined ? '' : ` to ${nameOf(targetArn)}`} leads past ${names}, marked ips-deploy:schema = breaking: older revisions cannot serve the database as it is now.`,
    'Repair forward, or undo the schema change first and then say past-breaking-schema: accept.',
  );
}

function ordered(candidate: Candidate): OrderedRevision {
  return {
    taskDefinitionArn: candidate.taskDefinitionArn,
    registeredAt: candidate.definition?.definition.registeredAt?.getTime(),
    schema: candidate.marks.schema,
  };
}

/** The plan in words: what would be done. */
export function describeRollback(plan: RollbackPlan, service: ServiceFacts): readonly string[] {
  const former = nameOf(service.taskDefinitionArn);
  switch (plan.kind) {
    case 'refuse':
      return [plan.reason];
    case 'zero-desired':
      return ['The service has a desired count of 0.'];
    case 'weights':
      return [
        `Move all weight from ${groupName(plan.plan.fromGroupArn)} to ${groupName(plan.plan.toGroupArn)}, which has ${plan.plan.healthyTargets} healthy targets.`,
        ...plan.plan.warnings,
      ];
    case 'weights-no-change':
      return [`Change nothing: ${groupName(plan.plan.toGroupArn)} has all the weight.`];
    case 'stop': {
      const bad = nameOf(plan.badArn);
      const asked = /^(ROLLBACK|STOP)/.test(plan.inFlight.deployment.status);
      return [
        asked
          ? `Await the end of the rollback of ${bad} that is under way.`
          : `Stop the deployment of ${bad} that is under way, with rollback.`,
        ...(plan.next === undefined
          ? []
          : [`Then deploy ${nameOf(plan.next.arn)}, unless it serves by then.`]),
      ];
    }
    case 'verify':
      return [`Change nothing: ${plan.why}`];
    case 'rollout':
      return [`Deploy ${nameOf(plan.definition.arn)} in place of ${former}.`];
  }
}
