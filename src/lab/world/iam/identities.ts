/** What IAM keeps: users, roles, their policies and the OIDC providers. */
import type { PolicyDocument } from './policy-document.ts';

export interface StoredPolicy {
  /** The text as it was put; handed back URL-encoded by the API. */
  readonly text: string;
  readonly document: PolicyDocument;
}

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly createdAtMs: number;
  status: 'Active' | 'Inactive';
}

export interface IamUser {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  readonly path: string;
  readonly createdAtMs: number;
  readonly inlinePolicies: Map<string, StoredPolicy>;
  readonly attachedPolicyArns: Set<string>;
  readonly accessKeys: AccessKey[];
}

export interface IamRole {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  readonly path: string;
  readonly description: string | undefined;
  readonly createdAtMs: number;
  maxSessionDurationSeconds: number;
  trust: StoredPolicy;
  readonly inlinePolicies: Map<string, StoredPolicy>;
  readonly attachedPolicyArns: Set<string>;
}

export interface ManagedPolicy {
  readonly name: string;
  readonly arn: string;
  readonly policy: StoredPolicy;
}

export interface OidcProvider {
  readonly arn: string;
  /** Without `https://`: `token.actions.githubusercontent.com`. */
  readonly host: string;
  readonly clientIds: readonly string[];
  readonly thumbprints: readonly string[];
  readonly createdAtMs: number;
}
