/** What is run before a deployment, and how its task is found again by a later attempt of the same run. Pure. */
import { createHash } from 'node:crypto';
import type { ContainerDefinition, RunTaskRequest } from '@aws-sdk/client-ecs';
import { launchedAs } from '../aws/ecs-run-task.ts';
import type { ServiceFacts } from '../aws/ecs-service.ts';
import type { RegisteredDefinition } from '../aws/ecs-task-definition.ts';
import type { TaskFacts } from '../aws/ecs-tasks.ts';
import type { PreDeployRequest } from '../inputs/pre-deploy.ts';
import type { Refusal } from './plan.ts';

/** The workflow run that this is part of. */
export interface RunIdentity {
  /** `owner/name` */
  readonly repository: string;
  /** The same in every attempt of a run; empty outside of GitHub. */
  readonly runId: string;
  readonly runAttempt: string;
}

export interface PreDeployOrder {
  readonly cluster: string;
  /** The service that it runs like. */
  readonly service: ServiceFacts;
  /** The new revision. */
  readonly definition: RegisteredDefinition;
  readonly request: PreDeployRequest;
  /** One of `preDeployContainer`. */
  readonly container: string;
  readonly run: RunIdentity;
}

/** Which container the command runs in: the one that was named, or the only one that could be meant. */
export function preDeployContainer(
  containers: readonly ContainerDefinition[],
  asked: string | undefined,
): { readonly kind: 'found'; readonly name: string } | Refusal {
  const names = (some: readonly ContainerDefinition[]): string =>
    some.map((each) => each.name ?? '').join(', ');
  const refuse = (reason: string): Refusal => ({
    kind: 'refuse',
    code: 'pre-deploy-container',
    reason,
    remedy: `Name the container of the command in pre-deploy-container: one of ${names(containers)}.`,
  });
  if (asked !== undefined) {
    return containers.some((each) => each.name === asked)
      ? { kind: 'found', name: asked }
      : refuse(`The task definition has no container ${asked} to run the pre-deploy command in.`);
  }
  const essential = containers.filter((each) => each.essential !== false);
  const [only] = essential;
  if (only?.name !== undefined && essential.length === 1) return { kind: 'found', name: only.name };
  return refuse(
    `The task definition has several essential containers (${names(essential)}): which one the pre-deploy command is for is not clear.`,
  );
}

/**
 * `startedBy` of the task: the same in every attempt of a run for the same service and command, so that a
 * later attempt finds what an earlier one did. `startedAt` stands in for the run outside of GitHub.
 */
export function startedByOf(order: PreDeployOrder, startedAt: number): string {
  const { run, service, container, request } = order;
  const runId = run.runId === '' ? `at ${startedAt}` : run.runId;
  return `ips-deploy/${hash([run.repository, runId, service.arn, container, ...request.command]).slice(0, 32)}`;
}

/**
 * The client token of RunTask: 36 characters, from service, run and attempt. ECS remembers it for a day and
 * answers a repeated call with the first task, so a task that failed has to be followed by another token: the
 * number of failed ones is part of it.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html
 */
export function clientTokenOf(startedBy: string, runAttempt: string, failedBefore: number): string {
  return hash([startedBy, runAttempt, String(failedBefore)]).slice(0, 36);
}

/** As the service starts its own tasks, with the command of the one container replaced. */
export function runTaskInput(
  order: PreDeployOrder,
  startedBy: string,
  clientToken: string,
): RunTaskRequest & { readonly clientToken: string } {
  return {
    cluster: order.cluster,
    taskDefinition: order.definition.arn,
    startedBy,
    clientToken,
    overrides: {
      containerOverrides: [{ name: order.container, command: [...order.request.command] }],
    },
    ...launchedAs(order.service.launch),
  };
}

/** How its own container ended; a sidecar's exit code says nothing about the command. */
export type TaskEnd =
  | { readonly kind: 'running' }
  | { readonly kind: 'passed' }
  /** Without an exit code: it never ran, or ECS lost sight of it. */
  | { readonly kind: 'failed'; readonly exitCode: number | undefined };

export function endOfTask(task: TaskFacts, container: string): TaskEnd {
  const own = task.containers.find((each) => each.name === container);
  if (own?.lastStatus === 'STOPPED' && own.exitCode !== undefined) {
    // Exit code 0 is how many programs answer SIGTERM: after a stop from outside it proves nothing.
    const good = own.exitCode === 0 && (task.stopCode !== 'UserInitiated' || isTidied(task));
    return good ? { kind: 'passed' } : { kind: 'failed', exitCode: own.exitCode };
  }
  return task.lastStatus === 'STOPPED' ? { kind: 'failed', exitCode: undefined } : { kind: 'running' };
}

/** What earlier attempts of this run did. */
export type EarlierTasks =
  /** None, or only failed ones: it is to be run (again). */
  | { readonly kind: 'to-run'; readonly failed: number }
  | { readonly kind: 'running'; readonly task: TaskFacts }
  | { readonly kind: 'passed'; readonly task: TaskFacts };

export function earlierTasks(tasks: readonly TaskFacts[], container: string): EarlierTasks {
  const thatIs = (kind: TaskEnd['kind']): TaskFacts | undefined =>
    tasks.find((task) => endOfTask(task, container).kind === kind);
  const passed = thatIs('passed');
  if (passed !== undefined) return { kind: 'passed', task: passed };
  const running = thatIs('running');
  return running === undefined
    ? { kind: 'to-run', failed: tasks.length }
    : { kind: 'running', task: running };
}

const stopReason = 'ips-deploy: the pre-deploy task';
/** Given to StopTask once the command has ended and other containers of the task go on. */
export const tidyingReason = `${stopReason} has ended`;

/** Given to StopTask when the command is given up. */
export function givingUpReason(why: string): string {
  return `${stopReason} is given up: ${why}`;
}

function isTidied(task: TaskFacts): boolean {
  return task.stoppedReason === tidyingReason;
}

/** An earlier attempt of the run gave it up: that is no verdict on the command. */
export function wasGivenUp(task: TaskFacts): boolean {
  return task.stopCode === 'UserInitiated' && (task.stoppedReason ?? '').startsWith(givingUpReason(''));
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
