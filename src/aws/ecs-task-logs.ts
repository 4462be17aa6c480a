/** The last lines a container of a task wrote, where it logs to CloudWatch Logs. */
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

/** At most `limit` lines, oldest first. */
export async function readLastLogLines(
  aws: AwsCaller,
  location: LogLocation,
  limit: number,
): Promise<readonly string[]> {
  const answer = await aws.call('logs:GetLogEvents', {
    logGroupName: location.group,
    logStreamName: location.stream,
    limit,
    startFromHead: false,
  });
  return (answer.events ?? []).map((event) => event.message ?? '').slice(-limit);
}
