/** Whether a role exists, and whether ECS may take it on for a task. */
import { AwsCallError } from './call-error.ts';
import type { AwsCaller } from './caller.ts';

export type RolePresence =
  | { readonly kind: 'present' }
  | { readonly kind: 'gone'; readonly why: string }
  /** Not ours to look into. */
  | { readonly kind: 'unchecked'; readonly why: string };

const taskService = 'ecs-tasks.amazonaws.com';

export async function readRolePresence(
  aws: AwsCaller,
  roleArn: string,
  signal?: AbortSignal,
): Promise<RolePresence> {
  const name = roleArn.split('/').at(-1) ?? roleArn;
  try {
    const { Role: role } = await aws.call('iam:GetRole', { RoleName: name }, signal);
    if (role?.Arn !== undefined && roleArn.startsWith('arn:') && role.Arn !== roleArn) {
      return { kind: 'gone', why: `the role ${name} of this account is ${role.Arn}, not ${roleArn}` };
    }
    // IAM answers the policy percent-encoded.
    const trust = decodeURIComponent(role?.AssumeRolePolicyDocument ?? '');
    return trust === '' || trust.includes(taskService)
      ? { kind: 'present' }
      : { kind: 'gone', why: `the role ${name} does not trust ${taskService}: no task can take it on` };
  } catch (error) {
    if (!(error instanceof AwsCallError) || error.retryable || error.kind === 'credentials') throw error;
    return error.kind === 'not-found'
      ? { kind: 'gone', why: `there is no role ${name} in this account` }
      : { kind: 'unchecked', why: `${error.operation}: ${error.code}` };
  }
}
