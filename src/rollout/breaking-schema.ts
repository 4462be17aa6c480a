/**
 * A revision whose schema change the ones before cannot serve (`schema: breaking`): no machine goes back past
 * it. Going back by hand is for the rollback action (schema-guard.ts). Pure.
 */
import type { ServiceFacts } from '../aws/ecs-service.ts';
import type { GiveUpAction } from './follow-state.ts';
import type { RolloutOutcome } from './outcome.ts';
import { hasBreaker, type Refusal } from './plan.ts';

/** What is left of a choice: back is out, and a deployment that stands may still come up, or be followed by its repair. */
export function withoutWayBack(choice: GiveUpAction): GiveUpAction {
  return choice === 'rollback' ? 'leave' : choice;
}

/** ECS's own ways back cannot be told about the schema: they have to be off. */
export function ownWayBack(service: ServiceFacts, circuitBreaker: 'keep' | 'ensure'): Refusal | undefined {
  const { alarms } = service.deploymentConfiguration;
  const ways = [
    ...(hasBreaker(service) || circuitBreaker === 'ensure' ? ['the deployment circuit breaker'] : []),
    ...(alarms?.enable === true && alarms.rollback === true ? ['the deployment alarms'] : []),
  ];
  if (ways.length === 0) return undefined;
  return {
    kind: 'refuse',
    code: 'breaking-schema-rollback-on',
    reason: `The new revision carries a breaking schema change, and ${ways.join(' and ')} of ${service.name} would let ECS roll back past it.`,
    remedy:
      'Turn that rollback off for this deployment (aws ecs update-service --deployment-configuration), or make the change in steps that the former revision can serve.',
  };
}

/** The step of the plan; undefined where nothing would have rolled back. */
export function breakingStep(choices: {
  readonly onFailure: GiveUpAction;
  readonly onCancel: GiveUpAction;
}): string | undefined {
  const held = [
    ...(choices.onFailure === 'rollback' ? ['fails'] : []),
    ...(choices.onCancel === 'rollback' ? ['is cancelled'] : []),
  ];
  return held.length === 0
    ? undefined
    : `Leave the deployment as it stands where it ${held.join(' or ')}: the schema change is breaking, and nothing goes back past it by itself.`;
}

/** What an outcome has to say on top where a rollback was asked for and not made; undefined elsewhere. */
export function heldBackNote(
  outcome: RolloutOutcome,
  choices: { readonly onFailure: GiveUpAction; readonly onCancel: GiveUpAction },
): string | undefined {
  const asked =
    outcome.kind === 'cancelled'
      ? choices.onCancel === 'rollback' && outcome.aftermath !== 'untouched'
      : choices.onFailure === 'rollback' && ['failed', 'timed-out', 'stopped'].includes(outcome.kind);
  return asked
    ? 'It was not rolled back: its schema change is breaking, and the revision before could not serve. Deploy a repaired revision, or undo the schema change and use the rollback action with past-breaking-schema: accept.'
    : undefined;
}
