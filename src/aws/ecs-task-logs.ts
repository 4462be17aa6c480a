/** What a container of a task wrote, where it logs to CloudWatch Logs. */
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { AwsCaller } from './caller.ts';

export interface LogLocation {
  readonly group: string;
  readonly stream: string;
}

/**
 * The `awslogs` driver names a stream `prefix/container/task-id`; without a prefix the name is the
 * container's Docker id, which ECS does not tell.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html
 */
export function logLocation(container: ContainerDefinition, taskId: string): LogLocation | undefined {
  const options = container.logConfiguration?.options;
  const group = options?.['awslogs-group'];
  const prefix = options?.['awslogs-stream-prefix'];
  if (container.logConfiguration?.logDriver !== 'awslogs' || !group || !prefix) return undefined;
  return { group, stream: `${prefix}/${container.name}/${taskId}` };
}

export interface LogLine {
  /** As the container's log driver stamped it, epoch milliseconds. */
  readonly at: number;
  readonly text: string;
}

/** At most `limit` lines from one end of the log, oldest first. */
export async function readLogLines(
  aws: AwsCaller,
  location: LogLocation,
  end: 'first' | 'last',
  limit: number,
): Promise<readonly LogLine[]> {
  const answer = await aws.call('logs:GetLogEvents', {
    logGroupName: location.group,
    logStreamName: location.stream,
    limit,
    startFromHead: end === 'first',
  });
  const lines = (answer.events ?? []).map((event) => ({
    at: event.timestamp ?? 0,
    text: event.message ?? '',
  }));
  return end === 'first' ? lines.slice(0, limit) : lines.slice(-limit);
}
