/**
 * Gathers what explains a rollout that failed: stopped tasks, what the service said, health of targets, the
 * last lines of the container that decided. What cannot be read is noted and never hides the verdict.
 */
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { readService, type ServiceEventFacts, type ServiceFacts } from '../aws/ecs-service.ts';
import { readTargetHealth, type TargetGroupHealthFacts } from '../aws/ecs-target-health.ts';
import { readTaskDefinition } from '../aws/ecs-task-definition.ts';
import { logLocation, readLastLogLines } from '../aws/ecs-task-logs.ts';
import type { TaskFacts } from '../aws/ecs-tasks.ts';
import { type Cause, describeCause } from './cause.ts';
import type { ExpectedRollout } from './expected.ts';
import type { FailureTally } from './follow-state.ts';
import { redactLogLine } from './log-redaction.ts';
import { causeFromEvents, refineTargetCause } from './refine-cause.ts';

/** Lines of a container's log that are shown at most. */
export const logLinesLimit = 50;
/** New service events that are shown at most. */
const eventsLimit = 20;

export interface Diagnosis {
  readonly cause: Cause;
  readonly stoppedTasks: readonly TaskFacts[];
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

export async function gatherDiagnosis(aws: AwsCaller, input: DiagnosisInput): Promise<Diagnosis> {
  const { expected, leading } = input;
  const gaps: string[] = [];
  const attempt = async <T>(what: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      gaps.push(`${what} could not be read: ${error.operation}: ${error.reason}`);
      return undefined;
    }
  };
  const needsDefinition = leading !== undefined;
  const [service, registered] = await Promise.all([
    attempt('The service', () => readService(aws, expected.cluster, expected.service)),
    needsDefinition
      ? attempt('The task definition', () => readTaskDefinition(aws, expected.taskDefinitionArn))
      : undefined,
  ]);
  const known = service ?? input.service;
  const events = (known?.events ?? [])
    .filter((event) => event.at >= expected.deploymentCreatedAt)
    .slice(0, eventsLimit)
    .reverse();
  const groups = await Promise.all(
    (known?.loadBalancers ?? []).map((each) =>
      attempt('Target health', () => readTargetHealth(aws, each.targetGroupArn)),
    ),
  );
  const unhealthyTargets = groups
    .filter((group) => group !== undefined)
    .map((group) => ({
      ...group,
      targets: group.targets.filter((target) => /^un(healthy|available)/.test(target.state)),
    }))
    .filter((group) => group.targets.length > 0);
  let cause = firstCause(input, events);
  if (cause.code === 'target-health') {
    const groupArn = /arn:[^\s)]+targetgroup[^\s)]+/.exec(cause.evidence)?.[0];
    const settings = await attempt('The target group', () =>
      readHealthCheck(aws, groupArn ?? known?.loadBalancers[0]?.targetGroupArn),
    );
    cause = refineTargetCause(cause, settings, unhealthyTargets, events);
  }
  return {
    cause,
    stoppedTasks: input.stoppedTasks,
    events,
    unhealthyTargets,
    log: await readLog(aws, cause, leading, registered?.definition.containerDefinitions, attempt),
    gaps,
  };
}

/** Pure. The pattern in the tasks first, then alarms, then what the service said, then what was missing. */
export function firstCause(input: DiagnosisInput, events: readonly ServiceEventFacts[]): Cause {
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

export interface HealthCheckSettings {
  readonly path: string;
  readonly port: string;
  readonly matcher: string;
  readonly timeoutSeconds: number;
}

async function readHealthCheck(
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
  };
}

async function readLog(
  aws: AwsCaller,
  cause: Cause,
  leading: FailureTally | undefined,
  containers: readonly ContainerDefinition[] | undefined,
  attempt: <T>(what: string, read: () => Promise<T>) => Promise<T | undefined>,
): Promise<Diagnosis['log']> {
  const taskId = leading?.taskIds.at(-1);
  const definition =
    containers?.find((each) => each.name === cause.container) ??
    containers?.find((each) => each.essential !== false);
  if (taskId === undefined || definition?.name === undefined) return undefined;
  const location = logLocation(definition, taskId);
  if (location === undefined) return undefined;
  const lines = await attempt('The log of the container', () =>
    readLastLogLines(aws, location, logLinesLimit),
  );
  if (lines === undefined || lines.length === 0) return undefined;
  return { container: definition.name, taskId, lines: lines.map(redactLogLine) };
}
