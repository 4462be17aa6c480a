/** The role that an action assumes by itself, and again before its credentials end. */
import { matching, optional } from './field.ts';

export const roleField = {
  'role-to-assume': optional(
    matching(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/, 'the ARN of an IAM role'),
  ),
};

export interface RoleRequest {
  /** Absent: the credentials of the environment. */
  readonly roleToAssume?: string | undefined;
}
