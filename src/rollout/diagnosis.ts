/**
 * Gathers what explains a rollout that failed: stopped tasks, what the service said, health of targets, the
 * last lines of the container that decided. It has a deadline of its own, and what cannot be read is noted:
 * neither hides the verdict.
 */
import type { AwsCaller } from '../aws/caller.ts';
import { readService, type ServiceEventFacts, type ServiceFacts } from '../aws/ecs-service.ts';
import type { TargetGroupHealthFacts } from '../aws/ecs-target-health.ts';
import { readTaskDefinition } from '../aws/ecs-task-definition.ts';
import type { LogLine } from '../aws/ecs-task-logs.ts';
import type { TaskFacts } from '../aws/ecs-tasks.ts';
import type { Clock } from '../runner/clock.ts';
import { type Cause, describeCause } from './cause.ts';
import type { ExpectedRollout } from './expected.ts';
import {
  type Attempt,
  type FailedContainer,
  failedContainer,
  type Logs,
  readHealthCheck,
  readLogs,
  readUnhealthyTargets,
  timeLimited,
} from './failure-evidence.ts';
import type { FailureTally } from './follow-state.ts';
import { redactLogLine } from './log-redaction.ts';
import { causeFromEvents, refineByLog, refineTargetCause } from './refine-cause.ts';
import { refineBySlowStart, type StartFacts } from './slow-start.ts';

/** New service events that are shown at most. */
const eventsLimit = 20;
/** All of it together; what is not there by then is left out. */
const gatheringLimitMs = 30_000;

export interface Diagnosis {
  readonly cause: Cause;
  /** What it looked like before target health and logs were read. */
  readonly firstSeenAs: Cause;
  readonly stoppedTasks: readonly TaskFacts[];
  /** Names of the containers whose end ends a task; empty means all. */
  readonly essentialContainers: ReadonlySet<string>;
  /** Since the rollout began, oldest first. */
  readonly events: readonly ServiceEventFacts[];
  readonly unhealthyTargets: readonly TargetGroupHealthFacts[];
  readonly log:
    | { readonly container: string; readonly taskId: string; readonly lines: readonly string[] }
    | undefined;
  /** What could not be read, one sentence each. */
  readonly gaps: readonly string[];
}

export interface DiagnosisInput {
  readonly expected: ExpectedRollout;
  readonly leading: FailureTally | undefined;
  readonly stoppedTasks: readonly TaskFacts[];
  readonly service: ServiceFacts | undefined;
  readonly triggeredAlarmNames: readonly string[];
  /** What was missing when the rollout was given up. */
  readonly missing: readonly string[];
}

export async function gatherDiagnosis(
  aws: AwsCaller,
  ports: { readonly clock: Clock; readonly cancelled: AbortSignal },
  input: DiagnosisInput,
): Promise<Diagnosis> {
  const { expected, leading } = input;
  const gaps: string[] = [];
  const limit = timeLimited(ports, gatheringLimitMs, gaps);
  const { attempt } = limit;
  try {
    const [service, registered] = await Promise.all([
      attempt('The service', (signal) => readService(aws, expected.cluster, expected.service, signal)),
      leading === undefined
        ? undefined
        : attempt('The task definition', (signal) =>
            readTaskDefinition(aws, expected.taskDefinitionArn, signal),
          ),
    ]);
    const known = service ?? input.service;
    const events = (known?.events ?? [])
      .filter((event) => event.at >= expected.deploymentCreatedAt)
      .slice(0, eventsLimit)
      .reverse();
    const firstSeenAs = firstCause(input, events);
    const failed = failedContainer(input.stoppedTasks, leading?.taskIds, firstSeenAs, registered?.definition);
    const [unhealthyTargets, logs] = await Promise.all([
      readUnhealthyTargets(aws, known, attempt),
      readLogs(aws, failed, attempt),
    ]);
    const cause = await refine(aws, firstSeenAs, events, known, unhealthyTargets, failed, logs, attempt);
    const lines = logs?.last.map(({ text }) => redactLogLine(text)) ?? [];
    return {
      cause,
      firstSeenAs,
      stoppedTasks: input.stoppedTasks,
      essentialContainers: expected.essentialContainers,
      events,
      unhealthyTargets,
      log:
        failed === undefined || lines.length === 0
          ? undefined
          : { container: failed.definition.name!, taskId: failed.task.id, lines },
      gaps,
    };
  } finally {
    limit.over();
  }
}

/** Pure. The pattern in the tasks first, then alarms, then what the service said, then what was missing. */
function firstCause(input: DiagnosisInput, events: readonly ServiceEventFacts[]): Cause {
  if (input.leading !== undefined) {
    return { ...input.leading.failure, tasks: input.leading.taskIds.length };
  }
  if (input.triggeredAlarmNames.length > 0) {
    const names = input.triggeredAlarmNames.join(', ');
    return { code: 'deployment-alarm', detail: names, evidence: names, tasks: 0 };
  }
  return (
    causeFromEvents(events) ?? {
      code: 'not-progressing',
      detail: input.missing.join('; '),
      evidence: input.missing.join('; '),
      tasks: 0,
    }
  );
}

/** The cause as one sentence, with the number of tasks it was seen in. */
export function causeSentence(cause: Cause): string {
  const { sentence } = describeCause(cause);
  return cause.tasks > 1 ? `${sentence} Seen in ${cause.tasks} tasks.` : sentence;
}

async function refine(
  aws: AwsCaller,
  cause: Cause,
  events: readonly ServiceEventFacts[],
  service: ServiceFacts | undefined,
  unhealthy: readonly TargetGroupHealthFacts[],
  failed: FailedContainer | undefined,
  logs: Logs | undefined,
  attempt: Attempt,
): Promise<Cause> {
  const log = logs === undefined ? undefined : [...logs.first, ...logs.last];
  if (cause.code === 'container-exited') {
    return refineByLog(cause, log?.map(({ text }) => redactLogLine(text)) ?? []);
  }
  if (cause.code === 'container-health') {
    const check = failed?.definition.healthCheck;
    const intervalMs = (check?.interval ?? 30) * 1000;
    const allowedMs = Math.max(
      (check?.startPeriod ?? 0) * 1000 + (check?.retries ?? 3) * intervalMs,
      (service?.healthCheckGracePeriodSeconds ?? 0) * 1000,
    );
    const start = startOf(failed, log, { allowedMs, intervalMs, healthyThreshold: 1, port: undefined });
    return start === undefined ? cause : refineBySlowStart(cause, start);
  }
  if (cause.code !== 'target-health') return cause;
  const groupArn = /arn:[^\s)]+targetgroup[^\s)]+/.exec(cause.evidence)?.[0];
  const settings = await attempt('The target group', () =>
    readHealthCheck(aws, groupArn ?? service?.loadBalancers[0]?.targetGroupArn),
  );
  const refined = refineTargetCause(cause, settings, unhealthy, events);
  if (settings === undefined || service === undefined) return refined;
  const intervalMs = settings.intervalSeconds * 1000;
  const allowedMs = Math.max(
    service.healthCheckGracePeriodSeconds * 1000,
    settings.unhealthyThreshold * intervalMs,
  );
  const { healthyThreshold, port } = settings;
  const start = startOf(failed, log, { allowedMs, intervalMs, healthyThreshold, port });
  return start === undefined ? refined : refineBySlowStart(refined, start);
}

function startOf(
  failed: FailedContainer | undefined,
  log: readonly LogLine[] | undefined,
  checks: Pick<StartFacts, 'allowedMs' | 'intervalMs' | 'healthyThreshold' | 'port'>,
): StartFacts | undefined {
  const startedAt = failed?.task.startedAt;
  const endedAt = failed?.task.stoppingAt ?? failed?.task.stoppedAt;
  if (startedAt === undefined || endedAt === undefined) return undefined;
  return { ...checks, startedAt, aliveMs: endedAt - startedAt, log };
}
