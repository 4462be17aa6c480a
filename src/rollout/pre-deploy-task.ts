/**
 * Runs a command once in a task of the new revision, before the service is changed, and waits for its end:
 * the exit code of its own container decides. A later attempt of the same run finds what an earlier one did,
 * so that a migration that has passed is not run twice.
 */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { readTask, readTasksStartedBy, runTask, stopTask } from '../aws/ecs-run-task.ts';
import { logLocation, readLogLines } from '../aws/ecs-task-logs.ts';
import type { TaskFacts } from '../aws/ecs-tasks.ts';
import { patient, withRetries } from '../aws/retry.ts';
import { runEngine } from '../engine/engine.ts';
import type { FollowPorts } from './follow.ts';
import { redactLogLine } from './log-redaction.ts';
import { revisionName } from './plan.ts';
import {
  decidePreDeploy,
  initialPreDeployState,
  type PreDeployAct,
  type PreDeployState,
  type TaskWatchEnd,
} from './pre-deploy-decide.ts';
import { hasPassedBefore, markPassed } from './pre-deploy-mark.ts';
import {
  clientTokenOf,
  earlierTasks,
  givingUpReason,
  type PreDeployOrder,
  runTaskInput,
  startedByOf,
  tidyingReason,
  wasGivenUp,
} from './pre-deploy-order.ts';
import { notStarted, type PreDeployResult, resultOfTask } from './pre-deploy-result.ts';
import { refusedByAws } from './refused-by-aws.ts';
import { retrying } from './roll-out.ts';

const logLinesLimit = 20;
/** Tasks that an earlier attempt gave up may still be stopping: one after the other is waited for. */
const roundsLimit = 5;

/** Never rejects for what happens in AWS: everything is a result. */
export async function runPreDeployTask(ports: FollowPorts, order: PreDeployOrder): Promise<PreDeployResult> {
  const startedBy = startedByOf(order, ports.clock.now());
  try {
    for (let round = 1; ; round++) {
      if (ports.cancelled.aborted)
        return { kind: 'cancelled', sentence: 'The pre-deploy task was not started.' };
      const begun = await begin(ports, order, startedBy);
      if (begun.kind !== 'watch') return begun.result;
      const end = await watch(ports, order, begun.task);
      const again = begun.isEarlier && end.result.kind === 'failed' && wasGivenUp(end.state.task);
      if (again && round < roundsLimit) continue;
      const result = told(ports, resultOfTask(order, end));
      if (result.kind === 'passed') await remember(ports, order, startedBy);
      return result;
    }
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return awsRefused(ports, order, startedBy, error);
  }
}

type Begun =
  | { readonly kind: 'watch'; readonly task: TaskFacts; readonly isEarlier: boolean }
  | { readonly kind: 'done'; readonly result: PreDeployResult };

/** Finds the task of an earlier attempt, or starts one. */
async function begin(ports: FollowPorts, order: PreDeployOrder, startedBy: string): Promise<Begun> {
  const aws = retrying(ports);
  const { cluster, container, run } = order;
  const earlier = earlierTasks(await readTasksStartedBy(aws, cluster, startedBy, ports.cancelled), container);
  switch (earlier.kind) {
    case 'passed': {
      const sentence = `The pre-deploy task passed in an earlier attempt of this run (${earlier.task.id}).`;
      await remember(ports, order, startedBy);
      return { kind: 'done', result: told(ports, { kind: 'passed', sentence }) };
    }
    case 'running':
      say(
        ports,
        'pre-deploy.attached',
        `Pre-deploy task ${earlier.task.id} of an earlier attempt still runs.`,
      );
      return { kind: 'watch', task: earlier.task, isEarlier: true };
    case 'to-run': {
      if (earlier.failed === 0 && (await isRemembered(ports, order, startedBy))) {
        const sentence =
          'The pre-deploy task passed in an earlier attempt of this run, as the revision says.';
        return { kind: 'done', result: told(ports, { kind: 'passed', sentence }) };
      }
      const token = clientTokenOf(startedBy, run.runAttempt, earlier.failed);
      const { task, failures } = await runTask(aws, runTaskInput(order, startedBy, token));
      if (task === undefined) return { kind: 'done', result: told(ports, notStarted(failures)) };
      const name = revisionName(order.definition);
      say(
        ports,
        'pre-deploy.started',
        `Pre-deploy task ${task.id} of ${name} started, container ${container}.`,
      );
      return { kind: 'watch', task, isEarlier: false };
    }
  }
}

/** Only a run that can be run again is remembered, and looked for. */
async function isRemembered(ports: FollowPorts, order: PreDeployOrder, startedBy: string): Promise<boolean> {
  if (order.run.runId === '') return false;
  try {
    return await hasPassedBefore(retrying(ports), order.definition.arn, startedBy, ports.cancelled);
  } catch (error) {
    if (!(error instanceof AwsCallError) || error.retryable) throw error;
    const why = `${error.operation}: ${error.code}: ${error.reason}`;
    const message = `Whether it has passed more than an hour ago could not be read (docs/tags.md): ${why}`;
    say(ports, 'pre-deploy.unread', message, 'warning');
    return false;
  }
}

async function remember(ports: FollowPorts, order: PreDeployOrder, startedBy: string): Promise<void> {
  if (order.run.runId === '') return;
  const { clock } = ports;
  const mark = await markPassed(retrying(ports), order.definition.arn, startedBy, clock.now());
  if (mark.kind !== 'not-written') return;
  const message = `That it passed could not be put on the revision (docs/tags.md), so a run that is run again after more than an hour runs it again: ${mark.why}`;
  say(ports, 'pre-deploy.not-marked', message, 'warning');
}

async function watch(ports: FollowPorts, order: PreDeployOrder, task: TaskFacts): Promise<TaskWatchEnd> {
  const { clock, cancelled, random } = ports;
  const { cluster, container, request } = order;
  const within = (totalMs: number): AwsCaller =>
    withRetries(ports.aws, { clock, random }, { ...patient, totalMs });
  return runEngine<PreDeployState, TaskFacts | undefined, PreDeployAct, TaskWatchEnd>(
    {
      initial: initialPreDeployState(task),
      timeoutMs: request.timeoutMs,
      // A read under way when the job is cancelled is dropped: what matters then is the stop.
      observe: () => readTask(ports.aws, cluster, task.arn, cancelled.aborted ? undefined : cancelled),
      decide: (state, observed, context) =>
        decidePreDeploy(container, request.timeoutMs, state, observed, context),
      async perform(act, state) {
        switch (act.kind) {
          case 'give-up': {
            const { giveUp } = state;
            // A cancelled job has about ten seconds left, a time-out has all the time.
            const aws = within(giveUp?.why === 'cancelled' ? 6000 : patient.totalMs);
            await stopTask(aws, cluster, task.arn, givingUpReason(giveUp?.why ?? ''));
            return { ...state, giveUp: { ...giveUp!, asked: true } };
          }
          case 'tidy':
            await stopTask(within(10_000), cluster, task.arn, tidyingReason);
            return { ...state, tidied: true };
          case 'read-log':
            return {
              ...state,
              ...(await readLog(within(5000), order, task.id)),
              logLooks: state.logLooks + 1,
            };
        }
      },
      refused: (act, error, state) => {
        switch (act.kind) {
          case 'give-up':
            return { ...state, giveUp: { ...state.giveUp!, refusal: error } };
          case 'tidy':
            say(
              ports,
              'pre-deploy.left',
              `Its other containers could not be stopped: ${error.message}`,
              'warning',
            );
            return { ...state, tidied: true };
          case 'read-log':
            return {
              ...state,
              logLooks: state.logLooks + 1,
              logGap: `The log of the container: ${error.operation}: ${error.reason}`,
            };
        }
      },
    },
    { clock, cancelled, record: ports.record },
  );
}

async function readLog(
  aws: AwsCaller,
  order: PreDeployOrder,
  taskId: string,
): Promise<Pick<PreDeployState, 'log' | 'logGap'>> {
  const containers = order.definition.definition.containerDefinitions ?? [];
  const definition = containers.find((each) => each.name === order.container);
  const location = definition === undefined ? undefined : logLocation(definition, taskId);
  if (location === undefined) {
    const logGap = `The log of container ${order.container}: it has no awslogs driver with a stream prefix.`;
    return { log: undefined, logGap };
  }
  const lines = await readLogLines(aws, location, 'last', logLinesLimit);
  return { log: lines.map((line) => redactLogLine(line.text)), logGap: undefined };
}

/**
 * AWS refused the start or the search for it. Where the answer of the start is not known, a task may run: it
 * is found by its starter and stopped.
 */
async function awsRefused(
  ports: FollowPorts,
  order: PreDeployOrder,
  startedBy: string,
  error: AwsCallError,
): Promise<PreDeployResult> {
  const refused = refusedByAws(error);
  const wasSent = error.operation === 'ecs:RunTask' && error.retryable;
  const left = wasSent ? await stopLost(ports, order, startedBy) : 'The pre-deploy task was not started.';
  if (ports.cancelled.aborted) return { kind: 'cancelled', sentence: left };
  return told(ports, {
    kind: 'failed',
    code: error.kind,
    reason: `${left} ${refused.reason}`,
    remedy: refused.remedy,
    sections: [],
  });
}

async function stopLost(ports: FollowPorts, order: PreDeployOrder, startedBy: string): Promise<string> {
  const unknown = 'Whether the pre-deploy task was started is not known.';
  const aws = withRetries(ports.aws, ports, { ...patient, totalMs: 6000 });
  try {
    const tasks = await readTasksStartedBy(aws, order.cluster, startedBy);
    const running = earlierTasks(tasks, order.container);
    if (running.kind !== 'running') return unknown;
    await stopTask(aws, order.cluster, running.task.arn, givingUpReason('its start was not answered'));
    return `The pre-deploy task ${running.task.id} was told to stop.`;
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return unknown;
  }
}

function told(ports: FollowPorts, result: PreDeployResult): PreDeployResult {
  switch (result.kind) {
    case 'passed':
      say(ports, 'pre-deploy.passed', result.sentence);
      break;
    case 'failed':
      say(ports, result.code, result.reason, 'error');
      break;
    case 'cancelled':
      say(ports, 'pre-deploy.cancelled', result.sentence, 'warning');
      break;
  }
  return result;
}

function say(
  ports: FollowPorts,
  code: string,
  message: string,
  level: 'info' | 'warning' | 'error' = 'info',
): void {
  ports.record({ at: ports.clock.now(), code, level, message });
}
