/** Users, their inline policies and access keys. */
import { AwsError } from '../aws-error.ts';
import type { CallContext, Operation } from '../service.ts';
import type { IamService } from './iam-service.ts';
import type { AccessKey, IamUser } from './identities.ts';
import { entityPermission, need, noSuchPolicy, onEverything } from './operation-helpers.ts';

interface UserInput {
  readonly UserName?: string;
  readonly Path?: string;
  readonly PolicyName?: string;
  readonly PolicyDocument?: string;
  readonly AccessKeyId?: string;
}

const userView = (user: IamUser) => ({
  Path: user.path,
  UserName: user.name,
  UserId: user.id,
  Arn: user.arn,
  CreateDate: new Date(user.createdAtMs),
});

const keyMetadata = (userName: string, key: AccessKey) => ({
  UserName: userName,
  AccessKeyId: key.accessKeyId,
  Status: key.status,
  CreateDate: new Date(key.createdAtMs),
});

/** Where no user is named, the caller is meant. */
function userName(input: UserInput, context: CallContext): string {
  if (input.UserName !== undefined) return input.UserName;
  if (context.principal.kind === 'user') return context.principal.name;
  throw new AwsError('ValidationError', 'Must specify userName when calling with non-User credentials');
}

export function userOperations(iam: IamService): Readonly<Record<string, Operation>> {
  const onUser = entityPermission(iam, 'user', (input: UserInput) => input.UserName);
  const named = (input: UserInput) => iam.user(need(input.UserName, 'userName'));
  return {
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
      run: (input: UserInput, context: CallContext) => ({
        User: userView(iam.user(userName(input, context))),
      }),
    },
    ListUsers: {
      mutates: false,
      permissions: onEverything('ListUsers'),
      run: () => ({ Users: [...iam.users.values()].map(userView), IsTruncated: false }),
    },
    DeleteUser: {
      mutates: true,
      permissions: onUser('DeleteUser'),
      run: (input: UserInput) => {
        const user = named(input);
        if (user.accessKeys.length > 0 || user.inlinePolicies.size > 0)
          throw new AwsError(
            'DeleteConflict',
            `Cannot delete entity, must delete ${user.accessKeys.length > 0 ? 'access keys' : 'policies'} first.`,
            409,
          );
        iam.users.delete(user.name);
        return {};
      },
    },
    PutUserPolicy: {
      mutates: true,
      permissions: onUser('PutUserPolicy'),
      run: (input: UserInput) => {
        const policy = iam.storePolicy(need(input.PolicyDocument, 'policyDocument'), 'identity');
        named(input).inlinePolicies.set(need(input.PolicyName, 'policyName'), policy);
        return {};
      },
    },
    GetUserPolicy: {
      mutates: false,
      permissions: onUser('GetUserPolicy'),
      run: (input: UserInput) => {
        const name = need(input.PolicyName, 'policyName');
        const policy = named(input).inlinePolicies.get(name);
        if (policy === undefined) throw noSuchPolicy(name, 'user');
        return {
          UserName: input.UserName,
          PolicyName: name,
          PolicyDocument: encodeURIComponent(policy.text),
        };
      },
    },
    DeleteUserPolicy: {
      mutates: true,
      permissions: onUser('DeleteUserPolicy'),
      run: (input: UserInput) => {
        const name = need(input.PolicyName, 'policyName');
        if (!named(input).inlinePolicies.delete(name)) throw noSuchPolicy(name, 'user');
        return {};
      },
    },
    ListUserPolicies: {
      mutates: false,
      permissions: onUser('ListUserPolicies'),
      run: (input: UserInput) => ({
        PolicyNames: [...named(input).inlinePolicies.keys()],
        IsTruncated: false,
      }),
    },
    CreateAccessKey: {
      mutates: true,
      permissions: onUser('CreateAccessKey'),
      run: (input: UserInput, context: CallContext) => {
        const name = userName(input, context);
        const key = iam.addAccessKey(name);
        return { AccessKey: { ...keyMetadata(name, key), SecretAccessKey: key.secretAccessKey } };
      },
    },
    ListAccessKeys: {
      mutates: false,
      permissions: onUser('ListAccessKeys'),
      run: (input: UserInput, context: CallContext) => {
        const user = iam.user(userName(input, context));
        const AccessKeyMetadata = user.accessKeys.map((key) => keyMetadata(user.name, key));
        return { AccessKeyMetadata, IsTruncated: false };
      },
    },
    DeleteAccessKey: {
      mutates: true,
      permissions: onUser('DeleteAccessKey'),
      run: (input: UserInput, context: CallContext) => {
        const keys = iam.user(userName(input, context)).accessKeys;
        const id = need(input.AccessKeyId, 'accessKeyId');
        const index = keys.findIndex((key) => key.accessKeyId === id);
        if (index < 0)
          throw new AwsError('NoSuchEntity', `The Access Key with id ${id} cannot be found.`, 404);
        keys.splice(index, 1);
        return {};
      },
    },
  };
}
