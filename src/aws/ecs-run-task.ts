/** Tasks outside of any service: start one, find those of one starter, stop one. */
import type { Failure, RunTaskRequest } from '@aws-sdk/client-ecs';
import type { AwsCaller } from './caller.ts';
import type { TaskLaunchFacts } from './ecs-service.ts';
import { type TaskFacts, toTaskFacts } from './ecs-tasks.ts';

export interface StartedTask {
  /** Undefined where ECS started none: `failures` say why. */
  readonly task: TaskFacts | undefined;
  /** One sentence each; at least one where there is no task. */
  readonly failures: readonly string[];
}

/**
 * Starts one task. Repeatable by `clientToken`, which ECS remembers for up to 24 hours: a repeated call answers
 * with the same task. Rejects with `AwsCallError`; a task that could not be placed is no error to AWS, but a
 * failure in its answer.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
 */
export async function runTask(
  aws: AwsCaller,
  input: RunTaskRequest & { readonly clientToken: string },
): Promise<StartedTask> {
  const answer = await aws.call('ecs:RunTask', { ...input, count: 1 });
  const [task] = answer.tasks ?? [];
  const failures = (answer.failures ?? []).map(failureSentence);
  if (task !== undefined) return { task: toTaskFacts(task), failures };
  return {
    task: undefined,
    failures: failures.length > 0 ? failures : ['ECS answered without a task and without a reason.'],
  };
}

/** What makes a task start where and how a service starts its own. Pure. */
export function launchedAs({
  launchType,
  capacityProviderStrategy,
  platformVersion,
  networkConfiguration,
}: TaskLaunchFacts): Pick<
  RunTaskRequest,
  'launchType' | 'capacityProviderStrategy' | 'platformVersion' | 'networkConfiguration'
> {
  return {
    ...(networkConfiguration === undefined ? {} : { networkConfiguration }),
    ...(capacityProviderStrategy.length > 0
      ? { capacityProviderStrategy: [...capacityProviderStrategy] }
      : launchType === undefined
        ? {}
        : { launchType }),
    ...(platformVersion === undefined ? {} : { platformVersion }),
  };
}

/** Everything that ECS says about a failure; its parts may all be missing. Pure. */
function failureSentence(failure: Failure | null): string {
  const reason = [failure?.reason, failure?.detail].filter(Boolean).join(': ');
  return `${reason === '' ? 'ECS gives no reason' : reason}${failure?.arn === undefined ? '' : ` (${failure.arn})`}`;
}

/** ECS describes at most this many tasks in one call; of one starter there are a handful. */
const startedLimit = 100;

/**
 * The tasks that carry this `startedBy`, running ones first. Stopped ones stay visible for about an hour.
 * ListTasks takes `startedBy` with a desired status and no other filter.
 */
export async function readTasksStartedBy(
  aws: AwsCaller,
  cluster: string,
  startedBy: string,
  signal?: AbortSignal,
): Promise<readonly TaskFacts[]> {
  const arns: string[] = [];
  for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
    const answer = await aws.call('ecs:ListTasks', { cluster, startedBy, desiredStatus }, signal);
    arns.push(...(answer.taskArns ?? []));
  }
  if (arns.length === 0) return [];
  const answer = await aws.call('ecs:DescribeTasks', { cluster, tasks: arns.slice(0, startedLimit) }, signal);
  return (answer.tasks ?? []).map(toTaskFacts).filter((task) => task.startedBy === startedBy);
}

/** Undefined where ECS does not (or no longer) know it. */
export async function readTask(
  aws: AwsCaller,
  cluster: string,
  taskArn: string,
  signal?: AbortSignal,
): Promise<TaskFacts | undefined> {
  const answer = await aws.call('ecs:DescribeTasks', { cluster, tasks: [taskArn] }, signal);
  const [task] = answer.tasks ?? [];
  return task === undefined ? undefined : toTaskFacts(task);
}

/** Asks a task to stop: SIGTERM, SIGKILL after its stop time-out. Repeatable. */
export async function stopTask(
  aws: AwsCaller,
  cluster: string,
  taskArn: string,
  reason: string,
): Promise<void> {
  await aws.call('ecs:StopTask', { cluster, task: taskArn, reason: reason.slice(0, 255) });
}
