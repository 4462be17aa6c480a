/** Probes by a one-off task in the VPC: started, watched to its end, and read. Runs beside the other looks. */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { readTask, readTasksStartedBy, runTask, stopTask } from '../aws/ecs-run-task.ts';
import { logLocation, readLogLines } from '../aws/ecs-task-logs.ts';
import type { TaskFacts } from '../aws/ecs-tasks.ts';
import { runEngine } from '../engine/engine.ts';
import { formatDuration } from '../report/duration.ts';
import { redactLogLine } from '../rollout/log-redaction.ts';
import {
  decidePreDeploy,
  initialPreDeployState,
  type PreDeployAct,
  type PreDeployGiveUp,
  type PreDeployState,
  type TaskWatchEnd,
} from '../rollout/pre-deploy-decide.ts';
import { endOfTask, tidyingReason } from '../rollout/pre-deploy-order.ts';
import { exitWords } from '../rollout/stopped-task.ts';
import type { Clock } from '../runner/clock.ts';
import type { ShiftPlan } from './plan.ts';
import {
  type ProbeTaskPlan,
  probeStarter,
  probeTaskInput,
  probeWords,
  tallyOfLog,
} from './probe-task-plan.ts';
import { noProbes, type ProbeTally } from './prober.ts';
import type { ShiftState } from './state.ts';

export type ProbeTaskEnd =
  | {
      readonly kind: 'passed';
      /** Epoch milliseconds. */
      readonly startedAt: number;
      /** What the task says that it sent; nothing where it says nothing. */
      readonly tally: ProbeTally;
      readonly sentence: string;
    }
  | {
      readonly kind: 'failed';
      readonly sentence: string;
      /** It could not be stopped: what a person has to do. */
      readonly stillRuns?: string;
    };

export type ProbeTaskFact = ProbeTaskEnd | { readonly kind: 'running' };

/** Never rejects for what happens in AWS. Aborted: the task is stopped, and its answer matters no more. */
export type RunProbeTask = (
  task: ProbeTaskPlan,
  signal: AbortSignal,
  testRuleArn: string,
) => Promise<ProbeTaskEnd>;

/**
 * Keeps the task running in the background, so that the gates go on listening meanwhile; stops it where the shift
 * goes elsewhere.
 */
export function createProbeTaskDesk(
  plan: ShiftPlan,
  run: RunProbeTask,
  cancelled: AbortSignal,
): (state: Pick<ShiftState, 'phase' | 'testRuleArn'>, now: number) => ProbeTaskFact | undefined {
  const { task } = plan.probes;
  const elsewhere = new AbortController();
  let fact: ProbeTaskFact | undefined;
  let defect: { readonly error: unknown } | undefined;
  return ({ phase, testRuleArn = '' }) => {
    if (task === undefined) return undefined;
    if (defect !== undefined) throw defect.error;
    if (phase.kind !== 'probe') {
      if (fact?.kind === 'running') elsewhere.abort();
      return fact;
    }
    if (fact === undefined) {
      fact = { kind: 'running' };
      void run(task, AbortSignal.any([cancelled, elsewhere.signal]), testRuleArn).then(
        (end) => {
          fact = end;
        },
        (error: unknown) => {
          defect = { error };
        },
      );
    }
    return fact;
  };
}

/** A task that is given up at the end of the shift has this long to be stopped. */
const stopWithinMs = 4000;

export interface ProbeTaskKeeper {
  readonly run: RunProbeTask;
  /** To be asked when the shift is over: stops what still runs. Undefined: none was begun, or no end is known. */
  readonly end: () => Promise<ProbeTaskEnd | undefined>;
}

/** Nothing of the shift goes on after it, and what could not be stopped is told. */
export function createProbeTaskKeeper(run: RunProbeTask, clock: Clock): ProbeTaskKeeper {
  const over = new AbortController();
  let begun: Promise<ProbeTaskEnd> | undefined;
  return {
    run: (task, signal, testRuleArn) => {
      begun = run(task, AbortSignal.any([signal, over.signal]), testRuleArn);
      return begun;
    },
    end: async () => {
      if (begun === undefined) return undefined;
      over.abort();
      const known = new AbortController();
      const late = clock.sleep(stopWithinMs, known.signal).then(() => undefined);
      return Promise.race([begun.catch(() => undefined), late]).finally(() => known.abort());
    },
  };
}

/**
 * A run that was killed could not stop the task that probed for it: whoever has taken its test rule over does. Answers
 * what a person has to do where that fails.
 */
export async function stopLeftProbeTasks(
  aws: AwsCaller,
  cluster: string,
  testRuleArn: string,
): Promise<readonly string[]> {
  const starter = probeStarter(testRuleArn);
  const leftovers: string[] = [];
  try {
    for (const { arn, id, desiredStatus } of await readTasksStartedBy(aws, cluster, starter)) {
      if (desiredStatus === 'STOPPED') continue;
      try {
        await stopTask(aws, cluster, arn, 'ips-deploy: the run that this task probed for is over');
      } catch (error) {
        if (!(error instanceof AwsCallError)) throw error;
        leftovers.push(stillRuns(cluster, id));
      }
    }
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    leftovers.push(
      `Whether a probe task of the run before still runs could not be read (${error.message}): aws ecs list-tasks --cluster ${cluster} --started-by ${starter}`,
    );
  }
  return leftovers;
}

function stillRuns(cluster: string, id: string): string {
  return `The probe task ${id} may still run: aws ecs stop-task --cluster ${cluster} --task ${id}`;
}

const linesRead = 50;
const linesTold = 3;
const longestLine = 200;
/** CloudWatch may take a moment with the last lines. */
const logLooks = 3;
const logPauseMs = 2000;

export interface ProbeTaskPorts {
  /** With retries. */
  readonly aws: AwsCaller;
  readonly clock: Clock;
  /** `owner/name run 42.1 job deploy`. */
  readonly holder: string;
  readonly headerValue: string;
}

export function createRunProbeTask(plan: ShiftPlan, ports: ProbeTaskPorts): RunProbeTask {
  return async (task, signal, testRuleArn) => {
    try {
      return await runOnce(plan, task, ports, signal, testRuleArn);
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      const { operation, code, reason } = error;
      return failed(`The probe task could not be run: ${operation}: ${code}: ${reason}`);
    }
  };
}

async function runOnce(
  plan: ShiftPlan,
  task: ProbeTaskPlan,
  ports: ProbeTaskPorts,
  signal: AbortSignal,
  testRuleArn: string,
): Promise<ProbeTaskEnd> {
  const { aws, clock, holder, headerValue } = ports;
  const cluster = plan.cluster ?? '';
  const startedAt = clock.now();
  const words = probeWords(plan, headerValue);
  const started = await runTask(aws, probeTaskInput(cluster, task, words, { run: holder, testRuleArn }));
  if (started.task === undefined) {
    return failed(`ECS did not start the probe task: ${started.failures.join('; ').replace(/[.\s]+$/, '')}.`);
  }
  const { state, result } = await watch(cluster, task, started.task, ports, signal);
  const { id } = state.task;
  const name = task.container.name ?? '';
  switch (result.kind) {
    case 'gone':
      return failed(`ECS does not know the probe task ${id} any more, and its end was not seen.`);
    case 'given-up':
      return {
        ...failed(`The probe task ${id} ${givenUp(result.giveUp, task.timeoutMs)}`),
        ...(result.giveUp.refusal === undefined ? {} : { stillRuns: stillRuns(cluster, id) }),
      };
    case 'failed': {
      const end = endOfTask(state.task, name);
      const code = end.kind === 'failed' ? end.exitCode : undefined;
      const how =
        code === undefined
          ? `gave no exit code (${state.task.stoppedReason ?? 'ECS gives no reason'})`
          : `ended with ${exitWords(code)}`;
      return failed(`The probe task ${id} says no: container ${name} ${how}${lastWords(state)}.`);
    }
    case 'passed': {
      const { lines, gap } = await readCount(task, id, plan.probes.count, ports);
      const tally = tallyOfLog(lines, plan.probes.count);
      const counted =
        tally !== undefined
          ? `${tally.sent} probes at weight 0, ${tally.bad} failed`
          : gap === undefined
            ? 'it does not say how many probes it sent, so none are counted'
            : `its log could not be read, so no probes are counted (${gap})`;
      const sentence = `The probe task ${id} passed: ${counted}.`;
      return { kind: 'passed', startedAt, tally: tally ?? noProbes, sentence };
    }
  }
}

function watch(
  cluster: string,
  task: ProbeTaskPlan,
  started: TaskFacts,
  { aws, clock, headerValue }: ProbeTaskPorts,
  signal: AbortSignal,
): Promise<TaskWatchEnd> {
  return runEngine<PreDeployState, TaskFacts | undefined, PreDeployAct, TaskWatchEnd>(
    {
      initial: initialPreDeployState(started),
      timeoutMs: task.timeoutMs,
      observe: () => readTask(aws, cluster, started.arn, signal.aborted ? undefined : signal),
      decide: (state, observed, context) =>
        decidePreDeploy(task.container.name ?? '', task.timeoutMs, state, observed, context),
      async perform(act, state) {
        switch (act.kind) {
          case 'give-up': {
            const why = `ips-deploy: the probe task is given up: ${state.giveUp?.why ?? ''}`;
            await stopTask(aws, cluster, started.arn, why);
            return { ...state, giveUp: { ...state.giveUp!, asked: true } };
          }
          case 'tidy':
            await stopTask(aws, cluster, started.arn, tidyingReason);
            return { ...state, tidied: true };
          case 'read-log': {
            const lines = await readLines(aws, task, started.id, headerValue);
            return { ...state, log: lines, logLooks: state.logLooks + 1 };
          }
        }
      },
      refused: (act, error, state) => {
        switch (act.kind) {
          case 'give-up':
            return { ...state, giveUp: { ...state.giveUp!, refusal: error } };
          case 'tidy':
            return { ...state, tidied: true };
          case 'read-log':
            return { ...state, logLooks: state.logLooks + 1, logGap: error.message };
        }
      },
    },
    { clock, cancelled: signal, record: () => undefined },
  );
}

/** Bounded, and without what looks like a secret. */
async function readLines(
  aws: AwsCaller,
  task: ProbeTaskPlan,
  taskId: string,
  headerValue: string,
): Promise<readonly string[]> {
  const location = logLocation(task.container, taskId);
  if (location === undefined) return [];
  const lines = await readLogLines(aws, location, 'last', linesRead);
  return lines.map(({ text }) => redactLogLine(text.replaceAll(headerValue, '***')));
}

/** What a task that passed says of its probes: its log is no reason to fail it. */
async function readCount(
  task: ProbeTaskPlan,
  taskId: string,
  asked: number,
  { aws, clock, headerValue }: ProbeTaskPorts,
): Promise<{ readonly lines: readonly string[]; readonly gap: string | undefined }> {
  let lines: readonly string[] = [];
  for (let look = 1; look <= logLooks; look++) {
    try {
      lines = await readLines(aws, task, taskId, headerValue);
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      return { lines: [], gap: error.message };
    }
    if (tallyOfLog(lines, asked) !== undefined || logLocation(task.container, taskId) === undefined) break;
    if (look < logLooks) await clock.sleep(logPauseMs);
  }
  return { lines, gap: undefined };
}

/** Stopped, or not: what goes on running costs money, and a person has to know of it. */
function givenUp({ why, error, refusal }: PreDeployGiveUp, timeoutMs: number): string {
  const reason =
    why === 'timed-out'
      ? `did not end within ${formatDuration(timeoutMs)}`
      : `is given up: ${(error?.message ?? 'it was wanted no more').replace(/\.$/, '')}`;
  return refusal === undefined
    ? `${reason}, and was stopped.`
    : `${reason}, and could not be stopped: ${refusal.message.replace(/\.$/, '')}; it may still run.`;
}

function lastWords({ log = [], logGap }: PreDeployState): string {
  if (log.length === 0 && logGap !== undefined) {
    return `; its last words could not be read: ${logGap.replace(/\.$/, '')}`;
  }
  const last = log.slice(-linesTold).map((line) => line.trim().slice(0, longestLine));
  return last.length === 0 ? '' : `; its last words: ${last.join(' | ')}`;
}

function failed(sentence: string): ProbeTaskEnd & { kind: 'failed' } {
  return { kind: 'failed', sentence };
}
