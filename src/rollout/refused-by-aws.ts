/** A call that AWS refused for good, as the outcome of a rollout that had not begun. Pure. */
import type { AwsCallError } from '../aws/call-error.ts';
import { denialOf } from '../aws/denial.ts';
import type { RegisteredDefinition } from '../aws/ecs-task-definition.ts';
import { notSent } from '../aws/whole-writes.ts';
import type { RolloutOutcome } from './outcome.ts';
import { revisionName } from './plan.ts';

export function refusedByAws(error: AwsCallError): Extract<RolloutOutcome, { kind: 'refused' }> {
  const remedies: Partial<Record<AwsCallError['kind'], string>> = {
    'access-denied': allowing(error),
    credentials: 'Check the step that configures the AWS credentials of this job.',
    throttled: 'AWS throttled every attempt: run the job again.',
    transient: 'AWS did not answer: run the job again.',
  };
  return {
    kind: 'refused',
    code: error.kind,
    reason: `${error.operation}: ${error.code}: ${error.reason}`,
    remedy: remedies[error.kind] ?? "AWS's own words say what it does not accept.",
  };
}

/** What lets a denied call through: mostly one line of docs/iam. */
export function allowing(error: AwsCallError): string {
  const { action, resource, isExplicit } = denialOf(error);
  const what = resource === '*' ? action : `${action} on ${resource}`;
  return isExplicit
    ? `The explicit deny of ${what} has to be taken out where it stands: no permission outweighs it.`
    : `Give the role of this job ${what}: docs/iam has the policy of this action.`;
}

/** A call that failed because the job was cancelled: only an update whose answer is not known may have begun. */
export function cancelledBy(error: AwsCallError): Extract<RolloutOutcome, { kind: 'cancelled' }> {
  const open = error.retryable && error.operation === 'ecs:UpdateService' && error.code !== notSent;
  return { kind: 'cancelled', aftermath: open ? 'unknown' : 'untouched' };
}

/** What a call that failed for good has left behind, or may have, in words. */
export function leftBehind(
  error: AwsCallError,
  registered: readonly RegisteredDefinition[],
): { readonly changed?: string } {
  const revisions = registeredWords(registered);
  if (error.retryable && error.operation === 'ecs:UpdateService') {
    return { changed: `${revisions}Whether the service was updated is not known.` };
  }
  if (error.retryable && error.operation === 'ecs:RegisterTaskDefinition') {
    return {
      changed: `${revisions}The service was not changed; whether a revision was registered is not known.`,
    };
  }
  return registered.length === 0 ? {} : { changed: `${revisions}The service was not changed.` };
}

/** `api:7 was registered. ` with the space that parts it from what follows; empty where nothing was. */
export function registeredWords(registered: readonly RegisteredDefinition[]): string {
  if (registered.length === 0) return '';
  return `${registered.map(revisionName).join(', ')} ${registered.length === 1 ? 'was' : 'were'} registered. `;
}
