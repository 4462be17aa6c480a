/** Secrets Manager secrets by name: the full ARN, as a task definition needs it. No value is ever read. */
import { AwsCallError } from './call-error.ts';
import type { AwsCaller } from './caller.ts';

export type SecretLookup =
  | { readonly kind: 'found'; readonly arn: string }
  | { readonly kind: 'missing' }
  /** Scheduled for deletion: tasks cannot read it. */
  | { readonly kind: 'deleted' };

export async function readSecretArn(
  aws: AwsCaller,
  name: string,
  signal?: AbortSignal,
): Promise<SecretLookup> {
  try {
    const answer = await aws.call('secretsmanager:DescribeSecret', { SecretId: name }, signal);
    if (answer.ARN === undefined) throw new Error('secretsmanager:DescribeSecret answered without an ARN.');
    return answer.DeletedDate === undefined ? { kind: 'found', arn: answer.ARN } : { kind: 'deleted' };
  } catch (error) {
    if (error instanceof AwsCallError && error.kind === 'not-found') return { kind: 'missing' };
    throw error;
  }
}
