/** Scale-in protection of tasks: protected ones outlive a deployment for as long as they asked for. */
import { AwsCallError } from './call-error.ts';
import type { AwsCaller } from './caller.ts';

/** ECS takes at most this many tasks in one call. */
const callLimit = 10;

/** Those of the given tasks that are protected; undefined for a role without `ecs:GetTaskProtection`. */
export async function readProtectedTaskArns(
  aws: AwsCaller,
  cluster: string,
  taskArns: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const found = new Set<string>();
  for (let from = 0; from < taskArns.length; from += callLimit) {
    try {
      const answer = await aws.call(
        'ecs:GetTaskProtection',
        { cluster, tasks: taskArns.slice(from, from + callLimit) },
        signal,
      );
      for (const each of answer.protectedTasks ?? []) {
        if (each.protectionEnabled === true && each.taskArn !== undefined) found.add(each.taskArn);
      }
    } catch (error) {
      if (!(error instanceof AwsCallError) || error.retryable || error.kind === 'credentials') throw error;
      return undefined;
    }
  }
  return found;
}
