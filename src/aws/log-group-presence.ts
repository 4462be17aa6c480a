/** Whether a log group exists in the region of the job. */
import { AwsCallError } from './call-error.ts';
import type { AwsCaller } from './caller.ts';

export type LogGroupPresence =
  | { readonly kind: 'present' }
  | { readonly kind: 'missing' }
  /** Not ours to look into. */
  | { readonly kind: 'unchecked'; readonly why: string };

export async function readLogGroupPresence(
  aws: AwsCaller,
  name: string,
  signal?: AbortSignal,
): Promise<LogGroupPresence> {
  try {
    // Of all names with this beginning the shortest comes first: it is the name itself.
    const answer = await aws.call('logs:DescribeLogGroups', { logGroupNamePrefix: name, limit: 1 }, signal);
    const isThere = answer.logGroups?.some((group) => group.logGroupName === name) ?? false;
    return isThere ? { kind: 'present' } : { kind: 'missing' };
  } catch (error) {
    if (!(error instanceof AwsCallError) || error.retryable || error.kind === 'credentials') throw error;
    return { kind: 'unchecked', why: `${error.operation}: ${error.code}` };
  }
}
