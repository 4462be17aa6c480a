/**
 * The part of IAM's API that setting up a deploy role needs. Shapes as in the API reference (there is no
 * SDK client for IAM among the kit's dependencies).
 */
import { AwsError } from '../aws-error.ts';
import type { Operation } from '../service.ts';
import type { IamService } from './iam-service.ts';
import type { IamRole } from './identities.ts';
import { managedPolicyOperations } from './managed-policy-operations.ts';
import { entityPermission, need, noSuchPolicy, onEverything } from './operation-helpers.ts';
import { userOperations } from './user-operations.ts';

interface RoleInput {
  readonly RoleName?: string;
  readonly Path?: string;
  readonly Description?: string;
  readonly MaxSessionDuration?: number;
  readonly AssumeRolePolicyDocument?: string;
  readonly PolicyName?: string;
  readonly PolicyDocument?: string;
}

interface ProviderInput {
  readonly Url?: string;
  readonly ClientIDList?: readonly string[];
  readonly ThumbprintList?: readonly string[];
  readonly OpenIDConnectProviderArn?: string;
}

const roleView = (role: IamRole) => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.id,
  Arn: role.arn,
  CreateDate: new Date(role.createdAtMs),
  AssumeRolePolicyDocument: encodeURIComponent(role.trust.text),
  Description: role.description,
  MaxSessionDuration: role.maxSessionDurationSeconds,
});

export function iamOperations(iam: IamService): Readonly<Record<string, Operation>> {
  const onRole = entityPermission(iam, 'role', (input: RoleInput) => input.RoleName);

  const providerOf = (input: ProviderInput) => {
    const arn = need(input.OpenIDConnectProviderArn, 'openIDConnectProviderArn');
    const provider = [...iam.oidcProviders.values()].find((one) => one.arn === arn);
    if (provider === undefined)
      throw new AwsError('NoSuchEntity', `OpenIDConnect Provider not found for arn ${arn}`, 404);
    return provider;
  };

  return {
    ...userOperations(iam),
    ...managedPolicyOperations(iam),
    CreateRole: {
      mutates: true,
      permissions: onRole('CreateRole'),
      run: (input: RoleInput) => ({
        Role: roleView(
          iam.addRole({
            name: need(input.RoleName, 'roleName'),
            trustPolicy: need(input.AssumeRolePolicyDocument, 'assumeRolePolicyDocument'),
            ...(input.Path === undefined ? {} : { path: input.Path }),
            ...(input.Description === undefined ? {} : { description: input.Description }),
            ...(input.MaxSessionDuration === undefined
              ? {}
              : { maxSessionDurationSeconds: input.MaxSessionDuration }),
          }),
        ),
      }),
    },
    GetRole: {
      mutates: false,
      permissions: onRole('GetRole'),
      run: (input: RoleInput) => ({ Role: roleView(iam.role(need(input.RoleName, 'roleName'))) }),
    },
    ListRoles: {
      mutates: false,
      permissions: onEverything('ListRoles'),
      run: () => ({ Roles: [...iam.roles.values()].map(roleView), IsTruncated: false }),
    },
    DeleteRole: {
      mutates: true,
      permissions: onRole('DeleteRole'),
      run: (input: RoleInput) => {
        const role = iam.role(need(input.RoleName, 'roleName'));
        if (role.inlinePolicies.size > 0 || role.attachedPolicyArns.size > 0)
          throw new AwsError('DeleteConflict', 'Cannot delete entity, must delete policies first.', 409);
        iam.roles.delete(role.name);
        return {};
      },
    },
    UpdateAssumeRolePolicy: {
      mutates: true,
      permissions: onRole('UpdateAssumeRolePolicy'),
      run: (input: RoleInput) => {
        const role = iam.role(need(input.RoleName, 'roleName'));
        role.trust = iam.storePolicy(need(input.PolicyDocument, 'policyDocument'), 'trust');
        return {};
      },
    },
    PutRolePolicy: {
      mutates: true,
      permissions: onRole('PutRolePolicy'),
      run: (input: RoleInput) => {
        const role = iam.role(need(input.RoleName, 'roleName'));
        const policy = iam.storePolicy(need(input.PolicyDocument, 'policyDocument'), 'identity');
        role.inlinePolicies.set(need(input.PolicyName, 'policyName'), policy);
        return {};
      },
    },
    GetRolePolicy: {
      mutates: false,
      permissions: onRole('GetRolePolicy'),
      run: (input: RoleInput) => {
        const role = iam.role(need(input.RoleName, 'roleName'));
        const name = need(input.PolicyName, 'policyName');
        const policy = role.inlinePolicies.get(name);
        if (policy === undefined) throw noSuchPolicy(name, 'role');
        return { RoleName: role.name, PolicyName: name, PolicyDocument: encodeURIComponent(policy.text) };
      },
    },
    DeleteRolePolicy: {
      mutates: true,
      permissions: onRole('DeleteRolePolicy'),
      run: (input: RoleInput) => {
        const name = need(input.PolicyName, 'policyName');
        if (!iam.role(need(input.RoleName, 'roleName')).inlinePolicies.delete(name))
          throw noSuchPolicy(name, 'role');
        return {};
      },
    },
    ListRolePolicies: {
      mutates: false,
      permissions: onRole('ListRolePolicies'),
      run: (input: RoleInput) => ({
        PolicyNames: [...iam.role(need(input.RoleName, 'roleName')).inlinePolicies.keys()],
        IsTruncated: false,
      }),
    },
    CreateOpenIDConnectProvider: {
      mutates: true,
      permissions: onEverything('CreateOpenIDConnectProvider'),
      run: (input: ProviderInput) => {
        const provider = iam.addOidcProvider(
          need(input.Url, 'url'),
          input.ClientIDList ?? [],
          input.ThumbprintList ?? [],
        );
        return { OpenIDConnectProviderArn: provider.arn };
      },
    },
    GetOpenIDConnectProvider: {
      mutates: false,
      permissions: onEverything('GetOpenIDConnectProvider'),
      run: (input: ProviderInput) => {
        const provider = providerOf(input);
        return {
          Url: provider.host,
          ClientIDList: [...provider.clientIds],
          ThumbprintList: [...provider.thumbprints],
          CreateDate: new Date(provider.createdAtMs),
        };
      },
    },
    DeleteOpenIDConnectProvider: {
      mutates: true,
      permissions: onEverything('DeleteOpenIDConnectProvider'),
      run: (input: ProviderInput) => {
        iam.oidcProviders.delete(providerOf(input).host);
        return {};
      },
    },
    ListOpenIDConnectProviders: {
      mutates: false,
      permissions: onEverything('ListOpenIDConnectProviders'),
      run: () => ({
        OpenIDConnectProviderList: [...iam.oidcProviders.values()].map((provider) => ({ Arn: provider.arn })),
      }),
    },
  };
}
