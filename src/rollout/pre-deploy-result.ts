/** How the pre-deploy task ended, as data and in words. Pure. */
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { AwsErrorKind } from '../aws/call-error.ts';
import type { TaskFacts } from '../aws/ecs-tasks.ts';
import { formatDuration } from '../report/duration.ts';
import type { ReportSection } from '../report/report.ts';
import { describeCause } from './cause.ts';
import { causeSentence } from './diagnosis.ts';
import type { RolloutOutcome } from './outcome.ts';
import type { TaskWatchEnd } from './pre-deploy-decide.ts';
import { endOfTask, type PreDeployOrder, wasGivenUp } from './pre-deploy-order.ts';
import { refusedByAws, registeredWords } from './refused-by-aws.ts';
import { decidingContainer, exitWords, taskFailure } from './stopped-task.ts';

/** What has to hold before the service may be changed, or why it does not. */
export type PreDeployResult =
  | {
      readonly kind: 'passed';
      /** One sentence: it belongs to every outcome that leaves the service as it was. */
      readonly sentence: string;
    }
  | {
      readonly kind: 'failed';
      readonly code: 'pre-deploy-failed' | 'pre-deploy-timed-out' | 'pre-deploy-not-started' | AwsErrorKind;
      readonly reason: string;
      readonly remedy: string;
      readonly sections: readonly ReportSection[];
    }
  | { readonly kind: 'cancelled'; readonly sentence: string };

const docs = 'docs/troubleshooting.md#pre-deploy-task';

/** RunTask answered without a task: its failures in full. */
export function notStarted(failures: readonly string[]): PreDeployResult {
  return {
    kind: 'failed',
    code: 'pre-deploy-not-started',
    reason: `ECS did not start the pre-deploy task: ${failures.join('; ').replace(/[.\s]+$/, '')}.`,
    remedy: `Run the job again where capacity was missing; otherwise ECS's own words say what to change. (${docs})`,
    sections: [],
  };
}

/** What the end of the watched task means. */
export function resultOfTask(order: PreDeployOrder, { state, result }: TaskWatchEnd): PreDeployResult {
  const { task } = state;
  const sections = logSections(order, state);
  const failed = (
    code: Extract<PreDeployResult, { kind: 'failed' }>['code'],
    reason: string,
    remedy: string,
  ): PreDeployResult => ({ kind: 'failed', code, reason, remedy: `${remedy} (${docs})`, sections });
  switch (result.kind) {
    case 'passed':
      return { kind: 'passed', sentence: `The pre-deploy task ${task.id} passed.` };
    case 'failed': {
      const cause = describeEnd(task, order);
      return failed(
        'pre-deploy-failed',
        `The pre-deploy task ${task.id} failed: ${cause.sentence}`,
        cause.remedy,
      );
    }
    case 'gone':
      return failed(
        'pre-deploy-failed',
        `ECS does not know the pre-deploy task ${task.id} any more, and its end was not seen.`,
        'Find out what the command did, then run the job again.',
      );
    case 'given-up': {
      const { why, error, refusal } = result.giveUp;
      const stop =
        refusal !== undefined
          ? `It could not be stopped (${refusal.operation}: ${refusal.code}: ${refusal.reason}) and may still run.`
          : task.lastStatus === 'STOPPED'
            ? 'It was stopped.'
            : 'It was told to stop.';
      switch (why) {
        case 'cancelled':
          return {
            kind: 'cancelled',
            sentence: `The pre-deploy task ${task.id} had not ended. ${stop} What it had done by then stays done.`,
          };
        case 'timed-out':
          return failed(
            'pre-deploy-timed-out',
            `The pre-deploy task ${task.id} did not end within ${formatDuration(order.request.timeoutMs)}. ${stop}`,
            'Raise pre-deploy-timeout, or see in the log of the container what it waits for.',
          );
        case 'unobserved': {
          const refused = refusedByAws(error!);
          return failed(
            error!.kind,
            `The pre-deploy task ${task.id} cannot be watched. ${refused.reason} ${stop}`,
            refused.remedy,
          );
        }
      }
    }
  }
}

/** The outcome of a service that was not changed because of it. `registered` are revisions this run made. */
export function outcomeAfter(
  result: Exclude<PreDeployResult, { kind: 'passed' }>,
  registered: readonly PreDeployOrder['definition'][],
): RolloutOutcome {
  const changed = `${registeredWords(registered)}The service was not changed.`;
  return result.kind === 'cancelled'
    ? { kind: 'cancelled', aftermath: 'untouched', before: result.sentence }
    : { kind: 'refused', changed, code: result.code, reason: result.reason, remedy: result.remedy };
}

/**
 * The outcome of a service after the task has passed: where the service was not changed in the end, the
 * outcome says that the task had passed.
 */
export function afterPassing(outcome: RolloutOutcome, sentence: string): RolloutOutcome {
  if (outcome.kind === 'refused') {
    return { ...outcome, changed: `${sentence} ${outcome.changed ?? 'The service was not changed.'}` };
  }
  if (
    outcome.kind === 'cancelled' &&
    (outcome.aftermath === 'untouched' || outcome.aftermath === 'unknown')
  ) {
    return { ...outcome, before: sentence };
  }
  return outcome;
}

interface EndWords {
  readonly sentence: string;
  readonly remedy: string;
}

function describeEnd(task: TaskFacts, order: PreDeployOrder): EndWords {
  const { container } = order;
  const end = endOfTask(task, container);
  const own = `container ${container}`;
  if (task.stopCode === 'UserInitiated') {
    const remedy = wasGivenUp(task) ? 'Run the job again.' : 'Somebody stopped it: run the job again.';
    return { sentence: `it was stopped (${task.stoppedReason ?? 'no reason given'}).`, remedy };
  }
  if (end.kind === 'failed' && end.exitCode !== undefined) {
    const memory = task.containers.some(
      (each) => each.name === container && /OutOfMemory/i.test(each.reason ?? ''),
    );
    const other = endedBy(task, order);
    return {
      sentence: `${own} ended with ${exitWords(end.exitCode)}${memory ? ' (out of memory)' : ''}${other}.`,
      remedy: memory
        ? 'Raise the memory of the task or of the container.'
        : 'The last lines of its log, in the summary of this job, usually say why.',
    };
  }
  const failure = taskFailure(task, essentialOf(order));
  const { reason = 'ECS gives no reason' } = { reason: task.stoppedReason };
  if (failure === undefined) {
    return { sentence: `${own} never gave an exit code (${reason}).`, remedy: 'Run the job again.' };
  }
  const cause = { ...failure, tasks: 1 };
  const { remedy } = describeCause(cause);
  return { sentence: `${own} gave no exit code. ${causeSentence(cause)} ECS: ${reason}`, remedy };
}

/** Where another container brought the task down, its own code is that of a signal. */
function endedBy(task: TaskFacts, order: PreDeployOrder): string {
  const decided = decidingContainer(task.containers, essentialOf(order));
  if (task.stopCode !== 'EssentialContainerExited' || decided === undefined) return '';
  if (decided.name === order.container) return '';
  return `, after container ${decided.name} had ended with ${exitWords(decided.exitCode)}, which ends the task`;
}

function essentialOf({ definition }: PreDeployOrder): ReadonlySet<string> {
  const containers: readonly ContainerDefinition[] = definition.definition.containerDefinitions ?? [];
  return new Set(containers.filter((each) => each.essential !== false).flatMap((each) => each.name ?? []));
}

function logSections(order: PreDeployOrder, state: TaskWatchEnd['state']): readonly ReportSection[] {
  const lines = state.log ?? [];
  if (lines.length > 0) {
    const heading = `Last ${lines.length === 1 ? 'line' : `${lines.length} lines`} of container ${order.container} in pre-deploy task ${state.task.id}`;
    return [{ kind: 'text', heading, text: lines.join('\n') }];
  }
  return state.logGap === undefined
    ? []
    : [{ kind: 'text', heading: 'What could not be read', text: state.logGap }];
}
