/** The role that an action assumes by itself, and again before its credentials end. */
import { matching, optional } from './field.ts';

export const roleField = {
  'role-to-assume': optional(
    matching(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/, 'the ARN of an IAM role'),
  ),
};

export interface RoleRequest {
  /** Absent: the credentials of the environment. */
  readonly roleToAssume?: string;
}

export function roleOf(given: { readonly 'role-to-assume': string | undefined }): RoleRequest {
  const role = given['role-to-assume'];
  return role === undefined ? {} : { roleToAssume: role };
}
