/** Outcomes in words: one sentence and one remedy each. Pure. */
import { formatDuration } from '../report/duration.ts';
import type { Aftermath, RolloutOutcome, RolloutOutcomeKind } from './outcome.ts';

export interface OutcomeContext {
  readonly service: string;
  /** `family:revision` that was to be deployed. */
  readonly revision: string;
  /** The one that served before, where known. */
  readonly formerRevision: string | undefined;
}

const aftermaths: Readonly<Record<Aftermath, string>> = {
  'rolled-back': 'The former revision serves again.',
  'rolling-back': 'ECS is rolling back; its end was not waited for.',
  'rollback-failed': 'The rollback failed.',
  stopped: 'The deployment was stopped where it stood.',
  left: 'The deployment was left as it is.',
  untouched: 'The service had not been changed.',
  unknown: 'AWS did not answer in time: whether the deployment had begun is not known.',
};

type Sentences = {
  readonly [Kind in RolloutOutcomeKind]: (
    outcome: Extract<RolloutOutcome, { kind: Kind }>,
    context: OutcomeContext,
  ) => string;
};

const sentences: Sentences = {
  succeeded: (outcome, { service, revision }) =>
    `${revision} serves: ${outcome.runningCount} of ${outcome.desiredCount} tasks of ${service} run and are healthy, and no others${
      outcome.protectedTaskIds.length === 0
        ? ''
        : ` but protected ones (${outcome.protectedTaskIds.join(', ')})`
    }.${watchedWords(outcome)}`,
  'no-change': (outcome, { service, revision }) =>
    `${revision} served already: ${outcome.runningCount} of ${outcome.desiredCount} tasks of ${service} run and are healthy.${watchedWords(outcome)}`,
  'rolled-back': (outcome, { revision, formerRevision }) =>
    `${revision} failed and ${formerRevision ?? 'the former revision'} serves again. ${outcome.reason}`,
  'rollback-failed': (outcome, { service }) => `${service} needs you: the rollback failed. ${outcome.reason}`,
  stopped: (outcome, { revision }) => `The deployment of ${revision} was stopped. ${outcome.reason}`,
  superseded: (outcome, { service, revision }) =>
    `Another deployment of ${service} took the place of this one${
      outcome.byTaskDefinitionArn === undefined ? '' : ` (${lastPart(outcome.byTaskDefinitionArn)})`
    }: whether ${revision} is good was never decided.`,
  cancelled: (outcome, { revision }) =>
    `The job was cancelled while ${revision} was being deployed. ${outcome.before === undefined ? '' : `${outcome.before} `}${aftermaths[outcome.aftermath]}`,
  'timed-out': (outcome, { revision }) =>
    `${revision} was not up within ${formatDuration(Math.round(outcome.waitedMs / 1000) * 1000)}: ${outcome.missing.join('; ')}. ${aftermaths[outcome.aftermath]}`,
  'zero-desired': (outcome, { service, revision }) =>
    outcome.allowed === true
      ? `${revision} is what ${service} will run; its desired count is 0, so nothing is proven.`
      : `${service} has a desired count of 0: nothing runs, so nothing can be proven.`,
  failed: (outcome, { revision }) =>
    `${revision} ${outcome.code === undefined ? 'does not start' : 'serves, and does harm'}. ${outcome.reason} ${aftermaths.left}`,
  unobserved: (outcome, { revision }) =>
    `The deployment of ${revision} goes on, but this job may not watch it: ${outcome.operation}: ${outcome.reason}`,
  started: (_outcome, { revision, service }) =>
    `ECS deploys ${revision} to ${service}; its end was not waited for.`,
  planned: (outcome) => `Nothing was changed. ${outcome.steps.join(' ')}`,
  refused: (outcome) => `${outcome.changed ?? 'Nothing was changed.'} ${outcome.reason}`,
};

export function outcomeSentence(outcome: RolloutOutcome, context: OutcomeContext): string {
  const sentence = sentences[outcome.kind] as (outcome: RolloutOutcome, context: OutcomeContext) => string;
  return sentence(outcome, context).trim();
}

/** What to do next, apart from the cause's own remedy; undefined where nothing needs doing. */
export function outcomeRemedy(outcome: RolloutOutcome): string | undefined {
  switch (outcome.kind) {
    case 'refused':
      return outcome.remedy;
    case 'superseded':
      return 'Give the deploy jobs of one service one concurrency group, so that they wait for each other.';
    case 'zero-desired':
      return outcome.allowed === true
        ? undefined
        : 'Set desired-count, scale the service up first, or allow it with allow-zero-desired.';
    case 'rollback-failed':
      return 'Look at the service in the ECS console now, and use the rollback action once the reason is gone.';
    case 'stopped':
    case 'failed':
      return 'Use the rollback action, or deploy a corrected revision.';
    case 'unobserved':
      return outcome.errorKind === 'access-denied'
        ? `Give the role of this job ${outcome.operation}: docs/iam has the policy of this action.`
        : 'Check the credentials of this job, and look at the service in the ECS console.';
    case 'cancelled':
    case 'timed-out':
      return outcome.aftermath === 'left' || outcome.aftermath === 'unknown'
        ? 'The deployment may still be going on: look at the service, or run the rollback action.'
        : undefined;
    default:
      return undefined;
  }
}

function watchedWords({ watched }: { readonly watched?: string }): string {
  return watched === undefined ? '' : ` ${watched}`;
}

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
