/**
 * The part of IAM's API that setting up a deploy role needs. Shapes as in the API reference (there is no
 * SDK client for IAM among the kit's dependencies).
 */
import { AwsError } from '../aws-error.ts';
import type { Operation } from '../service.ts';
import type { IamService } from './iam-service.ts';
import type { AccessKey, IamRole, IamUser } from './identities.ts';

interface RoleInput {
  readonly RoleName?: string;
  readonly Path?: string;
  readonly Description?: string;
  readonly MaxSessionDuration?: number;
  readonly AssumeRolePolicyDocument?: string;
  readonly PolicyName?: string;
  readonly PolicyDocument?: string;
  readonly PolicyArn?: string;
}

interface UserInput {
  readonly UserName?: string;
  readonly Path?: string;
  readonly PolicyName?: string;
  readonly PolicyDocument?: string;
  readonly PolicyArn?: string;
  readonly AccessKeyId?: string;
}

interface ProviderInput {
  readonly Url?: string;
  readonly ClientIDList?: readonly string[];
  readonly ThumbprintList?: readonly string[];
  readonly OpenIDConnectProviderArn?: string;
}

function need(value: string | undefined, member: string): string {
  if (value === undefined || value === '')
    throw new AwsError(
      'ValidationError',
      `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
    );
  return value;
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

const userView = (user: IamUser) => ({
  Path: user.path,
  UserName: user.name,
  UserId: user.id,
  Arn: user.arn,
  CreateDate: new Date(user.createdAtMs),
});

const keyView = (userName: string, key: AccessKey) => ({
  UserName: userName,
  AccessKeyId: key.accessKeyId,
  Status: key.status,
  SecretAccessKey: key.secretAccessKey,
  CreateDate: new Date(key.createdAtMs),
});

const noPolicy = (name: string, owner: string) =>
  new AwsError('NoSuchEntity', `The ${owner} policy with name ${name} cannot be found.`, 404);

export function iamOperations(iam: IamService): Readonly<Record<string, Operation>> {
  const on = (action: string, kind: string, name: (input: never) => string | undefined) => (input: never) => [
    { action: `iam:${action}`, resources: [iam.arn(`${kind}/${name(input) ?? '*'}`)] },
  ];
  const onRole = (action: string) => on(action, 'role', (input: RoleInput) => input.RoleName);
  const onUser = (action: string) => on(action, 'user', (input: UserInput) => input.UserName);
  const onAll = (action: string) => () => [{ action: `iam:${action}`, resources: ['*'] }];

  return {
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
      permissions: onAll('ListRoles'),
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
        if (policy === undefined) throw noPolicy(name, 'role');
        return { RoleName: role.name, PolicyName: name, PolicyDocument: encodeURIComponent(policy.text) };
      },
    },
    DeleteRolePolicy: {
      mutates: true,
      permissions: onRole('DeleteRolePolicy'),
      run: (input: RoleInput) => {
        const name = need(input.PolicyName, 'policyName');
        if (!iam.role(need(input.RoleName, 'roleName')).inlinePolicies.delete(name))
          throw noPolicy(name, 'role');
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
    CreatePolicy: {
      mutates: true,
      permissions: on('CreatePolicy', 'policy', (input: RoleInput) => input.PolicyName),
      run: (input: RoleInput) => {
        const name = need(input.PolicyName, 'policyName');
        const arn = iam.arn(`policy${input.Path ?? '/'}${name}`);
        if (iam.managedPolicies.has(arn))
          throw new AwsError(
            'EntityAlreadyExists',
            `A policy called ${name} already exists. Duplicate names are not allowed.`,
            409,
          );
        const policy = iam.storePolicy(need(input.PolicyDocument, 'policyDocument'), 'identity');
        iam.managedPolicies.set(arn, { name, arn, policy });
        return { Policy: { PolicyName: name, Arn: arn, Path: input.Path ?? '/', DefaultVersionId: 'v1' } };
      },
    },
    AttachRolePolicy: {
      mutates: true,
      permissions: onRole('AttachRolePolicy'),
      run: (input: RoleInput) => {
        const role = iam.role(need(input.RoleName, 'roleName'));
        const arn = need(input.PolicyArn, 'policyArn');
        if (!iam.managedPolicies.has(arn))
          throw new AwsError('NoSuchEntity', `Policy ${arn} does not exist or is not attachable.`, 404);
        role.attachedPolicyArns.add(arn);
        return {};
      },
    },
    CreateUser: {
      mutates: true,
      permissions: onUser('CreateUser'),
      run: (input: UserInput) => ({
        User: userView(
          iam.addUser({
            name: need(input.UserName, 'userName'),
            ...(input.Path === undefined ? {} : { path: input.Path }),
          }),
        ),
      }),
    },
    GetUser: {
      mutates: false,
      permissions: onUser('GetUser'),
      run: (input: UserInput) => ({ User: userView(iam.user(need(input.UserName, 'userName'))) }),
    },
    PutUserPolicy: {
      mutates: true,
      permissions: onUser('PutUserPolicy'),
      run: (input: UserInput) => {
        const user = iam.user(need(input.UserName, 'userName'));
        const policy = iam.storePolicy(need(input.PolicyDocument, 'policyDocument'), 'identity');
        user.inlinePolicies.set(need(input.PolicyName, 'policyName'), policy);
        return {};
      },
    },
    CreateAccessKey: {
      mutates: true,
      permissions: onUser('CreateAccessKey'),
      run: (input: UserInput) => {
        const name = need(input.UserName, 'userName');
        return { AccessKey: keyView(name, iam.addAccessKey(name)) };
      },
    },
    DeleteAccessKey: {
      mutates: true,
      permissions: onUser('DeleteAccessKey'),
      run: (input: UserInput) => {
        const keys = iam.user(need(input.UserName, 'userName')).accessKeys;
        const id = need(input.AccessKeyId, 'accessKeyId');
        const index = keys.findIndex((key) => key.accessKeyId === id);
        if (index < 0)
          throw new AwsError('NoSuchEntity', `The Access Key with id ${id} cannot be found.`, 404);
        keys.splice(index, 1);
        return {};
      },
    },
    CreateOpenIDConnectProvider: {
      mutates: true,
      permissions: onAll('CreateOpenIDConnectProvider'),
      run: (input: ProviderInput) => {
        const provider = iam.addOidcProvider(
          need(input.Url, 'url'),
          input.ClientIDList ?? [],
          input.ThumbprintList ?? [],
        );
        return { OpenIDConnectProviderArn: provider.arn };
      },
    },
    ListOpenIDConnectProviders: {
      mutates: false,
      permissions: onAll('ListOpenIDConnectProviders'),
      run: () => ({
        OpenIDConnectProviderList: [...iam.oidcProviders.values()].map((provider) => ({ Arn: provider.arn })),
      }),
    },
  };
}
