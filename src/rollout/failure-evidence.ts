/** Reads what speaks about a failed rollout, piece by piece and within one limit of time. */
import type { ContainerDefinition, TaskDefinition } from '@aws-sdk/client-ecs';
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import type { ServiceFacts } from '../aws/ecs-service.ts';
import { readTargetHealth, type TargetGroupHealthFacts } from '../aws/ecs-target-health.ts';
import { type LogLine, logLocation, readLogLines } from '../aws/ecs-task-logs.ts';
import type { TaskFacts } from '../aws/ecs-tasks.ts';
import { answerBy, type Clock } from '../runner/clock.ts';
import type { Cause } from './cause.ts';

/** Lines of a container's log that are shown at most. */
export const logLinesLimit = 50;
/** Lines from the beginning of a log that are looked at for the one that says "up". */
const firstLinesLimit = 100;
/** Undefined where it could not be read; why is in the gaps then. */
export type Attempt = <T>(what: string, read: (signal: AbortSignal) => Promise<T>) => Promise<T | undefined>;

const tooLate = Symbol('too late');

/**
 * Reads that stand in nobody's way: what fails or does not answer within `limitMs` (all of them together), or
 * before the job is cancelled, becomes a sentence in `gaps`. Call `over` at the end.
 */
export function timeLimited(
  ports: { readonly clock: Clock; readonly cancelled: AbortSignal },
  limitMs: number,
  gaps: string[],
): { readonly attempt: Attempt; over(): void } {
  const done = new AbortController();
  const late = new AbortController();
  const either = AbortSignal.any([done.signal, ports.cancelled]);
  const { clock } = ports;
  const wait = answerBy(clock, limitMs, either);
  const deadline = wait.then((): typeof tooLate => {
    late.abort();
    return tooLate;
  });
  const giveUp = (what: string): undefined => {
    const why = ports.cancelled.aborted ? 'the job was cancelled' : `no answer within ${limitMs / 1000} s`;
    gaps.push(`${what} was not read: ${why}.`);
    return undefined;
  };
  return {
    over: () => done.abort(),
    attempt: async (what, read) => {
      if (late.signal.aborted) return giveUp(what);
      try {
        const answer = await Promise.race([read(late.signal), deadline]);
        return answer === tooLate ? giveUp(what) : answer;
      } catch (error) {
        if (late.signal.aborted) return giveUp(what);
        if (!(error instanceof AwsCallError)) throw error;
        gaps.push(`${what} could not be read: ${error.operation}: ${error.reason}`);
        return undefined;
      }
    },
  };
}

export interface HealthCheckSettings {
  readonly path: string;
  readonly port: string;
  readonly matcher: string;
  readonly timeoutSeconds: number;
  readonly intervalSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

/** The container that decided, in the task that shows it best: the last one that came to its end. */
export interface FailedContainer {
  readonly task: TaskFacts;
  readonly definition: ContainerDefinition;
}

/** Pure. `taskIds` are those of the leading failure. */
export function failedContainer(
  stoppedTasks: readonly TaskFacts[],
  taskIds: readonly string[] | undefined,
  cause: Cause,
  definition: TaskDefinition | undefined,
): FailedContainer | undefined {
  const ids = new Set(taskIds);
  const tasks = stoppedTasks.filter((each) => ids.has(each.id));
  const task = tasks.findLast((each) => each.lastStatus === 'STOPPED') ?? tasks.at(-1);
  const containers = definition?.containerDefinitions;
  const found =
    containers?.find((each) => each.name === cause.container) ??
    containers?.find((each) => each.essential !== false);
  if (task === undefined || found?.name === undefined) return undefined;
  return { task, definition: found };
}

export async function readUnhealthyTargets(
  aws: AwsCaller,
  service: ServiceFacts | undefined,
  attempt: Attempt,
): Promise<readonly TargetGroupHealthFacts[]> {
  const groups = await Promise.all(
    (service?.loadBalancers ?? []).map((each) =>
      attempt('Target health', (signal) => readTargetHealth(aws, each.targetGroupArn, signal)),
    ),
  );
  return groups
    .filter((group) => group !== undefined)
    .map((group) => ({
      ...group,
      targets: group.targets.filter((target) => /^un(healthy|available)/.test(target.state)),
    }))
    .filter((group) => group.targets.length > 0);
}

export interface Logs {
  readonly first: readonly LogLine[];
  readonly last: readonly LogLine[];
}

export async function readLogs(
  aws: AwsCaller,
  failed: FailedContainer | undefined,
  attempt: Attempt,
): Promise<Logs | undefined> {
  const location = failed === undefined ? undefined : logLocation(failed.definition, failed.task.id);
  if (location === undefined) return undefined;
  const last = await attempt('The log of the container', () =>
    readLogLines(aws, location, 'last', logLinesLimit),
  );
  if (last === undefined) return undefined;
  // A log that is shorter than what was asked for has been read whole.
  const first =
    last.length < logLinesLimit
      ? last
      : await attempt('The beginning of the log', () =>
          readLogLines(aws, location, 'first', firstLinesLimit),
        );
  return { first: first ?? [], last };
}

export async function readHealthCheck(
  aws: AwsCaller,
  targetGroupArn: string | undefined,
): Promise<HealthCheckSettings | undefined> {
  if (targetGroupArn === undefined) return undefined;
  const answer = await aws.call('elasticloadbalancing:DescribeTargetGroups', {
    TargetGroupArns: [targetGroupArn],
  });
  const group = answer.TargetGroups?.[0];
  if (group === undefined) return undefined;
  return {
    path: group.HealthCheckPath ?? '/',
    port:
      group.HealthCheckPort === undefined || group.HealthCheckPort === 'traffic-port'
        ? String(group.Port ?? '')
        : group.HealthCheckPort,
    matcher: group.Matcher?.HttpCode ?? '200',
    timeoutSeconds: group.HealthCheckTimeoutSeconds ?? 5,
    intervalSeconds: group.HealthCheckIntervalSeconds ?? 30,
    healthyThreshold: group.HealthyThresholdCount ?? 5,
    unhealthyThreshold: group.UnhealthyThresholdCount ?? 2,
  };
}
